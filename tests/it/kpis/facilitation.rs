//! Trade facilitation.

cases! {
    release_time_is_nil_before_arrival_and_open_without_release = "TF01";
    clearance_time_is_nil_up_to_arrival_and_a_fault_before_lodgement = "TF02";
    delay_after_release_is_open_until_the_goods_leave = "TF15";
    within_target_holds_each_declaration_against_its_own_target = "TF19";
    slow_tail_counts_five_days_to_the_second_and_what_is_open = "TF21";
    backlog_counts_what_waits_when_the_month_ends_in_the_projects_zone = "TF30";
}
