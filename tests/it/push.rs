//! Web push: what the house sends is decrypted by another implementation, as a browser would, and its signature checked as a
//! push service does; browsers that are gone are forgotten, and nothing goes where strangers must not have the house send.

use crate::harness::{House, Person, until};
use crate::post::{Mailbox, configure, house_with, is_empty};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A push service on this machine, with browsers behind it.
struct PushService {
    process: Child,
    address: String,
}

impl PushService {
    fn open() -> PushService {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/push_service.mjs");
        let mut node = Command::new("node");
        let mut process = node
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this test needs node");
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        assert!(!port.is_empty(), "this test needs `npm ci --prefix tests/browser`");
        PushService { process, address: format!("http://127.0.0.1:{}", port.trim()) }
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> Value {
        let url = format!("{}{path}", self.address);
        let answer = match method {
            "GET" => ureq::get(url).call(),
            _ => ureq::post(url).send(body),
        };
        serde_json::from_str(&answer.unwrap().body_mut().read_to_string().unwrap()).unwrap()
    }

    /// A browser, as it would subscribe.
    fn browser(&self) -> Value {
        self.ask("POST", "/browsers", "")
    }

    fn answer(&self, answer: Value) {
        self.ask("POST", "/answer", &answer.to_string());
    }

    fn received(&self) -> Vec<Value> {
        self.ask("GET", "/received", "").as_array().unwrap().clone()
    }

    #[track_caller]
    fn wait_for(&self, n: usize) -> Vec<Value> {
        until(&format!("{n} pushes arrive"), || Some(self.received()).filter(|all| all.len() >= n))
    }
}

impl Drop for PushService {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn subscribe(house: &House, person: &Person, browser: &Value) {
    house.post("/api/v1/me/push").by(person).json(browser).send().done(201);
}

fn unsubscribe(house: &House, person: &Person, browser: &Value) {
    let body = json!({"endpoint": browser["endpoint"]});
    assert_eq!(house.delete("/api/v1/me/push").by(person).json(&body).send().status, 204);
    // Programs may send the whole subscription, as browsers give it, and then nothing else.
    let mut whole = browser.clone();
    whole["expirationTime"] = Value::Null;
    assert_eq!(house.delete("/api/v1/me/push").by(person).json(&whole).send().status, 204);
    whole["title"] = json!("x");
    house.delete("/api/v1/me/push").by(person).json(&whole).send().refused(422, "invalid");
}

fn n_subscribed(house: &House, person: &Person) -> usize {
    let shown = house.get("/api/v1/me/push").by(person).send().done(200);
    let n = shown["subscriptions"].as_array().unwrap().len();
    assert_eq!(shown["n"], n);
    n
}

/// Somebody is outbid: Bob, by Cleo.
fn outbid(house: &House, [ann, bob, cleo]: [&Person; 3]) -> i64 {
    let id = house.list(ann, json!({}));
    house.bid(bob, id, 1_000).done(201);
    house.bid(cleo, id, 2_000).done(201);
    id
}

#[test]
fn a_push_is_read_by_its_browser_alone_and_signed_for_its_push_service() {
    let (service, mailbox) = (PushService::open(), Mailbox::open(&[]));
    let settings = [
        ("name", "Harbour Night"),
        ("public_url", "https://auction.example.org/house"),
        ("mail_window_s", "3600"),
    ];
    let (house, ann, bob, cleo) = house_with(&mailbox.entries(), &settings);
    let public_key = house.get("/api/v1/me/push").by(&bob).send().done(200)["public_key"].clone();
    let (phone, desk) = (service.browser(), service.browser());
    subscribe(&house, &bob, &phone);
    subscribe(&house, &bob, &desk);
    assert_eq!(house.post("/api/v1/me/push").by(&bob).json(&desk).send().status, 204);
    assert_eq!((n_subscribed(&house, &bob), n_subscribed(&house, &cleo)), (2, 0));

    let id = outbid(&house, [&ann, &bob, &cleo]);
    let pushes = service.wait_for(2);
    let mut endpoints: Vec<String> =
        pushes.iter().map(|push| format!("{}{}", service.address, push["path"].as_str().unwrap())).collect();
    let mut expected =
        vec![phone["endpoint"].as_str().unwrap().to_owned(), desk["endpoint"].as_str().unwrap().to_owned()];
    endpoints.sort();
    expected.sort();
    assert_eq!(endpoints, expected);
    for push in &pushes {
        assert_eq!(
            push["payload"],
            json!({
                "title": format!("You have been outbid: item {id}"),
                "body": push["payload"]["body"], "url": format!("/house/listings/{id}"),
                "tag": format!("outbid-{id}"), "lang": "en",
            })
        );
        let body = push["payload"]["body"].as_str().unwrap();
        assert!(body.starts_with("You have been outbid on “Brass lamp”.\nThe price is now"), "{body}");
        assert!(!body.contains("https://"), "{body}");
        let headers = &push["headers"];
        assert_eq!(headers["content-encoding"], "aes128gcm");
        assert_eq!(headers["urgency"], "high");
        assert!(headers["topic"].as_str().unwrap().len() == 32);
        let ttl: i64 = headers["ttl"].as_str().unwrap().parse().unwrap();
        assert!((3_600..=14_400).contains(&ttl), "{ttl}");
        let vapid = &push["vapid"];
        assert_eq!((&vapid["isGood"], &vapid["key"]), (&json!(true), &public_key));
        assert_eq!((&vapid["head"]["alg"], &vapid["aud"]), (&json!("ES256"), &json!(service.address)));
        assert_eq!(vapid["sub"], "mailto:house@example.org");
        assert!(push["n_bytes"].as_i64().unwrap() <= 4_096);
    }
    until("both are recorded", || {
        (house.told(&["notify", "list", "--sent"]).as_array()?.len() == 2).then_some(())
    });
    house.audit();
}

#[test]
fn the_channel_is_open_while_a_browser_is_subscribed_and_outlives_a_restart() {
    let service = PushService::open();
    let (mut house, ann, bob, cleo) = House::open();
    let n_open = |house: &House| house.number("select count(*) from way where name = 'push'");
    let browser = service.browser();
    assert_eq!(n_open(&house), 0);
    outbid(&house, [&ann, &bob, &cleo]);
    assert_eq!(house.number("select count(*) from notice"), 0, "nobody has asked for anything");
    subscribe(&house, &bob, &browser);
    assert_eq!(n_open(&house), 1);
    house.kill();
    house.serve();
    assert_eq!(n_open(&house), 1);
    outbid(&house, [&ann, &bob, &cleo]);
    service.wait_for(1);
    unsubscribe(&house, &bob, &browser);
    unsubscribe(&house, &bob, &browser);
    assert_eq!(n_open(&house), 0);
    outbid(&house, [&ann, &bob, &cleo]);
    is_empty(&house);
    assert_eq!(service.received().len(), 1);
}

/// A phone that was lost so long ago that its session has ended goes on being notified until then.
#[test]
fn a_new_password_ends_the_pushes_of_all_other_browsers() {
    let service = PushService::open();
    let (house, _, bob, cleo) = House::open();
    let (phone, desk) = (service.browser(), service.browser());
    subscribe(&house, &bob, &phone);
    subscribe(&house, &bob, &desk);
    subscribe(&house, &cleo, &service.browser());
    let part = "update push_subscription set session_hash = null where endpoint = ?";
    house.connection().execute(part, [phone["endpoint"].as_str().unwrap()]).unwrap();
    let body = json!({"old": crate::harness::PASSWORD, "new": "another horse"});
    assert_eq!(house.post("/api/v1/me/password").by(&bob).json(&body).send().status, 204);
    assert_eq!((n_subscribed(&house, &bob), n_subscribed(&house, &cleo)), (1, 1));
    assert_eq!(house.number("select count(*) from push_subscription where session_hash is null"), 0);
}

#[test]
fn a_browser_that_is_gone_is_forgotten_and_one_that_is_busy_tried_again() {
    let service = PushService::open();
    let (house, ann, bob, cleo) = House::open();
    subscribe(&house, &bob, &service.browser());
    service.answer(json!({"status": 503}));
    outbid(&house, [&ann, &bob, &cleo]);
    service.wait_for(1);
    let waits = until("the fault is recorded", || {
        let waits = house.told(&["notify", "list"]);
        (waits[0]["n_tries"] == 1).then_some(waits)
    });
    let fault = waits[0]["fault"].as_str().unwrap();
    assert!(fault.starts_with("127.0.0.1:") && fault.ends_with(" answers 503"), "{fault}");
    let finding = house.run(&["doctor"]).stdout;
    assert!(
        finding.contains("1 browser is notified by push") && finding.contains("answers 503"),
        "{finding}"
    );
    assert_eq!(n_subscribed(&house, &bob), 1);
    // As if half a minute had passed.
    for (status, n) in [(410, 2), (404, 3)] {
        service.answer(json!({"status": status}));
        if status == 404 {
            subscribe(&house, &bob, &service.browser());
            outbid(&house, [&ann, &bob, &cleo]);
        } else {
            house
                .connection()
                .execute("update delivery set next_at = 0 where state = 'waiting'", [])
                .unwrap();
        }
        service.wait_for(n);
        until("the browser is forgotten", || (n_subscribed(&house, &bob) == 0).then_some(()));
        is_empty(&house);
    }
    house.audit();
}

#[test]
fn settle_pushes_while_no_server_runs_and_nothing_is_sent_twice() {
    let service = PushService::open();
    let (mut house, ann, bob, _) = House::open();
    subscribe(&house, &bob, &service.browser());
    let id = house.list(&ann, json!({"closes_in_s": 5}));
    house.bid(&bob, id, 1_000).done(201);
    house.kill();
    house.run(&["settle", &id.to_string()]).done();
    let pushes = service.wait_for(1);
    assert_eq!(
        (&pushes[0]["payload"]["tag"], &pushes[0]["vapid"]["isGood"]),
        (&json!(format!("won-{id}")), &json!(true))
    );
    house.run(&["settle", &id.to_string()]).done();
    is_empty(&house);
    assert_eq!(service.received().len(), 1);
}

#[test]
fn no_redirect_is_followed_and_no_refusal_is_tried_again() {
    let (service, elsewhere) = (PushService::open(), PushService::open());
    let (house, ann, bob, cleo) = House::open();
    subscribe(&house, &bob, &service.browser());
    let other = elsewhere.browser()["endpoint"].clone();
    service.answer(json!({"status": 307, "location": other}));
    outbid(&house, [&ann, &bob, &cleo]);
    let parked = until("it is given up", || {
        let parked = house.told(&["notify", "list", "--parked"]);
        (!parked.as_array()?.is_empty()).then_some(parked)
    });
    assert!(parked[0]["fault"].as_str().unwrap().ends_with(" answers 307"), "{parked}");
    assert_eq!((service.received().len(), elsewhere.received().len()), (1, 0));
}

#[test]
fn what_a_stranger_names_is_refused_where_the_house_must_not_send() {
    let service = PushService::open();
    let (house, ann, bob, cleo) = House::open();
    let keys = service.browser()["keys"].clone();
    let with = |endpoint: &str| json!({"endpoint": endpoint, "keys": keys});
    for endpoint in [
        "https://192.168.1.1/x",
        "https://10.0.0.1/x",
        "https://[fd00::1]/x",
        "https://169.254.169.254/latest",
        "https://127.0.0.1/x",
        "https://[::ffff:10.0.0.1]/x",
        "https://localhost/x",
        "http://push.example.org/x",
        "http://10.0.0.1/x",
        "ftp://push.example.org/x",
        "push",
        "https://bob:hush@push.example.org/x",
        &format!("https://push.example.org/{}", "x".repeat(1_000)),
    ] {
        let answer =
            house.post("/api/v1/me/push").by(&bob).json(&with(endpoint)).send().refused(422, "invalid");
        assert!(answer["fields"]["endpoint"].is_string() || answer["errors"].is_array(), "{answer}");
    }
    let wrong = json!({"endpoint": "https://push.example.org/x", "keys": {"p256dh": "AAAA", "auth": "AAAA"}});
    house.post("/api/v1/me/push").by(&bob).json(&wrong).send().refused(422, "invalid");
    house
        .post("/api/v1/me/push")
        .json(&with("https://push.example.org/x"))
        .send()
        .refused(401, "unauthenticated");
    // A name shows only when it is looked up where it leads.
    house.set("push_private", "yes");
    until("the setting holds", || {
        (house.post("/api/v1/me/push").by(&bob).json(&with("https://localhost:9/x")).send().status < 300)
            .then_some(())
    });
    house.set("push_private", "loopback");
    outbid(&house, [&ann, &bob, &cleo]);
    let parked = until("it is given up", || {
        let parked = house.told(&["notify", "list", "--parked"]);
        (!parked.as_array()?.is_empty()).then_some(parked)
    });
    assert!(parked[0]["fault"].as_str().unwrap().contains("leads to a private address"), "{parked}");
    // Nothing at all outside the world's network.
    house.set("push_private", "no");
    until("the setting holds", || {
        let answer = house.post("/api/v1/me/push").by(&bob).json(&service.browser()).send();
        (answer.status == 422).then_some(())
    });
}

#[test]
fn a_subscription_ends_with_its_session_and_a_browser_is_one_person_s() {
    let service = PushService::open();
    let (house, _, bob, cleo) = House::open();
    let again = house.log_in("Bob");
    let (here, there) = (service.browser(), service.browser());
    subscribe(&house, &bob, &here);
    subscribe(&house, &again, &there);
    assert_eq!(house.delete("/api/v1/sessions/current").by(&again).send().status, 204);
    assert_eq!(n_subscribed(&house, &bob), 1);
    // Cleo uses the browser now.
    subscribe(&house, &cleo, &here);
    assert_eq!((n_subscribed(&house, &bob), n_subscribed(&house, &cleo)), (0, 1));
    // Another's is not hers to end.
    unsubscribe(&house, &bob, &here);
    assert_eq!(n_subscribed(&house, &cleo), 1);
    let sql = "update session set expires_at = 1";
    house.connection().execute(sql, []).unwrap();
    let bob = house.log_in("Bob");
    for _ in 0..20 {
        subscribe(&house, &bob, &service.browser());
    }
    house.post("/api/v1/me/push").by(&bob).json(&service.browser()).send().refused(403, "not_allowed");
    assert_eq!(n_subscribed(&house, &bob), 20);
}

#[test]
fn the_key_stays_with_the_house_and_is_shown_nowhere() {
    let service = PushService::open();
    let (mut house, ann, bob, cleo) = House::open();
    let browser = service.browser();
    subscribe(&house, &bob, &browser);
    let key = house.get("/api/v1/me/push").by(&bob).send().done(200)["public_key"].clone();
    outbid(&house, [&ann, &bob, &cleo]);
    service.wait_for(1);
    let secret: String = house
        .connection()
        .query_row("select value from house where key = 'push_key'", [], |row| row.get(0))
        .unwrap();
    let file = house.dir().join("kept.tar");
    house.run(&["backup", file.to_str().unwrap()]).done();
    let (shown, report) = (house.run(&["house", "show"]).done(), house.run(&["doctor", "--report"]));
    house.kill();
    for (what, text) in [("show", shown.stdout), ("report", report.stdout), ("log", house.log())] {
        assert!(!text.contains(&secret), "the key is in the {what}");
        let endpoint = browser["endpoint"].as_str().unwrap();
        let secret_part = endpoint.rsplit('/').next().unwrap();
        assert!(!text.contains(secret_part), "the endpoint is in the {what}");
    }
    let mut copy = House::bare();
    copy.run(&["restore", file.to_str().unwrap()]).done();
    copy.serve();
    let bob = copy.log_in("Bob");
    let of_copy = copy.get("/api/v1/me/push").by(&bob).send().done(200);
    assert_eq!((&of_copy["public_key"], &of_copy["n"]), (&key, &json!(1)));
}

#[test]
fn many_notices_come_as_one_push_in_the_person_s_language() {
    let service = PushService::open();
    let (house, ann, bob, cleo) = House::open();
    configure(&house, "");
    house.run(&["account", "mails", &bob.email, "--language", "ko"]).done();
    let ids: Vec<i64> = (0..5).map(|_| house.list(&ann, json!({}))).collect();
    ids.iter().for_each(|id| drop(house.bid(&bob, *id, 1_000).done(201)));
    subscribe(&house, &bob, &service.browser());
    // While another process has the right to push, notices gather.
    let lock = std::fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(house.dir().join("post-push.lock"))
        .unwrap();
    until("the lock is ours", || lock.try_lock().ok());
    ids.iter().for_each(|id| drop(house.bid(&cleo, *id, 2_000).done(201)));
    assert_eq!(house.number("select count(*) from notice where way = 'push'"), 5);
    drop(lock);
    let pushes = service.wait_for(1);
    is_empty(&house);
    assert_eq!(service.received().len(), 1, "{pushes:?}");
    let payload = &pushes[0]["payload"];
    assert_eq!(
        (&payload["lang"], &payload["tag"], &payload["url"]),
        (&json!("ko"), &json!("several"), &json!("/account"))
    );
    // The page's button.
    assert_eq!(house.post("/account/push").in_browser(&bob).form(&[]).send().status, 303);
    let pushes = service.wait_for(2);
    assert_eq!(pushes[1]["payload"]["tag"], "test");
}

/// Before a drill with a backup: nobody hears of what happens in the copy.
#[test]
fn a_house_that_pushes_nothing_drops_what_waits() {
    let service = PushService::open();
    let (house, ann, bob, cleo) = House::open();
    subscribe(&house, &bob, &service.browser());
    house.set("push", "off");
    outbid(&house, [&ann, &bob, &cleo]);
    is_empty(&house);
    until("the page says nothing of it", || {
        let page = house.get("/account?tab=settings").by(&bob).send().text();
        (!page.contains("data-push")).then_some(())
    });
    house.post("/api/v1/me/push").by(&bob).json(&service.browser()).send().refused(422, "invalid");
    assert_eq!(service.received().len(), 0);
}

/// Under a path of its host, the worker keeps to it: its page and its style are found beside it.
#[test]
fn the_service_worker_stays_under_the_path_of_the_house() {
    let (house, ..) = House::with(&[("public_url", "https://example.org/auction")]);
    let (script, page) = (house.get("/sw.js").send(), house.get("/offline").send());
    assert_eq!((script.status, page.status), (200, 200));
    assert_eq!(script.header("Cache-Control"), Some("no-cache"));
    let (script, page) = (script.text(), page.text());
    let style = script[script.find("\"assets/app.").unwrap() + 1..].split('"').next().unwrap();
    assert!(
        style.ends_with(".css?offline") && page.contains(&format!("href=\"/auction/{style}\"")),
        "{style} {page}"
    );
    assert!(!script.contains("{version}") && !script.contains("{style}"), "{script}");
    let other = House::with(&[("name", "Another")]).0.get("/sw.js").send();
    assert_ne!(
        other.header("ETag"),
        house.get("/sw.js").send().header("ETag"),
        "another page, another version"
    );
}
