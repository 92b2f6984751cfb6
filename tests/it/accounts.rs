//! People: joining, sessions, the purse as its owner sees it, and the commands about accounts.

use crate::harness::{House, PAID_IN, PASSWORD, email};
use serde_json::json;

#[test]
fn one_joins_logs_in_and_out_by_the_api() {
    let (house, ..) = House::open();
    let body = json!({"email": " Dora@Example.org ", "name": " Dora ", "password": "long enough"});
    let joined = house.post("/api/v1/accounts").json(&body).send().done(201);
    assert_eq!((&joined["email"], &joined["name"]), (&json!("dora@example.org"), &json!("Dora")));
    let body = json!({"email": "DORA@example.ORG", "password": "long enough"});
    let answer = house.post("/api/v1/sessions").json(&body).send();
    let cookie = answer.header("Set-Cookie").unwrap().to_owned();
    let session = answer.done(201);
    assert_eq!(session["account"], json!({"id": joined["id"], "name": "Dora", "email": "dora@example.org"}));
    let token = session["token"].as_str().unwrap();
    assert!(token.len() >= 40 && cookie.starts_with(&format!("auction_session={token};")), "{cookie}");
    for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.split("; ").any(|found| found == part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "no TLS here: {cookie}");
    let bearer = format!("Bearer {token}");
    let me = house.get("/api/v1/me").header("Authorization", &bearer).send().done(200);
    let expected = json!({"id": joined["id"], "name": "Dora", "email": "dora@example.org", "balance": 0, "held": 0,
        "available": 0, "credit_limit": 0, "currency": "KRW", "language": null, "verified": false, "state": "active"});
    assert_eq!(me, expected);
    let out = house.delete("/api/v1/sessions/current").header("Authorization", &bearer).send();
    assert_eq!(out.status, 204);
    house.get("/api/v1/me").header("Authorization", &bearer).send().refused(401, "unauthenticated");
}

#[test]
fn one_joins_logs_in_and_out_by_forms() {
    let (house, ..) = House::open();
    let own = |path: &str| house.post(path).header("Sec-Fetch-Site", "same-origin");
    let fields =
        [("email", "dora@example.org"), ("name", "Dora"), ("password", "long enough"), ("next", "/account")];
    let joined = own("/join").form(&fields).send();
    assert_eq!(joined.status, 303, "{joined:?}");
    assert!(joined.header("Location").unwrap().starts_with("/account"));
    let cookie = joined.header("Set-Cookie").unwrap().split(';').next().unwrap().to_owned();
    let account = house.get("/account").header("Cookie", &cookie).send();
    assert!(account.status == 200 && account.text().contains("dora@example.org"));
    let settings = house.get("/account?tab=settings").header("Cookie", &cookie).send().text();
    assert_eq!(settings.matches(r#"href="/account/password""#).count(), 1);
    let out = own("/logout").header("Cookie", &cookie).form(&[]).send();
    assert_eq!(out.status, 303);
    assert!(out.header("Set-Cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(house.get("/account").header("Cookie", &cookie).send().status, 303, "on to the log-in");
    let wrong = own("/login").form(&[("email", "dora@example.org"), ("password", "wrong one")]).send();
    assert_eq!(wrong.status, 401);
    assert!(
        wrong.text().contains("dora@example.org") && !wrong.text().contains("wrong one"),
        "kept, but for the password"
    );
    let again = own("/login").form(&[
        ("email", "dora@example.org"),
        ("password", "long enough"),
        ("next", "//evil.example"),
    ]);
    let again = again.send();
    assert_eq!(again.status, 303);
    assert!(!again.header("Location").unwrap().contains("evil"));
}

#[test]
fn a_token_and_a_password_stand_nowhere_in_the_database() {
    let (mut house, _, bob, _) = House::open();
    house.stop();
    for entry in std::fs::read_dir(house.dir()).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_file() {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        for secret in [&bob.token, PASSWORD] {
            let stands = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!stands, "{} holds it", path.display());
        }
    }
    let hash: String = house
        .connection()
        .query_row("select password_hash from account where id = ?1", [bob.id], |row| row.get(0))
        .unwrap();
    assert!(hash.starts_with("$argon2id$"), "{hash}");
}

#[test]
fn an_ended_session_is_none() {
    let (house, _, bob, _) = House::open();
    house.connection().execute("update session set expires_at = 1 where account_id = ?1", [bob.id]).unwrap();
    house.get("/api/v1/me").by(&bob).send().refused(401, "unauthenticated");
    let again = house.log_in(bob.name);
    let args = ["account", "password", bob.email.as_str()];
    house.run_with(&args, "a new password\n").done();
    house.get("/api/v1/me").by(&again).send().refused(401, "unauthenticated");
    let body = json!({"email": bob.email, "password": "a new password"});
    house.post("/api/v1/sessions").json(&body).send().done(201);
}

/// Whoever lists the processes of the machine sees no password: it comes by stdin, from a file, or at a prompt.
#[test]
fn a_password_comes_by_stdin_from_a_file_or_at_a_prompt() {
    let mut house = House::bare();
    let file = house.home().join("password.txt");
    let file = file.to_str().unwrap();
    house.add("Ann");
    std::fs::write(file, "from the file\n").unwrap();
    let words = ["account", "add", "--email", &email("Bob"), "--name", "Bob", "--password-file", file];
    house.run(&words).done();
    house.run(&["account", "add", "--email", &email("Cleo"), "--name", "Cleo", "--no-password"]).done();
    let add = format!("account add --email {} --name Dora", email("Dora"));
    let seen = house.at_terminal(&add, &[("Password", "at the prompt"), ("Again", "at the prompt")]);
    assert!(seen.contains("Password") && !seen.contains("at the prompt"), "{seen}");
    assert_eq!(
        house.run(&["account", "add", "--email", "e@example.org", "--name", "E", "pass word"]).status,
        2
    );
    assert_eq!(house.run(&[&words[..7], &["/nowhere"]].concat()).status, 3);
    let twice = house
        .run_with(&["account", "password", &email("Bob"), "--password-stdin"], "one of them\nthe other\n");
    assert!(twice.status == 3 && twice.stderr.contains("more than one line"), "{twice:?}");
    for why in ["", "a\u{1b}[2J", &"x".repeat(201)] {
        assert_eq!(house.run(&["account", "suspend", &email("Bob"), "--why", why]).status, 1, "{why}");
    }
    house.serve();
    let try_in = |name: &str, password: &str| {
        let body = json!({"email": email(name), "password": password});
        house.post("/api/v1/sessions").json(&body).send().status
    };
    assert_eq!((try_in("Ann", PASSWORD), try_in("Bob", "from the file")), (201, 201));
    assert_eq!((try_in("Cleo", "any password"), try_in("Dora", "at the prompt")), (401, 201));
    std::fs::write(file, "another one\r\n").unwrap();
    house.run(&["account", "password", &email("Ann"), "--password-file", file]).done();
    assert_eq!((try_in("Ann", PASSWORD), try_in("Ann", "another one")), (401, 201));
}

#[test]
fn the_house_says_who_may_join() {
    let (house, ..) = House::with(&[("sign_up", "closed")]);
    let join = |name: &str| {
        let body = json!({"email": email(name), "name": name, "password": PASSWORD});
        house.post("/api/v1/accounts").json(&body).send()
    };
    join("Dora").refused(403, "not_allowed");
    house.set("sign_up", "approval");
    join("Dora").done(201);
    let dora = house.log_in("Dora");
    house.try_list(&dora, json!({})).refused(403, "not_allowed");
    house.run(&["account", "restore", &email("Dora")]).done();
    house.list(&dora, json!({}));
    house.audit();
}

#[test]
fn the_commands_about_accounts_do_what_they_say() {
    let (house, _, bob, _) = House::open();
    let bob_s = email("Bob");
    let show = || house.told(&["account", "show", &bob_s]);
    house.run(&["account", "debit", &bob_s, "40000", "--why", "paid out"]).done();
    assert_eq!(house.funds(&bob), (PAID_IN - 40_000, 0, PAID_IN - 40_000));
    for bad in [
        &["account", "debit", bob_s.as_str(), "60001", "--why", "x"][..],
        &["account", "credit", bob_s.as_str(), "0", "--why", "x"],
        &["account", "credit", bob_s.as_str(), "5", "--why", ""],
        &["account", "credit", "nobody@example.org", "5", "--why", "x"],
        &["account", "limit", bob_s.as_str(), "1000000000000001"],
    ] {
        let ran = house.run(bad);
        assert_eq!(ran.status, 1, "{bad:?}: {ran:?}");
        assert!(!ran.stderr.is_empty());
    }
    house.run(&["account", "limit", &bob_s, "500"]).done();
    house.run(&["account", "suspend", &bob_s, "--why", "unpaid"]).done();
    assert_eq!(
        (&show()["state"], &show()["why"], &show()["credit_limit"]),
        (&json!("suspended"), &json!("unpaid"), &json!(500))
    );
    house.run(&["account", "restore", &bob_s]).done();
    assert_eq!(show()["state"], "active");
    let again =
        house.run_with(&["account", "add", "--email", &bob_s, "--name", "B", "--password-stdin"], PASSWORD);
    assert_eq!(again.status, 1);
    assert_eq!(house.told(&["account", "list"]).as_array().unwrap().len(), 3);
    assert_eq!(house.number("select count(*) from transfer where why = 'paid out'"), 1);
    house.audit();
}
