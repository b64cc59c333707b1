use super::*;

#[test]
fn the_command_line_is_consistent() {
    use clap::CommandFactory;
    Arguments::command().debug_assert();
}

#[test]
fn what_fails_is_a_level_or_a_rule_with_a_share() {
    let rule = |text: &str| match parse_fail_on(text).unwrap() {
        FailOn::Rule(rule, share) => (rule.id, share),
        FailOn::Level(level) => panic!("{level:?}"),
    };
    assert_eq!(parse_fail_on("warning"), Ok(FailOn::Level(Level::Warning)));
    assert_eq!(rule("DQ03"), ("DQ03", 0.0));
    assert_eq!(rule("order_faults > 2%"), ("DQ03", 0.02));
    assert_eq!(rule("dq01>0.5"), ("DQ01", 0.5));
    assert_eq!(
        parse_fail_on("DQ01>2").unwrap_err(),
        "`2` is no threshold: give a share such as `0.02` or `2%`"
    );
    assert_eq!(
        parse_fail_on("warnin").unwrap_err(),
        "did you mean `warning`?"
    );
}

#[test]
fn a_time_without_offset_is_local() {
    let zone = TimeZone::get("Asia/Tashkent").unwrap();
    let at = |text: &str| {
        parse_instant(text)
            .unwrap()
            .in_zone(&zone)
            .unwrap()
            .to_string()
    };
    assert_eq!(at("2025-04-15"), "2025-04-14T19:00:00Z");
    assert_eq!(at("2025-04-15T10:00:00+02:00"), "2025-04-15T08:00:00Z");
    assert!(parse_instant("yesterday").is_err());
}
