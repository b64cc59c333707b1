//! Revenue.

cases! {
    revenue_is_exact_and_dated_by_each_payment = "RV01";
    revenue_shares_of_corridors_are_of_all_revenue = "RV03";
    effective_rate_divides_sums_of_declarations_that_have_both = "RV04";
    growth_compares_with_the_same_month_of_last_year = "RV06";
    exemption_ratio_takes_a_missing_amount_for_nothing = "RV07";
}
