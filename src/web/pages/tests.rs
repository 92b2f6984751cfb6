//! Draws every page with made-up data in both languages: hooks, escaping, and nothing inline that the policy forbids.

use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};

use crate::rules::listing::ListingState;
use crate::text::i18n::Lang;
use crate::web::manual::html;
use crate::web::pages::confirm::view::{Bid, Confirm};
use crate::web::pages::entry::view::{Join, Login, Sso};
use crate::web::pages::error_page::view::ErrorPage;
use crate::web::pages::help::view::HelpPage;
use crate::web::pages::listing::view::{KeptOut, Standing};
use crate::web::pages::new_listing::view::{Event, NewListing};
use crate::web::pages::own::view::{Profile, SessionRow, Sessions};
use crate::web::pages::parts::filled::Filled;
use crate::web::pages::parts::frame::Frame;
use crate::web::pages::{sale_samples, samples};

const HOSTILE: &str = "<script>alert('x')</script>\"'&</title>";

fn help(frame: Frame, title: &str) -> String {
    let body = html::body("# T\n\n## A\n\n<script>\n\n## B\n\n## C\n");
    HelpPage { frame, title: title.to_string(), body, is_index: false }.render().unwrap()
}

fn now() -> DateTime<Utc> {
    "2026-11-22T08:45:36.789Z".parse().unwrap()
}

fn every_page(lang: Lang, title: &str) -> Vec<(&'static str, String)> {
    let frame = |viewer| samples::frame(lang, viewer, now());
    let soon = now() + TimeDelta::seconds(42);
    let live = samples::card(7, title, ListingState::Open, Some(12_500), soon);
    let unbid = samples::card(8, title, ListingState::Open, None, soon);
    let listing = |viewer, card, standing| samples::listing(frame(viewer), card, standing).render().unwrap();
    let mut filled = Filled::default();
    filled.keep("title", title);
    filled.keep("description", title);
    filled.keep("email", title);
    filled.keep("password", "not to be seen");
    filled.wrong("title", title);
    let bid = Bid {
        amount: 12_500,
        max: Some(20_000),
        max_first: true,
        is_raise: false,
        awaits_reserve: false,
        premium_bps: 1_250,
        message: title,
        key: "k",
    };
    let sold = samples::sold(samples::listing(frame(Some("Cleo")), live.clone(), Standing::Onlooker));
    let filled_join = Join {
        frame: frame(None),
        filled: filled.clone(),
        next: title.to_string(),
        terms: Some(2),
        open: true,
        sso: Sso::default(),
    };
    let account = samples::account(&frame(Some("Bob")), &[live.clone(), unbid.clone()]);
    let account = account.iter().map(|page| ("account", page.render().unwrap()));
    let mut pages = vec![
        ("home", samples::home(frame(Some("Bob")), vec![live.clone(), unbid.clone()]).render().unwrap()),
        ("empty home", samples::home(frame(None), vec![]).render().unwrap()),
        ("guest", listing(None, live.clone(), Standing::Guest)),
        ("bidder", listing(Some("Bob"), live.clone(), Standing::Outbid)),
        ("leader", listing(Some("Cleo"), live.clone(), Standing::Leading { max: 15_000 })),
        ("seller", listing(Some("Ann"), unbid.clone(), Standing::Seller)),
        ("sold", sold.render().unwrap()),
        ("confirm", Confirm::bid(frame(Some("Bob")), 7, title, bid).render().unwrap()),
        ("join", filled_join.render().unwrap()),
        (
            "login",
            Login {
                frame: frame(None),
                by_email: filled.clone(),
                by_number: filled.clone(),
                sales: ["spring", "summer"].map(|code| (code.to_string(), title.to_string())).to_vec(),
                number_first: false,
                next: "/".to_string(),
                offers_mail: true,
                sso: Sso { is_offered: true, is_only: false },
            }
            .render()
            .unwrap(),
        ),
        (
            "new",
            NewListing {
                frame: frame(Some("Ann")),
                filled,
                commission_bps: 500,
                preview: None,
                event: Some(Event { name: title.to_string(), ends_at: now() }),
                categories: vec![title.to_string()],
                pictures_kept: vec!["kept".to_string()],
            }
            .render()
            .unwrap(),
        ),
        ("board", samples::board(frame(None), vec![live, unbid.clone()], vec![unbid]).render().unwrap()),
        (
            "profile",
            Profile {
                frame: frame(Some("Bob")),
                name: title.to_string(),
                email: title.to_string(),
                is_verified: true,
                new_email: title.to_string(),
                lang,
                needs_password: true,
                may_change: true,
                of_name: Filled::default(),
                of_email: Filled::default(),
            }
            .render()
            .unwrap(),
        ),
        (
            "sessions",
            Sessions {
                frame: frame(Some("Bob")),
                sessions: vec![SessionRow {
                    id: "0123456789abcdef".to_string(),
                    device: Some(title.to_string()),
                    at: now(),
                    seen_at: Some(now()),
                    is_current: false,
                }],
                may_end: true,
            }
            .render()
            .unwrap(),
        ),
        ("help", help(frame(None), title)),
        ("upcoming", listing(Some("Bob"), samples::lot(7, title, frame(None).now), Standing::Onlooker)),
        (
            "paused",
            samples::paused(samples::listing(frame(None), samples::lot(7, title, now()), Standing::Guest)),
        ),
        ("sales", sale_samples::sales(frame(None), title).render().unwrap()),
        ("sale", sale_samples::sale(frame(Some("Bob")), title).render().unwrap()),
        ("mine", sale_samples::mine(frame(Some("Bob")), title).render().unwrap()),
        ("bill", samples::bill(frame(Some("Bob")), title).render().unwrap()),
        ("bills", samples::bills(frame(Some("Bob")), title).render().unwrap()),
        ("proof", samples::proof(frame(None), title).render().unwrap()),
        (
            "error_page",
            ErrorPage { frame: frame(None), status: 404, sentence: title.to_string(), way_on: None }
                .render()
                .unwrap(),
        ),
    ];
    pages.extend(account);
    pages
}

#[test]
fn a_hostile_title_stays_text_on_every_page() {
    for (page, html) in every_page(Lang::En, HOSTILE) {
        assert!(!html.contains("<script>"), "{page}");
        assert!(!html.contains("'x'"), "{page}");
        assert_eq!(html.matches("</title>").count(), 1, "{page}");
    }
}

#[test]
fn a_hostile_name_cannot_leave_the_scripts_data() {
    let mut frame = samples::frame(Lang::En, Some(HOSTILE), now());
    frame.house_name = HOSTILE.to_string();
    assert!(!frame.for_script().contains('<'));
    let html = samples::home(frame, vec![]).render().unwrap();
    assert_eq!(html.matches("<script").count(), 2);
}

#[test]
fn nothing_inline_that_the_policy_forbids() {
    for lang in [Lang::En, Lang::Ko] {
        for (page, html) in every_page(lang, "Clock") {
            assert!(!html.contains(" style="), "{page}");
            assert!(!html.contains("<style"), "{page}");
            assert!(!html.contains(" onclick="), "{page}");
            assert!(!html.contains("javascript:"), "{page}");
            assert!(html.contains(&format!("<html lang=\"{}\">", lang.tag())), "{page}");
        }
    }
}

#[test]
fn no_sentence_is_missing_on_any_page() {
    // A key without a sentence is shown as it is, and no sentence looks like a key.
    for (page, html) in every_page(Lang::Ko, "시계") {
        for key in ["label-", "nav-", "refused-", "need-", "script-", "{$", "{ $"] {
            assert!(!html.contains(&format!(">{key}")), "{page}: {key}");
        }
        // The script has sentences too, and none of them may have an unfilled placeholder.
        assert!(!html.contains("{$") && !html.contains("{ $"), "{page}");
    }
}

#[test]
fn a_listings_page_bears_the_contracts_hooks_once_each() {
    let pages = every_page(Lang::En, "Clock");
    let bidder = &pages.iter().find(|(page, _)| *page == "bidder").unwrap().1;
    for hook in [
        "data-listing=\"7\"",
        "data-state=\"open\"",
        "data-price=\"12500\"",
        "data-minimum=\"13000\"",
        "data-leader=\"Cleo\"",
        "data-closes-at=\"2026-11-22T08:46:18.789Z\"",
        "data-countdown=\"42\"",
        "data-clock=\"2026-11-22T08:45:36.789Z\"",
        "data-history",
        "data-bid",
        "<dialog data-confirm",
        "value=\"confirm\"",
        "data-cursor=\"4711\"",
    ] {
        let count =
            bidder.match_indices(hook).filter(|(at, _)| !bidder[at + hook.len()..].starts_with('-')).count();
        assert_eq!(count, 1, "{hook}");
    }
    for seq in [9, 11, 12] {
        assert_eq!(bidder.matches(&format!("<li data-seq=\"{seq}\"")).count(), 1);
    }
}

#[test]
fn without_bids_the_price_is_empty_and_the_seller_may_cancel() {
    let pages = every_page(Lang::En, "Clock");
    let seller = &pages.iter().find(|(page, _)| *page == "seller").unwrap().1;
    assert!(seller.contains("data-price=\"\""));
    assert!(seller.contains("data-leader=\"\""));
    assert!(seller.contains("data-minimum=\"1000\""));
    assert!(seller.contains("action=\"/listings/8/cancel\""));
    assert!(!seller.contains("data-bid>") && !seller.contains("<form class=\"bid\""));
}

#[test]
fn a_receipt_can_be_copied_and_checked_and_those_before_it_are_folded() {
    let card = samples::card(7, "Clock", ListingState::Open, Some(12_500), now());
    let mut page = samples::listing(samples::frame(Lang::En, Some("Bob"), now()), card, Standing::Outbid);
    page.receipts = vec![samples::receipt(now())];
    let html = page.render().unwrap();
    assert!(html.contains("data-receipt=\"11\""));
    assert!(html.contains("Receipt: bid 11, €120.00"));
    let text = &page.receipts[0].text;
    assert!(html.contains(&format!("<code class=\"hash\">{text}</code>")), "{html}");
    assert!(html.contains(&format!("href=\"/listings/7/proof#{text}\"")), "{html}");
    assert!(html.contains("data-copy>Receipt ✓ copy</button>"), "{html}");
    let earlier = "<summary>Earlier receipts</summary>";
    assert!(!html.contains(earlier));
    page.receipts = vec![samples::receipt(now()); 3];
    let html = page.render().unwrap();
    assert_eq!(html.matches(earlier).count(), 1);
    assert_eq!(html.matches("<details").count(), html.matches("</details>").count());
    assert_eq!(html.matches("data-receipt=").count(), 3);
}

#[test]
fn a_password_is_never_shown_again() {
    for (page, html) in every_page(Lang::En, "Clock") {
        assert!(!html.contains("not to be seen"), "{page}");
    }
}

#[test]
fn a_maximum_below_the_new_minimum_is_offered_again_at_the_minimum() {
    let card = samples::card(7, "Clock", ListingState::Open, Some(12_500), now());
    for name in ["max", "amount"] {
        for (typed, shown) in
            [("50", "130.00"), ("150", "150"), ("nonsense", "nonsense"), ("130.00", "130.00"), ("", "130.00")]
        {
            let frame = samples::frame(Lang::En, Some("Bob"), now());
            let mut page = samples::listing(frame, card.clone(), Standing::Outbid);
            page.filled.keep(name, typed);
            let field = format!("value=\"{shown}\" aria-describedby=\"max-least");
            assert!(page.render().unwrap().contains(&field), "{name} {typed}");
        }
    }
}

/// The page of a bidder with these funds, on whom 12.5 % are put on top; the next bid is 130.00.
fn page_with(available: i64, standing: Standing) -> String {
    let card = samples::card(7, "Clock", ListingState::Open, Some(12_500), now());
    let mut frame = samples::frame(Lang::En, Some("Bob"), now());
    frame.viewer.as_mut().unwrap().available = available;
    samples::listing(frame, card, standing).render().unwrap()
}

#[test]
fn who_cannot_afford_the_next_bid_reads_it_in_place_of_the_form() {
    let no_funds = "role=\"status\" tabindex=\"-1\"><p data-no-funds-said>You can bid up to";
    let offered = |page: &str| page.matches("data-quick>").count();
    // 146.25 with the premium; the paddles above come to 157.50 and 174.38.
    for (available, most, paddles) in [
        (0, "€0.00", 0),
        (14_624, "€129.99", 0),
        (14_625, "", 1),
        (15_750, "", 2),
        (17_437, "", 2),
        (17_438, "", 3),
    ] {
        let page = page_with(available, Standing::Onlooker);
        assert_eq!(page.contains(no_funds), !most.is_empty(), "{available}: {page}");
        assert!(
            page.contains(&format!("{most}. Pay in at the desk, or ask the organiser.")) || most.is_empty()
        );
        assert_eq!(page.contains("data-offers hidden"), !most.is_empty(), "{available}");
        assert_eq!(offered(&page), paddles, "{available}");
        assert!(most.is_empty() || page.contains("The next bid comes to €146.25."), "{available}");
    }
    // What is held for the own lead counts: 200.00 and 25.00.
    let leads = |available| page_with(available, Standing::Leading { max: 20_000 });
    assert!(leads(0).contains(no_funds) && leads(0).contains("You can bid up to €200.00."));
    assert!(!leads(1).contains(no_funds) && offered(&leads(1)) == 0);
    assert_eq!(offered(&leads(563)), 1);
}

#[test]
fn whatever_keeps_a_person_from_bidding_is_said_in_place_of_the_form() {
    let card = samples::card(7, "Clock", ListingState::Open, Some(12_500), now());
    for (why, said) in [
        (KeptOut::Suspended, "Please ask the organiser."),
        (KeptOut::AwaitingApproval, "waiting for the organiser"),
        (KeptOut::Unverified, "action=\"/account/verification\""),
        (KeptOut::Terms(3), "name=\"version\" value=\"3\""),
    ] {
        for standing in [Standing::Onlooker, Standing::Leading { max: 15_000 }] {
            let leads = standing != Standing::Onlooker;
            let frame = samples::frame(Lang::En, Some("Bob"), now());
            let mut page = samples::listing(frame, card.clone(), standing);
            page.kept_out = Some(why.clone());
            let html = page.render().unwrap();
            assert!(html.contains(said) && html.contains("data-kept-out="), "{why:?}: {html}");
            assert!(!html.contains("data-bid ") && !html.contains("data-quick"), "{why:?}");
            assert_eq!(html.contains("Your maximum: €150.00"), leads, "{why:?}: who leads still reads it");
        }
    }
}

#[test]
fn a_confirmation_has_a_row_for_each_part_of_the_money_in_both_languages() {
    let rows = |lang, bid: Bid| {
        let html = Confirm::bid(samples::frame(lang, Some("Bob"), now()), 7, "Clock", bid).render().unwrap();
        let part = html
            .split("<dl class=\"terms sums\">")
            .nth(1)
            .unwrap()
            .split("</dl>")
            .next()
            .unwrap()
            .to_string();
        part.split("<dt>")
            .skip(1)
            .map(|row| row.replace("</dt><dd>", ": ").split('<').next().unwrap().to_string())
            .collect::<Vec<_>>()
    };
    let bid = |max| Bid {
        amount: 10_000,
        max,
        max_first: true,
        is_raise: false,
        awaits_reserve: false,
        premium_bps: 1_000,
        message: "",
        key: "k",
    };
    assert_eq!(
        rows(Lang::En, bid(None)),
        ["Hammer price: €100.00", "Buyer’s premium (10 %): €10.00", "Total if you win: €110.00"]
    );
    assert_eq!(
        rows(Lang::En, bid(Some(32_000))),
        ["Hammer price at most: €320.00", "Buyer’s premium at most (10 %): €32.00", "Total at most: €352.00"]
    );
    assert_eq!(
        rows(Lang::Ko, bid(Some(32_000))),
        ["최대 낙찰가: €320.00", "최대 구매 수수료 (10%): €32.00", "최대 결제 금액: €352.00"]
    );
}

#[test]
fn the_language_links_keep_the_rest_of_the_address() {
    let mut frame = samples::frame(Lang::En, None, now());
    for (path, expected) in [
        ("/", "/?lang=ko"),
        ("/?lang=en", "/?lang=ko"),
        ("/?q=a&lang=en&sort=bids", "/?q=a&sort=bids&lang=ko"),
    ] {
        frame.path_and_query = path.to_string();
        assert_eq!(frame.in_lang("ko"), expected);
    }
    frame.path_and_query = "/?q=a b&state=all".to_string();
    assert_eq!(frame.login_url(), "/login?next=/%3Fq%3Da%20b%26state%3Dall");
}
