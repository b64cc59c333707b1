//! What is counted.

cases! {
    declarations_are_counted_once_by_first_lodgement = "CX01";
}
