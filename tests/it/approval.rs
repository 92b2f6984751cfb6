//! With `sign_up approval`, who joins waits until an admin approves them: they read so, admins are told, and both hear
//! when it is done.

use crate::harness::{House, PASSWORD, Person, email, until};
use serde_json::{Value, json};

const APPROVAL: &[(&str, &str)] = &[("sign_up", "approval"), ("limit_sign_ups_per_min", "0")];

fn join(house: &House, name: &'static str) -> Person {
    let body = json!({"email": email(name), "name": name, "password": PASSWORD});
    let joined = house.post("/api/v1/accounts").json(&body).send().done(201);
    assert_eq!(joined["state"], "pending");
    house.log_in(name)
}

fn add_admin(house: &House, name: &'static str) -> Person {
    let add = ["account", "add", "--email", &email(name), "--name", name, "--admin", "--password-stdin"];
    house.run_with(&add, PASSWORD).done();
    house.log_in(name)
}

fn page(house: &House, person: &Person, path: &str, lang: &str) -> String {
    house.get(path).in_browser(person).header("Accept-Language", lang).send().text()
}

fn states(house: &House) -> Vec<Value> {
    let accounts = house.told(&["account", "list"]);
    accounts.as_array().unwrap().iter().map(|account| account["state"].clone()).collect()
}

#[test]
fn who_waits_reads_it_on_every_page_until_an_admin_approves() {
    let (house, ann, ..) = House::with(APPROVAL);
    let id = house.list(&ann, json!({}));
    let dora = join(&house, "Dora");
    let paths = ["/", "/account", "/listings/new", &format!("/listings/{id}"), "/help"];
    let says = |person: &Person, path: &str| {
        let words =
            [("en", "Your account is waiting for the organiser’s approval"), ("ko", "주최 측의 승인을")];
        words.map(|(lang, words)| {
            page(&house, person, path, lang)
                .contains(&format!("<p class=\"warning\" role=\"status\">{words}"))
        })
    };
    for path in paths {
        assert_eq!(says(&dora, path), [true, true], "{path}");
        assert_eq!(says(&ann, path), [false, false], "{path}");
    }
    assert_eq!(says(&dora, "/board"), [false, false], "a hall looks at it");
    let account = page(&house, &dora, "/account", "en");
    assert!(!account.split("<body").nth(1).unwrap().contains("suspended"), "{account}");
    let refused = house.bid(&dora, id, 1_000).refused(403, "not_allowed");
    assert_eq!(refused["reason"], "awaiting_approval");
    assert!(
        refused["detail"].as_str().unwrap().contains("waiting for the organiser's approval"),
        "{refused}"
    );
    house.run(&["account", "approve", &email("Dora")]).done();
    for path in paths {
        until("the server knows of it", || (says(&dora, path) == [false, false]).then_some(()));
    }
    house.credit("Dora", 5_000);
    house.bid(&dora, id, 1_000).done(201);
    house.audit();
}

#[test]
fn admins_see_who_waits_and_approve_several_at_once() {
    let (house, ..) = House::with(APPROVAL);
    let eve = add_admin(&house, "Eve");
    let people = ["Dora", "Emil", "Finn"].map(|name| join(&house, name));
    let waiting = || house.told(&["account", "list", "--pending"]).as_array().unwrap().len();
    assert_eq!(waiting(), 3);
    let text = house.run(&["account", "list", "--pending"]).done().stdout;
    assert!(text.contains("dora@example.org") && !text.contains("ann@example.org"), "{text}");
    assert!(page(&house, &eve, "/account", "en").contains("3 people are waiting for approval."));
    assert!(page(&house, &eve, "/account", "ko").contains("3명이 승인을 기다리고"));
    assert!(!page(&house, &people[0], "/account", "en").contains("account approve"));
    // All who are named, or nobody.
    let ran = house.run(&["account", "approve", &email("Dora"), "nobody@example.org"]);
    assert!(
        ran.status == 1 && ran.stderr.contains("nobody@example.org: there is no such account"),
        "{ran:?}"
    );
    assert_eq!(waiting(), 3);
    house.run(&["account", "suspend", &email("Finn"), "--why", "a bad joke"]).done();
    let ran = house.run(&["account", "approve", &email("Dora"), &email("Finn")]);
    assert!(ran.status == 1 && ran.stderr.contains("finn@example.org is suspended"), "{ran:?}");
    assert_eq!(waiting(), 2);
    let ran = house.run(&["account", "approve", &email("Dora"), &people[1].id.to_string()]).done();
    assert!(ran.stdout.contains("dora@example.org is approved\nemil@example.org is approved"), "{ran:?}");
    let again = house.run(&["account", "approve", &email("Dora")]).done();
    assert!(again.stdout.contains("was approved before"), "{again:?}");
    assert_eq!(states(&house)[4..], ["active", "active", "suspended"]);
    assert!(!page(&house, &eve, "/account", "en").contains("account list --pending"));
    assert_eq!(house.number("select count(*) from log where what = 'account.approve'"), 2);
    house.audit();
}

/// The notice stands in the outbox with the account, and goes to admins only.
#[test]
fn admins_get_a_notice_of_who_waits() {
    let (house, ..) = House::with(APPROVAL);
    add_admin(&house, "Eve");
    add_admin(&house, "Gwen");
    house.connection().execute("insert into way (name) values ('mail')", []).unwrap();
    let dora = join(&house, "Dora");
    let told = |who: &str| {
        let sql = format!(
            "select count(*) from notice n join account a on a.id = n.account_id
             where n.kind = 'pending' and n.about = {} and a.name = '{who}'",
            dora.id
        );
        house.number(&sql)
    };
    assert_eq!(["Eve", "Gwen", "Ann", "Dora"].map(told), [1, 1, 0, 0]);
    house.set("sign_up", "open");
    let body = json!({"email": email("Emil"), "name": "Emil", "password": PASSWORD});
    house.post("/api/v1/accounts").json(&body).send().done(201);
    assert_eq!(house.number("select count(*) from notice where kind = 'pending'"), 2);
}
