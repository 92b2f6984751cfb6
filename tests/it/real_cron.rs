//! A deadline kept by Debian's own cron, with the server dead. Needs root, to make a user for the while of the test and
//! to start cron where none runs; it never touches the crontab of a user that it did not make, and takes away what it made.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use chrono::{DateTime, SecondsFormat, TimeDelta, Timelike, Utc};
use serde_json::{Value, json};

const CRON: &str = "/usr/sbin/cron";
const SETTLED_WITHIN: Duration = Duration::from_secs(150);
const ARMED_WITHIN: Duration = Duration::from_secs(3);
const POLL: Duration = Duration::from_millis(250);
/// cron reads its tabs at :00 to :02; what is listed until here is surely armed, bid for and orphaned before the next.
const LAST_START_SECOND: u32 = 38;
const NAME_BEFORE_PID: &str = "auction-it-";
const PASSWORD: &str = "correct horse battery";
/// What a person's own crontab may hold: every byte of it must survive. One line runs, and so proves that cron does.
const FOREIGN: &str = "# my own jobs — 내 작업  \nPATH=/usr/bin:/bin\n\n17 4 * * 1-5\techo \"a % b\" >/dev/null\t \n\
                       * * * * * echo ran >>\"$HOME/foreign.log\"\n# END auction of a garden fence\n";

/// One run for both, because each waits for the full minute: a listing's own line settles it at the deadline; another, whose
/// line was taken away by hand, is settled by the sweep.
#[test]
fn cron_keeps_the_deadlines_of_a_server_that_was_killed() {
    assert!(is_root(), "this test makes a user and may start cron: run it as root");
    assert!(Path::new(CRON).exists(), "this test needs Debian's cron: apt-get install cron");
    let owner = User::make("day");
    let mut daemon = Daemon::find_or_start();
    owner.write_tab(FOREIGN);
    for (email, name) in
        [("ann@example.org", "Ann"), ("bob@example.org", "Bob"), ("cleo@example.org", "Cleo")]
    {
        owner.open_account(email, name);
    }
    owner.auction(&["house", "set", "premium_bps", "500"]);
    owner.auction(&["house", "set", "commission_bps", "250"]);

    daemon.wait_until(LAST_START_SECOND, &owner);
    let server = Server::start(&owner);
    let [ann, bob, cleo] = ["ann", "bob", "cleo"].map(|name| server.log_in(&format!("{name}@example.org")));
    let now = Utc::now();
    let next_minute = now - TimeDelta::seconds(i64::from(now.second())) + TimeDelta::minutes(1);
    let by_line = server.list(&ann, "Closes by its own line", next_minute + TimeDelta::seconds(12));
    let by_sweep = server.list(&ann, "Closes by the sweep", now + TimeDelta::seconds(11));
    server.bid(&bob, by_line, 1_000);
    server.bid(&cleo, by_line, 1_500);
    server.bid(&bob, by_sweep, 2_000);
    owner.wait_till_armed(&[by_line, by_sweep]);
    server.kill();
    owner.take_line_away(by_sweep);
    assert!(Utc::now() < next_minute, "the preparations took too long to prove anything");

    let swept = owner.wait_till_settled(by_sweep, &mut daemon);
    assert_eq!((&swept["buyer"], &swept["hammer"]), (&json!("Bob"), &json!(2_000)));
    let sold = owner.wait_till_settled(by_line, &mut daemon);
    assert_eq!((&sold["buyer"], &sold["hammer"]), (&json!("Cleo"), &json!(1_500)));
    let (late_ms, swept_late_ms) = (lateness_ms(&sold), lateness_ms(&swept));
    println!("settled by its own line {late_ms} ms after the close, by the sweep {swept_late_ms} ms");
    assert!((0..2_000).contains(&late_ms), "the line was {late_ms} ms late");
    assert!((0..70_000).contains(&swept_late_ms), "the sweep was {swept_late_ms} ms late");

    assert_eq!(owner.auction(&["settle", &by_line.to_string()])["id"], sold["id"], "it was settled again");
    // Premium 5 %, commission 2.5 %, rounded half up: 75 and 38 on 1,500; 100 and 50 on 2,000.
    assert_eq!(owner.funds("cleo@example.org"), (100_000 - 1_575, 0));
    assert_eq!(owner.funds("bob@example.org"), (100_000 - 2_100, 0));
    assert_eq!(owner.funds("ann@example.org"), (100_000 + 1_462 + 1_950, 0));
    owner.auction(&["audit"]);
    // Nothing but cron ran the sweep: exit status 0 says that all is well, the canary among it.
    let findings = owner.auction(&["doctor"]);
    let heartbeat =
        findings.as_array().unwrap().iter().find(|finding| finding["name"] == "heartbeat").unwrap();
    assert!(heartbeat["words"].as_str().unwrap().contains("is proven since"), "{heartbeat}");
    assert_eq!(without_block(&owner.tab()), FOREIGN, "somebody else's lines were changed");
    owner.auction(&["scheduler", "clear"]);
    assert_eq!(owner.tab(), FOREIGN, "clearing left something, or took too much");
    assert!(owner.home.join("foreign.log").exists(), "the person's own line does not run any more");
}

/// A sale whose lots close one after the other: the server dies after the first, and each of the others is settled by
/// its own line; but one that is paused when its line has fired is not, until it is resumed.
#[test]
fn cron_settles_the_lots_of_a_sale_one_by_one_and_none_that_is_paused() {
    assert!(is_root(), "this test makes a user and may start cron: run it as root");
    assert!(Path::new(CRON).exists(), "this test needs Debian's cron: apt-get install cron");
    let owner = User::make("sale");
    let mut daemon = Daemon::find_or_start();
    owner.write_tab(FOREIGN);
    owner.open_account("ann@example.org", "Ann");
    owner.open_account("bob@example.org", "Bob");

    daemon.wait_until(LAST_START_SECOND, &owner);
    let server = Server::start(&owner);
    let bob = server.log_in("bob@example.org");
    let now = Utc::now();
    let next_minute = now - TimeDelta::seconds(i64::from(now.second())) + TimeDelta::minutes(1);
    let next_minute = next_minute - TimeDelta::nanoseconds(i64::from(now.timestamp_subsec_nanos()));
    let within = |s: i64| next_minute + TimeDelta::seconds(s);
    let closes = [now + TimeDelta::seconds(9), within(10), within(13), within(16), within(42)];
    owner.publish(&closes);
    for lot in 1..=5 {
        server.bid(&bob, lot, 1_000 * lot);
    }
    owner.wait_till_armed(&[2, 3, 4, 5]);
    owner.wait_till_settled(1, &mut daemon);
    server.kill();
    assert!(
        Utc::now() < next_minute - TimeDelta::seconds(2),
        "the preparations took too long to prove anything"
    );

    for lot in [2, 3, 4] {
        let settled = owner.wait_till_settled(lot, &mut daemon);
        let late_ms = lateness_ms(&settled);
        println!("lot {lot} was settled by its own line {late_ms} ms after the close");
        assert_eq!((&settled["buyer"], &settled["hammer"]), (&json!("Bob"), &json!(1_000 * lot)));
        assert!((0..2_000).contains(&late_ms), "the line of lot {lot} was {late_ms} ms late");
    }
    // The line of the last has fired, and waits for its close.
    owner.auction(&["sale", "pause", "spring", "--why", "the wifi failed"]);
    let tab = owner.tab();
    assert!(!tab.lines().any(|line| line.ends_with(" settle 5")), "a paused lot has a line: {tab}");
    wait_until(closes[4] + TimeDelta::seconds(1));
    assert_eq!(owner.auction(&["listing", "show", "5"])["state"], "paused");
    assert_eq!(owner.auction(&["settle", "5"])["state"], "paused");
    let resumed = owner.auction(&["sale", "resume", "spring"]);
    let resumed: DateTime<Utc> = resumed["last_closes_at"].as_str().unwrap().parse().unwrap();
    assert!(resumed > closes[4] + TimeDelta::seconds(15), "{resumed}");
    owner.wait_till_armed(&[5]);
    let settled = owner.wait_till_settled(5, &mut daemon);
    let late_ms = lateness_ms(&settled);
    println!("after the pause, lot 5 was settled {late_ms} ms after the close");
    assert_eq!(settled["closes_at"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap(), resumed);
    assert!((0..65_000).contains(&late_ms), "{late_ms} ms late");
    let report = owner.auction(&["sale", "report", "spring"]);
    assert_eq!((&report["sold"], &report["hammer_total"]), (&json!(5), &json!(15_000)));
    owner.auction(&["audit"]);
    owner.auction(&["scheduler", "clear"]);
    assert_eq!(owner.tab(), FOREIGN, "somebody else's lines were changed");
}

fn wait_until(at: DateTime<Utc>) {
    while Utc::now() < at {
        sleep(POLL);
    }
}

pub fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// Milliseconds from the close to the settlement.
fn lateness_ms(settlement: &Value) -> i64 {
    let [closed, settled] = ["closes_at", "settled_at"]
        .map(|name| settlement[name].as_str().unwrap().parse::<DateTime<Utc>>().unwrap());
    (settled - closed).num_milliseconds()
}

/// The tab without the house's block, markers included.
fn without_block(tab: &str) -> String {
    let mut inside = false;
    let outside = tab.split_inclusive('\n').filter(|line| {
        inside |= line.starts_with("# BEGIN auction ");
        let is_block = inside;
        inside &= !line.starts_with("# END auction ");
        !is_block
    });
    outside.collect()
}

fn run(command: &mut Command) -> Output {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}: {words}", output.status);
    output
}

/// A user of the machine who owns the house, its program and the crontab; gone at the end with all of it.
pub struct User {
    pub name: String,
    pub home: PathBuf,
    uid: u32,
    gid: u32,
}

impl User {
    /// `kind` tells the users of this process's tests apart.
    pub fn make(kind: &str) -> User {
        User::forget_orphans();
        let name = format!("{NAME_BEFORE_PID}{}-{kind}", std::process::id());
        let home = PathBuf::from("/home").join(&name);
        let add = ["--create-home", "--user-group", "--shell", "/bin/sh", "--home-dir"];
        run(Command::new("useradd").args(add).arg(&home).arg(&name));
        let made = fs::metadata(&home).unwrap();
        let user = User { name, home, uid: made.uid(), gid: made.gid() };
        fs::copy(env!("CARGO_BIN_EXE_auction"), user.program()).unwrap();
        chown(user.program(), Some(user.uid), Some(user.gid)).unwrap();
        user
    }

    /// Takes away the users of runs that were stopped before they could.
    fn forget_orphans() {
        for line in fs::read_to_string("/etc/passwd").unwrap().lines() {
            let fields: Vec<&str> = line.split(':').collect();
            let [name, _, uid, gid, _, home, ..] = fields[..] else { continue };
            let Some((pid, _)) = name.strip_prefix(NAME_BEFORE_PID).and_then(|rest| rest.split_once('-'))
            else {
                continue;
            };
            if !Path::new("/proc").join(pid).exists() {
                let (uid, gid) = (uid.parse().unwrap(), gid.parse().unwrap());
                drop(User { name: name.into(), home: home.into(), uid, gid });
            }
        }
    }

    pub fn program(&self) -> PathBuf {
        self.home.join("auction")
    }

    /// The program as this user runs it from a plain shell.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(self.program());
        command.uid(self.uid).gid(self.gid).current_dir(&self.home).env_clear();
        command.env("HOME", &self.home).env("LOGNAME", &self.name).env("PATH", "/usr/bin:/bin");
        command.arg("--data-dir").arg(self.home.join("the house")).args(["--format", "json"]).args(args);
        command
    }

    /// Runs a command that must succeed; its answer.
    fn auction(&self, args: &[&str]) -> Value {
        serde_json::from_slice(&run(&mut self.command(args)).stdout).unwrap_or_default()
    }

    fn open_account(&self, email: &str, name: &str) {
        let mut add = self.command(&["account", "add", "--email", email, "--name", name, "--password-stdin"]);
        let mut adding = add.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        adding.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
        assert!(adding.wait().unwrap().success());
        self.auction(&["account", "credit", email, "100000", "--why", "paid in"]);
    }

    /// Balance and held.
    fn funds(&self, email: &str) -> (i64, i64) {
        let account = self.auction(&["account", "show", email]);
        (account["balance"].as_i64().unwrap(), account["held"].as_i64().unwrap())
    }

    /// Publishes the sale `spring`, whose lots are the listings from 1, each with a close of its own.
    fn publish(&self, closes: &[DateTime<Utc>]) {
        let time = |at: &DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
        self.auction(&[
            "sale",
            "add",
            "spring",
            "--name",
            "Spring evening",
            "--closes-at",
            &time(&closes[0]),
        ]);
        for (n, close) in closes.iter().enumerate() {
            let lot = format!("A{}", n + 1);
            let add =
                ["listing", "add", "--seller", "ann@example.org", "--title", "Lamp", "--opening", "1000"];
            let place = ["--sale", "spring", "--lot", &lot, "--closes-at", &time(close)];
            self.auction(&[&add[..], &place].concat());
        }
        let published = self.auction(&["sale", "publish", "spring"]);
        assert_eq!(published["n_lots"], closes.len(), "{published}");
    }

    fn tab(&self) -> String {
        String::from_utf8(run(Command::new("crontab").args(["-l", "-u", &self.name])).stdout).unwrap()
    }

    fn write_tab(&self, text: &str) {
        let mut command = Command::new("crontab");
        let mut writing = command.args(["-u", &self.name, "-"]).stdin(Stdio::piped()).spawn().unwrap();
        writing.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(writing.wait().unwrap().success());
    }

    /// Until the marked block stands with the sweep, the line for the machine's start, and one for each of the listings.
    fn wait_till_armed(&self, listings: &[i64]) {
        let began = Instant::now();
        loop {
            let tab = self.tab();
            let block: Vec<&str> =
                tab.lines().skip_while(|line| !line.starts_with("# BEGIN auction ")).collect();
            let has = |start: &str, end: &str| block.iter().any(|l| l.starts_with(start) && l.ends_with(end));
            let is_armed = |id: &i64| has("", &format!(" settle {id}"));
            if listings.iter().all(is_armed) {
                assert!(has("* * * * * '", "' settle --due") && has("@reboot '", "' settle --due"), "{tab}");
                return;
            }
            assert!(began.elapsed() < ARMED_WITHIN, "not armed after {ARMED_WITHIN:?}:\n{tab}");
            sleep(POLL);
        }
    }

    fn take_line_away(&self, listing: i64) {
        let its_own = format!(" settle {listing}\n");
        let tab = self.tab();
        let kept: String = tab.split_inclusive('\n').filter(|line| !line.ends_with(&its_own)).collect();
        assert_ne!(kept, tab);
        self.write_tab(&kept);
    }

    /// Looks on until the listing is sold, without doing anything for it; then its settlement.
    fn wait_till_settled(&self, listing: i64, daemon: &mut Daemon) -> Value {
        let id = listing.to_string();
        let began = Instant::now();
        loop {
            let state = self.auction(&["listing", "show", &id]);
            if state["state"] == "sold" {
                return self.auction(&["settle", &id]);
            }
            let waited = began.elapsed();
            assert!(waited < SETTLED_WITHIN, "not settled after {waited:?}: {state}\n{}", self.tab());
            daemon.keep_alive();
            sleep(POLL);
        }
    }

    /// The user's processes: the server if the test has failed, and what cron runs for it.
    fn processes(&self) -> Vec<String> {
        let all = fs::read_dir("/proc").into_iter().flatten().flatten();
        let own = all.filter(|entry| entry.metadata().is_ok_and(|meta| meta.uid() == self.uid));
        own.filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
            .collect()
    }
}

impl Drop for User {
    fn drop(&mut self) {
        Command::new("crontab").args(["-r", "-u", &self.name]).stderr(Stdio::null()).status().ok();
        for pid in self.processes() {
            Command::new("kill").args(["-KILL", &pid]).stderr(Stdio::null()).status().ok();
        }
        let remove = ["--force", "--remove", &self.name];
        Command::new("userdel").args(remove).stderr(Stdio::null()).status().ok();
    }
}

/// The machine's cron daemon: the one that runs, or else our own for the while of the test.
struct Daemon {
    own: Option<Child>,
}

impl Daemon {
    fn find_or_start() -> Daemon {
        let mut daemon = Daemon { own: None };
        daemon.keep_alive();
        daemon
    }

    /// Starts cron if none runs, or if the one that ran has been stopped by whoever had started it.
    fn keep_alive(&mut self) {
        if runs() {
            return;
        }
        if let Some(mut ended) = self.own.take() {
            ended.wait().ok();
        }
        let mut command = Command::new(CRON);
        command.arg("-f").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.own = Some(command.spawn().unwrap());
        let began = Instant::now();
        while !runs() {
            assert!(began.elapsed() < Duration::from_secs(5), "{CRON} does not start");
            sleep(POLL);
        }
    }

    /// Waits for a moment that leaves time enough before the next full minute, and until cron has been seen at work.
    fn wait_until(&mut self, last_second: u32, owner: &User) {
        let began = Instant::now();
        let works = || owner.home.join("foreign.log").exists();
        while !works() || !(3..=last_second).contains(&Utc::now().second()) {
            assert!(began.elapsed() < SETTLED_WITHIN, "cron does not run the person's own line");
            self.keep_alive();
            sleep(POLL);
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Some(mut own) = self.own.take() {
            own.kill().ok();
            own.wait().ok();
        }
    }
}

/// Whether the daemon that wrote its process number down lives. Its jobs bear its name too, and may outlive it; one that
/// waits to be reaped does not run any more.
fn runs() -> bool {
    let pid = fs::read_to_string("/var/run/crond.pid").unwrap_or_default();
    let status = fs::read_to_string(format!("/proc/{}/status", pid.trim())).unwrap_or_default();
    status.starts_with("Name:\tcron\n") && !status.contains("\nState:\tZ")
}

/// The house's server, run by its owner.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start(owner: &User) -> Server {
        let mut command = owner.command(&["-q", "serve", "--scheduler", "cron", "--listen", "127.0.0.1:0"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address =
            line.trim().strip_prefix("listening on http://").expect("the server says where").to_owned();
        Server { process, address }
    }

    /// As a power cut would: nothing of its own can run any more.
    fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    fn post(&self, path: &str, token: &str, body: &Value) -> Value {
        let body = body.to_string();
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let (address, length) = (&self.address, body.len());
        let bearer =
            if token.is_empty() { String::new() } else { format!("Authorization: Bearer {token}\r\n") };
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nHost: {address}\r\n{bearer}Connection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 201 "), "{path}: {answer}");
        let (_, json) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(json).unwrap()
    }

    fn log_in(&self, email: &str) -> String {
        let body = json!({"email": email, "password": PASSWORD});
        self.post("/api/v1/sessions", "", &body)["token"].as_str().unwrap().to_owned()
    }

    fn list(&self, seller: &str, title: &str, closes_at: DateTime<Utc>) -> i64 {
        let closes_at = closes_at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let body = json!({"title": title, "opening": 1_000, "closes_at": closes_at});
        self.post("/api/v1/listings", seller, &body)["id"].as_i64().unwrap()
    }

    fn bid(&self, bidder: &str, listing: i64, amount: i64) {
        self.post(&format!("/api/v1/listings/{listing}/bids"), bidder, &json!({"amount": amount}));
    }
}
