//! The session's cookie behind TLS, as a proxy that the house trusts tells of it, and without.

use crate::harness::{Call, House, PASSWORD, Reply, email};

const OWN: &str = "__Host-auction_session";
const OLD: &str = "auction_session";

fn behind_tls() -> House {
    let mut house = House::bare();
    house.add("Bob");
    house.serve_with(&["--trusted-proxy", "127.0.0.1"]);
    house
}

/// As the proxy sends it on.
fn tls(call: Call<'_>) -> Call<'_> {
    call.header("X-Forwarded-For", "203.0.113.7").header("X-Forwarded-Proto", "https")
}

fn log_in<'h>(house: &'h House, path: &str) -> Call<'h> {
    let own = house.post(path).header("Sec-Fetch-Site", "same-origin");
    match path {
        "/login" => own.form(&[("email", &email("Bob")), ("password", PASSWORD)]),
        _ => own.json(&serde_json::json!({"email": email("Bob"), "password": PASSWORD})),
    }
}

/// Names, values and attributes of the session's cookies that an answer sets.
fn cookies(answer: &Reply) -> Vec<(String, String, String)> {
    let set = answer.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("Set-Cookie"));
    let parts = set.map(|(_, cookie)| {
        let (pair, rest) = cookie.split_once("; ").unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        (name.to_owned(), value.to_owned(), rest.to_owned())
    });
    parts.filter(|(name, ..)| name.ends_with(OLD)).collect()
}

fn is_known(house: &House, cookie: &str, is_tls: bool) -> bool {
    let call = house.get("/api/v1/me").header("Cookie", cookie);
    let status = if is_tls { tls(call) } else { call }.send().status;
    assert!(status == 200 || status == 401, "{status}");
    status == 200
}

#[test]
fn behind_tls_the_cookie_is_this_host_s_alone() {
    let house = behind_tls();
    for path in ["/login", "/api/v1/sessions"] {
        let answer = tls(log_in(&house, path)).send();
        let set = cookies(&answer);
        let (_, token, attributes) =
            set.iter().find(|(name, ..)| name == OWN).expect("the host's own cookie");
        for needed in ["Secure", "Path=/", "HttpOnly", "SameSite=Lax"] {
            assert!(attributes.split("; ").any(|attribute| attribute == needed), "{needed}: {attributes}");
        }
        assert!(!attributes.contains("Domain"), "{attributes}");
        let (_, left, _) = set.iter().find(|(name, ..)| name == OLD).expect("an older one goes");
        assert_eq!(left, "");
        assert!(is_known(&house, &format!("{OWN}={token}"), true));
        // The prefix promises nothing where there is no TLS.
        assert!(!is_known(&house, &format!("{OWN}={token}"), false));
        // What a neighbouring host plants does not displace it.
        assert!(is_known(&house, &format!("{OLD}=planted; {OWN}={token}"), true));
        assert!(is_known(&house, &format!("{OWN}={token}; {OLD}=planted"), true));
    }
}

#[test]
fn a_session_from_before_tls_stays_valid() {
    let house = behind_tls();
    let set = cookies(&log_in(&house, "/login").send());
    let [(name, token, attributes)] = &set[..] else { panic!("{set:?}") };
    assert!(name == OLD && !attributes.contains("Secure"), "{set:?}");
    for is_tls in [false, true] {
        assert!(is_known(&house, &format!("{OLD}={token}"), is_tls));
    }
}

#[test]
fn a_log_out_clears_both() {
    let house = behind_tls();
    for path in ["/logout", "/api/v1/sessions/current"] {
        for name in [OLD, OWN] {
            let entered = cookies(&tls(log_in(&house, "/login")).send());
            let token = &entered.iter().find(|(name, ..)| name == OWN).unwrap().1;
            let cookie = format!("{name}={token}");
            let call = if path == "/logout" { house.post(path).form(&[]) } else { house.delete(path) };
            let call = call.header("Cookie", &cookie).header("Sec-Fetch-Site", "same-origin");
            let mut gone = cookies(&tls(call).send());
            gone.sort();
            let names: Vec<&str> = gone.iter().map(|(name, ..)| name.as_str()).collect();
            assert_eq!(names, [OWN, OLD]);
            for (_, value, attributes) in &gone {
                assert!(
                    value.is_empty() && attributes.contains("Max-Age=0") && attributes.contains("Secure")
                );
            }
            assert!(!is_known(&house, &cookie, true));
        }
    }
}
