//! Digital transformation.

cases! {
    electronic_declarations_are_those_known_to_be_without_paper = "DT01";
    electronic_payment_is_weighted_by_amount = "DT02";
    first_time_right_knows_no_amendment_rejection_or_query = "DT07";
}
