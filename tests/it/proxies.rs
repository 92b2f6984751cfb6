//! The examples for nginx and Caddy, as they are packaged, in front of a real house: only names, ports and certificates
//! are the test's own. What a client claims to be is not believed, events arrive at once, and the house knows that
//! there is TLS.
#![cfg(target_os = "linux")]

use crate::harness::{House, PATIENCE, email, run, until};
use auction::web::route::MAX_FORM_BYTES;
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use tempfile::TempDir;

/// A proxy that runs until the test ends.
pub struct Proxy {
    process: Child,
    pub at: String,
    _folder: TempDir,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // nginx ends its workers when it is asked to; Caddy is one process.
        Command::new("/bin/kill").arg(self.process.id().to_string()).status().ok();
        self.process.wait().ok();
    }
}

impl Proxy {
    fn start(command: &mut Command, port: u16, folder: TempDir, healthz: &str) -> Proxy {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let proxy =
            Proxy { process: command.spawn().unwrap(), at: format!("127.0.0.1:{port}"), _folder: folder };
        until("the proxy answers", || (proxy.curl("127.0.0.1", &[healthz]).1 == "200").then_some(()));
        proxy
    }

    /// What `curl` says of a path, with these options before it, from an address of this machine: the answer with its
    /// head, and its status.
    pub fn curl(&self, from: &str, args: &[&str]) -> (String, String) {
        let (path, options) = args.split_last().unwrap();
        let mut curl = Command::new("curl");
        curl.args(["-q", "--silent", "--insecure", "--include", "--interface", from, "--max-time", "20"]);
        curl.args(["--write-out", "\n%{http_code}"]).args(options).arg(format!("https://{}{path}", self.at));
        let said = run(&mut curl, "").stdout;
        let (answer, status) = said.rsplit_once('\n').expect("curl tells the status");
        (answer.to_owned(), status.to_owned())
    }
}

pub fn example(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging").join(file)).unwrap()
}

/// `text` with each of these words changed, which must stand in it.
pub fn changed(mut text: String, words: &[(&str, &str)]) -> String {
    for (from, to) in words {
        assert!(text.contains(from), "{from} in {text}");
        text = text.replace(from, to);
    }
    text
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// What a site in front of the house is made of, beside its own words: two free ports, a key and a certificate.
pub struct Site {
    pub plain: u16,
    pub tls: u16,
    pub key: String,
    pub certificate: String,
}

fn nginx(house: &House) -> Proxy {
    let site = |site: &Site| {
        changed(
            example("nginx.conf"),
            &[
                ("server 127.0.0.1:8080;", &format!("server {};", house.address())),
                ("listen [::]:80;", ""),
                ("listen [::]:443 ssl http2;", ""),
                ("listen 80;", &format!("listen 127.0.0.1:{};", site.plain)),
                ("listen 443 ssl http2;", &format!("listen 127.0.0.1:{} ssl http2;", site.tls)),
                ("/etc/letsencrypt/live/auction.example.org/fullchain.pem", &site.certificate),
                ("/etc/letsencrypt/live/auction.example.org/privkey.pem", &site.key),
            ],
        )
    };
    serve_nginx(site, "/healthz")
}

pub fn serve_nginx(site: impl FnOnce(&Site) -> String, healthz: &str) -> Proxy {
    let folder = tempfile::tempdir().unwrap();
    let of = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let parts =
        Site { plain: free_port(), tls: free_port(), key: of("key.pem"), certificate: of("certificate.pem") };
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]);
    openssl.args(["-subj", "/CN=auction.example.org", "-keyout", &parts.key, "-out", &parts.certificate]);
    assert_eq!(run(&mut openssl, "").status, 0);
    let site = site(&parts);
    let paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {};\n", of(name)))
        .concat();
    let whole = format!(
        "daemon off;\nuser root;\npid {};\nerror_log {};\nevents {{}}\nhttp {{\naccess_log off;\ngzip on;\n{paths}{site}}}\n",
        of("pid"),
        of("error.log")
    );
    fs::write(of("whole.conf"), whole).unwrap();
    Proxy::start(Command::new("/usr/sbin/nginx").args(["-c", &of("whole.conf")]), parts.tls, folder, healthz)
}

fn caddy(house: &House) -> Proxy {
    let site = |tls: u16| {
        changed(
            example("Caddyfile"),
            &[
                ("auction.example.org {", &format!("https://127.0.0.1:{tls} {{\n\ttls internal")),
                ("reverse_proxy 127.0.0.1:8080", &format!("reverse_proxy {}", house.address())),
            ],
        )
    };
    serve_caddy(site, "/healthz")
}

pub fn serve_caddy(site: impl FnOnce(u16) -> String, healthz: &str) -> Proxy {
    let folder = tempfile::tempdir().unwrap();
    let tls = free_port();
    let ours = "{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n}\n";
    let file = folder.path().join("Caddyfile");
    fs::write(&file, format!("{ours}{}", site(tls))).unwrap();
    let mut command = Command::new("/usr/bin/caddy");
    command.args(["run", "--adapter", "caddyfile", "--config"]).arg(file).env("HOME", folder.path());
    command.env("XDG_DATA_HOME", folder.path()).env("XDG_CONFIG_HOME", folder.path());
    Proxy::start(&mut command, tls, folder, healthz)
}

/// A house that believes the proxies of this machine, and takes one wrong password a minute from an address.
fn house_behind_a_proxy() -> House {
    let mut house = House::bare();
    for name in ["Ann", "Bob"] {
        house.add(name);
    }
    house.credit("Bob", 100_000);
    house.set("limit_sign_ins_per_min", "1");
    fs::write(house.dir().join("auction.toml"), "trusted_proxy = [\"127.0.0.1\"]\n").unwrap();
    house.serve();
    house
}

fn check(proxy: &Proxy, house: &House) {
    nobody_is_who_they_claim(proxy);
    events_arrive_at_once(proxy, house);

    the_session_is_this_host_s_alone(proxy);
    as_large_as_the_house_takes_and_no_larger(proxy);
    for path in ["/metrics", "/metrics?x=1", "//metrics", "/%6detrics", "/./metrics"] {
        let (answer, status) = proxy.curl("127.0.0.1", &["--path-as-is", path]);
        assert!(status == "404" && !answer.contains("auction_bids_total"), "{path}: {answer}");
    }
    for (path, status) in [("/", "200"), ("/nowhere", "404"), ("/metrics", "404"), ("/api/v1/me", "401")] {
        let answer = proxy.curl("127.0.0.1", &[path]);
        let hsts = "strict-transport-security: max-age=31536000";
        let n_said = answer.0.lines().filter(|line| line.trim().eq_ignore_ascii_case(hsts)).count();
        assert_eq!((n_said, &*answer.1), (1, status), "{path}: {}", answer.0);
    }
}

fn the_session_is_this_host_s_alone(proxy: &Proxy) {
    let fields = format!("email={}&password=correct horse", email("Bob"));
    let origin = format!("Origin: https://{}", proxy.at);
    let (answer, status) = proxy.curl("127.0.0.1", &["-d", &fields, "-H", &origin, "/login"]);
    assert_eq!(status, "303", "{answer}");
    let name = "set-cookie: __host-auction_session=";
    let cookie = answer.lines().find(|line| line.to_lowercase().starts_with(name));
    let cookie = cookie.unwrap_or_else(|| panic!("{answer}"));
    assert!(
        cookie.contains("; Secure") && cookie.contains("; Path=/;") && !cookie.contains("Domain"),
        "{cookie}"
    );
    let pair = cookie.split_once(": ").unwrap().1.split(';').next().unwrap();
    let cookie = format!("Cookie: {pair}");
    let (_, status) = proxy.curl("127.0.0.1", &["-H", &cookie, "/api/v1/me"]);
    assert_eq!(status, "200");
    // What the house does not compress, the proxy does not either.
    let (answer, _) =
        proxy.curl("127.0.0.1", &["-H", &cookie, "-H", "Accept-Encoding: gzip", "/account?x=guess"]);
    assert!(
        answer.contains("bob@example.org") && !answer.to_lowercase().contains("content-encoding"),
        "{answer}"
    );
}

/// It is the house that looks at a form, as far as it could be one.
fn as_large_as_the_house_takes_and_no_larger(proxy: &Proxy) {
    let sent = |n_bytes: usize| {
        let body = tempfile::NamedTempFile::new().unwrap();
        body.as_file().set_len(n_bytes as u64).unwrap();
        let picture = format!("picture=@{}", body.path().display());
        proxy.curl("127.0.0.1", &["-F", &picture, "/api/v1/listings"])
    };
    let (answer, status) = sent(MAX_FORM_BYTES - 1_024);
    assert!(status == "401" && answer.contains("unauthenticated"), "{answer}");
    let (answer, status) = sent(MAX_FORM_BYTES + (2 << 20));
    assert_eq!(status, "413", "{answer}");
}

/// Wrong passwords are counted by the address that the client really has.
fn nobody_is_who_they_claim(proxy: &Proxy) {
    let wrong = |from: &str, n: usize| {
        let body = json!({"email": format!("nobody{n}@example.org"), "password": "wrong password"});
        let claims = [format!("X-Forwarded-For: 203.0.113.{n}"), format!("Forwarded: for=203.0.113.{n}")];
        let args = ["-H", &claims[0], "-H", &claims[1], "-H", "Content-Type: application/json", "-d"];
        proxy.curl(from, &[&args[..], &[&body.to_string(), "/api/v1/sessions"]].concat()).1
    };
    let statuses: Vec<String> = (1..=2).map(|n| wrong("127.0.0.9", n)).collect();
    assert_eq!(statuses, ["401", "429"]);
    assert_eq!(wrong("127.0.0.8", 3), "401", "the addresses of others are not counted with it");
}

/// While the stream goes on: a bid is read from it before anything more is said.
fn events_arrive_at_once(proxy: &Proxy, house: &House) {
    let mut curl = Command::new("curl")
        .args(["-q", "--silent", "--insecure", "--no-buffer"])
        .arg(format!("https://{}/events?listings=all", proxy.at))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(curl.stdout.take().unwrap()).lines();
    let (tell, told) = channel();
    let reader = thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            if tell.send(line).is_err() {
                break;
            }
        }
    });
    let next = |prefix: &str| loop {
        let line: String = told.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{prefix} is held back"));
        if let Some(rest) = line.strip_prefix(prefix) {
            return rest.to_owned();
        }
    };
    next("retry:");
    let (ann, bob) = (house.log_in("Ann"), house.log_in("Bob"));
    let lamp = house.list(&ann, json!({}));
    next("event: listed");
    for amount in [1_000, 2_000, 3_000] {
        assert_eq!(house.bid(&bob, lamp, amount).status, 201);
        next("event: bid");
        let bid: Value = serde_json::from_str(&next("data: ")).unwrap();
        assert_eq!(bid["n_bids"], amount / 1_000, "{bid}");
    }
    curl.kill().unwrap();
    curl.wait().unwrap();
    reader.join().unwrap();
}

#[test]
fn nginx_in_front_tells_the_truth_and_holds_nothing_back() {
    let house = house_behind_a_proxy();
    check(&nginx(&house), &house);
}

#[test]
fn caddy_in_front_tells_the_truth_and_holds_nothing_back() {
    let house = house_behind_a_proxy();
    check(&caddy(&house), &house);
}
