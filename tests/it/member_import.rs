//! `account import`: a whole club from a file of any spreadsheet, all of it or nobody, with every wrong line named.

use crate::harness::{House, Ran};
use crate::post::{AT_ONCE, Mailbox, house_with};
use serde_json::json;
use std::fmt::Write;
use std::time::Instant;

/// Imports a file of these bytes.
fn import(house: &House, bytes: impl AsRef<[u8]>, options: &[&str]) -> Ran {
    let file = house.home().join("club.csv");
    std::fs::write(&file, bytes).unwrap();
    house.run(&[&["account", "import", file.to_str().unwrap()], options].concat())
}

fn n_accounts(house: &House) -> i64 {
    house.number("select count(*) from account")
}

#[test]
fn a_club_is_imported_from_the_file_of_any_spreadsheet() {
    let (house, ..) = House::open();
    let utf_16: Vec<u8> = "\u{feff}Name\tE-mail\r\n"
        .replace("E-mail", "Email")
        .encode_utf16()
        .chain("Jo\u{308}rg\tJoerg@Example.org \r\n".encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let (cp_949, ..) = encoding_rs::EUC_KR.encode("email;name\r\ndora@example.org;김민수\r\n");
    for (bytes, name) in [
        (b"email,name\nfinn@example.org,Finn\n".to_vec(), "Finn"),
        (b"\xef\xbb\xbfsep=;\nNAME;Email\n\"Gwen; Lee\";gwen@example.org\n".to_vec(), "Gwen; Lee"),
        (utf_16, "J\u{f6}rg"),
        (cp_949.into_owned(), "김민수"),
    ] {
        let ran = import(&house, &bytes, &[]).done();
        assert!(ran.stdout.contains("1 member was imported"), "{ran:?}");
        let found = format!("select count(*) from account where name = '{name}' and password_hash is null");
        assert_eq!(house.number(&found), 1, "{name}");
    }
    assert_eq!(house.number("select count(*) from account where email = 'joerg@example.org'"), 1);
    assert_eq!(house.number("select count(*) from log where what = 'account.import'"), 4);
    house.audit();
}

#[test]
fn every_wrong_line_is_named_and_nobody_is_imported() {
    let (house, ..) = House::open();
    let file = "name,email\n\
                Dora,dora@example.org\n\
                BOB,b@example.org\n\
                Emil,Bob@Example.org\n\
                dora,d@example.org\n\
                Finn,DORA@example.org\n\
                Dоra,d2@example.org\n\
                ,gwen@example.org\n\
                Hugo,nobody\n\
                I\u{200b}da,ida@example.org\n\
                Former member 5,jan@example.org\n";
    for options in [&[][..], &["--check"], &["--invite", "--check"]] {
        let ran = import(&house, file, options);
        assert_eq!(ran.status, 1, "{ran:?}");
        for words in [
            "line 3: name: bob@example.org has the name BOB, or one that looks like it.",
            "line 4: email: Bob has the address bob@example.org (account 2).",
            "line 5: name: Line 2 has the name dora, or one that looks like it.",
            "line 6: email: Line 2 has dora@example.org, too.",
            "line 7: name: Line 2 has the name Dоra, or one that looks like it.",
            "line 8: name: From 1 to 40 characters.",
            "line 9: email: An email address, such as ann@example.org.",
            "line 10: name: Without invisible characters, and with plain spaces.",
            "line 11: name: Another name: this is how former members are called.",
            "9 faults; nobody was imported",
        ] {
            assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
        }
    }
    for (file, words) in [
        ("email\nx@example.org\n", "The column name is missing."),
        ("name,e-mail address\nX,x@example.org\n", "did you mean email?"),
        ("name,email,phone\nX,x@example.org,5\n", "There is no field \"phone\"."),
        ("", "The file is empty"),
    ] {
        let ran = import(&house, file, &[]);
        assert!(ran.status == 1 && ran.stderr.contains(words), "{ran:?}");
    }
    assert_eq!(n_accounts(&house), 3);
}

#[test]
fn a_check_shows_what_would_be_imported_and_changes_nothing() {
    let (house, ..) = House::open();
    let file = "email,name\ndora@example.org,Dora\nemil@example.org,Emil\n";
    let ran = import(&house, file, &["--check"]).done();
    assert!(
        ran.stdout.contains("2 lines, nothing is wrong") && ran.stdout.contains("emil@example.org"),
        "{ran:?}"
    );
    let told = import(&house, file, &["--check", "--format", "json"]).done().json();
    assert_eq!(told["members"][1], json!({"line": 3, "email": "emil@example.org", "name": "Emil"}));
    assert_eq!(n_accounts(&house), 3);
    let told = import(&house, file, &["--format", "json"]).done().json();
    assert_eq!((&told["n"], &told["members"][0]["name"]), (&json!(2), &json!("Dora")));
    let again = import(&house, file, &[]);
    assert!(again.status == 1 && again.stderr.contains("2 faults"), "{again:?}");
}

#[test]
fn members_are_mailed_their_links_if_that_is_asked_for() {
    let file = "email,name\ndora@example.org,Dora\nemil@example.org,Emil\n";
    let (without, ..) = House::open();
    let refused = import(&without, file, &["--invite"]);
    assert!(refused.status == 1 && refused.stderr.contains("mail"), "{refused:?}");
    assert_eq!(n_accounts(&without), 3);
    let mailbox = Mailbox::open(&[]);
    let (house, ..) = house_with(&mailbox.entries(), &AT_ONCE);
    import(&house, file, &["--invite"]).done();
    let mut to: Vec<String> =
        mailbox.wait_for(2).iter().map(|mail| mail["to"][0].as_str().unwrap().to_owned()).collect();
    to.sort();
    assert_eq!(to, ["dora@example.org", "emil@example.org"]);
    assert!(mailbox.mails().iter().all(|mail| mail["body"].as_str().unwrap().contains("/invitation?token=")));
    house.audit();
}

/// The most that a file may have, in one transaction; bids wait meanwhile.
#[test]
fn ten_thousand_members_are_imported_and_one_more_is_refused() {
    let (house, ..) = House::open();
    let file = |n_members: usize| {
        let mut file = "email,name\n".to_owned();
        (0..n_members).for_each(|n| writeln!(file, "m{n}@club.example,Member {n}").unwrap());
        file
    };
    let ran = import(&house, file(10_001), &[]);
    assert!(ran.status == 1 && ran.stderr.contains("at most 10000 lines"), "{ran:?}");
    let begun = Instant::now();
    let ran = import(&house, file(10_000), &[]).done();
    println!("10,000 members imported in {:?}", begun.elapsed());
    assert!(ran.stdout.contains("10000 members were imported"), "{ran:?}");
    assert_eq!(n_accounts(&house), 10_003);
    house.audit();
}
