//! What the program says at a terminal: its help without arguments, and one calm line where no cron daemon runs.

use crate::cron::{add, with_cron};
use crate::harness::{House, until};

#[test]
fn without_arguments_the_help_is_shown_whatever_the_environment_has() {
    let house = House::bare();
    for (args, words) in [
        (&[][..], "Run the server"),
        (&["account"], "auction account list"),
        (&["sale"], "auction sale list"),
    ] {
        let ran = house.run(args);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{ran:?}");
        for words in [words, "Usage: auction", "Example"] {
            assert!(ran.stderr.contains(words), "{words}: {ran:?}");
        }
    }
}

#[test]
fn no_line_for_people_names_a_module() {
    let mut house = with_cron();
    house.serve_by("cron");
    until("the server has looked for the scheduler", || house.log().contains("the sweep").then_some(()));
    std::fs::write(house.bin().join("refuses"), "").unwrap();
    let added = house.add_lamp("2h", &[]).done();
    assert!(!added.stderr.contains("::") && !added.stderr.contains("ERROR"), "{added:?}");
    house.stop();
    let log = house.log();
    assert!(!log.contains("auction::") && !log.contains("ERROR"), "{log}");
}

/// Whether a cron daemon runs where this is tested or not.
#[test]
fn where_no_cron_daemon_runs_one_line_says_who_keeps_the_deadlines_and_what_to_do() {
    let house = with_cron();
    let runs = !house.run(&["doctor"]).stdout.contains("no cron daemon runs");
    let added = house.add_lamp("2h", &[]).done();
    let lines: Vec<&str> = added.stderr.lines().filter(|line| line.contains("cron daemon")).collect();
    assert_eq!(lines.len(), usize::from(!runs), "{added:?}");
    for line in lines {
        assert!(line.contains("auction serve") && line.contains("systemctl enable --now cron"), "{line}");
    }
    let quiet = house.add_lamp("3h", &["--quiet"]).done();
    assert_eq!(quiet.stderr, "");
    assert!(!add(&house).is_empty());
}
