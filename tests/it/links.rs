//! What a link of a stranger's can do: it leads nowhere else, and learns nothing from the length of an answer.

use crate::harness::{House, Person};
use flate2::read::GzDecoder;
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;

/// Paths that a browser, or a proxy before the house, may read as those of another host.
const ELSEWHERE: [&str; 11] = [
    "/.//evil.example/x",
    "/a/..//evil.example/x",
    "//evil.example/x",
    "///evil.example/x",
    "//evil.example/x?lang=en",
    "/\\evil.example/x",
    "/%2fevil.example/x",
    "/%2F%2Fevil.example/x",
    "/%5cevil.example/x",
    "/%09/evil.example/x",
    "/%0a/evil.example/x",
];

/// The whole answer to a request written as it is.
fn raw(house: &House, request: &str) -> String {
    let mut stream = TcpStream::connect(house.address()).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8(answer).unwrap()
}

/// Where a page leads: its links, its forms, and what its script knows as this page.
fn targets(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    for before in ["href=\"", "action=\"", "src=\"", "\"here\":\""] {
        let after = page.split(before).skip(1);
        found.extend(
            after.map(|rest| rest.split('"').next().unwrap().replace("&#x2f;", "/").replace("&#47;", "/")),
        );
    }
    let location = page.split("\r\n").filter_map(|line| line.strip_prefix("Location: "));
    found.extend(location.map(str::to_owned));
    found
}

#[track_caller]
fn leads_nowhere_else(answer: &str, asked: &str) {
    let targets = targets(answer);
    assert!(!targets.is_empty(), "{asked}: {answer}");
    for target in targets {
        let path = target.split(['?', '#']).next().unwrap().to_lowercase();
        let is_local = target.is_empty() || target.starts_with(['#', '/']) || target.starts_with("data:");
        assert!(is_local && !path.contains("evil"), "{asked} leads to {target}");
    }
}

#[test]
fn a_path_never_becomes_a_link_to_elsewhere() {
    let (house, _, bob, _) = House::open();
    let end = "Host: h\r\nConnection: close\r\n";
    for path in ELSEWHERE {
        for head in ["", &format!("Cookie: auction_session={}\r\n", bob.token)] {
            let page = raw(&house, &format!("GET {path} HTTP/1.1\r\n{end}{head}\r\n"));
            assert!(page.starts_with("HTTP/1.1 404 "), "{path}: {page}");
            leads_nowhere_else(&page, path);
            let page = raw(&house, &format!("GET http://h{path} HTTP/1.1\r\n{end}{head}\r\n"));
            leads_nowhere_else(&page, path);
            let sent = raw(
                &house,
                &format!(
                    "POST {path} HTTP/1.1\r\n{end}{head}Sec-Fetch-Site: same-origin\r\nContent-Length: 0\r\n\r\n"
                ),
            );
            leads_nowhere_else(&sent, path);
        }
    }
}

#[test]
fn the_way_on_after_a_log_in_stays_in_the_house() {
    let (house, ..) = House::with(&[("limit_sign_ins_per_min", "0")]);
    let fields = |next| [("email", "bob@example.org"), ("password", "correct horse"), ("next", next)];
    let others = [
        "https://evil.example",
        "evil.example",
        "/\t/evil.example",
        "\t//evil.example",
        " //evil.example",
        "/\r\nLocation: //evil.example",
        "javascript:evil()",
        "\\\\evil.example",
        "/x\\..\\..\\evil.example",
    ];
    for next in ELSEWHERE.into_iter().chain(others) {
        let query = serde_html_form::to_string([("next", next)]).unwrap();
        for page in ["/login", "/join"] {
            let shown = house.get(&format!("{page}?{query}")).send();
            assert!(shown.text().contains("name=\"next\" value=\"/\""), "{page} {next}");
        }
        let way_in = house.post("/login").header("Sec-Fetch-Site", "same-origin").form(&fields(next)).send();
        assert_eq!((way_in.status, way_in.header("Location")), (303, Some("/?done=logged-in")), "{next}");
        let wrong =
            house.post("/login").form(&[("email", "x@example.org"), ("password", "y"), ("next", next)]);
        let again = wrong.header("Sec-Fetch-Site", "same-origin").send().text();
        assert!(again.contains("name=\"next\" value=\"/\""), "{next}");
    }
    for (next, location) in [
        ("/listings/5?amount=12&lang=ko#receipts", "/listings/5?amount=12&lang=ko&done=logged-in#receipts"),
        ("/?q=등 a%20b", "/?q=%EB%93%B1%20a%20b&done=logged-in"),
    ] {
        let own = house.post("/login").form(&fields(next)).send();
        assert_eq!(own.header("Location"), Some(location));
    }
}

fn page(house: &House, path: &str, person: Option<&Person>) -> (bool, String) {
    let mut call = house.get(path).header("Accept-Encoding", "gzip");
    if let Some(person) = person {
        call = call.with_cookie(person);
    }
    let answer = call.send();
    let is_zipped = answer.header("Content-Encoding") == Some("gzip");
    // Whoever asks for it gets it unzipped.
    let text = match GzDecoder::new(&answer.body[..]) {
        mut reader if answer.body.starts_with(&[0x1f, 0x8b]) => {
            let mut text = String::new();
            reader.read_to_string(&mut text).unwrap();
            text
        }
        _ => answer.text(),
    };
    (is_zipped, text)
}

/// As BREACH does: the better the guess, the shorter the compressed answer.
#[test]
fn no_secret_is_compressed_beside_what_a_link_says() {
    let (house, ann, bob, cleo) = House::open();
    let id = house.list(&ann, json!({}));
    house.bid_with(&bob, id, json!({"amount": 1_000, "max": 43_217})).done(201);
    let listing = format!("/listings/{id}");
    let shown = house.get(&listing).in_browser(&bob).send().text();
    let receipt = shown.split("/proof#").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert!(receipt.len() > 20 && shown.contains("43,217"), "{shown}");
    for path in [
        listing.clone(),
        format!("{listing}?amount={receipt}"),
        format!("{listing}?amount=43217"),
        format!("{listing}?lang=en&x=available"),
        "/?q=available".into(),
        "/account?x=43217".into(),
        format!("{listing}/proof?x=guess"),
        format!("/no/such/page/{receipt}"),
        format!("/listings/{receipt}"),
    ] {
        let (is_zipped, _) = page(&house, &path, Some(&bob));
        assert!(!is_zipped, "{path}");
    }
    // Guests have no secrets; who has not bid has none on a page without a query; JSON repeats nothing.
    for path in [listing.clone(), format!("{listing}?amount=43217"), "/".into(), "/?q=lamp".into()] {
        let (is_zipped, text) = page(&house, &path, None);
        assert!(is_zipped && !text.contains(&receipt), "{path}");
        // A number in the address stands in the form again; it was the guest's own guess.
        assert!(path.contains("43217") || !text.contains("43,217"), "{path}");
    }
    for path in [&*listing, "/"] {
        assert!(page(&house, path, Some(&cleo)).0, "{path}");
    }
    let by_program = house.get(&listing).by(&cleo).header("Accept-Encoding", "gzip").send();
    assert_eq!(by_program.header("Content-Encoding"), Some("gzip"));
    // What one length tells, equal for the right guess and a wrong one.
    let length = |guess: &str| {
        let call = house.get(&format!("{listing}?amount={guess}")).with_cookie(&bob);
        call.header("Accept-Encoding", "gzip, br").send().body.len()
    };
    let reversed: String = receipt.chars().rev().take(28).collect();
    assert_eq!(length(&receipt[..28]), length(&reversed));
}

#[test]
fn no_other_site_loads_what_is_the_house_s() {
    let (house, ..) = House::open();
    for path in ["/", "/api/v1/listings", "/healthz", "/nowhere", "/favicon.ico", "/api/v1/nowhere"] {
        let answer = house.get(path).send();
        assert_eq!(answer.header("Cross-Origin-Resource-Policy"), Some("same-origin"), "{path}");
        assert_eq!(answer.header("Cross-Origin-Opener-Policy"), Some("same-origin"), "{path}");
    }
}
