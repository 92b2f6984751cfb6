//! A house at `/auction/` of a site, behind the real nginx and the real Caddy as they are packaged for it: with the
//! path passed on, and with the path taken off. A visitor with a cookie jar goes the whole way, and every link of every
//! page leads there.

use crate::base_path::paths;
use crate::harness::{House, PASSWORD, PATIENCE, email, until};
use crate::proxies::{Proxy, Site, changed, example, serve_caddy, serve_nginx};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use tempfile::TempDir;

const HEALTHZ: &str = "/auction/healthz";

/// As it is packaged, in the midst of a site that is not the house's.
fn nginx(house: &House, ending: &str) -> Proxy {
    let site = |site: &Site| {
        let words = format!("proxy_pass http://{}{ending};", house.address());
        let locations = changed(example("nginx-path.conf"), &[("proxy_pass http://127.0.0.1:8080;", &words)]);
        let (tls, certificate, key) = (site.tls, &site.certificate, &site.key);
        format!(
            "server {{\nlisten 127.0.0.1:{tls} ssl;\nssl_certificate {certificate};\nssl_certificate_key {key};\n\
             location / {{ return 410; }}\n{locations}}}\n"
        )
    };
    serve_nginx(site, HEALTHZ)
}

fn caddy(house: &House, handle: &str) -> Proxy {
    let site = |tls: u16| {
        changed(
            example("Caddyfile-path"),
            &[
                (
                    "example.org {\n",
                    &format!(
                        "https://127.0.0.1:{tls} {{\n\ttls internal\n\thandle {{\n\trespond 410\n\t}}\n"
                    ),
                ),
                ("\thandle /auction/*", &format!("\t{handle} /auction/*")),
                ("reverse_proxy 127.0.0.1:8080", &format!("reverse_proxy {}", house.address())),
            ],
        )
    };
    serve_caddy(site, HEALTHZ)
}

fn house() -> House {
    let mut house = House::bare();
    for name in ["Ann", "Bob"] {
        house.add(name);
        house.credit(name, 100_000);
    }
    fs::write(house.dir().join("auction.toml"), "trusted_proxy = [\"127.0.0.1\"]\n").unwrap();
    house.set("public_url", "https://example.org/auction");
    house.serve();
    house
}

/// Somebody with a browser's cookie jar.
struct Visitor<'p> {
    proxy: &'p Proxy,
    jar: PathBuf,
    _folder: TempDir,
    /// What was fetched and found well.
    seen: BTreeSet<String>,
}

struct Answer {
    status: String,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<String> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut found = lines.filter(|(known, _)| known.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.trim().to_owned())
    }

    /// The path to which it leads on.
    fn way(&self) -> String {
        let way = self.header("Location").unwrap_or_else(|| panic!("{}", self.head));
        way.strip_prefix("https://").map_or(way.clone(), |rest| rest[rest.find('/').unwrap()..].to_owned())
    }
}

impl Visitor<'_> {
    fn new(proxy: &Proxy) -> Visitor<'_> {
        let folder = tempfile::tempdir().unwrap();
        Visitor { proxy, jar: folder.path().join("jar"), _folder: folder, seen: BTreeSet::new() }
    }

    fn ask(&self, path: &str, options: &[&str]) -> Answer {
        let jar = self.jar.to_str().unwrap();
        let own = ["-b", jar, "-c", jar, "--path-as-is", "-H", "Accept-Language: en"];
        let (answer, status) = self.proxy.curl("127.0.0.1", &[&own[..], options, &[path]].concat());
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        for line in head.lines().filter(|line| line.to_lowercase().starts_with("set-cookie:")) {
            assert!(line.contains("; Path=/auction/;"), "{path}: {line}");
        }
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }

    fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = serde_html_form::to_string(fields).unwrap();
        let origin = format!("Origin: https://{}", self.proxy.at);
        self.ask(path, &["-X", "POST", "-H", &origin, "-d", &body])
    }

    /// A page, and all that it links to or loads, lies under the path and is there.
    fn walk(&mut self, path: &str) -> String {
        let page = self.ask(path, &[]);
        assert!(["200", "404", "422"].contains(&&*page.status), "{path}: {}", page.head);
        for link in paths(&page.body) {
            assert!(link.starts_with("/auction/"), "{path} leads to {link}");
            let link = link.split('#').next().unwrap().to_owned();
            if !self.seen.insert(link.clone()) {
                continue;
            }
            let is_picture = link.contains("/pictures/") || link.ends_with(".png");
            let no_text: &[&str] = if is_picture { &["--output", "/dev/null"] } else { &[] };
            let there = self.ask(&link, no_text);
            match &*there.status {
                "200" => {}
                // The page that is not there, in the other language.
                "404" if link.starts_with(&format!("{path}?lang=")) => {}
                "303" => assert!(there.way().starts_with("/auction/"), "{path}: {link}: {}", there.head),
                // A form's own address, which takes no GET; any other is a link that leads nowhere.
                "405" => assert!(page.body.contains(&format!("action=\"{link}\"")), "{path}: {link}"),
                status => panic!("{path}: {link}: {status}\n{}", there.body),
            }
        }
        page.body
    }

    fn log_in(&self, name: &str, next: &str) -> Answer {
        self.post("/auction/login", &[("email", &email(name)), ("password", PASSWORD), ("next", next)])
    }
}

fn check(proxy: &Proxy, house: &House) {
    let mut guest = Visitor::new(proxy);
    let bare = guest.ask("/auction", &[]);
    assert!(bare.status.starts_with('3') && bare.way() == "/auction/", "{}", bare.head);
    assert_eq!(guest.ask("/", &[]).status, "410", "the rest of the site is not the house's");
    for path in ["/auction/", "/auction/board", "/auction/login", "/auction/join", "/auction/nowhere"] {
        guest.walk(path);
    }
    let manifest = guest.seen.iter().find(|link| link.ends_with(".webmanifest")).unwrap();
    assert!(guest.ask(manifest, &[]).body.contains("\"../\""));
    for path in ["metrics", "metrics?x=1", "/metrics", "%6detrics", "./metrics"] {
        let answer = guest.ask(&format!("/auction/{path}"), &[]);
        assert!(
            answer.status == "404" && !answer.body.contains("auction_bids_total"),
            "{path}: {}",
            answer.status
        );
    }
    assert_eq!(guest.ask("/auction/api/v1/time", &[]).status, "200");

    let joined = guest.post(
        "/auction/join",
        &[("name", "Cleo"), ("email", &email("Cleo")), ("password", PASSWORD), ("next", "/listings/new")],
    );
    assert_eq!(
        (&*joined.status, &*joined.way()),
        ("303", "/auction/listings/new?done=joined"),
        "{}",
        joined.head
    );
    guest.walk(&joined.way());

    let id = list(proxy);
    let listing = format!("/auction/listings/{id}");
    let mut bob = Visitor::new(proxy);
    let shown = bob.walk(&listing);
    assert!(shown.contains(&format!("href=\"/auction/login?next=/listings/{id}\"")), "{shown}");
    let entered = bob.log_in("Bob", &format!("/listings/{id}"));
    assert_eq!(entered.way(), format!("{listing}?done=logged-in"));
    let cookie = entered
        .head
        .lines()
        .find(|line| line.to_lowercase().starts_with("set-cookie: __secure-auction_session="));
    assert!(cookie.is_some_and(|line| line.contains("; Secure")), "{}", entered.head);

    a_bid_is_heard(&bob, &listing);
    for path in ["", "/sheet", "/proof"] {
        bob.walk(&format!("{listing}{path}"));
    }
    let other = format!("/auction/listings/{}", list(proxy));
    let bought = confirmed(&bob, &format!("{other}/buy"), &[]);
    assert_eq!((&*bought.status, bought.way()), ("303", format!("{other}?done=bought")), "{}", bought.body);
    house.run(&["audit"]).done();
    for path in ["/auction/", "/auction/account", "/auction/?state=all"] {
        bob.walk(path);
    }
    let picture: Value =
        serde_json::from_str(&bob.ask(&format!("/auction/api/v1/listings/{id}"), &[]).body).unwrap();
    assert_eq!(bob.ask(picture["picture"].as_str().unwrap(), &["--output", "/dev/null"]).status, "200");

    let left = bob.post("/auction/logout", &[]);
    assert_eq!((&*left.status, &*left.way()), ("303", "/auction/?done=logged-out"));
    assert_eq!(bob.ask("/auction/api/v1/me", &[]).status, "401");
    assert!(bob.walk(&left.way()).contains("/auction/join?next="));
}

/// Ann lists a thing with a picture, by the form; its id.
fn list(proxy: &Proxy) -> String {
    let mut ann = Visitor::new(proxy);
    ann.log_in("Ann", "/");
    ann.walk("/auction/listings/new");
    let picture = tempfile::Builder::new().suffix(".png").tempfile().unwrap();
    image::DynamicImage::new_rgb8(8, 8).save(picture.path()).unwrap();
    let origin = format!("Origin: https://{}", proxy.at);
    let file = format!("picture=@{}", picture.path().display());
    let fields = [
        "-F",
        "title=Lamp",
        "-F",
        "opening=1000",
        "-F",
        "buy_now=50000",
        "-F",
        "closes_in_s=3600",
        "-F",
        "step=list",
    ];
    let listed = ann.ask("/auction/listings/new", &[&fields[..], &["-F", &file, "-H", &origin]].concat());
    let way = listed.way();
    let id = way.strip_prefix("/auction/listings/").and_then(|rest| rest.strip_suffix("?done=listed"));
    let id = id.unwrap_or_else(|| panic!("{way}")).to_owned();
    ann.walk(&way);
    id
}

/// Sends a form, and then the page that asks whether it is meant.
fn confirmed(visitor: &Visitor<'_>, path: &str, fields: &[(&str, &str)]) -> Answer {
    let asked = visitor.post(path, fields);
    assert!(asked.status == "200" && asked.body.contains(&format!("action=\"{path}\"")), "{}", asked.body);
    let hidden = asked.body.split("<input type=\"hidden\" name=\"").skip(1);
    let hidden = hidden.map(|field| field.split_once("\" value=\"").unwrap());
    let fields: Vec<_> = hidden.map(|(name, rest)| (name, rest.split('"').next().unwrap())).collect();
    visitor.post(path, &fields)
}

/// By the form, and the stream under the path tells it while it goes on.
fn a_bid_is_heard(bob: &Visitor<'_>, listing: &str) {
    let mut curl = Command::new("curl")
        .args(["-q", "--silent", "--insecure", "--no-buffer"])
        .arg(format!("https://{}/auction/events?listings=all", bob.proxy.at))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(curl.stdout.take().unwrap()).lines();
    let (tell, told) = channel();
    let reader = thread::spawn(move || {
        lines.map_while(Result::ok).take_while(|line| tell.send(line.clone()).is_ok()).for_each(drop);
    });
    let wait_for = |line: &str| {
        while !told.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{line} is held back")).starts_with(line)
        {
        }
    };
    wait_for("retry:");
    let placed = confirmed(bob, &format!("{listing}/bids"), &[("amount", "1000")]);
    assert_eq!(
        (&*placed.status, placed.way()),
        ("303", format!("{listing}?done=bid-leading")),
        "{}",
        placed.body
    );
    wait_for("event: bid");
    curl.kill().unwrap();
    curl.wait().unwrap();
    reader.join().unwrap();
}

#[test]
fn under_a_path_behind_nginx_that_passes_it_on() {
    let house = house();
    check(&nginx(&house, ""), &house);
}

#[test]
fn under_a_path_behind_nginx_that_takes_it_off() {
    let house = house();
    check(&nginx(&house, "/"), &house);
}

#[test]
fn under_a_path_behind_caddy_that_passes_it_on() {
    let house = house();
    check(&caddy(&house, "handle"), &house);
}

#[test]
fn under_a_path_behind_caddy_that_takes_it_off() {
    let house = house();
    check(&caddy(&house, "handle_path"), &house);
}

/// As nginx does unless it is told otherwise: the house is asked by the name that nginx knows it under.
#[test]
fn a_proxy_that_keeps_the_host_to_itself_is_named_in_the_log() {
    let mut house = House::bare();
    house.add("Bob");
    house.serve();
    let site = |site: &Site| {
        let (tls, certificate, key, at) = (site.tls, &site.certificate, &site.key, house.address());
        format!(
            "server {{\nlisten 127.0.0.1:{tls} ssl;\nssl_certificate {certificate};\nssl_certificate_key {key};\n\
             location / {{ proxy_pass http://{at}; }}\n}}\n"
        )
    };
    let proxy = serve_nginx(site, "/healthz");
    let origin = format!("https://{}", proxy.at);
    let log_in = || {
        let fields = format!("email={}&password={PASSWORD}", email("Bob"));
        proxy.curl("127.0.0.1", &["-d", &fields, "-H", &format!("Origin: {origin}"), "/login"])
    };
    let (page, status) = log_in();
    assert!(status == "403" && page.contains("proxy is not set up correctly"), "{page}");
    let said = until("the log says so", || {
        house.log().lines().find(|line| line.contains("a form was refused")).map(str::to_owned)
    });
    assert!(said.contains(&format!("origin={origin} host={} scheme=\"http\"", house.address())), "{said}");
    assert!(!house.log().contains(PASSWORD));
    house.set("public_url", &origin);
    until("the house knows its own forms", || (log_in().1 == "303").then_some(()));
}
