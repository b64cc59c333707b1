//! Revenue.

cases! {
    revenue_is_exact_and_dated_by_each_payment = "RV01";
    collection_is_held_against_the_target_of_its_own_period = "RV02";
    the_year_to_date_is_sums_not_a_mean_of_months = "RV02Y";
    revenue_shares_of_corridors_are_of_all_revenue = "RV03";
    effective_rate_divides_sums_of_lines_that_have_both = "RV04";
    a_declaration_that_pays_nothing_counts_in_the_average = "RV05";
    growth_compares_with_the_same_month_of_last_year = "RV06";
    growth_per_working_day_leaves_holidays_out_on_both_sides = "RV06A";
    growth_month_on_month_compares_with_the_month_before = "RV06M";
    exemption_ratio_takes_a_missing_amount_for_nothing = "RV07";
    exemptions_belong_to_the_code_of_their_line = "RV08";
    value_uplift_is_of_the_first_declared_value_and_never_negative = "RV09";
    an_assessment_changed_either_way_is_adjusted = "RV10";
    raised_and_lowered_assessments_set_off_each_other = "RV10V";
    payments_after_an_audit_are_its_revenue = "RV11";
    the_share_of_audit_revenue_is_of_all_payments = "RV11S";
    payments_settle_the_self_assessed_amount_first = "RV12";
    arrears_are_what_was_owed_at_the_end_of_the_period = "RV13";
    days_to_collect_are_weighted_by_amount = "RV14";
    refunds_belong_to_the_month_of_the_payment = "RV15";
    a_refund_claim_is_open_whatever_became_of_the_declaration = "RV15T";
    what_an_audit_adds_counts_once = "RV16";
    cost_of_collection_needs_both_cost_and_revenue = "RV17";
    payer_concentration_adds_up_traders_before_it_ranks_them = "RV18";
    chapters_are_those_of_the_lines = "RV18C";
    corridor_concentration_is_the_sum_of_squared_shares = "RV18H";
    electronic_revenue_is_by_value_of_each_payment = "RV19";
    penalties_belong_to_the_month_of_registration = "RV20";
    a_penalty_reduced_to_nothing_is_none = "RV20N";
}
