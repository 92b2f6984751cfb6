//! A proxy that is not set up rightly: what the log says of it, and the visitor's page; and whom the house believes, by
//! address or by range, in each place where that can be said.

use crate::harness::{House, PASSWORD, Reply, email, until};
use serde_json::json;
use std::fs;

const ORIGIN: &str = "https://auction.example.org";

/// The lines of the log about forms that were refused.
fn hints(house: &House) -> Vec<String> {
    house.log().lines().filter(|line| line.contains("a form was refused")).map(str::to_owned).collect()
}

fn wait_for_hints(house: &House, n: usize) -> Vec<String> {
    until("the log says it", || Some(hints(house)).filter(|hints| hints.len() >= n))
}

#[test]
fn a_form_that_lost_its_host_is_refused_with_what_was_compared_and_what_to_set() {
    let (house, ann, bob, _) = House::open();
    let id = house.list(&ann, json!({}));
    let send = |origin: &str, host: &str, lang: &str| {
        let call = house.post(&format!("/listings/{id}/bids?lang={lang}")).with_cookie(&bob);
        let call = call.header("Origin", origin).header("Host", host);
        call.form(&[("amount", "1000"), ("message", "a word of mine"), ("confirm", "yes")]).send()
    };
    for (lang, words) in [
        ("en", "the server’s proxy is not set up correctly: please tell the organiser"),
        ("ko", "주최 측에 알려 주세요"),
    ] {
        let refused = send(ORIGIN, "127.0.0.1:8080", lang);
        assert_eq!(refused.status, 403);
        assert!(refused.text().contains(words), "{}", refused.text());
    }
    assert_eq!(house.number("select count(*) from bid"), 0);
    let said = wait_for_hints(&house, 1);
    for part in [
        "WARN",
        &format!("origin={ORIGIN} host=127.0.0.1:8080 scheme=\"http\" client=127.0.0.1"),
        "proxy_set_header Host $http_host;",
        "proxy_set_header X-Forwarded-Proto $scheme;",
        "--trusted-proxy 127.0.0.1",
        "Caddy",
        "auction house set public_url",
    ] {
        assert!(said[0].contains(part), "{part} in {}", said[0]);
    }
    // Another pair is named, the same is not again; and no secret ever is.
    send("https://ann:hush@evil.example/x?token=hush", "127.0.0.1:8080", "en");
    send(ORIGIN, "127.0.0.1:8080", "en");
    send("null", "auction:8080", "en");
    let said = wait_for_hints(&house, 3);
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(
        said[1].contains("origin=https://evil.example host=")
            && said[2].contains("origin=null host=auction:8080 ")
    );
    let log = house.log();
    for secret in [&*bob.token, "hush", "a word of mine", "auction_session"] {
        assert!(!log.contains(secret), "{secret}");
    }
    // A program reads it, too.
    let call = house.post(&format!("/api/v1/listings/{id}/bids")).with_cookie(&bob).header("Origin", ORIGIN);
    let refused = call.json(&json!({"amount": 1_000})).send();
    assert_eq!(refused.body()["reason"], "other_origin");
    refused.refused(403, "forbidden");
}

/// What a browser says by itself needs no hint: that page was another site's.
#[test]
fn a_form_of_another_site_is_no_proxy_s_fault() {
    let (house, _, bob, _) = House::open();
    let call = house.post("/logout").with_cookie(&bob).header("Sec-Fetch-Site", "cross-site");
    let refused = call.header("Origin", "https://evil.example").form(&[]).send();
    let page = refused.text();
    assert!(refused.status == 403 && page.contains("<p>This request did not come from this site"), "{page}");
    until("the log has the form", || house.log().lines().any(|line| line.contains("/logout")).then_some(()));
    assert_eq!(hints(&house), Vec::<String>::new());
}

#[test]
fn the_public_address_s_own_forms_are_taken_whatever_the_host() {
    let (house, _, bob, _) = House::with(&[("public_url", "https://auction.example.org/lots")]);
    let leave = |origin: &str| {
        let call = house.post("/logout").with_cookie(&bob).header("Host", "127.0.0.1:8080");
        call.header("Origin", origin).form(&[]).send().status
    };
    for other in
        ["https://auction.example.org:8443", "http://auction.example.org", "https://auction.example.org.evil"]
    {
        assert_eq!(leave(other), 403, "{other}");
    }
    assert_eq!(leave(ORIGIN), 303);
}

fn believes(house: &House) -> bool {
    let call = house.post("/api/v1/sessions").header("X-Forwarded-Proto", "https");
    let call = call.header("X-Forwarded-For", "203.0.113.7");
    let entered: Reply = call.json(&json!({"email": email("Bob"), "password": PASSWORD})).send();
    assert_eq!(entered.status, 201);
    entered.header("Set-Cookie").unwrap().starts_with("__Host-")
}

#[test]
fn a_range_of_proxies_is_believed_wherever_it_is_named() {
    let mut house = House::bare();
    house.add("Bob");
    for (networks, expected) in [
        (&["127.0.0.1"][..], true),
        (&["127.0.0.0/8"], true),
        (&["10.0.0.0/8", "127.0.0.0/30"], true),
        (&["fd00::/8", "::ffff:127.0.0.0/104"], true),
        (&["10.0.0.0/8", "172.16.0.0/12"], false),
        (&["127.0.0.2"], false),
    ] {
        let flags: Vec<&str> = networks.iter().flat_map(|network| ["--trusted-proxy", network]).collect();
        house.serve_with(&flags);
        assert_eq!(believes(&house), expected, "{flags:?}");
        let list = networks.join(",");
        house.kill();
        house.serve_in("none", &[("AUCTION_TRUSTED_PROXY", &list)]);
        assert_eq!(believes(&house), expected, "AUCTION_TRUSTED_PROXY={list}");
        house.kill();
        fs::write(house.dir().join("auction.toml"), format!("trusted_proxy = {networks:?}\n")).unwrap();
        house.serve();
        assert_eq!(believes(&house), expected, "auction.toml: {networks:?}");
        house.kill();
        fs::remove_file(house.dir().join("auction.toml")).unwrap();
    }
}

#[test]
fn a_range_that_nobody_can_mean_is_refused_with_what_was_meant() {
    let house = House::bare();
    house.add("Bob");
    for (network, says) in [
        ("10.0.0.1/8", "say 10.0.0.0/8 for the range, or 10.0.0.1 for the address"),
        ("0.0.0.0/0", "everybody"),
        ("::/0", "everybody"),
        ("10.0.0.0/40", "no range such as"),
        ("proxy", "no address such as"),
    ] {
        let by_flag = house.run(&["serve", "--listen", "127.0.0.1:0", "--trusted-proxy", network]);
        assert!(by_flag.status == 2 && by_flag.stderr.contains(says), "{by_flag:?}");
        fs::write(house.dir().join("auction.toml"), format!("trusted_proxy = [\"{network}\"]\n")).unwrap();
        let by_file = house.run(&["serve", "--listen", "127.0.0.1:0"]);
        assert!(by_file.status != 0 && by_file.stderr.contains(says), "{by_file:?}");
        assert!(by_file.stderr.contains("auction.toml: line 1"), "{by_file:?}");
        fs::remove_file(house.dir().join("auction.toml")).unwrap();
    }
}
