//! The proof: the chain recomputed from what the house publishes, by a second reading of the manual's canonical form; the
//! receipt; and that neither tells a secret.

use crate::harness::{House, Inside, int};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The fields of each kind, as the manual orders them: `$` a text, `@` an instant, else a number.
fn fields(kind: &str) -> &'static [&'static str] {
    match kind {
        // A lot's are followed by its place in the sale.
        "listing" | "lot" => &[
            "listing",
            "seller_id",
            "$title",
            "$description",
            "$picture",
            "opening",
            "$reserve_commitment",
            "buy_now",
            "increment",
            "@first_closes_at",
            "window_s",
            "extension_s",
            "cap_s",
            "premium_bps",
            "commission_bps",
            "outage_s",
            "@created_at",
        ],
        // One from the desk is followed by its pass and its source.
        "bid" | "raise" | "automatic" | "desk-bid" => &[
            "listing",
            "seq",
            "bidder_id",
            "amount",
            "price",
            "@closes_at",
            "@at",
            "$message",
            "$commitment",
        ],
        "prolongation" => &["listing", "after_seq", "@closes_at", "@outage_from", "@outage_until", "@at"],
        "postponement" => &["listing", "after_seq", "@closes_at", "by_s", "@at", "$who", "$why"],
        "pause" => &["listing", "after_seq", "@at", "$who", "$why"],
        "resume" => &["listing", "after_seq", "@closes_at", "@at", "$who"],
        "settlement" => &[
            "listing",
            "$outcome",
            "$reason",
            "buyer_id",
            "hammer",
            "premium",
            "commission",
            "@closes_at",
            "@settled_at",
        ],
        "reversal" => &["listing", "settlement", "@at", "$who", "$why"],
        other => panic!("no kind of link: {other}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn text(form: &mut Vec<u8>, text: &str) {
    form.extend(format!("{}\n{text}\n", text.len()).bytes());
}

/// The hash of a link after `previous`, from its published fields alone.
pub fn recomputed(previous: &str, link: &Value) -> String {
    let kind = link["kind"].as_str().unwrap();
    let mut form = unhex(previous);
    text(&mut form, kind);
    let more: &[&str] = match kind {
        "lot" => &["$sale", "$lot", "@opens_at"],
        "desk-bid" => &["$pass", "$source"],
        _ => &[],
    };
    for field in fields(kind).iter().chain(more) {
        let value = &link[field.trim_start_matches(['$', '@'])];
        match field.as_bytes()[0] {
            b'$' => text(&mut form, value.as_str().unwrap_or("")),
            b'@' => {
                let at = value.as_str().map(|at| chrono::DateTime::parse_from_rfc3339(at).unwrap());
                form.extend(format!("{}\n", at.map_or(0, |at| at.timestamp_millis())).bytes());
            }
            _ => form.extend(format!("{}\n", value.as_i64().unwrap_or(0)).bytes()),
        }
    }
    hex(&Sha256::digest(&form))
}

fn commitment(salt: &str, amount: i64) -> String {
    hex(&Sha256::digest([unhex(salt), amount.to_string().into_bytes()].concat()))
}

/// All links of a listing, read by pages of `limit` bids, each recomputed and joined to the one before.
#[track_caller]
pub fn chain(house: &House, id: i64, limit: i64) -> Vec<Value> {
    let (mut links, mut head, mut after) = (Vec::new(), "0".repeat(64), json!(0));
    loop {
        let path = format!("/api/v1/listings/{id}/proof?after={after}&limit={limit}");
        let page = house.get(&path).send().done(200);
        assert_eq!(page["previous"], head, "the pages join");
        for link in page["links"].as_array().unwrap() {
            assert_eq!(recomputed(&head, link), link["hash"], "{link}");
            assert_eq!(link["listing"], id);
            head = link["hash"].as_str().unwrap().to_owned();
            links.push(link.clone());
        }
        after = page["next"].clone();
        if after.is_null() {
            assert_eq!(page["head"], head);
            return links;
        }
    }
}

pub fn kinds(links: &[Value]) -> Vec<&str> {
    links.iter().map(|link| link["kind"].as_str().unwrap()).collect()
}

#[test]
fn anyone_recomputes_every_chain_from_its_proof_alone() {
    let (house, ann, bob, cleo) = House::with(&[("premium_bps", "1000"), ("commission_bps", "333")]);
    let soft = json!({"window_s": 60, "extension_s": 60, "cap_s": 1});
    let terms = json!({"title": "등잔 🪔 «Brass»", "description": "Two lines:\n줄 둘", "reserve": 1_500, "increment": 7,
        "soft_close": soft, "closes_in_s": 10});
    let sold = house.list(&ann, terms);
    let bid = |who, amount, max, message| {
        house.bid_with(who, sold, json!({"amount": amount, "max": max, "message": message})).done(201)
    };
    bid(&bob, 1_000, 3_000, "잘 부탁드립니다 🙏🏽");
    bid(&cleo, 2_000, 2_500, "line \u{301}e and \"quotes\"");
    let raised = bid(&bob, 4_000, 5_000, "");
    let bought = house.list(&ann, json!({"buy_now": 9_000}));
    house.post(&format!("/api/v1/listings/{bought}/buy")).by(&cleo).send().done(201);
    let cancelled = house.list(&ann, json!({}));
    house.bid(&bob, cancelled, 1_000).done(201);
    house.run(&["listing", "cancel", &cancelled.to_string(), "--why", "깨졌습니다"]).done();
    let open = house.list(&ann, json!({}));
    // Waits for the close, however late.
    house.run(&["settle", &sold.to_string()]).done();
    for (id, expected) in [
        (sold, &["listing", "bid", "bid", "automatic", "raise", "settlement"][..]),
        (bought, &["listing", "settlement"]),
        (cancelled, &["listing", "bid", "settlement"]),
        (open, &["listing"]),
    ] {
        let links = chain(&house, id, 500);
        assert_eq!(kinds(&links), expected);
        let bids: Vec<&Value> = links.iter().filter(|link| !link["seq"].is_null()).collect();
        for (link, bid) in bids.iter().zip(house.bids(id)) {
            for field in ["seq", "amount", "message", "at", "hash", "bidder", "bidder_id"] {
                assert_eq!(link[field], bid[field], "{field}");
            }
        }
        if expected.contains(&"settlement") {
            let (last, statement) = (links.last().unwrap(), house.settlement(id));
            for field in
                ["hash", "outcome", "reason", "hammer", "premium", "commission", "settled_at", "buyer"]
            {
                assert_eq!(last[field], statement[field], "{field}");
            }
        }
    }
    let links = chain(&house, sold, 500);
    assert!(links[1]["closes_at"].as_str() > links[0]["first_closes_at"].as_str(), "the soft close is in it");
    let own = &raised["bid"];
    assert_eq!(links[4]["hash"], own["hash"]);
    assert_eq!(links[4]["commitment"], commitment(own["salt"].as_str().unwrap(), int(&own["max"])));
}

#[test]
fn the_pages_of_a_proof_join_and_what_is_no_page_is_refused() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({"increment": 1}));
    for n in 0..7 {
        house.bid(if n % 2 == 0 { &bob } else { &cleo }, id, 1_000 + n).done(201);
    }
    let whole = chain(&house, id, 1_000);
    for limit in [1, 2, 3, 7, 8] {
        assert_eq!(chain(&house, id, limit), whole, "pages of {limit}");
    }
    let path = format!("/api/v1/listings/{id}/proof");
    let end = house.get(&format!("{path}?after=7")).send().done(200);
    assert_eq!((&end["links"], &end["previous"], &end["n_bids"]), (&json!([]), &end["head"], &json!(7)));
    house.get(&format!("{path}?after=8")).send().refused(404, "not_found");
    house.get("/api/v1/listings/99/proof").send().refused(404, "not_found");
    for bad in ["after=x", "after=-1", "limit=0"] {
        house.get(&format!("{path}?{bad}")).send().refused(400, "bad_request");
    }
    house.post(&path).send().refused(405, "method_not_allowed");
}

#[test]
fn nothing_that_others_may_read_tells_a_max_a_reserve_or_a_salt() {
    let (house, ann, bob, cleo) = House::open();
    let answer = house.try_list(&ann, json!({"reserve": 54_321})).done(201);
    let id = int(&answer["id"]);
    house.bid_with(&bob, id, json!({"amount": 1_234, "max": 43_219})).done(201);
    house.bid_with(&cleo, id, json!({"amount": 1_777, "max": 23_457})).done(201);
    let salts: Vec<String> = house
        .connection()
        .prepare("select lower(hex(salt)) from bid union all select lower(hex(reserve_salt)) from listing")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<rusqlite::Result<_>>()
        .unwrap();
    assert_eq!(salts.len(), 4);
    let mut secrets: Vec<&str> = salts.iter().map(String::as_str).collect();
    secrets.extend(["54321", "43219", "23457", "@example.org", "auction-receipt"]);
    let api = format!("/api/v1/listings/{id}");
    let page = format!("/listings/{id}");
    for path in [
        api.clone(),
        format!("{api}/bids"),
        format!("{api}/proof"),
        "/api/v1/listings".to_owned(),
        page.clone(),
        format!("{page}/proof"),
    ] {
        for stranger in [None, Some(house.log_in("Ann")), Some(house.log_in("Cleo"))] {
            let seller = stranger.as_ref().is_some_and(|person| person.name == "Ann");
            let call = house.get(&path);
            let text = stranger.as_ref().map_or(house.get(&path), |who| call.by(who)).send().text();
            for secret in &secrets {
                // The proof page's own words name the form of a receipt; each sees what is theirs.
                let words = *secret == "auction-receipt" && path.ends_with("proof");
                let bidder = stranger.as_ref().is_some_and(|who| who.name == "Cleo") && path == page;
                let own_bid = bidder && ["23457", &salts[1], "auction-receipt"].contains(secret);
                let own_reserve = seller && path == api && ["54321", &salts[3]].contains(secret);
                assert!(words || own_bid || own_reserve || !text.contains(secret), "{path} tells {secret}");
            }
        }
    }
    let link = &chain(&house, id, 1)[0];
    for seen in
        [answer, house.get(&api).by(&ann).send().done(200), house.told(&["listing", "show", &id.to_string()])]
    {
        assert_eq!(seen["reserve"], 54_321);
        assert_eq!(link["reserve_commitment"], commitment(seen["reserve_salt"].as_str().unwrap(), 54_321));
    }
    let bare = house.list(&ann, json!({}));
    let seen = house.get(&format!("/api/v1/listings/{bare}")).by(&ann).send().done(200);
    assert_eq!(seen["reserve"], Value::Null);
    let salt = seen["reserve_salt"].as_str().unwrap();
    assert_eq!(chain(&house, bare, 1)[0]["reserve_commitment"], commitment(salt, 0));
}

#[test]
fn a_receipt_is_in_the_answer_and_on_its_owner_s_page_alone() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({}));
    let mut receipts = Vec::new();
    for amount in [1_000, 2_000] {
        let answer = house.bid_with(&bob, id, json!({"amount": amount, "max": amount + 500})).done(201);
        let own = &answer["bid"];
        let text = |field: &str| own[field].as_str().unwrap().to_owned();
        let expected =
            format!("auction-receipt:{id}:{}:{}:{}:{}", own["seq"], text("hash"), own["max"], text("salt"));
        assert_eq!(text("receipt"), expected);
        receipts.push(expected);
    }
    let page = |who| house.get(&format!("/listings/{id}")).in_browser(who).send().text();
    for receipt in &receipts {
        assert!(page(&bob).contains(receipt));
        for other in [&ann, &cleo] {
            assert!(!page(other).contains(receipt));
        }
    }
    assert!(
        house.get("/account").in_browser(&bob).send().text().contains(&format!("/listings/{id}#receipts"))
    );
}

#[test]
fn a_receipt_is_verified_and_what_does_not_agree_is_named() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({}));
    house.bid_with(&bob, id, json!({"amount": 1_000, "max": 3_000})).done(201);
    let answer = house.bid_with(&cleo, id, json!({"amount": 2_000, "max": 2_500})).done(201);
    let receipt = answer["bid"]["receipt"].as_str().unwrap();
    let parts: Vec<&str> = receipt.split(':').collect();
    let with = |at: usize, value: &str| {
        let mut parts = parts.clone();
        parts[at] = value;
        parts.join(":")
    };
    let agrees = house.run(&["verify", receipt]).done();
    assert!(agrees.stdout.starts_with("agrees") && agrees.stdout.contains("2500 KRW"), "{agrees:?}");
    house.run_with(&["verify", "-"], &format!("  {receipt}\n")).done();
    let told = house.told(&["verify", &parts[..4].join(":")]);
    assert_eq!((&told["bid"]["bidder"], &told["bid"]["amount"]), (&json!("Cleo"), &json!(2_000)));
    assert_eq!((&told["max"], &told["disagreement"]), (&Value::Null, &Value::Null));
    let (other_hash, other_salt) = ("0".repeat(64), "0".repeat(32));
    for (bad, words) in [
        (with(1, "99"), "no listing 99"),
        (with(2, "9"), "no bid 9"),
        (with(2, "1"), "another hash"),
        (with(3, &other_hash), "another hash"),
        (with(4, "2501"), "does not open"),
        (with(5, &other_salt), "does not open"),
    ] {
        let ran = house.run(&["verify", &bad]);
        assert_eq!(ran.status, 1, "{bad}: {ran:?}");
        assert!(ran.stdout.contains("DISAGREES") && ran.stdout.contains(words), "{bad}: {ran:?}");
        let told = house.run(&["verify", &bad, "--format", "json"]);
        assert_eq!(told.status, 1);
        assert!(told.json()["disagreement"].as_str().unwrap().contains(words));
    }
    let garbage = house.run(&["verify", "hello"]);
    assert_eq!((garbage.status, garbage.stdout.as_str()), (1, ""));
    assert!(garbage.stderr.contains("not a receipt"), "{garbage:?}");
    let change = "drop trigger bid_is_kept; update bid set message = 'other' where seq = 1";
    house.connection().execute_batch(change).unwrap();
    let broken = house.run(&["verify", receipt]);
    assert!(broken.status == 1 && broken.stdout.contains("the chain breaks at bid 1"), "{broken:?}");
}

/// Whoever can write the database can write a whole history anew, hashes and all: only a receipt betrays it.
#[test]
fn a_receipt_betrays_a_history_that_was_rewritten_whole() {
    let house = House::bare();
    for name in ["Ann", "Bob"] {
        house.add(name);
    }
    let inside = Inside::of(&house, 0);
    inside.credit("Bob", 100_000);
    let id = inside.list(|_| ());
    inside.bid("Bob", id, 3_000);
    drop(inside);
    let mut house = house;
    house.serve();
    let bob = house.log_in("Bob");
    let page = house.get(&format!("/listings/{id}")).in_browser(&bob).send().text();
    let receipt = page.split("auction-receipt:").nth(1).unwrap().split('<').next().unwrap();
    let receipt = format!("auction-receipt:{receipt}");
    house.run(&["verify", &receipt]).done();
    let mut links = chain(&house, id, 10);
    let genesis = links[0]["hash"].as_str().unwrap().to_owned();
    links[1]["amount"] = json!(2_000);
    links[1]["price"] = json!(2_000);
    let forged = recomputed(&genesis, &links[1]);
    let conn = house.connection();
    let guard: String = conn
        .query_row("select sql from sqlite_schema where name = 'bid_is_kept'", [], |row| row.get(0))
        .unwrap();
    conn.execute_batch(&format!(
        "drop trigger bid_is_kept;
         update bid set amount = 2000, price = 2000, hash = x'{forged}';
         update standing set price = 2000, head = x'{forged}';
         {guard}"
    ))
    .unwrap();
    house.audit();
    assert_eq!(chain(&house, id, 10)[1]["amount"], 2_000, "the forged chain is of one piece");
    let ran = house.run(&["verify", &receipt]);
    assert!(ran.status == 1 && ran.stdout.contains("another hash"), "{ran:?}");
}
