//! What everyone sees of a bidder, by the setting `bidder_names`: on every page and in every answer, in live events, old ones
//! too, and in mails. The commands of an admin show the name with the number, whatever the setting.

use crate::harness::{Event, House, Person, int, until};
use crate::post::{AT_ONCE, Hook, Mailbox, house_with};
use auction::web::request::Method;
use auction::web::route::Access;
use auction::web::routes::ROUTES;
use serde_json::{Value, json};

/// Ann's sale `spring`, in which Cleo has number 17 and Bob has none, and a listing outside of sales. Bob has bid first on
/// everything, and Cleo has the lead, or has bought it.
struct Evening {
    house: House,
    ann: Person,
    bob: Person,
    cleo: Person,
    lot: i64,
    bought: i64,
    outside: i64,
    /// Settled in the sale.
    sold: i64,
}

const SETTINGS: [&str; 3] = ["name", "number", "masked"];

/// How Cleo is shown in the sale, and elsewhere.
fn cleo_by(setting: &str) -> (&'static str, &'static str) {
    match setting {
        "name" => ("Cleo", "Cleo"),
        "number" => ("No. 17", "C•••"),
        _ => ("C•••", "C•••"),
    }
}

/// How Bob is shown, who has no number.
fn bob_by(setting: &str) -> &'static str {
    if setting == "name" { "Bob" } else { "B•••" }
}

/// Registers a bidder with a number.
fn register(house: &House, sale: &str, person: &Person, number: i64) {
    let sql = "insert into registration (sale_id, number, account_id, at) \
               select id, ?2, ?3, published_at from sale where code = ?1";
    assert_eq!(house.connection().execute(sql, (sale, number, person.id)).unwrap(), 1);
}

/// A published sale whose lots close in an hour.
fn publish(house: &House, sale: &str, lots: &[(&str, &[&str])]) -> Vec<i64> {
    let now = int(&house.get("/api/v1/time").send().body()["unix_ms"]);
    let closes_at = auction::rules::time::Time(now).plus_s(3_600).to_string();
    house.run(&["sale", "add", sale, "--name", "Spring evening", "--closes-at", &closes_at]).done();
    for (lot, more) in lots {
        let add = ["listing", "add", "--seller", "ann@example.org", "--title", "Lamp", "--opening", "1000"];
        house.run(&[&add[..], &["--sale", sale, "--lot", lot], more].concat()).done();
    }
    house.run(&["sale", "publish", sale]).done();
    let details = house.told(&["sale", "show", sale]);
    details["lots"].as_array().unwrap().iter().map(|lot| int(&lot["listing"])).collect()
}

impl Evening {
    fn open() -> Evening {
        let (house, ann, bob, cleo) = House::open();
        let lots = publish(&house, "spring", &[("A1", &[]), ("A2", &["--buy-now", "5000"])]);
        let outside = house.list(&ann, json!({"title": "Kite"}));
        register(&house, "spring", &cleo, 17);
        for id in [lots[0], outside] {
            house.bid(&bob, id, 1_000).done(201);
            // Bob takes the lead no more: the house bids for Cleo.
            house.bid_with(&cleo, id, json!({"amount": 2_000, "max": 9_000})).done(201);
            house.bid(&bob, id, 3_000).done(201);
        }
        house.post(&format!("/api/v1/listings/{}/buy", lots[1])).by(&cleo).send().done(201);
        Evening { house, ann, bob, cleo, lot: lots[0], bought: lots[1], outside, sold: lots[1] }
    }

    /// Changes the setting, and waits until the server shows it.
    fn set(&self, setting: &str) {
        self.house.set("bidder_names", setting);
        let shown = cleo_by(setting).0;
        until("the server has read the setting", || {
            (self.house.listing(self.lot)["leader"] == shown).then_some(())
        });
    }

    fn text(&self, path: &str) -> String {
        let answer = self.house.get(path).send();
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.text()
    }

    fn json(&self, path: &str) -> Value {
        self.house.get(path).send().done(200)
    }

    /// Every event so far, as a newcomer or a person who comes back gets them.
    fn events(&self, person: Option<&Person>) -> Vec<Event> {
        let last = self.house.number("select max(id) from event where account_id is null");
        self.house
            .watch("listings=all&after=0", person)
            .events_until(|event| event.id.is_some_and(|id| id >= last))
    }
}

/// Neither name stands in the text.
#[track_caller]
fn names_nobody(what: &str, text: &str) {
    for name in ["Bob", "Cleo"] {
        assert!(!text.contains(name), "{what} names {name}:\n{text}");
    }
}

#[test]
fn every_page_and_answer_shows_bidders_as_the_setting_says() {
    let evening = Evening::open();
    for setting in SETTINGS.into_iter().rev().chain(SETTINGS) {
        evening.set(setting);
        let ((in_sale, outside), bob) = (cleo_by(setting), bob_by(setting));
        let Evening { lot, bought, outside: alone, .. } = evening;
        for (path, shown) in [
            (format!("/listings/{lot}"), vec![in_sale, bob]),
            (format!("/listings/{alone}"), vec![outside, bob]),
            (format!("/listings/{bought}"), vec![in_sale]),
            (format!("/listings/{lot}/proof"), vec![in_sale, bob]),
            (format!("/listings/{bought}/proof"), vec![in_sale]),
            ("/?state=all".into(), vec![in_sale, outside]),
            ("/board".into(), vec![in_sale]),
            ("/sales/spring/board".into(), vec![in_sale]),
            (format!("/api/v1/listings/{lot}"), vec![in_sale]),
            (format!("/api/v1/listings/{alone}"), vec![outside]),
            (format!("/api/v1/listings/{lot}/bids"), vec![in_sale, bob]),
            (format!("/api/v1/listings/{alone}/bids"), vec![outside, bob]),
            (format!("/api/v1/listings/{lot}/proof"), vec![in_sale, bob]),
            (format!("/api/v1/listings/{bought}/proof"), vec![in_sale]),
            (format!("/api/v1/listings/{bought}/settlement"), vec![in_sale]),
            ("/api/v1/listings?state=all".into(), vec![in_sale, outside]),
        ] {
            let text = evening.text(&path);
            for shown in shown {
                assert!(text.contains(shown), "{setting}: {path} does not show {shown}:\n{text}");
            }
            assert!(setting == "name" || !text.contains("Bob"), "{setting}: {path}");
        }
    }
    evening.house.audit();
}

/// Whatever routes there will be: the seller asks, who bids on nothing, and a guest.
#[test]
fn no_route_names_a_bidder_unless_the_setting_says_so() {
    let evening = Evening::open();
    let mut named = 0;
    for setting in SETTINGS {
        evening.set(setting);
        for route in ROUTES.iter().filter(|route| route.method == Method::Get && route.path != "/events") {
            for (id, query) in [evening.lot, evening.bought, evening.outside].into_iter().flat_map(|id| {
                ["", "?state=all", "?mine=1", "?what=catalogue", "?what=sheets"].map(|query| (id, query))
            }) {
                let path = route.path.replace("{id}", &id.to_string()).replace("{code}", "spring");
                let path = format!("{path}{query}");
                let guest = matches!(route.access, Access::Anyone).then(|| evening.house.get(&path));
                let seller = [
                    evening.house.get(&path).by(&evening.ann),
                    evening.house.get(&path).in_browser(&evening.ann),
                ];
                for call in guest.into_iter().chain(seller) {
                    let text = call.send().text();
                    named += usize::from(setting == "name" && text.contains("Cleo"));
                    if setting != "name" {
                        names_nobody(&format!("{setting}: {path}"), &text);
                    }
                }
            }
        }
    }
    assert!(named > 50, "{named} answers name Cleo");
}

#[test]
fn a_number_stands_beside_its_text_in_json_and_in_the_language_of_a_page() {
    let evening = Evening::open();
    let (lot, bought, outside) = (evening.lot, evening.bought, evening.outside);
    let json = |path: String| evening.json(&path);
    for setting in SETTINGS {
        evening.set(setting);
        let number = if setting == "number" { json!(17) } else { Value::Null };
        let by_cleo = |value: &Value, who: &str| {
            assert_eq!(value[who], cleo_by(setting).0, "{setting}: {value}");
            assert_eq!(value[format!("{who}_number")], number, "{setting}: {value}");
        };
        let listing = evening.house.listing(lot);
        by_cleo(&listing, "leader");
        assert_eq!(listing["leader_id"], evening.cleo.id);
        let alone = evening.house.listing(outside);
        assert_eq!((&alone["leader"], alone.get("leader_number")), (&json!(cleo_by(setting).1), None));
        let bids = evening.house.bids(lot);
        by_cleo(&bids[1], "bidder");
        assert_eq!((&bids[0]["bidder"], bids[0].get("bidder_number")), (&json!(bob_by(setting)), None));
        by_cleo(&evening.house.settlement(bought), "buyer");
        let proof = json(format!("/api/v1/listings/{bought}/proof"));
        by_cleo(proof["links"].as_array().unwrap().last().unwrap(), "buyer");
        let proof = json(format!("/api/v1/listings/{lot}/proof"));
        by_cleo(&proof["links"][2], "bidder");
        let own = evening.house.get("/api/v1/me/bids").by(&evening.cleo).send().done(200);
        let own = own["listings"].as_array().unwrap().iter().find(|own| own["id"] == lot).unwrap();
        by_cleo(own, "leader");
        assert_eq!((&own["leading"], &own["max"]), (&json!(true), &json!(9_000)), "a person's own stays");
        let page = evening.house.get(&format!("/listings/{lot}")).in_browser(&evening.cleo).send().text();
        assert!(page.contains("You’re the highest bidder"), "{page}");
    }
    evening.set("number");
    for path in [
        format!("/listings/{lot}"),
        format!("/listings/{bought}"),
        format!("/listings/{lot}/proof"),
        "/sales/spring/board".into(),
        "/board".into(),
    ] {
        let korean = evening.house.get(&path).header("Accept-Language", "ko").send().text();
        assert!(korean.contains("17번") && !korean.contains("No. 17"), "{path}:\n{korean}");
    }
    let korean =
        evening.house.get(&format!("/listings/{bought}")).header("Accept-Language", "ko").send().text();
    assert!(korean.contains("17번님께"), "{korean}");
}

#[test]
fn stored_events_are_shown_by_today_s_setting() {
    let evening = Evening::open();
    let house = &evening.house;
    for setting in SETTINGS.into_iter().chain(["number", "name"]) {
        evening.set(setting);
        let ((in_sale, outside), bob) = (cleo_by(setting), bob_by(setting));
        let number = if setting == "number" { json!(17) } else { Value::Null };
        let events = evening.events(None);
        for (id, cleo) in [(evening.lot, in_sale), (evening.outside, outside)] {
            let told = events.iter().filter(|event| event.kind == "bid" && event.data["listing"] == id);
            let told: Vec<_> = told.map(|event| (&event.data["bidder"], &event.data["leader"])).collect();
            let (bob, cleo) = (&json!(bob), &json!(cleo));
            assert_eq!(told, [(bob, bob), (cleo, cleo), (bob, cleo), (cleo, cleo)], "{setting}");
        }
        let settled = events.iter().find(|event| event.kind == "settled").unwrap();
        assert_eq!(settled.data["winner"], in_sale);
        assert_eq!(settled.data["winner_number"], number);
        let own = evening.events(Some(&evening.bob));
        let outbid = own.iter().filter(|event| event.kind == "outbid");
        let outbid: Vec<_> = outbid.map(|event| (&event.data["listing"], &event.data["leader"])).collect();
        let in_order = [(evening.lot, in_sale), (evening.lot, in_sale), (evening.outside, outside)];
        let in_order = in_order.into_iter().chain([(evening.outside, outside)]);
        let due: Vec<_> = in_order.map(|(id, leader)| (json!(id), json!(leader))).collect();
        assert_eq!(outbid, due.iter().map(|(id, leader)| (id, leader)).collect::<Vec<_>>(), "{setting}");
        for event in events.iter().filter(|_| setting != "name") {
            names_nobody(setting, &event.data.to_string());
        }
    }
    let named =
        "select count(*) from event where data like '%Cleo%' and kind in ('bid', 'settled', 'outbid')";
    assert_eq!(house.number(named), 11, "the stored events keep the names");
    house.audit();
}

#[test]
fn an_open_stream_hears_the_new_setting_from_the_next_event_on() {
    let evening = Evening::open();
    let everyone = evening.house.watch("listings=all", None);
    let of_bob = evening.house.watch(&format!("listings={}", evening.lot), Some(&evening.bob));
    let mut amount = 3_500;
    for setting in ["masked", "number", "name"] {
        evening.set(setting);
        evening.house.bid(&evening.bob, evening.lot, amount).done(201);
        amount += 500;
        let (cleo, bob) = (cleo_by(setting).0, bob_by(setting));
        let bid = everyone.wait_for("bid").data;
        assert_eq!((&bid["bidder"], &bid["leader"]), (&json!(bob), &json!(cleo)), "{setting}");
        assert_eq!(everyone.wait_for("bid").data["bidder"], cleo, "the automatic bid");
        assert_eq!(of_bob.wait_for("outbid").data["leader"], cleo, "{setting}");
    }
}

/// Of a house from before: the events that name a leader without an id.
#[test]
fn an_older_event_is_shown_by_the_one_bidder_of_that_name_or_masked() {
    let evening = Evening::open();
    let conn = evening.house.connection();
    conn.execute("update event set data = json_remove(data, '$.leader_id') where kind = 'outbid'", [])
        .unwrap();
    evening.set("number");
    let leaders = || {
        let outbid = evening.events(Some(&evening.bob)).into_iter().filter(|event| event.kind == "outbid");
        let of_lot = outbid.filter(|event| event.data["listing"] == evening.lot);
        of_lot.map(|event| event.data["leader"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(leaders(), ["No. 17", "No. 17"]);
    conn.execute("update account set name = 'Cleo' where id = ?1", [evening.bob.id]).unwrap();
    evening.set("masked");
    evening.set("number");
    assert_eq!(leaders(), ["C•••", "C•••"], "there are two of the name");
}

#[test]
fn an_answer_that_was_kept_is_repeated_by_today_s_setting() {
    let evening = Evening::open();
    let path = format!("/api/v1/listings/{}/bids", evening.lot);
    let bid = || {
        let call = evening.house.post(&path).by(&evening.bob).header("Idempotency-Key", "once");
        call.json(&json!({"amount": 4_000})).send().done(201)
    };
    let mut answers: Vec<Value> = Vec::new();
    for setting in ["name", "number", "masked", "name"] {
        evening.set(setting);
        let mut answer = bid();
        assert_eq!(answer["listing"]["leader"], cleo_by(setting).0);
        assert_eq!(answer["listing"]["leader_id"], evening.cleo.id);
        if setting == "number" {
            assert_eq!(answer["listing"]["leader_number"], 17);
        }
        answer["listing"].as_object_mut().unwrap().remove("leader");
        answer["listing"].as_object_mut().unwrap().remove("leader_number");
        answers.push(answer);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "the rest stays: {answers:?}");
}

/// A page that was drawn for everyone is kept, but not beyond a change of who is shown how.
#[test]
fn a_number_given_later_is_shown_at_once() {
    let evening = Evening::open();
    evening.set("number");
    let path = format!("/listings/{}", evening.lot);
    for _ in 0..2 {
        let page = evening.text(&path);
        assert!(page.contains("<span class=\"who\">B•••</span>") && !page.contains("No. 4"), "{page}");
    }
    register(&evening.house, "spring", &evening.bob, 4);
    let page = evening.text(&path);
    assert!(page.contains("<span class=\"who\">No. 4</span>") && !page.contains("B•••"), "{page}");
    assert_eq!(evening.house.bids(evening.lot)[0]["bidder"], "No. 4");
    assert_eq!(evening.house.bids(evening.outside)[0]["bidder"], "B•••");
}

#[test]
fn the_number_is_that_of_the_listing_s_sale() {
    let evening = Evening::open();
    let autumn = publish(&evening.house, "autumn", &[("A1", &[])])[0];
    register(&evening.house, "autumn", &evening.cleo, 3);
    register(&evening.house, "autumn", &evening.bob, 17);
    evening.house.bid(&evening.bob, autumn, 1_000).done(201);
    evening.set("number");
    assert_eq!(evening.house.listing(autumn)["leader"], "No. 17");
    evening.house.bid(&evening.cleo, autumn, 2_000).done(201);
    let bids = evening.house.bids(autumn);
    let bidders: Vec<&Value> = bids.iter().map(|bid| &bid["bidder"]).collect();
    assert_eq!(bidders, ["No. 17", "No. 3"]);
    assert_eq!(evening.house.bids(evening.lot)[1]["bidder"], "No. 17");
}

#[test]
fn the_commands_show_name_and_number_whatever_the_setting() {
    let evening = Evening::open();
    let house = &evening.house;
    let [lot, bought, outside, sold] =
        [evening.lot, evening.bought, evening.outside, evening.sold].map(|id| id.to_string());
    for setting in SETTINGS {
        evening.set(setting);
        let both = "Cleo (No. 17)";
        for (args, shown) in [
            (vec!["listing", "show", &lot], vec![both]),
            (vec!["listing", "show", &bought], vec![both]),
            (vec!["replay", &lot], vec![both, "  Bob  "]),
            (vec!["replay", &bought], vec![both]),
            (vec!["sale", "show", "spring"], vec![both]),
            (vec!["settle", &sold], vec![both]),
        ] {
            let text = house.run(&args).done().stdout;
            for shown in shown {
                assert!(text.contains(shown), "{args:?} does not show {shown}:\n{text}");
            }
        }
        let text = house.run(&["listing", "show", &outside]).done().stdout;
        assert!(text.contains("leader     Cleo\n"), "{text}");

        let by_cleo = |value: &Value, who: &str| {
            assert_eq!(
                (&value[who], &value[format!("{who}_number")]),
                (&json!("Cleo"), &json!(17)),
                "{value}"
            );
        };
        by_cleo(&house.told(&["listing", "show", &lot]), "leader");
        by_cleo(&house.told(&["settle", &sold]), "buyer");
        by_cleo(&house.told(&["sale", "show", "spring"])["lots"][0], "leader");
        let steps = house.told(&["replay", &lot])["steps"].clone();
        by_cleo(&steps[1], "bidder");
        by_cleo(&steps[2], "leader");
        assert_eq!((&steps[0]["bidder"], steps[0].get("bidder_number")), (&json!("Bob"), None));
        let listed = house.told(&["listing", "list"]);
        let listed = listed.as_array().unwrap();
        by_cleo(listed.iter().find(|listing| listing["id"] == evening.lot).unwrap(), "leader");
        let alone = listed.iter().find(|listing| listing["id"] == evening.outside).unwrap();
        assert_eq!((&alone["leader"], alone.get("leader_number")), (&json!("Cleo"), None));
        for (table, who) in [("listings", "leader"), ("bids", "bidder"), ("settlements", "buyer")] {
            let csv = house.run(&["export", table]).done().stdout;
            let mut rows = csv::Reader::from_reader(csv.as_bytes());
            let rows: Vec<std::collections::HashMap<String, String>> =
                rows.deserialize().map(Result::unwrap).collect();
            let name =
                |row: &&std::collections::HashMap<String, String>| row[&format!("{who}_name")] == "Cleo";
            let numbers: Vec<&str> =
                rows.iter().filter(name).map(|row| row[&format!("{who}_number")].as_str()).collect();
            assert!(numbers.contains(&"17"), "{csv}");
            assert_eq!(numbers.contains(&""), table != "settlements", "outside of the sale: {csv}");
        }
    }
}

#[test]
fn the_desk_s_answer_to_a_bid_shows_name_and_number() {
    let evening = Evening::open();
    evening.set("masked");
    let opened = evening.house.told(&["desk", "open", "Door", "--sale", "spring", "--may", "bid"]);
    let code = json!({"code": opened["code"]});
    let desk = evening.house.post("/api/v1/desk/sessions").json(&code).send().done(201);
    let bid = || {
        let call = evening.house.post("/api/v1/desk/bids").header("Idempotency-Key", "paper-1");
        let call = call.header("Authorization", &format!("Bearer {}", desk["token"].as_str().unwrap()));
        let bid = json!({"lot": "A1", "number": 17, "amount": 9_500, "max": 9_500, "source": "paper"});
        call.json(&bid).send().done(201)
    };
    for answer in [bid(), bid()] {
        let listing = &answer["listing"];
        assert_eq!((&listing["leader"], &listing["leader_number"]), (&json!("Cleo"), &json!(17)), "{answer}");
    }
    let public = evening.text(&format!("/listings/{}", evening.lot));
    names_nobody("its page", &public);
}

#[test]
fn a_receipt_is_verified_by_name_and_number() {
    let evening = Evening::open();
    evening.set("masked");
    let answer = evening.house.bid(&evening.cleo, evening.lot, 3_500);
    let receipt = answer.status == 409;
    assert!(receipt, "who leads raises the maximum: {answer:?}");
    let raised = evening.house.bid_with(&evening.cleo, evening.lot, json!({"amount": 3_500, "max": 12_000}));
    let answer = raised.done(201);
    assert_eq!(answer["listing"]["leader"], "C•••");
    let told = evening.house.run(&["verify", answer["bid"]["receipt"].as_str().unwrap()]).done().stdout;
    assert!(told.contains("Cleo (No. 17)"), "{told}");
}

#[test]
fn a_mail_and_a_webhook_tell_nobody_another_s_name() {
    let (mailbox, hook) = (Mailbox::open(&[]), Hook::open());
    let settings = [&AT_ONCE[..], &[("bidder_names", "masked")]].concat();
    let (house, ann, bob, cleo) = house_with(&(mailbox.entries() + &hook.entries()), &settings);
    let id = house.list(&ann, json!({"closes_in_s": 6}));
    house.bid(&bob, id, 1_000).done(201);
    house.bid(&cleo, id, 2_000).done(201);
    assert_eq!(house.settlement(id)["buyer"], "C•••");
    // Bob was outbid; Ann sold, Cleo won.
    let mails = mailbox.wait_for(3);
    for mail in &mails {
        let text = mail.to_string().replace(mail["to"][0].as_str().unwrap(), "");
        for person in [&bob, &cleo] {
            let is_own = mail["to"] == json!([person.email]);
            assert!(is_own || !text.contains(person.name), "{text}");
        }
    }
    for notice in hook.wait_for_kind("sold") {
        let told = notice["listing"].to_string();
        names_nobody("a webhook", &told);
    }
}

#[test]
fn the_setting_is_one_of_three_words() {
    let (house, ..) = House::open();
    let refused = house.run(&["house", "set", "bidder_names", "paddle"]);
    assert_eq!(refused.status, 1, "{refused:?}");
    assert!(refused.stderr.contains("One of: name, number, masked."), "{refused:?}");
    let value = || {
        let shown = house.told(&["house", "show"]);
        let found = shown.as_array().unwrap().iter().find(|one| one["key"] == "bidder_names").cloned();
        found.unwrap()["value"].clone()
    };
    assert_eq!(value(), "name");
    house.set("bidder_names", "masked");
    assert_eq!(value(), "masked");
}
