//! Addresses, names and passwords as people type them: on the pages, by the API, at the command line and in a CSV file.

use crate::harness::{House, PASSWORD, Reply, email};
use serde_json::{Value, json};

fn join(house: &House, email: &str, name: &str) -> Reply {
    house.post("/api/v1/accounts").json(&json!({"email": email, "name": name, "password": PASSWORD})).send()
}

fn join_by_form(house: &House, email: &str, name: &str, lang: &str) -> Reply {
    let form = house.post(&format!("/join?lang={lang}")).header("Sec-Fetch-Site", "same-origin");
    form.form(&[("email", email), ("name", name), ("password", PASSWORD)]).send()
}

fn log_in(house: &House, email: &str, password: &str) -> u16 {
    house.post("/api/v1/sessions").json(&json!({"email": email, "password": password})).send().status
}

fn add(house: &House, email: &str, name: &str) -> crate::harness::Ran {
    house.run_with(&["account", "add", "--email", email, "--name", name, "--password-stdin"], PASSWORD)
}

#[test]
fn what_is_no_address_is_refused_wherever_one_joins() {
    let (house, ..) = House::with(&[("limit_sign_ups_per_min", "0")]);
    for (typed, english, korean) in [
        ("x@gmail..com", "must be a domain", "도메인"),
        ("a,b@x.org", "only one address", "주소 하나만"),
        ("mailto:a@b.c", "without &#34;mailto:&#34;", "‘mailto:’ 없이"),
        ("Ann <a@b.c>", "without a name", "이름과"),
        ("a\u{200b}b@x.org", "invisible character", "보이지 않는 글자"),
        ("a..b@x.org", "a dot cannot be", "점은"),
        ("a b@x.org", "no spaces", "공백"),
        ("a@b@x.org", "only one @", "하나만"),
        ("a@[127.0.0.1]", "not an IP address", "IP 주소가 아니라"),
        ("\"a\"@x.org", "without quotation marks", "따옴표 없이"),
        (&format!("{}@x.org", "a".repeat(65)), "at most 64", "64자"),
    ] {
        let refused = join(&house, typed, "Dora").refused(422, "invalid");
        assert!(refused["fields"]["email"].is_string(), "{typed}: {refused}");
        for (lang, words) in [("en", english), ("ko", korean)] {
            let page = join_by_form(&house, typed, "Dora", lang);
            let text = page.text().replace("&quot;", "&#34;");
            assert!(page.status == 422 && text.contains(words), "{typed} in {lang}: {text}");
        }
        let ran = add(&house, typed, "Dora");
        assert!(ran.status == 1 && ran.stderr.contains("email: "), "{typed}: {ran:?}");
    }
    assert_eq!(house.number("select count(*) from account"), 3);
}

/// A file of lots names its sellers by their addresses.
#[test]
fn a_seller_in_a_file_is_found_however_the_address_is_written() {
    let (house, ..) = House::open();
    join(&house, "dora@bücher.example", "Dora").done(201);
    let file = house.home().join("lots.csv");
    let import = |seller: &str| {
        std::fs::write(&file, format!("seller,title,opening,closes_in_s\n{seller},Lamp,5,3600\n")).unwrap();
        house.run(&["listing", "import", file.to_str().unwrap()])
    };
    for seller in [" Dora@Bücher.example ", "dora@xn--bcher-kva.example", "dora＠bücher.example"] {
        import(seller).done();
    }
    for (seller, words) in [
        ("mailto:dora@bücher.example", "seller: Only the address, without \"mailto:\"."),
        ("Dora <dora@bücher.example>", "seller: Only the address, without a name"),
        ("dora@example.org", "seller: There is no such account."),
    ] {
        let ran = import(seller);
        assert!(ran.status == 1 && ran.stderr.contains(words), "{ran:?}");
    }
    assert_eq!(house.number("select count(*) from listing"), 3);
}

/// Phones put a space behind an address; an East Asian keyboard writes in full width; a domain has two ways of writing.
#[test]
fn one_logs_in_however_the_address_is_written() {
    let (house, ..) = House::with(&[("limit_log_ins_per_min", "0")]);
    let joined = join(&house, " Dora@Bücher.example ", "Dora").done(201);
    assert_eq!(joined["email"], "dora@xn--bcher-kva.example");
    for typed in [
        "dora@bücher.example ",
        "DORA@XN--BCHER-KVA.example",
        "dora＠bu\u{308}cher.example",
        "\u{3000}ｄｏｒａ@bücher.example\u{a0}",
    ] {
        assert_eq!(log_in(&house, typed, PASSWORD), 201, "{typed}");
        join(&house, typed, "Dora").refused(409, "taken");
        assert_eq!(house.told(&["account", "show", typed])["id"], joined["id"]);
    }
    let form = house.post("/login").header("Sec-Fetch-Site", "same-origin");
    let form = form.form(&[("email", "dora@bücher.example "), ("password", PASSWORD)]).send();
    assert_eq!(form.status, 303);
    let cookie = form.header("Set-Cookie").unwrap().split(';').next().unwrap().to_owned();
    let page = house.get("/account").header("Cookie", &cookie).send().text();
    assert!(page.contains("dora@bücher.example"), "in its own letters: {page}");
}

/// The tries of one account are counted together, however its address is written.
#[test]
fn another_way_of_writing_is_no_way_round_the_rate() {
    let (house, ..) = House::with(&[("limit_sign_ins_per_min", "3")]);
    join(&house, "dora@bücher.example", "Dora").done(201);
    let ways =
        ["dora@bücher.example", "dora＠bücher.example", "dora@xn--bcher-kva.example", "DORA@bücher.example"];
    let statuses = ways.map(|typed| log_in(&house, typed, "wrong horse"));
    assert_eq!(statuses, [401, 401, 401, 429]);
}

/// Before addresses were read, anything with an @ in it was one.
#[test]
fn an_old_account_with_an_odd_address_logs_in_still() {
    let (house, _, bob, cleo) = House::with(&[("limit_log_ins_per_min", "0")]);
    let rename = |id: i64, to: &str| {
        house.connection().execute("update account set email = ?2 where id = ?1", (id, to)).unwrap();
    };
    for old in
        ["bob..b@example.org", "bob@bücher.example", "bob@[127.0.0.1]", "ｂob@example.org", "bob@x_y.org"]
    {
        rename(bob.id, old);
        let typed = format!(" {} ", old.to_uppercase());
        assert_eq!(log_in(&house, &typed, PASSWORD), 201, "{old}");
        assert_eq!(house.told(&["account", "show", old])["id"], bob.id, "{old}");
    }
    // Each of two that read the same logs in by what stands there.
    rename(bob.id, "ｂob@example.org");
    rename(cleo.id, "bob@example.org");
    for (typed, id) in [("ｂob@example.org", bob.id), ("bob@example.org", cleo.id)] {
        assert_eq!(house.told(&["account", "show", typed])["id"], id);
    }
    rename(bob.id, "bob@bücher.example");
    join(&house, "bob@xn--bcher-kva.example", "Dora").refused(409, "taken");
}

/// macOS may send "ö" as "o" and two dots, and a house kept it so before addresses were read.
#[test]
fn an_old_account_in_another_normal_form_is_found_and_not_joined_twice() {
    let (house, _, bob, _) = House::open();
    let (composed, apart) = ("jörg@b\u{fc}cher.example", "jo\u{308}rg@bu\u{308}cher.example");
    house.connection().execute("update account set email = ?2 where id = ?1", (bob.id, apart)).unwrap();
    for typed in [composed, apart, "JÖRG@xn--bcher-kva.example"] {
        assert_eq!(log_in(&house, typed, PASSWORD), 201, "{typed}");
        join(&house, typed, "Dora").refused(409, "taken");
    }
}

#[test]
fn names_titles_and_categories_show_something_wherever_they_come_from() {
    let (house, ann, ..) = House::with(&[("limit_sign_ups_per_min", "0")]);
    for nothing in
        ["\u{3164}", "\u{115f}\u{1160}", "\u{ffa0}", "\u{2800}", "\u{200b}\u{200d}", "\u{301}", "\u{fe0f}"]
    {
        let refused = join(&house, "dora@example.org", nothing).refused(422, "invalid");
        assert_eq!(refused["fields"]["name"], "At least one visible character.", "{nothing:?}");
        let page = join_by_form(&house, "dora@example.org", nothing, "ko");
        assert!(page.status == 422 && page.text().contains("보이는 글자를"), "{page:?}");
        assert_eq!(add(&house, "dora@example.org", nothing).status, 1);
        for field in ["title", "category"] {
            let refused = house.try_list(&ann, json!({field: nothing})).refused(422, "invalid");
            assert!(refused["fields"][field].is_string(), "{refused}");
        }
        let fields = [("title", nothing), ("opening", "1000"), ("closes_in_s", "3600")];
        let page = house.post("/listings/new").in_browser(&ann).form(&fields).send();
        assert!(page.status == 422 && page.text().contains("at least one visible character"), "{page:?}");
        let lamp = [
            "listing",
            "add",
            "--seller",
            &ann.email,
            "--title",
            nothing,
            "--opening",
            "5",
            "--closes-in",
            "1h",
        ];
        assert_eq!(house.run(&lamp).status, 1);
        let file = house.home().join("lots.csv");
        let csv = format!("seller,title,opening,closes_in_s\n{},{nothing},5,3600\n", ann.email);
        std::fs::write(&file, csv).unwrap();
        let ran = house.run(&["listing", "import", file.to_str().unwrap()]);
        assert!(ran.status == 1 && ran.stderr.contains("visible character"), "{ran:?}");
        assert_eq!(house.run(&["house", "set", "name", nothing]).status, 1);
    }
    for misleading in
        ["\u{202e}Ann", "An\u{0}n", "A\nnn", "A\u{2066}nn", "e\u{301}\u{316}\u{317}\u{318}\u{319}\u{31a}"]
    {
        join(&house, "dora@example.org", misleading).refused(422, "invalid");
        house.try_list(&ann, json!({"title": misleading})).refused(422, "invalid");
    }
    assert_eq!(house.number("select count(*) from listing"), 0);
}

#[test]
fn texts_are_stored_in_one_normal_form() {
    let (house, ann, bob, _) = House::open();
    let text = |sql: &str| -> String { house.connection().query_row(sql, [], |row| row.get(0)).unwrap() };
    join(&house, "dora@example.org", " Do\u{308}ra  X\u{3000}\u{a0}").done(201);
    assert_eq!(text("select name from account order by id desc limit 1"), "Döra X");
    let changes = json!({
        "title": "\u{1105}\u{1161}\u{11b7}\u{1111}\u{3000} \u{feff}👩\u{200d}🚀",
        "description": "cafe\u{301}\n\u{200b}",
        "category": " Bu\u{308}cher \u{3164}",
    });
    let id = house.list(&ann, changes);
    let listing = house.listing(id);
    assert_eq!((&listing["title"], &listing["category"]), (&json!("람ᄑ 👩\u{200d}🚀"), &json!("Bücher")));
    assert_eq!(listing["description"], "café\n\u{200b}", "of several lines nothing is left away");
    house.bid_with(&bob, id, json!({"amount": 1_000, "message": "o\u{308}h"})).done(201);
    assert_eq!(house.bids(id)[0]["message"], "öh");
    house.run(&["account", "credit", &bob.email, "5", "--why", " e\u{301}\u{a0} x\u{200b}"]).done();
    assert_eq!(text("select why from transfer order by id desc limit 1"), "é x");
    house.set("name", " Ha\u{308}user\u{3000}");
    assert!(house.run(&["house", "show"]).done().stdout.contains("Häuser"));
    // As many characters as are counted once they are put together.
    house.list(&ann, json!({"title": "e\u{301}".repeat(120)}));
    house.try_list(&ann, json!({"title": "é".repeat(121)})).refused(422, "invalid");
    house.audit();
}

#[test]
fn a_password_is_the_same_on_a_mac_a_phone_and_at_the_desk() {
    let (house, _, bob, _) = House::with(&[("limit_log_ins_per_min", "0")]);
    let [composed, apart] = ["Gru\u{308}\u{df}e aus\u{3000}Köln", "Grüße aus Ko\u{308}ln"];
    house.run_with(&["account", "password", &bob.email, "--password-stdin"], composed).done();
    assert_eq!([composed, apart].map(|typed| log_in(&house, &bob.email, typed)), [201, 201]);
    assert_eq!(log_in(&house, &bob.email, "grüße aus Köln"), 401, "its case counts");
    let short: Value = json!({"email": "dora@example.org", "name": "Dora", "password": "a\u{308}".repeat(7)});
    let refused = house.post("/api/v1/accounts").json(&short).send().refused(422, "invalid");
    assert!(refused["fields"]["password"].is_string(), "seven characters: {refused}");
    let control = json!({"email": "dora@example.org", "name": "Dora", "password": "long\u{7}enough"});
    house.post("/api/v1/accounts").json(&control).send().refused(422, "invalid");
}

/// A hash from before passwords were prepared is known by what was typed, and hashed anew.
#[test]
fn an_old_password_goes_on_and_is_hashed_anew() {
    use argon2::password_hash::PasswordHasher;
    let (house, _, bob, _) = House::with(&[("limit_log_ins_per_min", "0")]);
    let typed = "pa\u{308}sswo\u{308}rt";
    let params = argon2::Params::new(19 * 1_024, 2, 1, None).unwrap();
    let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let old = argon2.hash_password(typed.as_bytes()).unwrap().to_string();
    let put = "update account set password_hash = ?2 where id = ?1";
    house.connection().execute(put, (bob.id, &old)).unwrap();
    assert_eq!(log_in(&house, &bob.email, "pässwört"), 401);
    assert_eq!(log_in(&house, &bob.email, typed), 201);
    assert_eq!([typed, "pässwört"].map(|typed| log_in(&house, &bob.email, typed)), [201, 201]);
}

#[test]
fn a_password_file_of_any_editor_is_read_or_refused_clearly() {
    let mut house = House::bare();
    house.add("Ann");
    house.serve();
    let file = house.home().join("password.txt");
    let path = file.to_str().unwrap();
    let args = ["account", "password", &email("Ann"), "--password-file", path];
    for (n, bytes) in ["\u{feff}first horse\r\n", "second horse\n", "third horse", "\u{feff}fourth pferd\n\n"]
        .into_iter()
        .enumerate()
    {
        std::fs::write(&file, bytes).unwrap();
        house.run(&args).done();
        let password = ["first horse", "second horse", "third horse", "fourth pferd"][n];
        assert_eq!(log_in(&house, &email("Ann"), password), 201, "{bytes:?}");
    }
    let utf_16 =
        |to: fn(u16) -> [u8; 2]| -> Vec<u8> { "correct horse\r\n".encode_utf16().flat_map(to).collect() };
    let (little, big) = (utf_16(u16::to_le_bytes), utf_16(u16::to_be_bytes));
    for bytes in [[&[0xff, 0xfe][..], &little].concat(), [&[0xfe, 0xff][..], &big].concat(), little, big] {
        std::fs::write(&file, bytes).unwrap();
        let ran = house.run(&args);
        assert!(ran.status == 1 && ran.stderr.contains("UTF-16"), "{ran:?}");
    }
    for (bytes, words) in [
        (b"corr\xe9ct horse\n".to_vec(), "UTF-8"),
        ("비".repeat(400).into_bytes(), "200"),
        ("비".repeat(4_000).into_bytes(), "too long"),
    ] {
        std::fs::write(&file, bytes).unwrap();
        let ran = house.run(&args);
        assert!(ran.status == 1 && ran.stderr.contains(words), "{ran:?}");
    }
    assert_eq!(log_in(&house, &email("Ann"), "fourth pferd"), 201, "nothing was changed");
}
