//! A name is one person's in a house: compared as it is read, not as it is typed.

use crate::harness::{House, PASSWORD, Reply};
use crate::sales::{draft, house, refused};
use crate::upgrade::{fixtures, of_fixture};
use serde_json::json;
use std::thread;

const MANY: &[(&str, &str)] = &[("limit_sign_ups_per_min", "0")];

fn join(house: &House, email: &str, name: &str) -> Reply {
    house.post("/api/v1/accounts").json(&json!({"email": email, "name": name, "password": PASSWORD})).send()
}

fn join_by_form(house: &House, name: &str, lang: &str) -> String {
    let form = house.post(&format!("/join?lang={lang}")).header("Sec-Fetch-Site", "same-origin");
    let page = form.form(&[("email", "dora@example.org"), ("name", name), ("password", PASSWORD)]).send();
    assert_eq!(page.status / 100, 4, "{page:?}");
    page.text()
}

fn add(house: &House, email: &str, name: &str) -> crate::harness::Ran {
    house.run_with(&["account", "add", "--email", email, "--name", name, "--no-password"], "")
}

/// What the page says beside the name.
fn beside_name(page: &str) -> &str {
    page.split("id=\"name-error\">").nth(1).unwrap().split('<').next().unwrap()
}

#[test]
fn a_name_in_use_is_taken_however_it_is_written() {
    let (house, ..) = House::with(MANY);
    for name in ["Bob", "BOB", "  bob ", "Ｂｏｂ", "𝐁𝐨𝐛", "Вob", "BОB", "Βοb"] {
        let refused = join(&house, "dora@example.org", name).refused(409, "taken");
        assert_eq!(refused["reason"], "name_taken", "{name}");
        assert!(refused["fields"]["name"].is_string(), "{name}: {refused}");
        let english = beside_name(&join_by_form(&house, name, "en")).to_owned();
        assert_eq!(english, "Somebody else has this name, or one that looks like it.", "{name}");
        assert!(beside_name(&join_by_form(&house, name, "ko")).contains("다른 사람이 쓰는 닉네임"), "{name}");
        let ran = add(&house, "dora@example.org", name);
        assert!(ran.status == 1 && ran.stderr.contains("has this name"), "{name}: {ran:?}");
    }
    assert_eq!(house.number("select count(*) from account"), 3);
    // The names of two people of one script may look alike, as those of Bob and Rob do.
    for (n, name) in ["Bob1", "Bobl", "Rob", "Böb", "Bob Bob", "밥"].into_iter().enumerate() {
        join(&house, &format!("p{n}@example.org"), name).done(201);
    }
    house.audit();
}

#[test]
fn an_address_in_use_is_said_before_the_name() {
    let (house, ..) = House::with(MANY);
    let refused = join(&house, "bob@example.org", "Bob").refused(409, "taken");
    assert_eq!((&refused["reason"], &refused["fields"]["name"]), (&json!("email_taken"), &json!(null)));
}

#[test]
fn a_name_has_plain_spaces_and_nothing_invisible() {
    let (house, ..) = House::with(MANY);
    for name in [
        "Do\u{a0}ra",
        "도라\u{3000}김",
        "Do\u{2009}ra",
        "Do\u{200b}ra",
        "Dora\u{2060}",
        "Do\u{ad}ra",
        "D\u{200d}ora",
        "Dora\u{200e}",
        "Dora\u{3164}",
        "Dora\u{fe0f}",
    ] {
        let refused = join(&house, "dora@example.org", name).refused(422, "invalid");
        assert_eq!(
            refused["fields"]["name"], "Without invisible characters, and with plain spaces.",
            "{name:?}"
        );
        assert!(beside_name(&join_by_form(&house, name, "en")).contains("plain spaces"), "{name:?}");
        assert!(beside_name(&join_by_form(&house, name, "ko")).contains("보이지 않는"), "{name:?}");
        assert_eq!(add(&house, "dora@example.org", name).status, 1, "{name:?}");
    }
    assert_eq!(house.number("select count(*) from account"), 3);
    for (n, name) in [" Dora  Lee ", "👩\u{200d}🚀", "می\u{200c}خواهم", "Do\u{308}ra"].into_iter().enumerate()
    {
        join(&house, &format!("p{n}@example.org"), name).done(201);
    }
    assert_eq!(house.number("select count(*) from account where name = 'Dora Lee'"), 1);
}

#[test]
fn nobody_is_called_like_a_former_member() {
    let (house, ..) = House::with(MANY);
    for name in ["former member 1", "Former  Member 12", "ｆｏｒｍｅｒ member 3", "fоrmer member 4"] {
        let refused = join(&house, "dora@example.org", name).refused(422, "invalid");
        assert!(refused["fields"]["name"].as_str().unwrap().contains("former members"), "{refused}");
        assert!(beside_name(&join_by_form(&house, name, "en")).contains("former members"), "{name}");
        assert!(beside_name(&join_by_form(&house, name, "ko")).contains("탈퇴한"), "{name}");
        assert_eq!(add(&house, "dora@example.org", name).status, 1, "{name}");
    }
    join(&house, "dora@example.org", "former member").done(201);
}

#[test]
fn of_those_who_join_at_once_by_one_name_one_gets_it() {
    let (house, ..) = House::with(MANY);
    let names = ["Dora", "DORA", "dora", "Ｄｏｒａ", " Dora", "Dоra", "dorA", "DoRa"];
    let statuses = thread::scope(|scope| {
        let joining = |(n, name): (usize, &&'static str)| {
            let (house, email, name) = (&house, format!("p{n}@example.org"), *name);
            scope.spawn(move || join(house, &email, name).status)
        };
        let all: Vec<_> = names.iter().enumerate().map(joining).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [201, 409].contains(status)), "{statuses:?}");
    assert_eq!(house.number("select count(*) from account"), 4);
}

/// Before names were unique, a house could have two Bobs.
#[test]
fn a_house_that_has_doubles_keeps_them() {
    let mut house = of_fixture(&fixtures().join("house-0.1.0.sql"));
    let conn = house.connection();
    conn.execute("update account set name = 'BOB' where name = 'Ann'", []).unwrap();
    drop(conn);
    house.serve();
    let names: Vec<String> = house
        .told(&["account", "list"])
        .as_array()
        .unwrap()
        .iter()
        .map(|account| account["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["BOB", "Bob", "Cleo"]);
    for name in ["Ann", "Bob", "Cleo"] {
        house.log_in(name);
    }
    assert_eq!(join(&house, "dora@example.org", "bob").refused(409, "taken")["reason"], "name_taken");
    join(&house, "dora@example.org", "Dora").done(201);
    house.audit();
}

/// At the desk a second Kim Minsu is real, and stands there.
#[test]
fn a_guest_of_the_desk_may_be_called_as_somebody_else() {
    let house = house();
    draft(&house, &[]);
    house.run(&["bidder", "add", "spring", "--name", "Bob"]).done();
    refused(&house.run(&["bidder", "add", "spring", "--name", "bob"]), "--anyway");
    house.run(&["bidder", "add", "spring", "--name", "bob", "--anyway"]).done();
    assert_eq!(house.number("select count(*) from account where name like 'bob'"), 3);
    house.audit();
}
