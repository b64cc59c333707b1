//! Names and types of the standard attributes and amounts.

/// How an attribute's text is read and stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeType {
    /// Any text; a code list may translate it.
    Text,
    /// `1/0 true/false yes/no y/n`, in any case.
    Bool,
    /// A decimal number with at most six decimal places.
    Number,
}

/// The standard attributes with their types, in the order in which tables carry them.
/// Any other mapped attribute is text and a dimension too.
pub const ATTRIBUTES: [(&str, AttributeType); 35] = [
    ("corridor", AttributeType::Text),
    ("office", AttributeType::Text),
    ("bcp", AttributeType::Text),
    ("direction", AttributeType::Text),
    ("regime", AttributeType::Text),
    ("mode", AttributeType::Text),
    ("lane", AttributeType::Text),
    ("selection_reason", AttributeType::Text),
    ("finding", AttributeType::Bool),
    ("finding_severity", AttributeType::Text),
    ("trader", AttributeType::Text),
    ("aeo", AttributeType::Bool),
    ("origin", AttributeType::Text),
    ("destination", AttributeType::Text),
    ("departure", AttributeType::Text),
    ("hs_code", AttributeType::Text),
    ("agency", AttributeType::Text),
    ("officer", AttributeType::Text),
    ("paperless", AttributeType::Bool),
    ("electronic_payment", AttributeType::Bool),
    ("package_count", AttributeType::Number),
    ("net_mass_kg", AttributeType::Number),
    ("distance_km", AttributeType::Number),
    ("risk_score", AttributeType::Number),
    ("risk_profile", AttributeType::Text),
    ("tax_kind", AttributeType::Text),
    ("exemption_code", AttributeType::Text),
    ("preference", AttributeType::Bool),
    ("preference_eligible", AttributeType::Bool),
    ("ecommerce", AttributeType::Bool),
    ("remote_control", AttributeType::Bool),
    ("permit_electronic", AttributeType::Bool),
    ("joint_control", AttributeType::Bool),
    ("mra_partner", AttributeType::Bool),
    ("partner_matched", AttributeType::Bool),
];

/// The standard amounts, in the order in which tables carry them.
pub const AMOUNTS: [&str; 9] = [
    "customs_value",
    "assessed_initial",
    "assessed",
    "paid",
    "exempted",
    "refunded",
    "penalty",
    "fee_official",
    "fee_unofficial",
];

/// Decimal places of every stored amount and number: products of a price with cents and a rate
/// with two decimals, divided by 100, are still exact.
pub const AMOUNT_SCALE: i8 = 6;
/// Decimal digits of every stored amount and number.
pub const AMOUNT_PRECISION: u8 = 38;

/// The type of an attribute: the standard one, or text for a project's own.
pub fn attribute_type(name: &str) -> AttributeType {
    ATTRIBUTES
        .iter()
        .find(|(standard, _)| *standard == name)
        .map_or(AttributeType::Text, |(_, attribute_type)| *attribute_type)
}
