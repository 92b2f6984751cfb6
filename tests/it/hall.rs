//! A hall of people behind one router, and who guesses there or elsewhere: whoever has the right password gets in, and
//! nobody gets to guess for long. The figures are tried with a clock of their own beside the limits; here they are
//! tried on a server.

use crate::harness::{House, PASSWORD, Reply, email, int};
use serde_json::json;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const HALL: &str = "192.0.2.1";

/// A house behind a proxy, with so many people of Bob's password.
fn house_of(n_people: usize, settings: &[(&str, &str)]) -> House {
    let mut house = House::bare();
    house.add("Bob");
    for (key, value) in settings {
        house.set(key, value);
    }
    {
        let mut conn = house.connection();
        let tx = conn.transaction().unwrap();
        for n in 0..n_people {
            tx.execute("insert into purse (credit_limit) values (0)", []).unwrap();
            let added = tx.execute(
                "insert into account (id, email, name, password_hash, is_admin, state, created_at) \
                 select ?1, ?2, ?3, password_hash, 0, 'active', created_at from account where email = ?4",
                (tx.last_insert_rowid(), email(&person(n)), person(n), email("Bob")),
            );
            assert_eq!(added.unwrap(), 1);
        }
        tx.commit().unwrap();
    }
    house.serve_with(&["--trusted-proxy", "127.0.0.1"]);
    house
}

fn person(n: usize) -> String {
    format!("P{n}")
}

fn log_in(house: &House, from: &str, who: &str, password: &str) -> Reply {
    let body = json!({"email": email(who), "password": password});
    house.post("/api/v1/sessions").header("X-Forwarded-For", from).json(&body).send()
}

fn log_in_by_page(house: &House, from: &str, who: &str, password: &str, lang: &str) -> Reply {
    let call = house.post("/login").header("X-Forwarded-For", from).header("Sec-Fetch-Site", "same-origin");
    call.header("Accept-Language", lang).form(&[("email", &email(who)), ("password", password)]).send()
}

/// Remembered: ten wrong passwords in a minute, of whomever, kept everybody behind the same router out.
#[test]
fn a_hall_that_mistypes_gets_in_while_somebody_in_it_sprays() {
    const N: usize = 60;
    let house = house_of(N, &[]);
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            let statuses: Vec<u16> =
                (0..N).map(|n| log_in(&house, HALL, &person(n), "password1").status).collect();
            assert!(statuses.contains(&429) && !statuses.contains(&201), "{statuses:?}");
        });
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= N {
                        return;
                    }
                    let n_wrong = if n.is_multiple_of(3) { n / 3 % 3 + 1 } else { 0 };
                    for _ in 0..n_wrong {
                        let status = log_in(&house, HALL, &person(n), "mistyped").status;
                        assert!(status == 401 || status == 429, "{status}");
                    }
                    let answer = log_in_by_page(&house, HALL, &person(n), PASSWORD, "en");
                    assert_eq!(answer.status, 303, "{n}: {answer:?}");
                }
            });
        }
    });
    house.audit();
}

#[test]
fn a_hall_that_only_mistypes_is_never_told_that_it_is_too_many() {
    let house = house_of(30, &[]);
    for n in 0..30 {
        log_in(&house, HALL, &person(n), "mistyped").refused(401, "unauthenticated");
        log_in(&house, HALL, &person(n), PASSWORD).done(201);
    }
}

#[test]
fn who_guesses_at_unknown_accounts_is_told_so_and_keeps_nobody_out() {
    // The next one is allowed after a minute, in which even a very busy machine hashes the nine passwords below.
    let house = house_of(2, &[("limit_sign_ins_per_min", "1")]);
    let guess = |n: usize| log_in(&house, HALL, &format!("nobody{n}"), "password1");
    guess(0).refused(401, "unauthenticated");
    for n in 1..5 {
        let limited = guess(n);
        let retry_after = limited.header("Retry-After").map(str::to_owned);
        let problem = limited.refused(429, "rate_limited");
        assert_eq!(problem["reason"], "log_ins_limited");
        assert_eq!(retry_after, Some(problem["retry_after_s"].to_string()));
        assert!((1..=60).contains(&int(&problem["retry_after_s"])), "{problem}");
    }
    log_in(&house, HALL, &person(0), PASSWORD).done(201);
    assert_eq!(log_in_by_page(&house, HALL, &person(1), PASSWORD, "en").status, 303);
    // A wrong one is answered in the same way, whether there is such an account or not.
    let details = [person(0), "nobody".into()].map(|who| {
        log_in(&house, HALL, &who, "wrong password").refused(429, "rate_limited")["detail"].clone()
    });
    assert_eq!(details[0], details[1]);
}

#[test]
fn who_guesses_at_one_account_waits_and_is_told_how_long() {
    let house = house_of(0, &[("limit_sign_ins_per_min", "6")]);
    let fail = || log_in(&house, HALL, "Bob", "wrong password").status;
    // A machine so busy that hashing takes many seconds allows some more meanwhile.
    let n_wrong = (0..40).take_while(|_| fail() == 401).count();
    assert!((6..12).contains(&n_wrong), "{n_wrong}");
    for (lang, said) in [("en", "try again in % s"), ("ko", "%초 뒤에 다시")] {
        let page = log_in_by_page(&house, HALL, "Bob", "wrong password", lang);
        let said = said.replace('%', page.header("Retry-After").unwrap_or_default());
        assert!(page.status == 429 && page.text().contains(&said), "{page:?}");
    }
    let asked = Instant::now();
    let problem = log_in(&house, HALL, "Bob", PASSWORD).refused(429, "rate_limited");
    let retry_after = Duration::from_secs(int(&problem["retry_after_s"]).try_into().unwrap());
    assert!(retry_after <= Duration::from_secs(10), "{retry_after:?}");
    // The time that was said is what is tried here: it is waited for.
    thread::sleep(retry_after.saturating_sub(asked.elapsed()));
    log_in(&house, HALL, "Bob", PASSWORD).done(201);
}

#[test]
fn who_fails_elsewhere_does_not_lock_an_owner_out() {
    let house = house_of(0, &[("limit_sign_ins_per_min", "2")]);
    let (home, attacker) = ("198.51.100.1", "203.0.113.1");
    log_in(&house, home, "Bob", PASSWORD).done(201);
    for _ in 0..2 {
        log_in(&house, attacker, "Bob", "wrong password").refused(401, "unauthenticated");
    }
    for _ in 0..20 {
        log_in(&house, attacker, "Bob", "wrong password").refused(429, "rate_limited");
    }
    log_in(&house, home, "Bob", PASSWORD).done(201);
    log_in(&house, "198.51.100.2", "Bob", PASSWORD).done(201);
    // Wrong ones from elsewhere are limited by account all the same.
    for n in 2..30 {
        log_in(&house, &format!("203.0.113.{n}"), "Bob", "wrong password").refused(429, "rate_limited");
    }
    log_in(&house, home, "Bob", PASSWORD).done(201);
    log_in(&house, "198.51.100.2", "Bob", PASSWORD).done(201);
    let problem = log_in(&house, "198.51.100.3", "Bob", PASSWORD).refused(429, "rate_limited");
    assert!((1..=180).contains(&int(&problem["retry_after_s"])), "{problem}");
}

/// Who joins has just said who they are: however much has failed behind the same router, they are in.
#[test]
fn who_joins_is_in_however_much_has_failed_around_them() {
    let house = house_of(0, &[("limit_sign_ins_per_min", "1"), ("limit_sign_ups_per_min", "2")]);
    for n in 0..70 {
        log_in(&house, HALL, &format!("nobody{n}"), "wrong password");
    }
    log_in(&house, HALL, "Bob", PASSWORD).refused(429, "rate_limited");
    let join = |name: &str, lang: &str| {
        let call =
            house.post("/join").header("X-Forwarded-For", HALL).header("Sec-Fetch-Site", "same-origin");
        let fields = [("email", &*email(name)), ("name", name), ("password", PASSWORD)];
        call.header("Accept-Language", lang).form(&fields).send()
    };
    for name in ["Dora", "Emil"] {
        let answer = join(name, "en");
        assert_eq!(answer.status, 303, "{answer:?}");
        assert!(answer.header("Set-Cookie").is_some_and(|cookie| cookie.contains("auction_session=")));
    }
    for (lang, said) in [("en", "Too many people are joining"), ("ko", "가입하는 사람이 많습니다")]
    {
        let page = join("Finn", lang);
        let retry_after = page.header("Retry-After").unwrap_or_default().to_owned();
        assert!(page.status == 429 && page.text().contains(said), "{page:?}");
        assert!(page.text().contains(&retry_after), "{page:?}");
    }
}

fn cookie(answer: &Reply, name: &str) -> Option<String> {
    let set = answer.headers.iter().filter(|(header, _)| header.eq_ignore_ascii_case("Set-Cookie"));
    let mut pairs = set.filter_map(|(_, cookie)| cookie.split(';').next());
    pairs.find(|pair| pair.starts_with(&format!("{name}="))).map(str::to_owned)
}

/// Somebody in the hall fails on Bob's account on purpose: his own phone is known by its cookie.
#[test]
fn a_browser_that_has_logged_in_before_is_not_held_up_by_its_neighbours() {
    let mut house = house_of(1, &[("limit_sign_ins_per_min", "2")]);
    let log_in_with = |house: &House, cookie: &str, who: &str, password: &str| {
        let call =
            house.post("/login").header("X-Forwarded-For", HALL).header("Sec-Fetch-Site", "same-origin");
        call.header("Cookie", cookie).form(&[("email", &email(who)), ("password", password)]).send()
    };
    let first = log_in_with(&house, "", "Bob", PASSWORD);
    let phone = cookie(&first, "auction_device").unwrap_or_else(|| panic!("{first:?}"));
    house.kill();
    house.serve_with(&["--trusted-proxy", "127.0.0.1"]);
    let fail = |house: &House, cookie: &str| log_in_with(house, cookie, "Bob", "wrong password").status;
    let statuses = [(); 6].map(|()| fail(&house, ""));
    assert!(statuses.ends_with(&[429; 4]), "{statuses:?}");
    assert_eq!(log_in_with(&house, "", "Bob", PASSWORD).status, 429, "another browser of the hall");
    let made_up = [
        format!("auction_device={HALL}"),
        format!("auction_device={}", "A".repeat(43)),
        format!("auction_device={HALL} bob@example.org"),
    ];
    for made_up in made_up {
        assert_eq!(log_in_with(&house, &made_up, "Bob", PASSWORD).status, 429, "{made_up}");
    }
    let again = log_in_with(&house, &phone, "Bob", PASSWORD);
    assert_eq!((again.status, cookie(&again, "auction_device").as_ref()), (303, Some(&phone)));
    // It opens nothing by itself, and whoever guesses by it is stopped.
    assert_eq!(house.get("/api/v1/me").header("Cookie", &phone).send().status, 401);
    let statuses = [(); 6].map(|()| fail(&house, &phone));
    assert!(statuses.ends_with(&[429; 4]), "{statuses:?}");
    assert_eq!(log_in_with(&house, &phone, "Bob", PASSWORD).status, 429);
    let token = phone.split_once('=').unwrap().1.as_bytes();
    let files = std::fs::read_dir(house.dir()).unwrap().map(|entry| entry.unwrap().path());
    let is_database = |file: &PathBuf| file.file_name().unwrap().to_string_lossy().starts_with("auction.db");
    let files: Vec<PathBuf> = files.filter(is_database).collect();
    assert!(files.len() >= 2, "with its write-ahead log: {files:?}");
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(token.len()).any(|found| found == token), "only its hash is kept: {file:?}");
    }
}
