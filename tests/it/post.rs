//! Helpers for tests of the notifications: a real SMTP server (aiosmtpd), a receiver of webhooks, and a house that
//! knows them.

use crate::harness::{House, PAID_IN, Person, until};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use tempfile::TempDir;

/// Another server's password, which must be seen nowhere.
pub const HUSH: &str = "hush-hush-hush-hush";

/// A folder of mails, and maybe a server that fills it.
pub struct Mailbox {
    folder: TempDir,
    server: Option<Child>,
    pub port: u16,
}

impl Mailbox {
    /// A server with these options is there.
    pub fn open(options: &[&str]) -> Mailbox {
        let mut mailbox = Mailbox::closed();
        mailbox.serve(options);
        mailbox
    }

    /// Nobody is there yet, at a port that is free.
    pub fn closed() -> Mailbox {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        Mailbox { folder: tempfile::tempdir().unwrap(), server: None, port }
    }

    /// A server at this mailbox's port, in the place of the one before.
    pub fn serve(&mut self, options: &[&str]) {
        self.end();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/smtp.py");
        let mut server = Command::new("/usr/bin/python3")
            .arg(script)
            .arg(self.folder.path())
            .args(["--port", &self.port.to_string()])
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line.trim(), self.port.to_string(), "this test needs apt-get install python3-aiosmtpd");
        self.server = Some(server);
    }

    pub fn end(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().unwrap();
            server.wait().unwrap();
        }
    }

    /// All mails so far, oldest first.
    pub fn mails(&self) -> Vec<Value> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        files.retain(|file| file.extension().is_some_and(|ending| ending == "json"));
        files.sort();
        files.iter().map(|file| serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()).collect()
    }

    /// All mails, once there are so many.
    #[track_caller]
    pub fn wait_for(&self, n: usize) -> Vec<Value> {
        until(&format!("{n} mails arrive"), || Some(self.mails()).filter(|mails| mails.len() >= n))
    }

    /// The lines of `auction.toml` that lead here.
    pub fn entries(&self) -> String {
        self.entries_at(&format!("smtp://127.0.0.1:{}", self.port))
    }

    pub fn entries_at(&self, url: &str) -> String {
        format!("smtp_url = \"{url}\"\nmail_from = \"The House <house@example.org>\"\n")
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.end();
    }
}

/// A receiver of webhooks.
pub struct Hook {
    pub address: String,
    posts: Arc<Mutex<Vec<Post>>>,
    /// What it answers.
    pub status: Arc<AtomicU16>,
    ended: Arc<AtomicBool>,
}

#[derive(Clone, Debug)]
pub struct Post {
    head: String,
    pub body: String,
}

impl Post {
    pub fn header(&self, name: &str) -> &str {
        let found = self.head.lines().filter_map(|line| line.split_once(": "));
        found.clone().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

impl Hook {
    pub fn open() -> Hook {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let hook = Hook {
            address: listener.local_addr().unwrap().to_string(),
            posts: Arc::default(),
            status: Arc::new(AtomicU16::new(204)),
            ended: Arc::default(),
        };
        let (posts, status, ended) = (hook.posts.clone(), hook.status.clone(), hook.ended.clone());
        thread::spawn(move || {
            for stream in listener.incoming() {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                let post = take(stream.unwrap(), status.load(Ordering::SeqCst));
                posts.lock().unwrap().extend(post);
            }
        });
        hook
    }

    /// All requests so far, once there are so many.
    #[track_caller]
    pub fn wait_for(&self, n: usize) -> Vec<Post> {
        until(&format!("{n} webhooks arrive"), || {
            Some(self.posts.lock().unwrap().clone()).filter(|posts| posts.len() >= n)
        })
    }

    /// All notices so far, once one of this kind is among them.
    #[track_caller]
    pub fn wait_for_kind(&self, kind: &str) -> Vec<Value> {
        until(&format!("a webhook tells {kind}"), || {
            let posts = self.posts.lock().unwrap().clone();
            let notices: Vec<Value> =
                posts.iter().flat_map(|post| post.json()["notices"].as_array().unwrap().clone()).collect();
            notices.iter().any(|notice| notice["kind"] == kind).then_some(notices)
        })
    }

    /// The lines of `auction.toml` that lead here.
    pub fn entries(&self) -> String {
        format!("webhook_url = \"http://{}/{HUSH}\"\nwebhook_secret = \"{HUSH}\"\n", self.address)
    }
}

impl Drop for Hook {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        TcpStream::connect(&self.address).ok();
    }
}

fn take(mut stream: TcpStream, status: u16) -> Option<Post> {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let mut post = Post { head, body: String::new() };
    let n = post.header("Content-Length").trim().parse().unwrap();
    let mut body = vec![0; n];
    reader.read_exact(&mut body).ok()?;
    post.body = String::from_utf8(body).unwrap();
    write!(stream, "HTTP/1.1 {status} Said\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").ok();
    Some(post)
}

/// Writes `auction.toml`, so that only its owner can read it.
pub fn configure(house: &House, entries: &str) {
    use std::os::unix::fs::PermissionsExt;
    let file = house.dir().join("auction.toml");
    std::fs::write(&file, entries).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// A served house with the cast, whose notifications go where `entries` say.
pub fn house_with(entries: &str, settings: &[(&str, &str)]) -> (House, Person, Person, Person) {
    let mut house = House::bare();
    for (key, value) in settings {
        house.set(key, value);
    }
    for name in ["Ann", "Bob", "Cleo"] {
        house.add(name);
        house.credit(name, PAID_IN);
    }
    configure(&house, entries);
    house.serve();
    let [ann, bob, cleo] = ["Ann", "Bob", "Cleo"].map(|name| house.log_in(name));
    (house, ann, bob, cleo)
}

/// Mails go at once, and as often as there is something to tell.
pub const AT_ONCE: [(&str, &str); 2] = [("mail_window_s", "0"), ("mail_pause_s", "0")];
/// Nothing goes while the test runs.
pub const HELD_BACK: [(&str, &str); 1] = [("mail_window_s", "3600")];

pub fn n_notices(house: &House) -> i64 {
    house.number("select count(*) from notice")
}

/// Nothing is under way.
#[track_caller]
pub fn is_empty(house: &House) {
    until("the outbox is empty", || {
        let n = house.number(
            "select (select count(*) from notice) + (select count(*) from delivery where state = 'waiting')",
        );
        (n == 0).then_some(())
    });
}

/// The token of the link in a mail, which leads to this page.
#[track_caller]
pub fn token_in(mail: &Value, page: &str) -> String {
    let body = mail["body"].as_str().unwrap();
    let place = format!("/{page}?token=");
    let (_, rest) = body.split_once(&place).unwrap_or_else(|| panic!("no link to {place} in {body}"));
    rest.split_whitespace().next().unwrap().to_owned()
}
