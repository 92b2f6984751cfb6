//! Invitations: an admin opens accounts, and whoever opens the link in the mail chooses a password and is in. A link holds
//! once; of its token only the hash is stored.

use crate::harness::{House, PASSWORD, Ran, Reply, email, until};
use crate::post::{AT_ONCE, Mailbox, house_with};
use crate::sales::draft;
use serde_json::{Value, json};

fn invite(house: &House, words: &[&str]) -> Ran {
    house.run(&[&["account", "invite"], words].concat())
}

/// The token in a mail or in the line of a command.
#[track_caller]
fn token_in(text: &str) -> String {
    let behind = text.split("/invitation?token=").nth(1).unwrap_or_else(|| panic!("no link in {text}"));
    behind.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect()
}

fn open(house: &House, token: &str) -> Reply {
    house.get(&format!("/invitation?token={token}")).send()
}

fn accept_with(house: &House, token: &str, fields: &[(&str, &str)]) -> Reply {
    let form = house.post("/invitation").header("Sec-Fetch-Site", "same-origin");
    form.form(&[&[("token", token)], fields].concat()).send()
}

fn accept(house: &House, token: &str, name: &str) -> Reply {
    accept_with(house, token, &[("name", name), ("password", PASSWORD)])
}

fn log_in(house: &House, address: &str) -> u16 {
    house.post("/api/v1/sessions").json(&json!({"email": address, "password": PASSWORD})).send().status
}

#[test]
fn who_is_invited_chooses_a_password_and_is_in() {
    let mailbox = Mailbox::open(&[]);
    let (house, ..) = house_with(&mailbox.entries(), &AT_ONCE);
    let ran = invite(&house, &[&email("Dora"), "--name", "Dora Lee"]).done();
    assert_eq!(ran.stdout, "dora@example.org is invited as Dora Lee\n");
    assert_eq!(log_in(&house, &email("Dora")), 401, "there is no password yet");
    let mails = mailbox.wait_for(1);
    assert_eq!(mails[0]["to"], json!([email("Dora")]));
    let token = token_in(mails[0]["body"].as_str().unwrap());
    // Mail programs open links to look at them.
    for _ in 0..2 {
        let page = open(&house, &token);
        assert_eq!(page.status, 200, "{page:?}");
        assert_eq!(page.header("Referrer-Policy"), Some("no-referrer"));
        assert_eq!(page.header("Cache-Control"), Some("no-store"));
        let text = page.text();
        assert!(text.contains("value=\"Dora Lee\"") && text.contains("dora@example.org"), "{text}");
        assert!(!text.contains(&format!("next=/invitation?token={token}")), "no other page is told: {text}");
    }
    let done = accept(&house, &token, "Dora");
    assert_eq!((done.status, done.header("Location")), (303, Some("/?done=joined")), "{done:?}");
    let cookie = done.header("Set-Cookie").unwrap().split(';').next().unwrap().to_owned();
    let account = house.get("/account").header("Cookie", &cookie).send();
    assert!(account.status == 200 && account.text().contains("dora@example.org"), "{account:?}");
    assert_eq!(log_in(&house, &email("Dora")), 201);
    assert_eq!(
        house.number("select count(*) from account where name = 'Dora' and verified_at is not null"),
        1
    );
    for over in [open(&house, &token), accept(&house, &token, "Dora")] {
        assert!(over.status == 410 && over.text().contains("has been used already"), "{over:?}");
    }
    let korean = house.get("/invitation?token=nothing").header("Accept-Language", "ko").send();
    assert!(korean.status == 410 && korean.text().contains("만료된 초대"), "{korean:?}");
    for what in ["account.invite", "account.accept"] {
        assert_eq!(house.number(&format!("select count(*) from log where what = '{what}'")), 1, "{what}");
    }
    assert!(!house.log().contains(&token), "no log has the token");
    for file in ["auction.db", "auction.db-wal"] {
        let bytes = std::fs::read(house.dir().join(file)).unwrap_or_default();
        assert!(!bytes.windows(token.len()).any(|part| part == token.as_bytes()), "{file} has the token");
    }
    house.audit();
}

#[test]
fn a_form_that_is_refused_leaves_the_link() {
    let (house, ..) = House::open();
    let token = token_in(&invite(&house, &[&email("Dora"), "--print"]).done().stdout);
    for (name, password, status, words) in [
        ("Bob", PASSWORD, 409, "Somebody else has this name"),
        ("Do\u{200b}ra", PASSWORD, 422, "plain spaces"),
        ("former member 3", PASSWORD, 422, "former members"),
        ("Dora", "short", 422, "8"),
        ("", PASSWORD, 422, "1"),
    ] {
        let page = accept_with(&house, &token, &[("name", name), ("password", password)]);
        assert!(page.status == status && page.text().contains(words), "{name}: {page:?}");
        assert!(!page.text().contains(password) || password == "short", "{name}");
        assert_eq!(page.header("Referrer-Policy"), Some("no-referrer"));
    }
    assert_eq!(house.number("select count(*) from account where password_hash is null"), 1);
    assert_eq!(accept(&house, &token, "Dora").status, 303);
}

#[test]
fn who_is_invited_again_gets_a_new_link_and_the_old_one_is_void() {
    let mailbox = Mailbox::open(&[]);
    let (house, ..) = house_with(&mailbox.entries(), &AT_ONCE);
    let token = |n: usize| token_in(mailbox.wait_for(n)[n - 1]["body"].as_str().unwrap());
    invite(&house, &[&email("Dora")]).done();
    let first = token(1);
    let again = invite(&house, &[&email("Dora"), "--name", "Another"]).done();
    assert_eq!(again.stdout, "dora@example.org is invited again, as dora\n");
    let second = token(2);
    assert_eq!([&first, &second].map(|token| open(&house, token).status), [410, 200]);
    invite(&house, &[&email("Dora")]).done();
    let third = token(3);
    let enough = invite(&house, &[&email("Dora")]).done();
    assert!(enough.stdout.contains("the newest holds"), "{enough:?}");
    assert_eq!(open(&house, &third).status, 200);
    assert_eq!(accept(&house, &third, "Dora").status, 303);
    let joined = invite(&house, &[&email("Dora"), &email("Emil")]).done();
    assert!(joined.stdout.contains("dora@example.org has joined before, as Dora\n"), "{joined:?}");
    assert_eq!(mailbox.wait_for(4)[3]["to"], json!([email("Emil")]));
    house.audit();
}

/// A password that an admin has set is not replaced by an old mail.
#[test]
fn a_link_ends_when_the_account_gets_a_password() {
    let (house, ..) = House::open();
    let token = token_in(&invite(&house, &[&email("Dora"), "--print"]).done().stdout);
    house.run_with(&["account", "password", &email("Dora"), "--password-stdin"], "another horse").done();
    assert_eq!(open(&house, &token).status, 410);
    assert_eq!(accept(&house, &token, "Dora").status, 410);
}

#[test]
fn without_a_way_for_mails_the_links_are_printed_or_nobody_is_invited() {
    let (house, ..) = House::open();
    let refused = invite(&house, &[&email("Dora")]);
    assert!(refused.status == 1 && refused.stderr.contains("mail"), "{refused:?}");
    assert_eq!(house.number("select count(*) from account"), 3);
    let ran = invite(&house, &[&email("Dora"), "--print"]).done();
    assert!(ran.stderr.contains("no public_url"), "{ran:?}");
    house.set("public_url", "https://auction.example.org");
    let told = house.told(&["account", "invite", &email("Dora"), &email("Emil"), "--print"]);
    let links: Vec<&str> = told.as_array().unwrap().iter().map(|one| one["link"].as_str().unwrap()).collect();
    assert!(links.iter().all(|link| link.starts_with("https://auction.example.org/invitation?token=")));
    assert_eq!([&told[0]["outcome"], &told[1]["outcome"]], ["again", "invited"]);
    assert_eq!(open(&house, &token_in(&ran.stdout)).status, 410, "the one before is void");
    for (link, name) in links.iter().zip(["Dora", "Emil"]) {
        assert_eq!(accept(&house, &token_in(link), name).status, 303);
    }
    assert_eq!(log_in(&house, &email("Emil")), 201);
    house.audit();
}

#[test]
fn a_file_invites_all_or_nobody() {
    let (house, ..) = House::open();
    let file = house.home().join("club.csv");
    let path = file.to_str().unwrap();
    std::fs::write(&file, "name,email\nBob,dora@example.org\n,nobody\nEmil,emil@example.org\nemil,e@x.org\n")
        .unwrap();
    let ran = invite(&house, &["--file", path, "--print"]);
    assert_eq!(ran.status, 1, "{ran:?}");
    for words in [
        "line 2: name: bob@example.org has the name Bob, or one that looks like it.",
        "line 3: email: An email address, such as ann@example.org.",
        "line 5: name: Line 4 has the name emil, or one that looks like it.",
        "3 faults; nobody was invited",
    ] {
        assert!(ran.stderr.contains(words), "{words}: {ran:?}");
    }
    assert_eq!(house.number("select count(*) from account"), 3);
    // Names are optional; those that are given come first.
    std::fs::write(
        &file,
        "email,name\nbob@club.example,\ndora@club.example,\nd@club.example,Dora\nbob@example.org,X\n",
    )
    .unwrap();
    let told = house.told(&["account", "invite", "--file", path, "--print"]);
    let names: Vec<&Value> = told.as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["bob 2", "dora 2", "Dora", "Bob"]);
    assert_eq!(told[3]["outcome"], "joined");
    // The file may stand in place of the addresses.
    let told = house.told(&["account", "invite", path, "--print"]);
    assert_eq!(told.as_array().unwrap().len(), 4, "{told}");
    for words in [["a@x.org", "b@x.org", "--name", "Both"].as_slice(), &[path, "--name", "Both"]] {
        let ran = invite(&house, words);
        assert!(ran.status == 2 && ran.stderr.contains("name of one person"), "{ran:?}");
    }
    let ran = invite(&house, &["no address", "b@x.org", "--print"]);
    assert!(ran.status == 1 && ran.stderr.contains("no address: email: "), "{ran:?}");
    assert_eq!(invite(&house, &[]).status, 2);
    house.audit();
}

/// A guest whom the desk has registered with an address has an account without a password.
#[test]
fn a_guest_of_the_desk_may_be_invited() {
    let (house, ..) = House::open();
    draft(&house, &[]);
    house.run(&["bidder", "add", "spring", "--name", "Dora", "--email", &email("Dora")]).done();
    let ran = invite(&house, &[&email("Dora"), "--print"]).done();
    assert!(ran.stdout.contains("is invited again, as Dora: "), "{ran:?}");
    assert_eq!(accept(&house, &token_in(&ran.stdout), "Dora Lee").status, 303);
    assert_eq!(house.number("select count(*) from account where name = 'Dora Lee'"), 1);
    house.audit();
}

#[test]
fn whoever_is_invited_accepts_the_terms() {
    let (house, ..) = House::open();
    let file = house.home().join("terms.md");
    std::fs::write(&file, "# Terms\n\nPay within a week.\n").unwrap();
    house.run(&["house", "terms", file.to_str().unwrap()]).done();
    let token = token_in(&invite(&house, &[&email("Dora"), "--print"]).done().stdout);
    until("the server knows the terms", || {
        open(&house, &token).text().contains("name=\"terms\"").then_some(())
    });
    let refused = accept(&house, &token, "Dora");
    assert_eq!(refused.status, 403, "{refused:?}");
    let fields = [("name", "Dora"), ("password", PASSWORD), ("terms", "1")];
    assert_eq!(accept_with(&house, &token, &fields).status, 303);
    assert_eq!(house.number("select count(*) from terms_acceptance where version = 1"), 1);
    house.audit();
}

#[test]
fn a_house_without_passwords_invites_nobody() {
    let (house, ..) = House::open();
    house.connection().execute("insert into house values ('sign_up', 'sso')", []).unwrap();
    let refused = invite(&house, &[&email("Dora"), "--print"]);
    assert!(refused.status == 1 && refused.stderr.contains("single sign-on"), "{refused:?}");
}

#[test]
fn an_invitation_lets_nobody_in_once_the_single_sign_on_is_the_only_way_in() {
    let (house, ..) = House::open();
    let token = token_in(&invite(&house, &[&email("Dora"), "--print"]).done().stdout);
    house.set("sign_up", "sso");
    let page = accept(&house, &token, "Dora");
    assert!(page.status == 403 && page.header("Set-Cookie").is_none(), "{page:?}");
    assert_eq!(house.number("select count(*) from account where password_hash is null"), 1);
    house.set("sign_up", "open");
    assert_eq!(accept(&house, &token, "Dora").status, 303);
    assert_eq!(house.number("select count(*) from session where device is null"), 0);
}
