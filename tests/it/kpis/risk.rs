//! Risk management.

cases! {
    lanes_share_the_declarations_that_got_one = "RM01";
    inspection_rate_counts_completed_inspections_of_registered_declarations = "RM02";
    hit_rate_counts_findings_of_completed_inspections = "RM04";
    a_declaration_is_scanned_once_however_often = "RM03";
    rules_find_what_their_own_inspections_find = "RM05";
    an_audit_does_not_make_a_random_inspection_a_hit = "RM06";
    rules_are_set_against_chance = "RM07";
    officers_find_what_they_inspected = "RM08";
    inspections_of_officers_are_a_share_of_all = "RM09";
    a_change_of_lane_that_is_taken_back_is_a_change = "RM10";
    up_is_the_newest_lane_against_the_first = "RM10U";
    down_is_the_newest_lane_against_the_first = "RM10D";
    a_seizure_counts_with_its_inspection = "RM11";
    detections_are_of_registered_declarations = "RM12";
    only_findings_have_a_severity = "RM13";
    uplift_is_per_finding_and_never_negative = "RM14";
    recovered_revenue_is_of_what_traders_assessed = "RM15";
    green_lane_misses_are_found_by_chance_and_audit = "RM16";
    compliance_is_judged_by_chance_alone = "RM17";
    gain_is_read_to_a_tenth = "RM18";
    precision_reads_as_far_as_was_inspected = "RM19";
    recall_reads_as_far_as_was_inspected = "RM19R";
    revenue_reads_as_far_as_was_inspected = "RM19A";
    operators_are_inspected_less_often = "RM20";
    traders_not_audits_are_counted = "RM21";
    an_inspection_does_not_make_an_audit_a_hit = "RM22";
    an_audit_without_a_result_counts_in_the_yield = "RM23";
    each_profile_has_a_hit_rate_of_its_own = "RM24";
    profiles_changed_add_up_and_active_ones_do_not = "RM25";
    each_rule_can_be_broken_alone = "RM26";
    no_finding_is_a_result_too = "RM27";
    officers_are_compared_with_their_own_mix = "RM28";
}
