//! What an operator lives by: a line a request without a secret in it, figures and alarms, a report for strangers.

use crate::harness::{House, PASSWORD, Person, int, lamp, run, until};
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The lines of the log about requests, as JSON.
fn lines(house: &House) -> Vec<Value> {
    let log = house.log();
    let lines =
        log.lines().filter(|line| line.starts_with('{')).map(|line| serde_json::from_str(line).unwrap());
    lines.filter(|line: &Value| line["target"] == "request").collect()
}

/// The line of this request, once it is written.
fn line_of(house: &House, id: &str) -> Value {
    until("the line stands", || lines(house).into_iter().find(|line| line["id"] == id))
}

#[test]
fn every_request_has_one_line_with_the_id_that_its_client_was_told() {
    let mut house = House::bare();
    for name in ["Ann", "Bob"] {
        house.add(name);
        house.credit(name, 100_000);
    }
    house.serve_with(&["--log-format", "json"]);
    let (ann, bob) = (house.log_in("Ann"), house.log_in("Bob"));
    let id = house.list(&ann, json!({}));
    let path = format!("/api/v1/listings/{id}");
    let bids = format!("{path}/bids");
    let bid = |amount| house.post(&bids).by(&bob).json(&json!({"amount": amount})).send();
    let mut seen = BTreeSet::new();
    for (answer, method, path, status, account) in [
        (house.get(&format!("{path}?lang=ko")).send(), "GET", &*path, 200, Value::Null),
        (house.get(&path).by(&bob).send(), "GET", &path, 200, json!(bob.id)),
        (bid(1_000), "POST", &bids, 201, json!(bob.id)),
        (bid(1), "POST", &bids, 409, json!(bob.id)),
        (house.get("/reset/s3cret").send(), "GET", "(nowhere)", 404, Value::Null),
        (house.get("/listings/s3cret").send(), "GET", "/listings/{id}", 404, Value::Null),
        (
            house.get("/api/v1/me").header("Authorization", "Bearer no").send(),
            "GET",
            "/api/v1/me",
            401,
            Value::Null,
        ),
        (
            house.call("PATCH", "/api/v1/me/bids").by(&ann).send(),
            "PATCH",
            "/api/v1/me/bids",
            405,
            json!(ann.id),
        ),
        (house.call("HEAD", "/").send(), "HEAD", "/", 200, Value::Null),
    ] {
        assert_eq!(answer.status, status, "{answer:?}");
        let told = answer.header("X-Request-Id").expect("its client is told").to_owned();
        let line = line_of(&house, &told);
        assert_eq!(line["method"], method, "{line}");
        assert_eq!(line["path"], path, "{line}");
        assert_eq!(line["status"], status, "{line}");
        assert_eq!(line["account"], account, "{line}");
        assert!(int(&line["n_bytes"]) > 0 && int(&line["duration_us"]) > 0, "{line}");
        assert!(seen.insert(told), "an id comes once");
    }
    let all: Vec<String> = lines(&house).iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "one line each");
}

/// A fault of ours is named in the log with the id that the client can quote.
#[test]
fn a_request_that_fails_is_found_by_its_id() {
    let (mut house, ann, ..) = House::open();
    house.stop();
    house.serve_with(&["--log-format", "json", "--log", "info,request=off"]);
    house.connection().execute_batch("alter table watched rename to gone").unwrap();
    let failed = house.get("/api/v1/me/watched").by(&ann).send();
    assert_eq!(failed.status, 500, "{failed:?}");
    assert_eq!(failed.body()["code"], "broken");
    let id = failed.header("X-Request-Id").unwrap().to_owned();
    let named = format!("\"id\":\"{id}\"");
    until("the log has it", || house.log().lines().any(|line| line.contains(&named)).then_some(()));
    let log = house.log();
    assert!(log.contains("gone") || log.contains("watched"), "the chain of causes: {log}");
    assert!(lines(&house).is_empty(), "no lines of requests were asked for");
}

/// All that a person knows and nobody else may, after a session in which each was used.
fn secrets_of_a_session(house: &House, ann: &Person, bob: &Person) -> Vec<String> {
    const MAX: i64 = 83_297;
    const RESERVE: i64 = 71_993;
    let listed =
        house.post("/api/v1/listings").by(ann).json(&lamp(json!({"reserve": RESERVE}))).send().done(201);
    let id = int(&listed["id"]);
    let bid =
        house.bid_with(bob, id, json!({"amount": 1_000, "max": MAX, "message": "for my aunt"})).done(201);
    let form = [("amount", "72000"), ("max", "89993"), ("confirm", "yes")];
    let raised = house.post(&format!("/listings/{id}/bids")).in_browser(bob).form(&form).send();
    assert_eq!(raised.status, 303, "{raised:?}");
    house.get(&format!("/?q=s3cret-query&token={}", bob.token)).in_browser(bob).send();
    house.get(&format!("/{}", bob.token)).with_cookie(bob).send();
    house.get(&format!("/listings/{}", ann.token)).send();
    house.get("/api/v1/me").header("Authorization", "Bearer s3cret-wrong-token").send();
    let wrong = json!({"email": bob.email, "password": "s3cret wrong password"});
    assert_eq!(house.post("/api/v1/sessions").json(&wrong).send().status, 401);
    let login = [("email", &*bob.email), ("password", PASSWORD)];
    let logged_in = house.post("/login").header("Sec-Fetch-Site", "same-origin").form(&login).send();
    let cookie = logged_in.header("Set-Cookie").unwrap();
    let cookie = cookie.split_once('=').unwrap().1.split(';').next().unwrap().to_owned();
    let watcher = house.watch("listings=all", Some(bob));
    house.bid_with(bob, id, json!({"amount": 1_000, "max": 90_001})).done(201);
    watcher.wait_for("bid");
    house
        .post("/api/v1/listings")
        .by(ann)
        .body("application/json", b"{\"title\": \"s3cret broken".to_vec())
        .send();
    house.delete("/api/v1/sessions/current").by(bob).send();
    let mut secrets: Vec<String> =
        ["s3cret", PASSWORD, "for my aunt", "example.org", "argon2"].map(str::to_owned).into();
    secrets.extend([ann.token.clone(), bob.token.clone(), cookie]);
    secrets.extend([MAX, RESERVE, 89_993, 90_001].map(|amount| amount.to_string()));
    secrets
        .extend([&bid["bid"]["salt"], &listed["reserve_salt"]].map(|salt| salt.as_str().unwrap().to_owned()));
    secrets
}

#[test]
fn no_secret_ever_stands_in_the_log() {
    for format in ["text", "json"] {
        let mut house = House::bare();
        for name in ["Ann", "Bob"] {
            house.add(name);
            house.credit(name, 100_000);
        }
        house.serve_with(&["--log", "trace", "--log-format", format]);
        let (ann, bob) = (house.log_in("Ann"), house.log_in("Bob"));
        let secrets = secrets_of_a_session(&house, &ann, &bob);
        let last = house.get("/healthz").send().header("X-Request-Id").unwrap().to_owned();
        until("the last line stands", || house.log().contains(&last).then_some(()));
        house.stop();
        let log = house.log();
        for secret in secrets {
            // Digits of an id or a duration may be those of an amount: as words they must not stand there.
            let stands = log.match_indices(&secret).find(|(at, _)| {
                let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit() || c == '.');
                !(digit(log[..*at].chars().next_back()) || digit(log[at + secret.len()..].chars().next()))
            });
            let near = stands.map(|(at, _)| &log[at.saturating_sub(200)..(at + 50).min(log.len())]);
            assert_eq!(near, None, "{format}: {secret}");
        }
    }
}

/// A pipe that nobody reads: the server goes on, what does not fit is dropped and counted, and it still ends in time.
#[test]
fn a_log_that_stalls_does_not_stall_the_server() {
    let house = House::bare();
    let mut server = house
        .command()
        .args(["serve", "--listen", "127.0.0.1:0", "--scheduler", "none", "--log", "trace"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim().strip_prefix("listening on ").unwrap().to_owned();
    let dropped = || {
        let metrics =
            ureq::get(format!("{url}/metrics")).call().unwrap().into_body().read_to_string().unwrap();
        figure(&metrics, "auction_log_lines_dropped_total")
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let agent = ureq::agent();
                while dropped() == 0 {
                    for _ in 0..200 {
                        let answer = agent.get(format!("{url}/healthz")).call().unwrap();
                        assert_eq!(answer.status(), 200);
                    }
                }
            });
        }
    });
    let pid = server.id().to_string();
    assert!(Command::new("/bin/kill").args(["-TERM", &pid]).status().unwrap().success());
    let begun = std::time::Instant::now();
    let status = until("it ends", || server.try_wait().unwrap());
    assert!(status.success() && begun.elapsed().as_secs() < 5, "{status} after {:?}", begun.elapsed());
}

#[test]
fn settings_of_the_log_are_taken_from_flag_environment_and_file_in_this_order() {
    let house = House::bare();
    house.add("Ann");
    let first_line = |args: &[&str], format: Option<&str>| {
        let mut command = house.command();
        command.args(["serve", "--listen", "127.0.0.1:0", "--scheduler", "none"]).args(args);
        if let Some(format) = format {
            command.env("AUCTION_LOG_FORMAT", format);
        }
        let mut server = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(server.stderr.take().unwrap()).read_line(&mut line).unwrap();
        server.kill().unwrap();
        server.wait().unwrap();
        line.starts_with('{')
    };
    assert!(!first_line(&[], None));
    fs::write(house.dir().join("auction.toml"), "log_format = \"json\"\n").unwrap();
    assert!(first_line(&[], None));
    assert!(!first_line(&[], Some("text")));
    assert!(first_line(&["--log-format", "json"], Some("text")));
    assert_eq!(house.run(&["serve", "--log", "no=such=level"]).status, 2);
    assert_eq!(house.run(&["serve", "--log-format", "xml"]).status, 2);
}

/// The value of a sample, named with its labels.
fn figure(metrics: &str, sample: &str) -> i64 {
    let line = metrics.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {sample} in {metrics}")).parse().unwrap()
}

fn promtool() -> Command {
    let beside =
        Path::new(env!("CARGO_BIN_EXE_auction")).ancestors().nth(2).unwrap().join("promtool/promtool");
    let there = [beside, PathBuf::from("/usr/bin/promtool")].into_iter().find(|file| file.exists());
    Command::new(there.expect("this test needs promtool: tests/all puts it into the target folder"))
}

#[test]
fn the_figures_tell_what_happened_and_prometheus_takes_them() {
    let (house, ann, bob, cleo) = House::with(&[("limit_bids_per_s", "2")]);
    let id = house.list(&ann, json!({"buy_now": null}));
    house.bid(&ann, id, 1_000).refused(403, "own_listing");
    house.bid(&bob, id, 1_000).done(201);
    house.bid(&bob, id, 1).refused(409, "already_leading");
    house.bid(&cleo, id, 1).refused(409, "bid_too_low");
    house.bid(&cleo, id, 90_000_000).refused(409, "insufficient_funds");
    house.bid(&cleo, id, 2_000).refused(429, "rate_limited");
    let bids = format!("/api/v1/listings/{id}/bids");
    house.post(&bids).json(&json!({"amount": 2_000})).send().refused(401, "unauthenticated");
    let sold = house.list(&ann, json!({"buy_now": 5_000}));
    house.post(&format!("/api/v1/listings/{sold}/buy")).by(&bob).send().done(201);
    let short = house.list(&ann, json!({"closes_in_s": 5}));
    house.settlement(short);
    let _watcher = house.watch("listings=all", None);
    // A request that the gate refuses by itself.
    let raw = run(
        Command::new("/bin/bash")
            .args(["-c", "exec 3<>/dev/tcp/$0/$1; printf 'x\r\n\r\n' >&3; cat <&3"])
            .args(house.address().split(':')),
        "",
    );
    assert!(raw.stdout.starts_with("HTTP/1.1 400"), "{raw:?}");
    let metrics = until("the watcher is counted", || {
        let answer = house.get("/metrics").send();
        assert_eq!(answer.header("Content-Type"), Some("text/plain; version=0.0.4; charset=utf-8"));
        let metrics = answer.text();
        (figure(&metrics, "auction_watchers") == 1).then_some(metrics)
    });
    for (code, n) in [
        ("accepted", 1),
        ("own_listing", 1),
        ("already_leading", 1),
        ("bid_too_low", 1),
        ("insufficient_funds", 1),
        ("rate_limited", 1),
        ("unauthenticated", 1),
        ("broken", 0),
    ] {
        assert_eq!(
            figure(&metrics, &format!("auction_bids_total{{code=\"{code}\"}}")),
            n,
            "{code}: {metrics}"
        );
    }
    assert_eq!(figure(&metrics, "auction_http_request_duration_seconds_count{kind=\"bid\"}"), 7);
    assert_eq!(figure(&metrics, "auction_http_request_duration_seconds_bucket{kind=\"bid\",le=\"+Inf\"}"), 7);
    assert!(figure(&metrics, "auction_http_requests_total{class=\"2xx\"}") > 5);
    assert_eq!(figure(&metrics, "auction_http_requests_total{class=\"5xx\"}"), 0);
    assert_eq!(figure(&metrics, "auction_gate_refusals_total{status=\"400\"}"), 1);
    assert_eq!(figure(&metrics, "auction_listings_open"), 1);
    assert_eq!(figure(&metrics, "auction_settle_lateness_seconds_count"), 1);
    assert_eq!(figure(&metrics, "auction_writer_queue_depth"), 0);
    let on_disk = fs::metadata(house.database()).unwrap().len();
    assert_eq!(figure(&metrics, "auction_database_bytes"), on_disk as i64);
    assert!(figure(&metrics, "auction_wal_bytes") > 0 && figure(&metrics, "auction_disk_free_bytes") > 0);
    assert!(
        metrics.contains(&format!("auction_build_info{{version=\"{}\"}} 1\n", env!("CARGO_PKG_VERSION")))
    );
    let checked = run(promtool().args(["check", "metrics"]), &metrics);
    assert_eq!((checked.status, &*checked.stdout, &*checked.stderr), (0, "", ""), "{metrics}");
}

fn packaged(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging").join(file)).unwrap()
}

/// The names of our figures that stand in a text.
fn named(text: &str) -> BTreeSet<String> {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words =
        text.split(|c| !part(c)).filter(|word| word.starts_with("auction_") || word.starts_with("process_"));
    words.map(|word| word.trim_end_matches("_bucket").to_owned()).collect()
}

#[test]
fn dashboard_and_alerts_name_figures_and_values_that_there_are() {
    let (house, ann, ..) = House::open();
    let short = house.list(&ann, json!({"closes_in_s": 5}));
    house.settlement(short);
    let metrics = house.get("/metrics").send().text();
    let families: HashMap<&str, &str> =
        metrics.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' ')).collect();
    let dashboard: Value = serde_json::from_str(&packaged("grafana/auction.json")).unwrap();
    let mut exprs = Vec::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            exprs.push(target["expr"].as_str().unwrap().to_owned());
        }
    }
    let rules = packaged("prometheus/auction.rules.yml");
    exprs.push(
        rules.lines().filter(|line| !line.trim_start().starts_with('#')).collect::<Vec<_>>().join("\n"),
    );
    for expr in &exprs {
        for name in named(expr) {
            assert!(families.contains_key(&*name), "{name} is no figure: {expr}");
        }
        // A label's value, too, must be one that there is.
        for (label, value) in labels(expr).filter(|(label, _)| !["job", "instance"].contains(&&**label)) {
            for one in value.split('|') {
                assert!(metrics.contains(&format!("{label}=\"{one}\"")), "{label}={one}: {expr}");
            }
        }
    }
    let all: BTreeSet<String> = exprs.iter().flat_map(|expr| named(expr)).collect();
    let unused: Vec<_> = families.keys().filter(|name| !all.contains(**name)).collect();
    assert!(unused.is_empty(), "nobody looks at {unused:?}");
}

/// `name="value"` in an expression.
fn labels(expr: &str) -> impl Iterator<Item = (String, String)> {
    expr.split(['{', ',']).filter_map(|part| {
        let (name, rest) = part.split_once('=')?;
        let value = rest.trim_start_matches('~').strip_prefix('"')?.split('"').next()?;
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase());
        is_name.then(|| (name.to_owned(), value.to_owned()))
    })
}

#[test]
fn prometheus_takes_the_alerts_and_they_go_off_when_they_should() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/prometheus");
    for args in [["check", "rules", "auction.rules.yml"], ["test", "rules", "auction.test.yml"]] {
        let ran = run(promtool().args(args).current_dir(&folder), "");
        assert_eq!(ran.status, 0, "{ran:?}");
    }
}

#[test]
fn a_report_for_strangers_tells_versions_and_faults_but_nobodys_name() {
    let (house, ann, bob, _) = House::open();
    house.set("name", "Ann's secret sale");
    house.set("premium_bps", "1000");
    let id = house.list(&ann, json!({"title": "Grandmother's lamp", "description": "hers"}));
    house.bid_with(&bob, id, json!({"amount": 1_000, "max": 12_345, "message": "for my aunt"})).done(201);
    // Something is amiss, and its words name a path and an address.
    fs::set_permissions(house.dir(), std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    let mut command = house.command();
    let text = run(command.env("USER", "annabel").args(["doctor", "--report"]), "");
    assert_eq!(text.status, 1, "the directory is anybody's: {text:?}");
    for told in [
        &*format!("auction {}, schema ", env!("CARGO_PKG_VERSION")),
        "SQLite 3.",
        "system: linux ",
        "scheduler: none; no OS scheduler keeps the deadlines",
        "setting: name = (set)",
        "setting: premium_bps = 1000",
        "ok: ledger: 1 listings, 1 bids",
        "NOT OK: modes: <data-dir> has mode 0777",
        "listings open 1",
        "accounts 3",
        "room: database ",
    ] {
        assert!(text.stdout.contains(told), "no {told:?} in {}", text.stdout);
    }
    let json = house.run(&["doctor", "--report", "--format", "json"]);
    assert_eq!(json.json()["counts"].as_array().unwrap().len(), 17, "{json:?}");
    let (dir, home) = (house.dir(), house.home());
    for secret in [
        dir.to_str().unwrap(),
        home.to_str().unwrap(),
        "Ann",
        "annabel",
        "bob",
        "example.org",
        "secret sale",
        "lamp",
        "aunt",
        "12345",
        &ann.token,
        &bob.token,
    ] {
        for told in [&text.stdout, &text.stderr, &json.stdout, &json.stderr] {
            assert!(!told.contains(secret), "{secret} in {told}");
        }
    }
}

/// Names of the server's threads with the number of their scheduling policy; see proc(5).
fn policies(server: u32) -> Vec<(String, String)> {
    let threads = fs::read_dir(format!("/proc/{server}/task")).unwrap();
    let stat = |thread: fs::DirEntry| fs::read_to_string(thread.path().join("stat")).ok();
    let named = |stat: String| {
        let (name, fields) = stat.split_once('(')?.1.rsplit_once(") ")?;
        Some((name.to_owned(), fields.split(' ').nth(38)?.to_owned()))
    };
    threads.filter_map(|thread| stat(thread.unwrap())).filter_map(named).collect()
}

/// Who answers waits for a core rather than taking it from the gate or the writer.
#[test]
fn who_answers_gives_way_to_the_gate_and_the_writer() {
    const NORMAL: &str = "0";
    const BATCH: &str = "3";
    let mut house = House::bare();
    house.serve();
    // tiny_http's threads have no name of their own, and so that of the program.
    let expected = [
        ("taking", BATCH, 1),
        ("quick", BATCH, 3),
        ("bids", BATCH, 3),
        ("searches", BATCH, 2),
        ("passwords", BATCH, 2),
        ("answering", BATCH, 2),
        ("auction", BATCH, 4),
        ("gate", NORMAL, 1),
        ("writer", NORMAL, 1),
    ];
    until("each thread has its policy", || {
        let policies = policies(house.server_id());
        let count = |name: &str, policy: &str| {
            policies.iter().filter(|held| *held == &(name.into(), policy.into())).count()
        };
        expected.iter().all(|(name, policy, n)| count(name, policy) >= *n).then_some(())
    });
}
