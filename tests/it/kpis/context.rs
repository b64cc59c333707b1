//! What is counted.

cases! {
    declarations_are_counted_once_by_first_lodgement = "CX01";
    releases_are_counted_by_the_month_of_release = "CX02";
    an_audited_trader_counts_once_however_many_audits = "CX03";
    a_trader_is_active_once_and_a_quarter_is_not_its_months = "CX04";
    only_lodgements_as_authorised_operator_make_one_active = "CX05";
}
