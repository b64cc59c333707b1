//! The points of a simulated journey and the labels under which the source system logs them.

/// One logged point. Several points share a label, as activities of a real log do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Step {
    PreArrivalNotice,
    BorderEntered,
    Arrived,
    Unloaded,
    Lodged,
    /// Refused at lodgement, lodged again later.
    SentBack,
    /// Refused at lodgement for good.
    Rejected,
    Registered,
    LaneSelected,
    /// An officer moved the declaration to the red lane.
    LaneChanged,
    Note,
    DocumentCheckStarted,
    QueryRaised,
    QueryAnswered,
    Amended,
    DocumentCheckCompleted,
    Scanned,
    InspectionStarted,
    InspectionCompleted,
    AgencyStarted,
    AgencyCompleted,
    Assessed,
    /// The payment, or its first instalment.
    Paid,
    /// The second instalment.
    PaidRest,
    Released,
    Exited,
    BorderLeft,
    Cancelled,
    TransitOpened,
    TransitTerminated,
    GuaranteeDischarged,
    AuditStarted,
    AuditCompleted,
}

impl Step {
    /// The label in the log, in Uzbek (Latin script, apostrophes as typed on a plain keyboard).
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::PreArrivalNotice => "Oldindan xabarnoma",
            Self::BorderEntered => "Chegaraga kirdi",
            Self::Arrived => "Terminalga keldi",
            Self::Unloaded => "Yuk tushirildi",
            Self::Lodged => "Deklaratsiya topshirildi",
            Self::SentBack | Self::Rejected => "Rad etildi",
            Self::Registered => "Ro'yxatga olindi",
            Self::LaneSelected | Self::LaneChanged => "Yo'lak belgilandi",
            Self::Note => "Xizmat belgisi",
            Self::DocumentCheckStarted => "Hujjat tekshiruvi boshlandi",
            Self::QueryRaised => "So'rov yuborildi",
            Self::QueryAnswered => "So'rovga javob berildi",
            Self::Amended => "Tuzatish kiritildi",
            Self::DocumentCheckCompleted => "Hujjat tekshiruvi tugadi",
            Self::Scanned => "Skanerdan o'tdi",
            Self::InspectionStarted => "Ko'rik boshlandi",
            Self::InspectionCompleted => "Ko'rik tugadi",
            Self::AgencyStarted => "Boshqa organ nazorati boshlandi",
            Self::AgencyCompleted => "Boshqa organ nazorati tugadi",
            Self::Assessed => "To'lov hisoblandi",
            Self::Paid | Self::PaidRest => "To'lov kelib tushdi",
            Self::Released => "Chiqarib yuborildi",
            Self::Exited => "Terminaldan chiqdi",
            Self::BorderLeft => "Chegaradan o'tdi",
            Self::Cancelled => "Bekor qilindi",
            Self::TransitOpened => "Tranzit ochildi",
            Self::TransitTerminated => "Tranzit yopildi",
            Self::GuaranteeDischarged => "Kafolat qaytarildi",
            Self::AuditStarted => "Keyingi audit boshlandi",
            Self::AuditCompleted => "Keyingi audit tugadi",
        }
    }

    /// Whether the row names crossing point, corridor and mode: where the goods move.
    pub(super) const fn is_movement(self) -> bool {
        matches!(
            self,
            Self::PreArrivalNotice
                | Self::BorderEntered
                | Self::Arrived
                | Self::Lodged
                | Self::TransitOpened
                | Self::TransitTerminated
        )
    }

    /// Whether an officer signs the row.
    pub(super) const fn is_signed(self) -> bool {
        matches!(
            self,
            Self::DocumentCheckStarted
                | Self::DocumentCheckCompleted
                | Self::InspectionStarted
                | Self::InspectionCompleted
                | Self::LaneChanged
                | Self::QueryRaised
        )
    }
}
