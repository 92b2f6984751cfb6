//! A link of a pass as browsers, messengers and programs load it; what a pass may give; and a bid that is sent again when
//! its lot has closed.

use crate::harness::{House, Reply};
use crate::tablet::{Tablet, listing_of, open_pass, sale_of};
use serde_json::json;

/// The headers of a browser in which somebody has opened a link.
const OPENED: [(&str, &str); 3] =
    [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Site", "cross-site")];

fn load(house: &House, code: &str, headers: &[(&str, &str)]) -> Reply {
    let call = house.get(&format!("/desk/open?code={code}"));
    headers.iter().fold(call, |call, (name, value)| call.header(name, value)).send()
}

fn cookie_of(reply: &Reply) -> String {
    reply.header("Set-Cookie").expect("a cookie").split(';').next().unwrap().to_owned()
}

#[test]
fn the_first_browser_that_opens_the_link_holds_the_pass() {
    let (house, ..) = House::open();
    sale_of(&house, "spring", 1);
    let code = open_pass(&house, "Door", "spring", &[]);
    let in_advance = [&OPENED[..], &[("Sec-Purpose", "prefetch;prerender")]].concat();
    let as_a_picture = [("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image")];
    for headers in [&[][..], &in_advance, &as_a_picture] {
        let shown = load(&house, &code, headers);
        assert_eq!((shown.status, shown.header("Set-Cookie")), (200, None), "{headers:?}: nobody opened it");
    }
    let opened = load(&house, &code, &OPENED);
    assert_eq!((opened.status, opened.header("Location")), (303, Some("/desk")), "{opened:?}");
    let cookie = cookie_of(&opened);
    assert_eq!(house.get("/desk").header("Cookie", &cookie).send().status, 200);

    let stolen = load(&house, &code, &OPENED);
    assert_eq!((stolen.status, stolen.header("Set-Cookie")), (409, None), "{stolen:?}");
    let again = load(&house, &code, &[&OPENED[..], &[("Cookie", &cookie)]].concat());
    assert_eq!((again.status, cookie_of(&again)), (303, cookie), "the same browser keeps its token");
    for _ in 0..5 {
        assert_eq!(load(&house, "AAAA-BBBB-CCCC", &OPENED).status, 401);
    }
    assert_eq!(load(&house, &code, &OPENED).status, 429, "a link is a try like any other");
}

#[test]
fn a_guest_gets_no_higher_limit_than_the_pass_may_give() {
    let (house, ..) = House::open();
    sale_of(&house, "spring", 1);
    house.set("default_credit", "100000");
    let door = Tablet::open(&house, "Door", "spring", &["--limit", "5000"]);
    let any = Tablet::open(&house, "Office", "spring", &[]);
    let limit_of = |tablet: &Tablet, name: &str| {
        tablet.register(json!({"name": name}));
        house.number(&format!(
            "select p.credit_limit from account a join purse p on p.id = a.id where a.name = '{name}'"
        ))
    };
    assert_eq!(limit_of(&door, "Grandma"), 5_000);
    assert_eq!(limit_of(&any, "Professor Lee"), 100_000);
}

/// The wifi drops as a bid is confirmed, and comes back when the lot has ended: the page must not say that it closed.
#[test]
fn a_bid_that_is_sent_again_after_the_close_is_the_bid_that_was_placed() {
    let (house, ..) = House::open();
    sale_of(&house, "spring", 2);
    let code = open_pass(&house, "Hall", "spring", &[]);
    let cookie = cookie_of(&load(&house, &code, &OPENED));
    let post = |path: &str, fields: &[(&str, &str)]| {
        let call = house.post(path).header("Cookie", &cookie);
        call.header("Sec-Fetch-Site", "same-origin").form(fields).send()
    };
    let guest = post("/desk/checkin", &[("key", "guest"), ("name", "Dora"), ("limit", "5000")]);
    assert_eq!(guest.status, 303, "{guest:?}");
    for (lot, fields) in
        [("A1", [("amount", "1200"), ("max", "")]), ("A2", [("amount", ""), ("max", "2000")])]
    {
        let bid = || {
            let known =
                [("key", lot), ("confirm", "yes"), ("source", "paper"), ("lot", lot), ("number", "1")];
            post("/desk/bid", &[&known[..], &fields].concat())
        };
        let placed = bid();
        assert_eq!(placed.status, 303, "{placed:?}");
        let listing = listing_of(&house, "spring", lot).to_string();
        house.run(&["listing", "cancel", &listing, "--why", "it broke"]).done();
        let again = bid();
        assert_eq!((again.status, again.header("Location")), (303, placed.header("Location")), "{again:?}");
        let late = post(
            "/desk/bid",
            &[
                ("key", "late"),
                ("confirm", "yes"),
                ("source", "paper"),
                ("lot", lot),
                ("number", "1"),
                ("max", "4000"),
            ],
        );
        assert_eq!(late.status, 409, "a new one is too late: {late:?}");
    }
    assert_eq!(house.number("select count(*) from bid"), 2);
    house.audit();
}
