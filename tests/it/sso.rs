//! Single sign-on against a provider of the test's own, which can be made to lie: whom it logs in, and what is refused.
//! `oidc.test.mjs` does it once more with a real provider in a real browser.

use crate::harness::{House, PASSWORD, Person, Reply, email};
use crate::post::{HELD_BACK, Mailbox, configure, token_in};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use url::Url;

/// The key pairs of the provider, of no use elsewhere: PKCS #8, and the two coordinates of the public key.
const KEYS: [[&str; 3]; 2] = [
    [
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgH7RFtGbZZmFGm9p7HZ3B3o0W1Ud5HzyeQYc-K2_--1KhRANCAATn1OriQmA2ovYuCmrQRM8h4jmk42QngPGnI8MLOml_1YF7BpnYj8f_0x4Y-s-lwTASQFZHsKo8mAQLt0nfKBhk",
        "59Tq4kJgNqL2Lgpq0ETPIeI5pONkJ4DxpyPDCzppf9U",
        "gXsGmdiPx__THhj6z6XBMBJAVkewqjyYBAu3Sd8oGGQ",
    ],
    [
        "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgY6_6tBrLI7q05oDeDcwGBF_IpF77v_VtPmvbm6VI4jChRANCAATSJ8WkK13gwCesQ7ZA7b1AQohm_MWBvsC5y899p4dSGLH2bVdp5OX1A1K6XW9Qp7UR4z9bj_mjRL5xu-w7xXoc",
        "0ifFpCtd4MAnrEO2QO29QEKIZvzFgb7AucvPfaeHUhg",
        "sfZtV2nk5fUDUrpdb1CntRHjP1uP-aNEvnG77DvFehw",
    ],
];
const SECRET: &str = "hush: a secret/with signs";

/// What the provider will say.
#[derive(Default)]
struct Script {
    /// The description of itself; empty: none at all.
    description: Value,
    keys: Vec<Value>,
    id_token: String,
    userinfo: Value,
    challenge: String,
    asked: Vec<String>,
}

/// A provider on a free port, until the test ends.
struct Provider {
    issuer: String,
    script: Arc<Mutex<Script>>,
    server: Arc<tiny_http::Server>,
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.server.unblock();
    }
}

fn key(nth: usize) -> Value {
    json!({"kty": "EC", "crv": "P-256", "use": "sig", "kid": format!("k{nth}"), "x": KEYS[nth][1], "y": KEYS[nth][2]})
}

fn sign(nth: usize, claims: &Value) -> String {
    let header = Header { kid: Some(format!("k{nth}")), ..Header::new(Algorithm::ES256) };
    let der = URL_SAFE_NO_PAD.decode(KEYS[nth][0]).unwrap();
    encode(&header, claims, &EncodingKey::from_ec_der(&der)).unwrap()
}

impl Provider {
    fn open() -> Provider {
        let server = Arc::new(tiny_http::Server::http("127.0.0.1:0").unwrap());
        let issuer = format!("http://{}", server.server_addr());
        let description = json!({
            "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/keys"),
            "userinfo_endpoint": format!("{issuer}/me"),
        });
        // Keys of a kind that is not known here are passed over.
        let keys = vec![json!({"kty": "AKP", "alg": "ML-DSA-65", "pub": "AA"}), key(0)];
        let script = Arc::new(Mutex::new(Script { description, keys, ..Script::default() }));
        let (serving, told) = (server.clone(), script.clone());
        std::thread::spawn(move || serving.incoming_requests().for_each(|request| answer(&told, request)));
        Provider { issuer, script, server }
    }

    fn say(&self, change: impl FnOnce(&mut Script)) {
        change(&mut self.script.lock().unwrap());
    }

    fn n_asked(&self, path: &str) -> usize {
        self.script.lock().unwrap().asked.iter().filter(|asked| *asked == path).count()
    }
}

fn answer(script: &Mutex<Script>, mut request: tiny_http::Request) {
    let mut body = String::new();
    request.as_reader().read_to_string(&mut body).unwrap();
    let mut script = script.lock().unwrap();
    let path = request.url().to_owned();
    script.asked.push(path.clone());
    let told = match path.as_str() {
        "/.well-known/openid-configuration" => {
            Some(script.description.clone()).filter(|told| !told.is_null())
        }
        "/keys" => Some(json!({"keys": script.keys})),
        "/me" => {
            let bearer = request.headers().iter().any(|header| header.value == "Bearer access-hush");
            bearer.then(|| script.userinfo.clone())
        }
        "/token" => Some(exchanged(&script, &request, &body)),
        _ => None,
    };
    let status = match &told {
        Some(told) if told.get("error").is_some() => 400,
        Some(_) => 200,
        None => 500,
    };
    let json: tiny_http::Header = "Content-Type: application/json".parse().unwrap();
    let reply = tiny_http::Response::from_string(told.unwrap_or_default().to_string());
    request.respond(reply.with_status_code(status).with_header(json)).ok();
}

/// Checks the client and the code as a provider does.
fn exchanged(script: &Script, request: &tiny_http::Request, body: &str) -> Value {
    let form: HashMap<String, String> = serde_html_form::from_str(body).unwrap();
    let verified = Sha256::digest(form["code_verifier"].as_bytes());
    let encoded = "house:hush%3A+a+secret%2Fwith+signs";
    let basic = format!("Basic {}", STANDARD.encode(encoded));
    let by_header = request.headers().iter().any(|header| header.value == basic.as_str());
    let by_post = form.get("client_secret").is_some_and(|secret| secret == SECRET);
    let is_good = form["code"] == "the-code" && URL_SAFE_NO_PAD.encode(verified) == script.challenge;
    if !is_good || !(by_header ^ by_post) || !form["redirect_uri"].ends_with("/login/sso/callback") {
        return json!({"error": "invalid_grant"});
    }
    json!({"access_token": "access-hush", "token_type": "Bearer", "id_token": script.id_token})
}

/// A house that logs people in by this provider, with these settings; Ann has a password.
fn house_of(provider: &Provider, settings: &[(&str, &str)]) -> House {
    house_with_mail(provider, settings, "")
}

/// The same with these lines in `auction.toml`.
fn house_with_mail(provider: &Provider, settings: &[(&str, &str)], entries: &str) -> House {
    let mut house = House::bare();
    house.add("Ann");
    configure(&house, entries);
    house.run(&["house", "set", "oidc_issuer", &provider.issuer]).done();
    for (key, value) in settings {
        house.run(&["house", "set", key, value]).done();
    }
    house.serve_in("none", &[("AUCTION_OIDC_CLIENT_ID", "house"), ("AUCTION_OIDC_CLIENT_SECRET", SECRET)]);
    house
}

/// A log-in that has come as far as the provider.
struct Begun {
    cookie: String,
    state: String,
    nonce: String,
}

fn begin(house: &House, provider: &Provider, next: &str) -> Begun {
    let reply = house.get(&format!("/login/sso?next={next}")).send();
    assert_eq!(reply.status, 303, "{reply:?}");
    let url = Url::parse(reply.header("Location").unwrap()).unwrap();
    assert!(url.as_str().starts_with(&format!("{}/authorize?", provider.issuer)), "{url}");
    let query: HashMap<_, _> = url.query_pairs().into_owned().collect();
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", "house"),
        ("scope", "openid email profile"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(query[name], value, "{url}");
    }
    assert!(query["redirect_uri"].ends_with("/login/sso/callback"), "{url}");
    provider.say(|script| script.challenge = query["code_challenge"].clone());
    let set = reply.header("Set-Cookie").unwrap();
    assert!(set.contains("HttpOnly; SameSite=Lax") && set.contains("Max-Age=600"), "{set}");
    let cookie = set.split(';').next().unwrap().to_owned();
    Begun { cookie, state: query["state"].clone(), nonce: query["nonce"].clone() }
}

fn back(house: &House, begun: &Begun, query: &str) -> Reply {
    house.get(&format!("/login/sso/callback?{query}")).header("Cookie", &begun.cookie).send()
}

fn now_s() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64
}

/// What an honest provider says of somebody.
fn claims(provider: &Provider, begun: &Begun, changes: Value) -> Value {
    let mut claims = json!({
        "iss": provider.issuer, "aud": "house", "sub": "bob-1", "nonce": begun.nonce,
        "iat": now_s(), "exp": now_s() + 300, "email": "bob@example.org", "email_verified": true, "name": "Bob",
    });
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    claims
}

/// Logs in by what the provider says of somebody.
fn sign_on(house: &House, provider: &Provider, changes: Value) -> Reply {
    let begun = begin(house, provider, "/account");
    let token = sign(0, &claims(provider, &begun, changes));
    provider.say(|script| script.id_token = token);
    back(house, &begun, &format!("code=the-code&state={}", begun.state))
}

/// The cookies that a reply sets.
fn cookies_of(reply: &Reply) -> Vec<String> {
    let set = reply.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("Set-Cookie"));
    set.map(|(_, value)| value.clone()).collect()
}

/// The person whom a reply has logged in.
#[track_caller]
fn logged_in(house: &House, reply: &Reply) -> Value {
    assert_eq!((reply.status, reply.header("Location")), (303, Some("/account?done=logged-in")), "{reply:?}");
    let cookies = cookies_of(reply);
    let session = cookies.iter().find_map(|set| set.strip_prefix("auction_session=")).unwrap();
    let token = session.split(';').next().unwrap().to_owned();
    assert!(
        cookies.iter().any(|set| set.starts_with("auction_sign_on=;")),
        "the attempt is over: {cookies:?}"
    );
    let person = Person { id: 0, name: "", email: String::new(), token };
    house.get("/api/v1/me").by(&person).send().done(200)
}

/// Nobody is logged in, and the page says why.
#[track_caller]
fn fails(reply: &Reply, status: u16, words: &str) {
    assert_eq!(reply.status, status, "{reply:?}");
    assert!(reply.text().contains(words), "{words}: {}", reply.text());
    assert!(!reply.text().contains("the-code"), "no page repeats a code");
    assert_eq!(reply.header("Referrer-Policy"), Some("no-referrer"), "and no other page is told");
    assert!(cookies_of(reply).iter().all(|set| !set.starts_with("auction_session=")), "{reply:?}");
}

const NOT_TRUSTED: &str = "could not be trusted";

#[test]
fn an_identity_has_one_account_whatever_it_is_called_later() {
    let provider = Provider::open();
    let house = house_of(&provider, &[]);
    let bob = logged_in(&house, &sign_on(&house, &provider, json!({})));
    assert_eq!((&bob["name"], &bob["email"]), (&json!("Bob"), &json!("bob@example.org")));
    assert_eq!(house.number("select count(*) from account where verified_at is not null"), 1);
    let again = sign_on(&house, &provider, json!({"name": "Robert", "email": "robert@example.org"}));
    assert_eq!(logged_in(&house, &again)["id"], bob["id"]);
    // Somebody else of the same name gets another; one whose name is of no use here gets one all the same.
    let other = json!({"sub": "bob-2", "email": null, "email_verified": null, "name": "ＢＯＢ"});
    provider.say(|script| script.userinfo = json!({"sub": "bob-2"}));
    assert_eq!(logged_in(&house, &sign_on(&house, &provider, other))["name"], "ＢＯＢ 2");
    let nobody = json!({"sub": "x", "email": "x@example.org", "name": "former member 7"});
    assert_eq!(logged_in(&house, &sign_on(&house, &provider, nobody))["name"], "Member");
    let by_username =
        json!({"sub": "y", "name": null, "preferred_username": "yuna", "email": "y@example.org"});
    assert_eq!(logged_in(&house, &sign_on(&house, &provider, by_username))["name"], "yuna");
    // What the ID token leaves out, the provider is asked for.
    provider.say(|script| {
        script.userinfo =
            json!({"sub": "z", "email": "z@example.org", "email_verified": "true", "name": "Zoe"})
    });
    let terse = json!({"sub": "z", "name": null, "email": null, "email_verified": null});
    let zoe = logged_in(&house, &sign_on(&house, &provider, terse));
    assert_eq!((&zoe["name"], &zoe["email"]), (&json!("Zoe"), &json!("z@example.org")));
    assert_eq!(provider.n_asked("/keys"), 1, "keys are kept");
    for secret in [SECRET, "access-hush", "the-code"] {
        assert!(!house.log().contains(secret), "{secret}");
    }
    house.audit();
}

#[test]
fn an_account_is_linked_by_a_verified_address_alone() {
    let provider = Provider::open();
    let house = house_of(&provider, &[]);
    let ann = house.log_in("Ann");
    let as_ann = |verified: Value| json!({"sub": "ann", "email": "Ann@example.org", "email_verified": verified, "name": "Mallory"});
    for verified in [json!(false), Value::Null, json!("no"), json!(1)] {
        fails(&sign_on(&house, &provider, as_ann(verified)), 403, "already an account");
    }
    assert_eq!(house.get("/api/v1/me").by(&ann).send().status, 200);
    let linked = logged_in(&house, &sign_on(&house, &provider, as_ann(json!(true))));
    assert_eq!((&linked["id"], &linked["name"]), (&json!(ann.id), &json!("Ann")));
    // Nobody had shown that the address was theirs: whoever opened the account in advance is out.
    house.get("/api/v1/me").by(&ann).send().refused(401, "unauthenticated");
    let body = json!({"email": "ann@example.org", "password": PASSWORD});
    house.post("/api/v1/sessions").json(&body).send().refused(401, "unauthenticated");
    // From now on the address does not matter.
    provider.say(|script| script.userinfo = json!({"sub": "ann"}));
    let later =
        logged_in(&house, &sign_on(&house, &provider, json!({"sub": "ann", "email": null, "name": "Ann"})));
    assert_eq!(later["id"], linked["id"]);
    // An account whose address is verified keeps its password and its sessions.
    house.add("Cleo");
    house.connection().execute("update account set verified_at = 1 where name = 'Cleo'", []).unwrap();
    let cleo = house.log_in("Cleo");
    let as_cleo = json!({"sub": "cleo", "email": email("Cleo"), "name": "Cleo"});
    assert_eq!(logged_in(&house, &sign_on(&house, &provider, as_cleo))["id"], cleo.id);
    assert_eq!(house.get("/api/v1/me").by(&cleo).send().status, 200);
    house.log_in("Cleo");
}

#[test]
fn a_lie_logs_nobody_in() {
    let provider = Provider::open();
    let house = house_of(&provider, &[]);
    for lie in [
        json!({"iss": "https://elsewhere.example"}),
        json!({"iss": null}),
        json!({"aud": "another"}),
        json!({"aud": null}),
        json!({"aud": ["house", "another"]}),
        json!({"aud": ["house", "another"], "azp": "another"}),
        json!({"azp": "another"}),
        json!({"exp": now_s() - 120}),
        json!({"exp": null}),
        json!({"exp": "soon"}),
        json!({"iat": now_s() + 3_600}),
        json!({"iat": null}),
        json!({"nbf": now_s() + 3_600}),
        json!({"nonce": "another"}),
        json!({"nonce": null}),
        json!({"sub": null}),
        json!({"sub": ""}),
        json!({"sub": "x".repeat(256)}),
    ] {
        let reply = sign_on(&house, &provider, lie.clone());
        assert!(reply.status == 502, "{lie}: {reply:?}");
        fails(&reply, 502, NOT_TRUSTED);
    }
    // Forged, signed by nobody, by the client's own secret, or by a key that is not the provider's.
    let forged = |make: &dyn Fn(&Value) -> String| {
        let begun = begin(&house, &provider, "/account");
        let token = make(&claims(&provider, &begun, json!({})));
        provider.say(|script| script.id_token = token);
        fails(&back(&house, &begun, &format!("code=the-code&state={}", begun.state)), 502, NOT_TRUSTED);
    };
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    forged(&|claims| format!("{}.{}.", part(&json!({"alg": "none", "typ": "JWT"})), part(claims)));
    forged(&|claims| format!("{}.{}.", part(&json!({"alg": "None", "kid": "k0"})), part(claims)));
    forged(&|claims| {
        let key = EncodingKey::from_secret(SECRET.as_bytes());
        encode(&Header { kid: Some("k0".into()), ..Header::new(Algorithm::HS256) }, claims, &key).unwrap()
    });
    forged(&|claims| {
        let signed = sign(0, claims);
        let (head, rest) = signed.split_once('.').unwrap();
        let other = json!({"sub": "ann"});
        format!("{head}.{}.{}", part(&other), rest.split_once('.').unwrap().1)
    });
    forged(&|claims| sign(1, claims).replacen(&part(&json!({"kid": "k1"})), "", 1));
    forged(&|_| "not a token".to_owned());
    forged(&|_| String::new());
    assert_eq!(house.number("select count(*) from identity"), 0);
    logged_in(&house, &sign_on(&house, &provider, json!({"aud": ["house", "another"], "azp": "house"})));
    assert!(house.log().contains("not to be trusted"));
    // The word beside the ID token must be on the same person.
    provider.say(|script| {
        script.userinfo = json!({"sub": "ann", "email": "ann@example.org", "email_verified": true})
    });
    fails(&sign_on(&house, &provider, json!({"sub": "m", "email": null})), 502, NOT_TRUSTED);
}

#[test]
fn a_new_key_is_asked_for_once() {
    let provider = Provider::open();
    let house = house_of(&provider, &[]);
    logged_in(&house, &sign_on(&house, &provider, json!({})));
    assert_eq!(provider.n_asked("/keys"), 1);
    provider.say(|script| script.keys = vec![key(1)]);
    let begun = begin(&house, &provider, "/account");
    let token = sign(1, &claims(&provider, &begun, json!({})));
    provider.say(|script| script.id_token = token);
    logged_in(&house, &back(&house, &begun, &format!("code=the-code&state={}", begun.state)));
    assert_eq!(provider.n_asked("/keys"), 2);
    // The old one is none any more: once more the keys are asked for, and that is all.
    fails(&sign_on(&house, &provider, json!({})), 502, NOT_TRUSTED);
    assert_eq!(provider.n_asked("/keys"), 3);
    assert_eq!(provider.n_asked("/.well-known/openid-configuration"), 1, "the description is kept");
}

#[test]
fn an_answer_that_no_log_in_here_has_asked_for_is_refused() {
    let provider = Provider::open();
    let house = house_of(&provider, &[]);
    let begun = begin(&house, &provider, "/account");
    let token = sign(0, &claims(&provider, &begun, json!({})));
    provider.say(|script| script.id_token = token);
    let right = format!("code=the-code&state={}", begun.state);
    let not_begun = "was not begun here";
    fails(&back(&house, &begun, "code=the-code&state=another"), 400, not_begun);
    fails(&back(&house, &begun, "code=the-code"), 400, not_begun);
    fails(&house.get(&format!("/login/sso/callback?{right}")).send(), 400, not_begun);
    let of_other = begin(&house, &provider, "/account");
    fails(&back(&house, &of_other, &right), 400, not_begun);
    // The code of somebody else, and another provider's answer.
    fails(&back(&house, &begun, &format!("code=stolen&state={}", begun.state)), 403, "did not let you in");
    let of_elsewhere = format!("{right}&iss=https%3A%2F%2Felsewhere.example");
    fails(&back(&house, &begun, &of_elsewhere), 502, NOT_TRUSTED);
    fails(
        &back(&house, &begun, &format!("error=access_denied&state={}", begun.state)),
        403,
        "did not let you in",
    );
    let korean = back(&house, &begun, &format!("error=x&state={}&lang=ko", begun.state));
    fails(&korean, 403, "통합 로그인에서 허용하지 않았습니다");
    // One code challenge belongs to one attempt.
    fails(&back(&house, &begun, &right), 403, "did not let you in");
    let late = begin(&house, &provider, "/account");
    let json = URL_SAFE_NO_PAD.decode(late.cookie.split_once('=').unwrap().1).unwrap();
    let mut kept: Value = serde_json::from_slice(&json).unwrap();
    kept["at_ms"] = json!((now_s() - 700) * 1_000);
    let cookie = format!("auction_sign_on={}", URL_SAFE_NO_PAD.encode(kept.to_string()));
    let late = Begun { cookie, ..late };
    fails(&back(&house, &late, &format!("code=the-code&state={}", late.state)), 400, not_begun);
    assert_eq!(house.number("select count(*) from identity"), 0);
}

#[test]
fn a_log_in_leads_on_within_the_house_alone() {
    let provider = Provider::open();
    let house = house_of(&provider, &[]);
    for (next, way) in [
        ("%2Flistings%2F5%3Famount%3D12", "/listings/5?amount=12&done=logged-in"),
        ("https%3A%2F%2Fevil.example%2F", "/?done=logged-in"),
        ("%2F%2Fevil.example", "/?done=logged-in"),
        ("%2F%5Cevil.example", "/?done=logged-in"),
    ] {
        let begun = begin(&house, &provider, next);
        let token = sign(0, &claims(&provider, &begun, json!({})));
        provider.say(|script| script.id_token = token);
        let reply = back(&house, &begun, &format!("code=the-code&state={}", begun.state));
        assert_eq!((reply.status, reply.header("Location")), (303, Some(way)), "{next}: {reply:?}");
    }
}

#[test]
fn with_sso_alone_no_password_logs_in_but_everything_else_goes_on() {
    let provider = Provider::open();
    let house = house_of(&provider, &[]);
    let ann = house.log_in("Ann");
    let page = house.get("/login?next=%2Faccount").send().text();
    assert!(
        page.contains("href=\"/login/sso?next=/account\"") && page.contains("name=\"password\""),
        "{page}"
    );
    house.set("sign_up", "sso");
    let body = json!({"email": "ann@example.org", "password": PASSWORD});
    let refused = crate::harness::until("the setting holds", || {
        let reply = house.post("/api/v1/sessions").json(&body).send();
        (reply.status != 201).then_some(reply)
    });
    assert_eq!(refused.refused(403, "not_allowed")["reason"], "sign_on_only");
    let form = [("email", "ann@example.org"), ("password", PASSWORD), ("next", "/")];
    assert_eq!(house.post("/login").header("Sec-Fetch-Site", "same-origin").form(&form).send().status, 403);
    let joining = json!({"email": "eve@example.org", "name": "Eve", "password": PASSWORD});
    assert_eq!(
        house.post("/api/v1/accounts").json(&joining).send().refused(403, "not_allowed")["reason"],
        "sign_on_only"
    );
    for path in ["/login", "/join"] {
        let page = house.get(path).send().text();
        assert!(page.contains("id=\"sso\"") && !page.contains("name=\"password\""), "{path}: {page}");
    }
    // Who is logged in stays so, and newcomers come in by the sign-on.
    assert_eq!(house.get("/api/v1/me").by(&ann).send().status, 200);
    logged_in(&house, &sign_on(&house, &provider, json!({})));
    house
        .run_with(
            &["account", "add", "--email", "fred@example.org", "--name", "Fred", "--password-stdin"],
            PASSWORD,
        )
        .done();
    // Guests have their PINs.
    crate::tablet::sale_of(&house, "spring", 1);
    let registered = house.told(&["bidder", "add", "spring", "--name", "Dora"]);
    let body = json!({"number": registered["number"], "pin": registered["pin"]});
    house.post("/api/v1/sessions").json(&body).send().done(201);
}

#[test]
fn the_house_s_own_rules_of_joining_hold() {
    let provider = Provider::open();
    let house = house_of(&provider, &[("sign_up", "closed")]);
    fails(&sign_on(&house, &provider, json!({})), 403, "only the organiser can open accounts");
    let ann = json!({"sub": "ann", "email": "ann@example.org", "name": "Ann"});
    logged_in(&house, &sign_on(&house, &provider, ann.clone()));
    house.run(&["account", "suspend", "ann@example.org", "--why", "two unpaid lots"]).done();
    logged_in(&house, &sign_on(&house, &provider, ann));
    assert_eq!(house.told(&["account", "show", "ann@example.org"])["state"], "suspended");
    let approving = house_of(&provider, &[("sign_up", "approval")]);
    logged_in(&approving, &sign_on(&approving, &provider, json!({})));
    assert_eq!(approving.told(&["account", "show", "bob@example.org"])["state"], "pending");
    let verifying = house_of(&provider, &[("verify_email", "join")]);
    let unverified = json!({"email_verified": false});
    fails(&sign_on(&verifying, &provider, unverified), 403, "has not confirmed your email address");
    assert_eq!(verifying.number("select count(*) from account"), 1, "a refusal writes nothing");
    logged_in(&verifying, &sign_on(&verifying, &provider, json!({})));
}

/// Whoever opens an account in advance, with another's address, has a session and may ask for an address of their own.
#[test]
fn a_change_of_address_ends_when_the_account_is_linked() {
    let (provider, mailbox) = (Provider::open(), Mailbox::open(&[]));
    let house = house_with_mail(&provider, &HELD_BACK, &mailbox.entries());
    let stranger = house.log_in("Ann");
    let body = json!({"email": "thief@example.org"});
    house.call("PATCH", "/api/v1/me").by(&stranger).json(&body).send().done(200);
    let token = token_in(&mailbox.wait_for(1)[0], "verify");
    logged_in(
        &house,
        &sign_on(&house, &provider, json!({"sub": "ann", "email": email("Ann"), "name": "Ann"})),
    );
    assert_eq!(verify(&house, &token), 410);
    assert_eq!(house.number("select count(*) from account where email = 'thief@example.org'"), 0);
}

/// The mailbox that somebody has left sets no first password.
#[test]
fn an_invitation_ends_when_the_address_changes() {
    let (provider, mailbox) = (Provider::open(), Mailbox::open(&[]));
    let house = house_with_mail(&provider, &HELD_BACK, &mailbox.entries());
    let printed = house.run(&["account", "invite", "dora@example.org", "--print"]).done().stdout;
    let invitation = printed.split("/invitation?token=").nth(1).unwrap().split_whitespace().next().unwrap();
    let reply = sign_on(&house, &provider, json!({"sub": "dora", "email": "dora@example.org"}));
    logged_in(&house, &reply);
    let cookies = cookies_of(&reply);
    let token =
        cookies.iter().find_map(|set| set.strip_prefix("auction_session=")?.split(';').next()).unwrap();
    let dora = Person { id: 0, name: "", email: String::new(), token: token.to_owned() };
    let status = || house.get(&format!("/invitation?token={invitation}")).send().status;
    assert_eq!(status(), 200);
    let body = json!({"email": "dorothy@example.org"});
    house.call("PATCH", "/api/v1/me").by(&dora).json(&body).send().done(200);
    assert_eq!(verify(&house, &token_in(&mailbox.wait_for(1)[0], "verify")), 303);
    assert_eq!(status(), 410);
}

fn verify(house: &House, token: &str) -> u16 {
    house.post("/verify").header("Sec-Fetch-Site", "same-origin").form(&[("token", token)]).send().status
}

#[test]
fn who_joins_by_the_sign_on_is_announced_mailed_and_led_like_anybody_else() {
    let (provider, mailbox) = (Provider::open(), Mailbox::open(&[]));
    let settings = [("sign_up", "approval"), ("verify_email", "bid"), HELD_BACK[0]];
    let house = house_with_mail(&provider, &settings, &mailbox.entries());
    let admin =
        ["account", "add", "--email", "eve@example.org", "--name", "Eve", "--admin", "--password-stdin"];
    house.run_with(&admin, PASSWORD).done();
    logged_in(&house, &sign_on(&house, &provider, json!({"email_verified": false})));
    assert_eq!(house.number("select count(*) from notice where kind = 'pending'"), 1);
    assert_eq!(house.number("select count(*) from session where device is null"), 0);
    assert_eq!(verify(&house, &token_in(&mailbox.wait_for(1)[0], "verify")), 303);

    // Before the first log-in: the link is mailed, and once it is opened, they are in.
    house.set("sign_up", "open");
    house.set("verify_email", "join");
    let cleo = json!({"sub": "cleo", "email": "cleo@example.org", "email_verified": false, "name": "Cleo"});
    fails(&sign_on(&house, &provider, cleo.clone()), 403, "open the link");
    assert_eq!(verify(&house, &token_in(&mailbox.wait_for(2)[1], "verify")), 303);
    logged_in(&house, &sign_on(&house, &provider, cleo));

    // A number behind it would make a former member of somebody.
    for (sub, name) in [("f1", "Former member"), ("f2", "Member 2")] {
        let email = format!("{sub}@example.org");
        let claims = json!({"sub": sub, "email": email, "name": "Former  member"});
        assert_eq!(logged_in(&house, &sign_on(&house, &provider, claims))["name"], name);
    }
    assert_eq!(crate::terms::publish(&house, b"# Terms\n").status, 0);
    let dora = json!({"sub": "dora", "email": "dora@example.org", "name": "Dora"});
    let led = sign_on(&house, &provider, dora.clone());
    let way = led.header("Location").unwrap();
    assert!(way.starts_with("/terms?next=/account"), "{way}");
    logged_in(&house, &sign_on(&house, &provider, dora));
}

#[test]
fn a_provider_that_is_down_or_wrong_is_said_and_stops_nothing_else() {
    let provider = Provider::open();
    let house = house_of(&provider, &[]);
    let doctor = |house: &House| {
        let mut command = house.command();
        command.env("AUCTION_OIDC_CLIENT_ID", "house");
        let out = command.args(["doctor", "--format", "json"]).output().unwrap();
        let findings: Value = serde_json::from_slice(&out.stdout).unwrap();
        findings.as_array().unwrap().iter().find(|finding| finding["name"] == "sign_on").cloned()
    };
    assert_eq!(doctor(&house).unwrap()["ok"], true);
    let good = provider.script.lock().unwrap().description.clone();
    let mut wrong: Vec<Value> = vec![Value::Null, json!({"issuer": provider.issuer}), json!([1])];
    for (name, value) in [
        ("issuer", json!(format!("{}/", provider.issuer))),
        ("token_endpoint", json!("ftp://127.0.0.1/")),
        ("jwks_uri", json!("no address")),
        ("token_endpoint_auth_methods_supported", json!(["private_key_jwt"])),
    ] {
        let mut one = good.clone();
        one[name] = value;
        wrong.push(one);
    }
    for description in wrong {
        provider.say(|script| script.description = description.clone());
        assert_eq!(doctor(&house).unwrap()["ok"], false, "{description}");
    }
    let down = house.get("/login/sso").send();
    fails(&down, 502, "cannot be reached");
    assert!(house.log().contains("does not answer"));
    house.log_in("Ann");
    provider.say(|script| script.description = good);
    crate::harness::until("it is asked again", || {
        (house.get("/login/sso").send().status == 303).then_some(())
    });
    // A client secret in the body is for providers that take no other.
    let by_post = Provider::open();
    by_post.say(|script| {
        script.description["token_endpoint_auth_methods_supported"] = json!(["client_secret_post"])
    });
    let other = house_of(&by_post, &[]);
    logged_in(&other, &sign_on(&other, &by_post, json!({})));
    // A house starts without its provider, and one without a provider offers none.
    other.set("oidc_issuer", "http://127.0.0.1:9");
    crate::harness::until("the other provider", || {
        (other.get("/login/sso").send().status == 502).then_some(())
    });
    other.set("oidc_issuer", "none");
    crate::harness::until("no provider", || (other.get("/login/sso").send().status == 404).then_some(()));
    assert!(!other.get("/login").send().text().contains("id=\"sso\""));
    for wrong in [
        "login.example.org",
        "http://login.example.org",
        "https://a:b@login.example.org",
        "https://login.example.org?x",
    ] {
        assert_eq!(other.run(&["house", "set", "oidc_issuer", wrong]).status, 1, "{wrong}");
    }
    assert!(doctor(&other).is_none());
    other.set("sign_up", "sso");
    assert_eq!(doctor(&other).unwrap()["ok"], false);
}

#[test]
fn client_and_secret_come_from_the_file_and_are_shown_without_the_secret() {
    let provider = Provider::open();
    let house = House::bare();
    house.run(&["house", "set", "oidc_issuer", &provider.issuer]).done();
    std::fs::write(
        house.dir().join("auction.toml"),
        "oidc_client_id = \"house\"\noidc_client_secret = \"hush\"\n",
    )
    .unwrap();
    let shown = house.run(&["house", "show"]).done().stdout;
    let row = |key: &str| shown.lines().find(|line| line.contains(key)).unwrap().to_owned();
    assert!(row("oidc_client_id").contains("house") && row("oidc_client_id").contains("auction.toml"));
    assert!(row("oidc_client_secret").contains("set") && !shown.contains("hush"), "{shown}");
    assert!(row("oidc_issuer").contains(&provider.issuer));
    std::fs::write(house.dir().join("auction.toml"), "oidc_client_secret = hush\n").unwrap();
    let wrong = house.run(&["house", "show"]);
    assert!(wrong.status != 0 && !wrong.stderr.contains("hush"), "{wrong:?}");
}
