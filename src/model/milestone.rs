//! Milestones of a clearance and the parties who are awaited before them.

use std::fmt;

/// Who must act next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// The customs administration.
    Customs,
    /// The trader or the broker acting for the trader.
    Trader,
    /// Another border agency (veterinary, phytosanitary, standards …).
    Agency,
    /// The bank or payment provider.
    Bank,
    /// The terminal, port or carrier.
    Terminal,
}

impl Party {
    /// Every party, in the order in which reports list them.
    pub const ALL: [Self; 5] = [Self::Customs, Self::Trader, Self::Agency, Self::Bank, Self::Terminal];

    /// The name used in column names (`party_<name>_us`) and configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Customs => "customs",
            Self::Trader => "trader",
            Self::Agency => "agency",
            Self::Bank => "bank",
            Self::Terminal => "terminal",
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

macro_rules! milestones {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $party:ident;)+) => {
        /// A canonical point in a clearance, to which labels of source logs are mapped.
        ///
        /// The order of the variants is the usual order of a clearance; it breaks ties between
        /// events of one declaration that carry the same time.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Milestone { $($(#[$doc])* $variant,)+ }

        impl Milestone {
            /// Every milestone, in the usual order of a clearance.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$variant),+];

            /// The name used in mappings, conditions and column names.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// Who was awaited until this milestone happened, unless a project says otherwise.
            pub const fn default_party(self) -> Party {
                match self { $(Self::$variant => Party::$party,)+ }
            }
        }
    };
}

milestones! {
    /// Pre-arrival information or manifest received.
    PreArrivalNotice = "pre_arrival_notice", Trader;
    /// The means of transport entered the border zone.
    BorderEntered = "border_entered", Trader;
    /// Goods arrived at the border or terminal.
    Arrived = "arrived", Trader;
    /// Goods unloaded.
    Unloaded = "unloaded", Terminal;
    /// Declaration lodged.
    Lodged = "lodged", Trader;
    /// Declaration refused at lodgement.
    Rejected = "rejected", Customs;
    /// Declaration registered (accepted).
    Registered = "registered", Customs;
    /// Control lane assigned.
    LaneSelected = "lane_selected", Customs;
    /// Documentary check started.
    DocumentCheckStarted = "document_check_started", Customs;
    /// Customs asked the declarant a question.
    QueryRaised = "query_raised", Customs;
    /// The declarant answered.
    QueryAnswered = "query_answered", Trader;
    /// Declaration amended.
    Amended = "amended", Trader;
    /// Documentary check completed.
    DocumentCheckCompleted = "document_check_completed", Customs;
    /// Goods scanned.
    Scanned = "scanned", Customs;
    /// Physical inspection started.
    InspectionStarted = "inspection_started", Customs;
    /// Physical inspection completed.
    InspectionCompleted = "inspection_completed", Customs;
    /// Another agency began its control.
    AgencyStarted = "agency_started", Agency;
    /// Another agency completed its control.
    AgencyCompleted = "agency_completed", Agency;
    /// Duty and tax assessed.
    Assessed = "assessed", Customs;
    /// Duty and tax paid.
    Paid = "paid", Bank;
    /// Customs released the goods.
    Released = "released", Customs;
    /// Goods left the terminal.
    Exited = "exited", Trader;
    /// The means of transport left the border zone.
    BorderLeft = "border_left", Trader;
    /// Declaration cancelled.
    Cancelled = "cancelled", Trader;
    /// Transit opened at the office of departure.
    TransitOpened = "transit_opened", Customs;
    /// Transit terminated at the office of destination.
    TransitTerminated = "transit_terminated", Trader;
    /// Guarantee discharged.
    GuaranteeDischarged = "guarantee_discharged", Customs;
    /// Post-clearance audit started.
    AuditStarted = "audit_started", Customs;
    /// Post-clearance audit completed.
    AuditCompleted = "audit_completed", Customs;
    /// Refund claimed.
    RefundClaimed = "refund_claimed", Trader;
    /// Refund paid out.
    Refunded = "refunded", Customs;
    /// Goods seized.
    Seized = "seized", Customs;
}

impl Milestone {
    /// The milestone with this canonical name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|milestone| milestone.name() == name)
    }

    /// Position in [`Milestone::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Milestone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_milestone_is_found_by_its_name() {
        for milestone in Milestone::ALL {
            assert_eq!(Milestone::from_name(milestone.name()), Some(milestone));
            assert_eq!(Milestone::ALL[milestone.index()], milestone);
        }
        assert_eq!(Milestone::from_name("Released"), None);
    }
}
