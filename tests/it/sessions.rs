//! Sessions and log-ins: how many there may be, what slows whom, and what a restart and a restore leave of them.

use crate::harness::{House, PASSWORD, Person, Reply, email, until};
use serde_json::json;

fn log_in_from(house: &House, address: &str, name: &str, password: &str) -> Reply {
    let body = json!({"email": email(name), "password": password});
    house.post("/api/v1/sessions").header("X-Forwarded-For", address).json(&body).send()
}

fn is_in(house: &House, person: &Person) -> bool {
    match house.get("/api/v1/me").by(person).send().status {
        200 => true,
        401 => false,
        other => panic!("{other}"),
    }
}

#[test]
fn a_session_too_many_ends_the_oldest() {
    let (house, ann, bob, _) = House::with(&[("limit_sessions_per_account", "3")]);
    let watcher = house.watch("listings=all", Some(&bob));
    let later: Vec<Person> = (0..3).map(|_| house.log_in("Bob")).collect();
    assert!(!is_in(&house, &bob), "the oldest of four is ended");
    while watcher.next().is_some() {}
    assert!(later.iter().all(|person| is_in(&house, person)));
    assert!(is_in(&house, &ann), "the others' stay");
    house.set("limit_sessions_per_account", "1");
    let last = house.log_in("Bob");
    assert!(is_in(&house, &last) && !later.iter().any(|person| is_in(&house, person)));
    house.set("limit_sessions_per_account", "0");
    let more: Vec<Person> = (0..5).map(|_| house.log_in("Bob")).collect();
    assert!(is_in(&house, &last) && more.iter().all(|person| is_in(&house, person)));
}

/// Someone with an account of their own filled the table of sessions, and the writer's time, by thousands of log-ins.
#[test]
fn a_flood_of_right_passwords_is_slowed_and_leaves_few_sessions() {
    let (house, _, bob, cleo) = House::with(&[("limit_log_ins_per_min", "6")]);
    let statuses: Vec<u16> =
        (0..40).map(|_| log_in_from(&house, "127.0.0.1", "Bob", PASSWORD).status).collect();
    let n_in = statuses.iter().filter(|status| **status == 201).count();
    assert!(statuses.iter().all(|status| [201, 429].contains(status)), "{statuses:?}");
    // One that was opened with the house, and one more for every ten seconds that a busy machine takes.
    assert!((5..=20).contains(&n_in), "{n_in} of 40");
    let problem = until("he is too fast", || {
        Some(log_in_from(&house, "127.0.0.1", "Bob", PASSWORD)).filter(|answer| answer.status == 429)
    });
    let problem = problem.refused(429, "rate_limited");
    assert!(problem["retry_after_s"].as_i64().unwrap() >= 1, "{problem}");
    assert!(is_in(&house, &bob), "who is in stays in");
    // Others are not kept out, from the same address.
    assert_eq!(log_in_from(&house, "127.0.0.1", "Cleo", PASSWORD).status, 201);
    assert!(is_in(&house, &cleo));
    house.set("limit_log_ins_per_min", "0");
    until("the rate is lifted", || {
        (log_in_from(&house, "127.0.0.1", "Bob", PASSWORD).status == 201).then_some(())
    });
    for _ in 0..30 {
        house.log_in("Bob");
    }
    assert_eq!(house.number(&format!("select count(*) from session where account_id = {}", bob.id)), 20);
}

#[test]
fn wrong_passwords_use_up_nothing_of_the_rate_of_right_ones() {
    let (house, ..) = House::with(&[("limit_log_ins_per_min", "3"), ("limit_sign_ins_per_min", "0")]);
    for _ in 0..5 {
        log_in_from(&house, "127.0.0.1", "Bob", "wrong password").refused(401, "unauthenticated");
    }
    house.log_in("Bob");
}

#[test]
fn a_device_is_still_known_after_a_restart_until_the_password_changes() {
    let mut house = House::bare();
    house.add("Bob");
    house.set("limit_sign_ins_per_min", "1");
    let serve = |house: &mut House| house.serve_with(&["--trusted-proxy", "127.0.0.1"]);
    let (home, cafe) = ("192.0.2.7", "192.0.2.8");
    serve(&mut house);
    log_in_from(&house, home, "Bob", PASSWORD).done(201);
    house.kill();
    serve(&mut house);
    // Ten at one failure a minute: so many lock the account for whoever has never logged in from where they are.
    let fail = |house: &House| {
        let from = |n: usize| log_in_from(house, &format!("203.0.113.{n}"), "Bob", "wrong password");
        from(0).refused(401, "unauthenticated");
        (0..10).for_each(|n| drop(from(n).refused(429, "rate_limited")));
        log_in_from(house, cafe, "Bob", PASSWORD).refused(429, "rate_limited");
    };
    fail(&house);
    log_in_from(&house, home, "Bob", PASSWORD).done(201);
    assert_eq!(house.number("select count(*) from known_device"), 1);
    house.kill();
    for file in ["auction.db", "auction.db-wal"] {
        let bytes = std::fs::read(house.dir().join(file)).unwrap_or_default();
        assert!(!bytes.windows(home.len()).any(|found| found == home.as_bytes()), "{file} holds the address");
    }
    house.run_with(&["account", "password", &email("Bob")], &format!("{PASSWORD}\n")).done();
    serve(&mut house);
    fail(&house);
    log_in_from(&house, home, "Bob", PASSWORD).refused(429, "rate_limited");
}

#[test]
fn no_more_devices_of_an_account_are_remembered_than_there_is_room_for() {
    let mut house = House::bare();
    house.add("Bob");
    house.set("limit_log_ins_per_min", "0");
    house.serve_with(&["--trusted-proxy", "127.0.0.1"]);
    for n in 0..45 {
        log_in_from(&house, &format!("192.0.2.{n}"), "Bob", PASSWORD).done(201);
    }
    assert_eq!(house.number("select count(*) from known_device"), 40);
}

#[test]
fn a_restore_ends_every_session() {
    let (mut house, _, bob, _) = House::open();
    let file = house.home().join("backup.tar");
    // A link in a mail may have been used or voided since.
    house.run(&["account", "invite", &email("Dora"), "--print"]).done();
    assert_eq!(house.number("select count(*) from link"), 1);
    house.run(&["backup", file.to_str().unwrap()]).done();
    house.stop();
    house.run(&["restore", file.to_str().unwrap()]).done();
    assert_eq!(house.number("select (select count(*) from session) + (select count(*) from link)"), 0);
    house.serve();
    assert!(!is_in(&house, &bob));
    let again = house.log_in("Bob");
    assert!(is_in(&house, &again));
}
