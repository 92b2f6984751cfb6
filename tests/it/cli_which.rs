//! Which listing, settlement, sale, key or setting a command means: by the code on the item; the likeliest is proposed for
//! a misspelt one.

use crate::harness::{House, Ran, int};
use crate::sale_api::{add_lot, draft, publish};
use crate::tablet::{buy, listing_of, sale_of};
use serde_json::json;

#[track_caller]
fn refused(ran: &Ran, words: &[&str]) {
    assert_eq!((ran.status, ran.stdout.as_str()), (1, ""), "{ran:?}");
    for words in words {
        assert!(ran.stderr.contains(words), "{words}: {ran:?}");
    }
}

#[test]
fn a_listing_is_meant_by_its_number_or_by_the_code_of_its_lot() {
    let (house, ann, ..) = House::open();
    let id = house.list(&ann, json!({}));
    sale_of(&house, "charity", 2);
    let a2 = listing_of(&house, "charity", "A2");
    for (typed, listing) in [
        (id.to_string(), id),
        (format!("listing:{id}"), id),
        ("A2".to_owned(), a2),
        ("a2".to_owned(), a2),
        ("charity:A2".to_owned(), a2),
        ("charity/a2".to_owned(), a2),
    ] {
        assert_eq!(int(&house.told(&["listing", "show", &typed])["id"]), listing, "{typed}");
    }
    assert_eq!(int(&house.told(&["replay", "charity:A2"])["listing"]), a2);
    let log = house.told(&["log", "--of", "charity:A2"]);
    assert_eq!(log[0]["listing"], json!(a2));
    house.run(&["listing", "cancel", "A2", "--why", "broken"]).done();
    assert_eq!(house.listing(a2)["state"], "cancelled");
}

#[test]
fn a_code_of_several_sales_is_refused_with_all_and_an_unknown_one_with_the_likeliest() {
    let (house, ..) = House::open();
    for code in ["charity", "spring"] {
        sale_of(&house, code, 1);
    }
    draft(&house, "later", &[]);
    add_lot(&house, "later", "Q77", "Bowl", &[]);
    let [one, other] = ["charity", "spring"].map(|sale| listing_of(&house, sale, "A1"));
    let both =
        [format!("charity:A1 is listing {one}, Lamp 1"), format!("spring:A1 is listing {other}, Lamp 1")];
    let both: Vec<&str> = both.iter().map(String::as_str).collect();
    refused(&house.run(&["listing", "cancel", "A1", "--why", "x"]), &both);
    refused(&house.run(&["reverse", "A1", "--why", "x"]), &both);
    refused(&house.run(&["listing", "show", "spring:B1"]), &["There is no such lot in spring: B1."]);
    refused(
        &house.run(&["listing", "show", "sprnig:A1"]),
        &["There is no such sale. Did you mean `spring`?"],
    );
    refused(&house.run(&["listing", "show", "nothing"]), &["There is no such listing or lot: nothing."]);
    refused(&house.run(&["listing", "show", "later:Q77"]), &["the sale is a draft"]);
    refused(&house.run(&["listing", "show", "99"]), &["There is no such listing."]);
    assert_eq!(house.number("select count(*) from standing where state = 'cancelled'"), 0);
}

#[test]
fn a_lot_is_handed_over_and_reversed_by_its_code() {
    let (house, _, bob, _) = House::open();
    sale_of(&house, "charity", 3);
    buy(&house, &bob, "charity", "A3");
    let listing = listing_of(&house, "charity", "A3");
    house.run(&["bill", "hand-over", "charity:A3", "--why", "pays later"]).done();
    assert_eq!(house.number("select count(*) from handover"), 1);
    refused(&house.run(&["reverse", "charity:A2", "--why", "x"]), &["has not been settled"]);
    let reversed = house.told(&["reverse", "A3", "--why", "broken"]);
    assert_eq!(int(&reversed["listing"]), listing);
    assert_eq!(
        int(&house.told(&["reverse", "--listing", "charity:A3", "--why", "again"])["listing"]),
        listing
    );
    house.audit();
}

#[test]
fn a_number_that_is_a_settlement_and_another_listing_is_refused_with_both() {
    let (house, _, bob, _) = House::open();
    sale_of(&house, "charity", 2);
    for lot in ["A2", "A1"] {
        buy(&house, &bob, "charity", lot);
    }
    let [a1, a2] = ["A1", "A2"].map(|lot| listing_of(&house, "charity", lot));
    assert_eq!((a1, a2), (1, 2), "settlement 1 is of listing 2");
    let both = ["settlement:1 is of listing 2", "listing:1 has settlement 2"];
    refused(&house.run(&["reverse", "1", "--why", "broken"]), &both);
    refused(&house.run(&["--quiet", "--format", "json", "reverse", "1", "--why", "broken"]), &both);
    assert_eq!(house.number("select count(*) from transfer where cause = 'reversal'"), 0);
    let reversed = house.run(&["reverse", "settlement:1", "--why", "broken"]).done();
    assert!(reversed.stdout.contains("settlement 1, of listing 2, is reversed"), "{reversed:?}");
    let reversed = house.run(&["reverse", "listing:1", "--why", "broken"]).done();
    assert!(reversed.stdout.contains("settlement 2, of listing 1, is reversed"), "{reversed:?}");
    refused(&house.run(&["reverse", "settlement:9", "--why", "x"]), &["There is no settlement 9"]);
}

#[test]
fn in_a_house_without_sales_a_number_alone_is_the_settlements() {
    let (house, ann, bob, _) = House::open();
    let ids = [1_000, 2_000].map(|buy_now| house.list(&ann, json!({"opening": 500, "buy_now": buy_now})));
    for id in [ids[1], ids[0]] {
        house.post(&format!("/api/v1/listings/{id}/buy")).by(&bob).send().done(201);
    }
    let reversed = house.run(&["reverse", "1", "--why", "broken"]).done();
    assert!(reversed.stdout.contains("settlement 1, of listing 2, is reversed"), "{reversed:?}");
    assert!(reversed.stderr.contains("listing:1 has settlement 2"), "{reversed:?}");
}

#[test]
fn a_number_that_is_the_code_of_another_lot_is_refused_with_both() {
    let (house, ann, bob, _) = House::open();
    let lamp = house.list(&ann, json!({"buy_now": 2_000}));
    draft(&house, "charity", &[]);
    for code in ["1", "2", "7"] {
        add_lot(&house, "charity", code, "Bowl", &["--buy-now", "2500"]);
    }
    // The lots of a draft are no listings yet.
    house.run(&["listing", "show", "1"]).done();
    publish(&house, "charity");
    let [one, two, seven] = ["1", "2", "7"].map(|lot| listing_of(&house, "charity", lot));
    assert_eq!((lamp, one, two, seven), (1, 2, 3, 4));
    buy(&house, &bob, "charity", "2");
    house.post(&format!("/api/v1/listings/{lamp}/buy")).by(&bob).send().done(201);

    let said = ["listing:1 is ", "charity:1 is listing 2, Bowl"];
    for words in [
        &["listing", "show", "1"][..],
        &["listing", "cancel", "1", "--why", "x"],
        &["bill", "hand-over", "1", "--why", "x"],
        &["reverse", "--listing", "1", "--why", "x"],
        &["--format", "json", "replay", "1"],
    ] {
        refused(&house.run(words), &said);
    }
    // Settlement 1 is of lot 2, settlement 2 of listing 1.
    refused(
        &house.run(&["reverse", "1", "--why", "x"]),
        &["settlement:1 is of listing 3", "listing:1 has settlement 2", "charity:1 is listing 2, Bowl"],
    );
    refused(
        &house.run(&["reverse", "2", "--why", "x"]),
        &["settlement:2 is of listing 1", "charity:2 is listing 3, Bowl"],
    );
    assert_eq!(house.number("select count(*) from transfer where cause = 'reversal'"), 0);
    assert_eq!(house.number("select count(*) from handover"), 0);
    // What each is called is taken; so is a number with one meaning, and any by cron's `settle`.
    assert_eq!(int(&house.told(&["listing", "show", "listing:1"])["id"]), lamp);
    assert_eq!(int(&house.told(&["listing", "show", "charity:1"])["id"]), one);
    assert_eq!(int(&house.told(&["listing", "show", "4"])["id"]), seven);
    assert_eq!(int(&house.told(&["listing", "show", "7"])["id"]), seven, "there is no listing 7");
    assert_eq!(int(&house.told(&["settle", "1"])["listing"]), lamp);
    refused(&house.run(&["listing", "show", "#4"]), &["There is no such listing or lot: #4."]);
    house.run(&["bill", "hand-over", "charity:2", "--why", "pays later"]).done();
    assert_eq!(int(&house.told(&["reverse", "settlement:1", "--why", "broken"])["listing"]), two);
    house.run(&["reverse", "listing:1", "--why", "broken"]).done();
    house.audit();
}

#[test]
fn for_a_misspelt_word_the_likeliest_is_proposed_and_nothing_is_written() {
    let house = House::bare();
    house.add("Ann");
    draft(&house, "spring", &[]);
    let before = house.number("select count(*) from log");
    for (words, meant) in [
        (&["house", "set", "curency", "EUR"][..], "Did you mean `currency`?"),
        (&["house", "set", "Premium-BPS", "5"], "Did you mean `premium_bps`?"),
        (&["house", "set", "xyz", "5"], "The settings are name, zone, "),
        (&["sale", "set", "spring", "closes", "20:30"], "Did you mean `closes_at`?"),
        (&["sale", "set", "spring", "premium", "5"], "Did you mean `premium_bps`?"),
        (&["sale", "publish", "srping"], "There is no such sale. Did you mean `spring`?"),
        (&["bidder", "add", "sprin", "--name", "Bob"], "Did you mean `spring`?"),
        (&["desk", "open", "Till", "--sale", "sping", "--may", "bid"], "Did you mean `spring`?"),
        (&["bill", "list", "--sale", "sping"], "Did you mean `spring`?"),
        (&["desk", "report", "sping"], "Did you mean `spring`?"),
        (&["report", "--sale", "sping"], "Did you mean `spring`?"),
    ] {
        refused(&house.run(words), &[meant]);
    }
    for (words, meant) in [
        (&["lisitng", "list"][..], "'listing'"),
        (&["account", "crdit", "Ann", "5", "--why", "x"], "'credit'"),
        (&["export", "ledgr"], "'ledger'"),
    ] {
        let ran = house.run(words);
        assert!(ran.status == 2 && ran.stderr.contains(meant), "{words:?}: {ran:?}");
    }
    assert_eq!(house.number("select count(*) from log"), before);
    publish_needs_lots(&house);
}

/// A draft without lots stays one, whatever it was called before.
fn publish_needs_lots(house: &House) {
    assert_eq!(house.run(&["sale", "publish", "spring"]).status, 1);
    add_lot(house, "spring", "A1", "Lamp", &[]);
    publish(house, "spring");
}
