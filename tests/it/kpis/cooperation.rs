//! International cooperation and corridors.

cases! {
    each_crossing_counts_at_its_own_point = "IC01";
    both_sides_of_one_border_are_a_pair = "IC02";
    fees_belong_to_their_crossing = "IC03";
    official_fees_are_counted_apart = "IC03O";
    unofficial_payments_are_counted_apart = "IC03U";
    cost_is_for_500_km_and_20_tonnes = "IC04";
    stops_are_part_of_the_journey = "IC05";
    stops_are_left_out_of_driving = "IC06";
    delay_is_stops_over_the_journey = "IC07";
    the_queue_is_a_part_of_the_crossing = "IC08";
    transit_ends_with_its_termination = "IC09";
    an_overdue_transit_counts_before_it_ends = "IC10";
    late_and_missing_transits_count_alike = "IC11";
    guarantee_is_discharged_after_the_transit = "IC12";
    tonnes_are_added_up_to_the_line = "IC13";
    value_is_added_up_to_the_line = "IC13V";
    a_declaration_of_two_lines_is_one = "IC13N";
    band_is_between_two_quantiles = "IC14";
    directions_are_set_against_each_other = "IC15";
    value_of_operators_is_of_imports_and_exports = "IC16";
    operators_are_compared_with_the_year_before = "IC17";
    what_was_not_compared_does_not_match = "IC19";
    joint_control_without_an_inspection_does_not_count = "IC20";
    value_of_recognised_partners_is_of_imports_and_exports = "IC18";
    preference_is_claimed_line_by_line = "IC21";
    imports_are_added_up_by_origin_of_their_lines = "IC22V";
    partners_exports_are_set_against_our_imports = "IC22";
}
