//! Digital transformation.

cases! {
    electronic_declarations_are_those_known_to_be_without_paper = "DT01";
    electronic_payment_is_weighted_by_amount = "DT02";
    first_time_right_knows_no_amendment_rejection_or_query = "DT07";
    each_payment_counts_once_whatever_its_amount = "DT02N";
    lodged_at_the_time_of_arrival_is_not_before_it = "DT03";
    a_notice_that_comes_with_the_goods_is_not_before_them = "DT04";
    nobody_between_registration_and_release = "DT05";
    one_paper_among_many_events_is_enough = "DT06";
    a_declaration_is_amended_once_however_often = "DT08";
    a_second_lodgement_does_not_undo_a_rejection = "DT09";
    every_question_counts = "DT10";
    what_is_done_again_is_rework = "DT11";
    a_repeat_follows_itself = "DT11R";
    a_redo_comes_back_after_something_else = "DT11D";
    five_paths_are_counted = "DT12";
    only_declarations_with_a_permit_count = "DT13";
    without_a_word_an_officer_attended = "DT14";
    without_a_word_it_is_other_trade = "DT15";
    milestones_are_there_and_in_order = "DT16";
    latency_comes_from_outside = "DT17";
    hands_change_from_officer_to_officer = "DT18";
}
