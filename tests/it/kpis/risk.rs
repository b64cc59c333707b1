//! Risk management.

cases! {
    lanes_share_the_declarations_that_got_one = "RM01";
    inspection_rate_counts_completed_inspections_of_registered_declarations = "RM02";
    hit_rate_counts_findings_of_completed_inspections = "RM04";
}
