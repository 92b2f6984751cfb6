//! Where phones find the house: what the server prints, and where both boards lead.

use crate::harness::{House, PASSWORD, email, until};
use serde_json::json;

/// Each board's code, and the address beside it.
fn boards(house: &House, host: &str) -> Vec<(String, String)> {
    let board = |path| {
        let page = house.get(path).header("Host", host).send().text();
        let between = |before: &str, after: &str| {
            page.split(before).nth(1).and_then(|rest| rest.split(after).next()).unwrap_or_default().to_owned()
        };
        (between("data-code=\"", "\""), between("<span data-address>", "<"))
    };
    ["/board", "/sales/spring/board"].map(board).into()
}

fn with_a_sale(house: &House) {
    let closes_at = chrono::Utc::now() + chrono::TimeDelta::hours(1);
    let closes_at = closes_at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    house.run(&["sale", "add", "spring", "--name", "Spring", "--closes-at", &closes_at]).done();
    let lot = ["--title", "Lamp", "--opening", "1000", "--sale", "spring", "--lot", "A1"];
    house.run(&[&["listing", "add", "--seller", &email("Ann")], &lot[..]].concat()).done();
    house.run(&["sale", "publish", "spring"]).done();
}

fn leads_to(address: &str) -> Vec<(String, String)> {
    let typed = address.split_once("://").unwrap().1.to_owned();
    vec![(address.to_owned(), typed.clone()), (format!("{address}/sales/spring"), typed)]
}

#[test]
fn on_all_addresses_phones_are_led_to_the_machine_s_own() {
    let (mut house, ..) = House::open();
    with_a_sale(&house);
    house.stop();
    house.serve_with(&["--listen", "0.0.0.0:0"]);
    let port = house.address().strip_prefix("0.0.0.0:").unwrap().to_owned();
    let printed: Vec<&str> =
        house.printed().lines().map(|line| line.strip_prefix("  phones open ").unwrap()).collect();
    // A machine without a network has none.
    for own in &printed {
        assert!(own.starts_with("http://") && own.ends_with(&format!(":{port}")), "{printed:?}");
        assert!(!own.contains("127.0.0.1") && !own.contains("0.0.0.0"), "{printed:?}");
    }
    let best = printed.first().copied().map(str::to_owned);
    for host in ["127.0.0.1", "localhost", "0.0.0.0", "laptop", "laptop.local"] {
        let visited = format!("{host}:{port}");
        let expected = best.clone().unwrap_or_else(|| format!("http://{visited}"));
        assert_eq!(boards(&house, &visited), leads_to(&expected));
        let page = house.get("/board").header("Host", &visited).send().text();
        assert!(best.is_none() || !page.contains("data-out-of-reach"), "{page}");
    }
    // A proxy or a container is known by another name, and whoever came by it says so.
    assert_eq!(boards(&house, "hall.example.org"), leads_to("http://hall.example.org"));
    house.set("public_url", "https://auction.example.org/night");
    let expected = leads_to("https://auction.example.org/night");
    let visited = format!("127.0.0.1:{port}");
    until("the house has an address", || (boards(&house, &visited) == expected).then_some(()));
    house.stop();
    house.serve_with(&["--listen", "0.0.0.0:0"]);
    assert_eq!(house.printed(), "  phones open https://auction.example.org/night\n");
    // An address that leads every phone to itself counts as none, for the server and for the boards.
    house.set("public_url", "http://localhost:8080");
    house.stop();
    house.serve_with(&["--listen", "0.0.0.0:0"]);
    assert!(!house.printed().contains("localhost"), "{}", house.printed());
    let visited = house.address().replace("0.0.0.0", "127.0.0.1");
    let best = house.printed().lines().next().and_then(|line| line.strip_prefix("  phones open "));
    assert_eq!(boards(&house, &visited), leads_to(best.unwrap_or(&format!("http://{visited}"))));
}

#[test]
fn an_address_of_this_machine_alone_is_none_for_phones() {
    let mut house = House::bare();
    house.set("scheduler", "none");
    house.set("public_url", "http://localhost:8080");
    house.serve();
    assert!(
        house.printed().starts_with(ALONE) && house.printed().lines().count() == 1,
        "{}",
        house.printed()
    );
}

const ALONE: &str = "  only this computer can open it; for phones: auction serve --listen 0.0.0.0:";

#[test]
fn on_this_machine_alone_the_boards_and_the_server_say_so() {
    let (house, ..) = House::open();
    with_a_sale(&house);
    assert!(house.printed().starts_with(ALONE), "{}", house.printed());
    assert_eq!(boards(&house, house.address()), leads_to(&format!("http://{}", house.address())));
    for (lang, words) in [("en", "Phones cannot reach this address"), ("ko", "휴대전화로는")] {
        for path in ["/board", "/sales/spring/board"] {
            let page = house.get(&format!("{path}?lang={lang}")).send().text();
            assert!(page.contains("data-out-of-reach") && page.contains(words), "{path}: {page}");
            assert!(!page.contains("auction house set"), "a hall reads no commands: {page}");
        }
    }
}

#[test]
fn a_projector_says_nothing_of_schedulers_whoever_is_logged_in() {
    let (house, ..) = House::open();
    with_a_sale(&house);
    let add = ["account", "add", "--email", &email("Dora"), "--name", "Dora", "--admin", "--password-stdin"];
    house.run_with(&add, PASSWORD).done();
    let dora = house.log_in("Dora");
    let warns = |path: &str| house.get(path).in_browser(&dora).send().text().contains("system scheduler");
    assert!(warns("/"), "an admin reads it elsewhere");
    assert!(!warns("/board") && !warns("/sales/spring/board"));
}

#[test]
fn the_house_s_board_says_what_everything_came_to_without_what_was_reversed() {
    let (house, ann, bob, _) = House::open();
    let total = || {
        let page = house.get("/board").send().text();
        page.split("data-total=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    assert_eq!(total(), "0");
    let ids = [5_000, 7_000].map(|buy_now| house.list(&ann, json!({"buy_now": buy_now})));
    let mut settlements = Vec::new();
    for (id, so_far) in ids.into_iter().zip(["5000", "12000"]) {
        let path = format!("/api/v1/listings/{id}/buy");
        settlements.push(house.post(&path).by(&bob).json(&json!({})).send().done(201)["id"].to_string());
        assert_eq!(total(), so_far);
    }
    house.run(&["reverse", &settlements[0], "--why", "broken"]).done();
    assert_eq!(total(), "7000");
    house.audit();
}
