//! A house of its own for each test: the real program on a free port of this machine, a data directory, a home and a
//! search path that are gone afterwards, and a small cast: Ann sells, Bob and Cleo bid. It never sees the crontab, the
//! home or the house of the person who runs the tests.

use rusqlite::Connection;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Nothing that a test waits for takes longer, on a busy machine either, unless it says so.
pub const PATIENCE: Duration = Duration::from_secs(120);
pub const PASSWORD: &str = "correct horse";
/// What Ann, Bob and Cleo have each paid in.
pub const PAID_IN: i64 = 100_000;

/// Polls until `look` finds something; panics with `what` when that takes too long.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited too long until {what}");
        thread::park_timeout(Duration::from_millis(5));
    }
}

/// How a command ended.
#[derive(Debug)]
pub struct Ran {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    pub fn done(self) -> Ran {
        assert_eq!(self.status, 0, "{self:?}");
        self
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A folder with a house in it, and maybe a server.
pub struct House {
    folder: TempDir,
    server: Option<Server>,
    agent: ureq::Agent,
}

struct Server {
    child: Child,
    address: String,
    /// What it printed after the line with its address.
    printed: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Someone with an account and a session.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: i64,
    pub name: &'static str,
    pub email: String,
    pub token: String,
}

impl House {
    /// An empty folder; nothing runs.
    pub fn bare() -> House {
        let folder = tempfile::tempdir().unwrap();
        for name in ["home", "bin"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_idle_connections(200)
            .max_idle_connections_per_host(200)
            .timeout_connect(Some(PATIENCE))
            .timeout_recv_response(Some(PATIENCE))
            .build();
        House { folder, server: None, agent: agent.into() }
    }

    /// A served house with the cast: Ann, Bob, Cleo.
    pub fn open() -> (House, Person, Person, Person) {
        House::with(&[])
    }

    /// The same, with these settings.
    pub fn with(settings: &[(&str, &str)]) -> (House, Person, Person, Person) {
        let mut house = House::bare();
        for (key, value) in settings {
            house.run(&["house", "set", key, value]).done();
        }
        for name in ["Ann", "Bob", "Cleo"] {
            house.add(name);
            house.credit(name, PAID_IN);
        }
        house.serve();
        let [ann, bob, cleo] = ["Ann", "Bob", "Cleo"].map(|name| house.log_in(name));
        (house, ann, bob, cleo)
    }

    pub fn dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// The only folder on the search path.
    pub fn bin(&self) -> PathBuf {
        self.folder.path().join("bin")
    }

    pub fn database(&self) -> PathBuf {
        self.dir().join("auction.db")
    }

    /// A connection beside the program's.
    pub fn connection(&self) -> Connection {
        let conn = Connection::open(self.database()).unwrap();
        conn.busy_timeout(PATIENCE).unwrap();
        conn
    }

    /// A whole number that the database gives.
    pub fn number(&self, sql: &str) -> i64 {
        self.connection().query_row(sql, [], |row| row.get(0)).unwrap()
    }

    // --- the server

    pub fn serve(&mut self) {
        self.serve_by("none");
    }

    pub fn serve_by(&mut self, scheduler: &str) {
        self.serve_as(scheduler, &[], &[]);
    }

    /// With these variables in its environment.
    pub fn serve_in(&mut self, scheduler: &str, environment: &[(&str, &str)]) {
        self.serve_as(scheduler, environment, &[]);
    }

    /// As a demo.
    pub fn serve_demo_by(&mut self, scheduler: &str) {
        self.serve_as(scheduler, &[], &["--demo"]);
    }

    /// As a demo, with these variables in its environment.
    pub fn serve_demo_in(&mut self, environment: &[(&str, &str)]) {
        self.serve_as("none", environment, &["--demo"]);
    }

    /// Without a scheduler, and with these options.
    pub fn serve_with(&mut self, options: &[&str]) {
        self.serve_as("none", &[], options);
    }

    fn serve_as(&mut self, scheduler: &str, environment: &[(&str, &str)], options: &[&str]) {
        let log = std::fs::File::create(self.folder.path().join("server.log")).unwrap();
        let listen = if options.contains(&"--listen") { &[][..] } else { &["--listen", "127.0.0.1:0"] };
        let mut child = self
            .command()
            .args(["serve", "--scheduler", scheduler])
            .args(listen)
            .envs(environment.iter().copied())
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let printed = String::from_utf8(stdout.buffer().to_vec()).unwrap();
        let address = line.trim().strip_prefix("listening on http://").map(str::to_owned);
        let Some(address) = address else {
            child.kill().ok();
            child.wait().unwrap();
            panic!("the server said {line:?}, and logged {}", self.log());
        };
        self.server = Some(Server { child, address, printed });
    }

    /// What the server has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("server.log")).unwrap()
    }

    /// Ends the server as a power cut does.
    pub fn kill(&mut self) {
        self.server = None;
    }

    /// Ends the server as its supervisor does; how long it took, and its exit status.
    pub fn stop(&mut self) -> (Duration, i32) {
        let mut server = self.server.take().unwrap();
        let begun = Instant::now();
        let pid = server.child.id().to_string();
        assert!(Command::new("/bin/kill").args(["-TERM", &pid]).status().unwrap().success());
        let status = until("the server ends", || server.child.try_wait().unwrap());
        (begun.elapsed(), status.code().unwrap())
    }

    pub fn server_id(&self) -> u32 {
        self.server.as_ref().expect("a server runs").child.id()
    }

    pub fn address(&self) -> &str {
        &self.server.as_ref().expect("a server runs").address
    }

    /// What the server printed after the line with its address.
    pub fn printed(&self) -> &str {
        &self.server.as_ref().expect("a server runs").printed
    }

    // --- the command line

    /// The program in this house's surroundings.
    pub fn command(&self) -> Command {
        let mut command = self.command_anywhere();
        command.env("AUCTION_DATA_DIR", self.dir());
        command
    }

    /// The same, without a data directory.
    pub fn command_anywhere(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_auction"));
        command.env_clear().env("HOME", self.home()).env("PATH", self.bin()).current_dir(self.folder.path());
        command
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, "")
    }

    pub fn run_with(&self, args: &[&str], stdin: &str) -> Ran {
        run(self.command().args(args), stdin)
    }

    /// What a person at a terminal sees of a command (and of the words of a shell after it), who answers each question for a
    /// secret with the words beside it once the terminal shows no more what is typed: what is typed before that is dropped.
    pub fn at_terminal(&self, words: &str, answers: &[(&str, &str)]) -> String {
        let mut script = Command::new("/usr/bin/script");
        let line = format!("'{}' {words}", env!("CARGO_BIN_EXE_auction"));
        script.args(["--quiet", "--return", "--command", &line, "/dev/null"]).current_dir(self.folder.path());
        script.env_clear().env("AUCTION_DATA_DIR", self.dir()).env("HOME", self.home()).env("TERM", "xterm");
        let mut script = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (mut keys, mut screen) = (script.stdin.take().unwrap(), script.stdout.take().unwrap());
        let (mut seen, mut chunk) = (Vec::new(), [0; 4_096]);
        for (question, answer) in answers {
            while !String::from_utf8_lossy(&seen).contains(question) {
                let n = screen.read(&mut chunk).unwrap();
                assert!(n > 0, "{question} is not asked: {}", String::from_utf8_lossy(&seen));
                seen.extend_from_slice(&chunk[..n]);
            }
            until("what is typed is not shown", || is_silent_terminal(script.id()).then_some(()));
            writeln!(keys, "{answer}").unwrap();
        }
        screen.read_to_end(&mut seen).unwrap();
        let seen = String::from_utf8_lossy(&seen).into_owned();
        assert!(script.wait().unwrap().success(), "{words}: {seen}");
        seen
    }

    /// Ann's lamp, listed by the command, for `closes_in`.
    pub fn add_lamp(&self, closes_in: &str, more: &[&str]) -> Ran {
        let add = ["listing", "add", "--seller", "ann@example.org", "--title", "Lamp", "--opening", "1000"];
        self.run(&[&add[..], &["--closes-in", closes_in], more].concat())
    }

    /// What a command prints with `--format json`.
    pub fn told(&self, args: &[&str]) -> Value {
        self.run(&[args, &["--format", "json"]].concat()).done().json()
    }

    /// Sets a rule of the house.
    pub fn set(&self, key: &str, value: &str) {
        self.run(&["house", "set", key, value]).done();
    }

    /// Everything agrees.
    #[track_caller]
    pub fn audit(&self) {
        let ran = self.run(&["audit"]);
        assert_eq!(ran.status, 0, "{ran:?}");
    }

    // --- people

    pub fn add(&self, name: &str) -> i64 {
        let args = ["account", "add", "--email", &email(name), "--name", name, "--password-stdin"];
        self.run_with(&args, &format!("{PASSWORD}\n")).done().stdout.trim().parse().unwrap()
    }

    pub fn credit(&self, name: &str, amount: i64) {
        self.run(&["account", "credit", &email(name), &amount.to_string(), "--why", "paid at the desk"])
            .done();
    }

    pub fn log_in(&self, name: &'static str) -> Person {
        let body = json!({"email": email(name), "password": PASSWORD});
        let answer = self.post("/api/v1/sessions").json(&body).send();
        assert_eq!(answer.status, 201, "{answer:?}");
        let body = answer.body();
        let token = body["token"].as_str().unwrap().to_owned();
        Person { id: body["account"]["id"].as_i64().unwrap(), name, email: email(name), token }
    }

    /// `balance`, `held` and `available` as their owner sees them.
    pub fn funds(&self, person: &Person) -> (i64, i64, i64) {
        let me = self.get("/api/v1/me").by(person).send().body();
        (int(&me["balance"]), int(&me["held"]), int(&me["available"]))
    }

    // --- requests

    pub fn get(&self, path: &str) -> Call<'_> {
        self.call("GET", path)
    }

    pub fn post(&self, path: &str) -> Call<'_> {
        self.call("POST", path)
    }

    pub fn delete(&self, path: &str) -> Call<'_> {
        self.call("DELETE", path)
    }

    pub fn call(&self, method: &str, path: &str) -> Call<'_> {
        let url = format!("http://{}{path}", self.address());
        Call { agent: &self.agent, method: method.to_owned(), url, headers: Vec::new(), body: Vec::new() }
    }

    /// Lists a lamp, opening at 1,000, for an hour, with these fields changed; its id.
    #[track_caller]
    pub fn list(&self, seller: &Person, changes: Value) -> i64 {
        let answer = self.try_list(seller, changes);
        assert_eq!(answer.status, 201, "{answer:?}");
        int(&answer.body()["id"])
    }

    pub fn try_list(&self, seller: &Person, changes: Value) -> Reply {
        self.post("/api/v1/listings").by(seller).json(&lamp(changes)).send()
    }

    pub fn listing(&self, id: i64) -> Value {
        let answer = self.get(&format!("/api/v1/listings/{id}")).send();
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body()
    }

    pub fn bid(&self, bidder: &Person, id: i64, amount: i64) -> Reply {
        self.bid_with(bidder, id, json!({"amount": amount}))
    }

    pub fn bid_with(&self, bidder: &Person, id: i64, body: Value) -> Reply {
        self.post(&format!("/api/v1/listings/{id}/bids")).by(bidder).json(&body).send()
    }

    /// The whole history, oldest first.
    pub fn bids(&self, id: i64) -> Vec<Value> {
        let answer = self.get(&format!("/api/v1/listings/{id}/bids?limit=1000")).send().body();
        assert_eq!(answer["next"], Value::Null, "more than a page");
        answer["bids"].as_array().unwrap().clone()
    }

    /// The statement, once the listing has ended.
    pub fn settlement(&self, id: i64) -> Value {
        until("the listing is settled", || {
            let answer = self.get(&format!("/api/v1/listings/{id}/settlement")).send();
            (answer.status == 200).then(|| answer.body())
        })
    }

    /// Watches the events of a query such as `listings=all`.
    pub fn watch(&self, query: &str, person: Option<&Person>) -> Watcher {
        self.watch_from(query, person, None)
    }

    pub fn watch_from(&self, query: &str, person: Option<&Person>, last_event_id: Option<i64>) -> Watcher {
        let mut call = self.get(&format!("/events?{query}"));
        if let Some(person) = person {
            call = call.by(person);
        }
        if let Some(id) = last_event_id {
            call = call.header("Last-Event-ID", &id.to_string());
        }
        Watcher::start(call)
    }
}

pub fn email(name: &str) -> String {
    format!("{}@example.org", name.to_lowercase())
}

pub fn int(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is a whole number"))
}

/// A lamp, opening at 1,000, for an hour, with these fields changed; null takes a field away.
pub fn lamp(changes: Value) -> Value {
    let mut body = json!({"title": "Brass lamp", "opening": 1_000, "closes_in_s": 3_600});
    for (field, value) in changes.as_object().unwrap() {
        if value.is_null() {
            body.as_object_mut().unwrap().remove(field);
        } else {
            body[field] = value.clone();
        }
    }
    body
}

/// Runs a command to its end.
pub fn run(command: &mut Command, stdin: &str) -> Ran {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).ok();
    let output = child.wait_with_output().unwrap();
    Ran {
        status: output.status.code().expect("no signal ended it"),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Whether the terminal that this `script` made shows nothing of what is typed.
fn is_silent_terminal(script: u32) -> bool {
    let tty = run(Command::new("ps").args(["--ppid", &script.to_string(), "-o", "tty="]), "").stdout;
    run(Command::new("stty").args(["-F", &format!("/dev/{}", tty.trim()), "-a"]), "")
        .stdout
        .contains(" -echo ")
}

/// A script in the place of a program that the house starts. Written by a shell: a file that is still open for writing in
/// a process that another test just forked cannot be run.
pub fn put_script(path: &Path, script: &str) {
    let write = format!("cat > '{0}' && chmod 755 '{0}'", path.display());
    assert_eq!(run(Command::new("/bin/sh").args(["-c", &write]), script).status, 0);
}

/// A request being made.
pub struct Call<'h> {
    agent: &'h ureq::Agent,
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

const PICTURE_HEAD: &str = "--edge\r\nContent-Disposition: form-data; name=\"picture\"; filename=\"p\"\r\n\
                            Content-Type: application/octet-stream\r\n\r\n";

impl Call<'_> {
    /// As a program does.
    pub fn by(self, person: &Person) -> Self {
        let bearer = format!("Bearer {}", person.token);
        self.header("Authorization", &bearer)
    }

    /// As a browser does, from a page of the house.
    pub fn in_browser(self, person: &Person) -> Self {
        self.with_cookie(person).header("Sec-Fetch-Site", "same-origin")
    }

    pub fn with_cookie(self, person: &Person) -> Self {
        let cookie = format!("auction_session={}", person.token);
        self.header("Cookie", &cookie)
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string().into_bytes())
    }

    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let body = serde_html_form::to_string(fields).unwrap();
        self.body("application/x-www-form-urlencoded", body.into_bytes())
    }

    /// `multipart/form-data`, with a file called `picture`.
    pub fn multipart(self, fields: &[(&str, &str)], picture: Option<&[u8]>) -> Self {
        let mut body = Vec::new();
        for (name, value) in fields {
            write!(body, "--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                .unwrap();
        }
        body.extend_from_slice(b"--edge--\r\n");
        let pictures: Vec<Vec<u8>> = picture.into_iter().map(<[u8]>::to_vec).collect();
        self.body("multipart/form-data; boundary=edge", body).pictures(&pictures)
    }

    pub fn body(mut self, content_type: &str, body: Vec<u8>) -> Self {
        self.body = body;
        self.header("Content-Type", content_type)
    }

    /// Puts files called `picture` before the end of a `multipart` body.
    pub fn pictures(mut self, pictures: &[Vec<u8>]) -> Self {
        let end = b"--edge--\r\n";
        self.body.truncate(self.body.len() - end.len());
        for bytes in pictures {
            self.body.extend_from_slice(PICTURE_HEAD.as_bytes());
            self.body.extend_from_slice(bytes);
            self.body.extend_from_slice(b"\r\n");
        }
        self.body.extend_from_slice(end);
        self
    }

    pub fn send(self) -> Reply {
        let mut response = self.begin();
        let headers = response.headers().iter();
        let headers =
            headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(64 << 20).read_to_vec().unwrap();
        Reply { status, headers, body }
    }

    fn begin(&self) -> ureq::http::Response<ureq::Body> {
        let mut request = ureq::http::Request::builder().method(self.method.as_str()).uri(&self.url);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let response = if self.body.is_empty() && self.method != "POST" {
            self.agent.run(request.body(()).unwrap())
        } else {
            self.agent.run(request.body(&self.body[..]).unwrap())
        };
        response.unwrap_or_else(|error| panic!("{} {}: {error}", self.method, self.url))
    }
}

pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {:?}\n{}", self.status, self.headers, self.text())
    }
}

impl Reply {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn body(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// Asserts that it is done, and that there is nothing to say.
    #[track_caller]
    pub fn empty(self) {
        assert_eq!(self.status, 204, "{self:?}");
    }

    /// A JSON answer with this status.
    #[track_caller]
    pub fn done(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        self.body()
    }

    /// The refusal, which has this status and code, and the form of RFC 9457.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("Content-Type"), Some("application/problem+json"), "{self:?}");
        let problem = self.body();
        assert_eq!(problem["code"], code, "{self:?}");
        assert_eq!(problem["status"], status, "{self:?}");
        for field in ["title", "detail"] {
            assert!(problem[field].as_str().is_some_and(|words| !words.is_empty()), "{field}: {self:?}");
        }
        problem
    }
}

/// A block of an event stream.
#[derive(Clone, Debug)]
pub struct Event {
    pub id: Option<i64>,
    pub kind: String,
    pub data: Value,
    pub retry: Option<u64>,
    pub at: Instant,
}

/// Reads an event stream, block by block, on a thread of its own; that ends with the stream, or after the next block.
pub struct Watcher {
    events: Receiver<Event>,
}

impl Watcher {
    fn start(call: Call<'_>) -> Watcher {
        let response = call.begin();
        assert_eq!(response.status().as_u16(), 200);
        let kind = response.headers().get("Content-Type").unwrap().to_str().unwrap();
        assert!(kind.starts_with("text/event-stream"), "{kind}");
        let (tell, events) = channel();
        let mut lines = BufReader::new(response.into_body().into_reader()).lines();
        thread::spawn(move || {
            while let Some(event) = read_block(&mut lines) {
                if tell.send(event).is_err() {
                    return;
                }
            }
        });
        Watcher { events }
    }

    /// The next block; None when the stream has ended.
    pub fn next(&self) -> Option<Event> {
        match self.events.recv_timeout(PATIENCE) {
            Ok(event) => Some(event),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("the stream is silent"),
        }
    }

    /// The next event with an id.
    pub fn event(&self) -> Event {
        loop {
            let event = self.next().expect("the stream goes on");
            if event.id.is_some() {
                return event;
            }
        }
    }

    /// All events with an id up to and with the first for which `last` holds.
    pub fn events_until(&self, last: impl Fn(&Event) -> bool) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            let event = self.event();
            let ends = last(&event);
            events.push(event);
            if ends {
                return events;
            }
        }
    }

    /// The next event of this kind; others go by.
    pub fn wait_for(&self, kind: &str) -> Event {
        self.events_until(|event| event.kind == kind).pop().unwrap()
    }
}

fn read_block(lines: &mut impl Iterator<Item = std::io::Result<String>>) -> Option<Event> {
    let mut event =
        Event { id: None, kind: String::new(), data: Value::Null, retry: None, at: Instant::now() };
    loop {
        let line = lines.next()?.ok()?;
        let (field, value) = line.split_once(": ").unwrap_or((&line, ""));
        match field {
            "" => {
                event.at = Instant::now();
                return Some(event);
            }
            "id" => event.id = Some(value.parse().unwrap()),
            "event" => event.kind = value.to_owned(),
            "data" => event.data = serde_json::from_str(value).unwrap(),
            "retry" => event.retry = Some(value.parse().unwrap()),
            other => panic!("no field of an event: {other}"),
        }
    }
}

/// A house without a server and without the program: the verbs, called directly, at another time of day. That is the
/// database's time too, as long as nothing was told later: credit people here, not by the program.
pub struct Inside {
    pub house: auction::house::House,
    writer: Option<thread::JoinHandle<()>>,
}

impl Inside {
    /// The same data directory as `house`'s, at a clock so far ahead of the system's (behind it, if negative).
    pub fn of(house: &House, ahead_ms: i64) -> Inside {
        let clock = auction::store::clock::Clock::default();
        clock.set_ahead(ahead_ms);
        let (house, writer) =
            auction::house::House::open_to_serve(&house.dir(), clock, |decided| decided.tell()).unwrap();
        Inside { house, writer: Some(writer) }
    }

    /// The same as the only server. What another test starts holds the lock of one that has ended, too, from its fork to its
    /// exec: that is waited for.
    pub fn alone(house: &House, ahead_ms: i64) -> Inside {
        let lock = house.dir().join("server.lock");
        let nobody_serves = || std::fs::File::open(&lock).map_or(true, |lock| lock.try_lock().is_ok());
        until("nobody serves", || nobody_serves().then_some(()));
        Inside::of(house, ahead_ms)
    }

    pub fn account(&self, name: &str) -> auction::rules::listing::AccountId {
        self.house.account_by_email(&email(name)).unwrap().id
    }

    pub fn credit(&self, name: &str, amount: i64) {
        self.house.credit(self.account(name), amount, "paid at the desk").unwrap();
    }

    /// Ann's lamp, as `change` has it, for a minute.
    pub fn list(&self, change: impl FnOnce(&mut auction::rules::listing::Draft)) -> i64 {
        let mut draft = auction::rules::listing::Draft {
            title: "Brass lamp".into(),
            opening: 1_000,
            closes: Some(auction::rules::listing::Closes::In { seconds: 60 }),
            ..Default::default()
        };
        change(&mut draft);
        self.house.list(self.account("Ann"), draft).unwrap().id.0
    }

    pub fn bid(&self, name: &str, id: i64, amount: i64) {
        self.bid_up_to(name, id, amount, amount);
    }

    pub fn bid_up_to(&self, name: &str, id: i64, amount: i64, max: i64) {
        let (tell, told) = channel();
        let request = auction::house::bidding::place_bid::Request {
            listing: auction::rules::listing::ListingId(id),
            bidder: self.account(name),
            amount,
            max: Some(max),
            rises: false,
            message: String::new(),
            key: None,
            desk: None,
        };
        self.house.place_bid(request, move |answer| tell.send(answer).unwrap());
        told.recv_timeout(PATIENCE).unwrap().unwrap();
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.house.stop_writing();
        self.writer.take().unwrap().join().unwrap();
    }
}
