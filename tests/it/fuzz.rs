//! Whatever strangers send, spoiled in every way: nothing panics, nothing is broken, nothing leaves its place. It begins with
//! the files of `tests/corpus`, and goes on with changes of them; a few, always the same, unless
//! `AUCTION_FUZZ_CASES=n` asks for n others of each kind. A file that failed belongs into the corpus.

use crate::backup;
use crate::harness::{Call, House, Inside, Person, email, run};
use auction::house::Fault;
use auction::house::care::archive;
use auction::rules::refusal::Refusal;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use serde_json::{Value, json};
use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A server that says nothing for so long has fallen silent.
const SILENT: Duration = Duration::from_secs(60);
/// Changes of one file.
const MAX_CHANGES: usize = 6;

/// The kept files of a kind, by name.
fn corpus(kind: &str) -> Vec<Vec<u8>> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(kind);
    let mut files: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// What is done to the bytes of a file.
#[derive(Clone, Copy, Debug)]
enum Change {
    Flip,
    Set,
    Remove,
    Repeat,
    Insert,
    CutOff,
    GoOnWithAnother,
}

use Change::*;

/// Bytes that mean something to one reader or another.
const TELLING: [&[u8]; 26] = [
    b"\r\n",
    b"\n",
    b"\r\n\r\n",
    b"\0",
    b" ",
    b"\"",
    b"'",
    b"\\",
    b"/",
    b"//",
    b"%2f",
    b"%",
    b"&",
    b"=",
    b"{",
    b"}",
    b"[",
    b",",
    b":",
    b"-0",
    b"1e9",
    b"99999999999999999999",
    b"\xff\xff\xff\xff",
    b"\x80",
    b"--edge",
    b"\xed\xa0\x80",
];

fn changed(files: &[Vec<u8>]) -> impl Strategy<Value = Vec<u8>> + use<> {
    let change = select(&[Flip, Set, Set, Remove, Repeat, Insert, Insert, CutOff, GoOnWithAnother][..]);
    let one = (change, any::<Index>(), any::<Index>(), select(&TELLING[..]), any::<u8>());
    (select(files.to_vec()), select(files.to_vec()), vec(one, 1..=MAX_CHANGES)).prop_map(
        |(mut bytes, other, changes)| {
            for (change, at, until, telling, byte) in changes {
                let at = at.index(bytes.len() + 1);
                let until = (at + until.index(40)).min(bytes.len());
                match change {
                    Flip if at < bytes.len() => bytes[at] ^= 1 << (byte % 8),
                    Set if at < bytes.len() => bytes[at] = byte,
                    Remove => drop(bytes.drain(at..until)),
                    Repeat => drop(bytes.splice(at..at, bytes[at..until].to_vec())),
                    Insert => drop(bytes.splice(at..at, telling.iter().copied())),
                    CutOff if byte < 64 => bytes.truncate(at),
                    GoOnWithAnother => {
                        bytes.truncate(at);
                        bytes.extend_from_slice(&other[until.min(other.len())..]);
                    }
                    _ => {}
                }
            }
            bytes
        },
    )
}

/// As many cases as are asked for, of chance; else the usual ones.
fn runner(usual: u32) -> TestRunner {
    let asked: Option<u32> = std::env::var("AUCTION_FUZZ_CASES").ok().map(|n| n.parse().unwrap());
    let config = Config { cases: asked.unwrap_or(usual), failure_persistence: None, ..Config::default() };
    match asked {
        Some(_) => TestRunner::new(config),
        None => TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha)),
    }
}

/// Checks each file of a kind, and changes of them. What fails is kept, as small as it can be made.
fn fuzz(kind: &str, usual: u32, check: impl Fn(&[u8])) {
    let checked = |bytes: &[u8]| {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(bytes))) {
            let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{kind}"));
            fs::write(&kept, bytes).unwrap();
            eprintln!("these bytes are in {}: {}", kept.display(), bytes.escape_ascii());
            resume_unwind(panic);
        }
    };
    let files = corpus(kind);
    files.iter().for_each(|file| checked(file));
    let mut runner = runner(usual);
    let outcome = runner.run(&changed(&files), |bytes| {
        checked(&bytes);
        Ok::<(), TestCaseError>(())
    });
    outcome.unwrap_or_else(|error| panic!("{kind}: {error}"));
}

/// A house in which much may be tried, and what Ann has listed there.
fn patient_house() -> (House, Person, Person, i64) {
    let limits = ["limit_sign_ins_per_min", "limit_sign_ups_per_min", "limit_bids_per_s"];
    let (house, ann, bob, _) = House::with(&limits.map(|limit| (limit, "0")));
    let lamp = house.list(&ann, json!({}));
    (house, ann, bob, lamp)
}

/// An answer or a refusal, never a fault.
#[track_caller]
fn answered(call: Call<'_>) -> crate::harness::Reply {
    let answer = call.send();
    assert!(answer.status < 500, "{answer:?}");
    answer
}

#[track_caller]
fn is_well(house: &House) {
    assert_eq!(house.get("/healthz").send().status, 200);
    let log = house.log();
    assert!(!log.contains("panicked") && !log.contains("a request failed"), "{log}");
    house.audit();
}

#[test]
fn request_heads() {
    let (house, ..) = patient_house();
    fuzz("heads", 400, |bytes| {
        let mut stream = TcpStream::connect(house.address()).unwrap();
        stream.set_read_timeout(Some(SILENT)).unwrap();
        // What was refused may be reset while it is still being said.
        let said = stream.write_all(bytes).and_then(|()| stream.shutdown(Shutdown::Write));
        let mut answer = Vec::new();
        if let Err(error) = said.and_then(|()| stream.read_to_end(&mut answer).map(drop)) {
            assert_ne!(error.kind(), std::io::ErrorKind::WouldBlock, "the server is silent");
        }
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 "), "{answer}");
        for head in answer.split("HTTP/1.1 ").skip(1) {
            let status = head.split(' ').next().unwrap();
            assert!(!status.starts_with('5') || ["501", "505"].contains(&status), "{head}");
        }
    });
    is_well(&house);
}

#[test]
fn pictures() {
    let house = House::bare();
    house.add("Ann");
    let inside = Inside::of(&house, 0);
    fuzz("pictures", 150, |bytes| match inside.house.store_picture(bytes) {
        Ok(name) => {
            for size in ["", "-middle", "-thumb"] {
                let file = format!("{name}{size}.jpg");
                let stored = inside.house.picture(&file).unwrap().expect("what was stored is there");
                let picture = image::load_from_memory(&stored).unwrap();
                assert!(picture.width().max(picture.height()) <= 1_600);
            }
        }
        Err(Fault::Refused(Refusal::Invalid(faults))) => assert_eq!(faults[0].field, "picture"),
        Err(other) => panic!("{other}"),
    });
}

/// With a good seal, as anybody may make one: then it is told whether an entry of this kind would be taken.
fn sealed(body: &[u8]) -> Vec<u8> {
    let seal = json!({
        "format": 1, "made_at": "2026-11-23T00:00:00.000Z", "version": 1, "program": "9.9.9",
        "n_pictures": 0, "n_missing": 0,
    });
    backup::sealed(body, seal)
}

/// Every file and folder below, by name.
fn below(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for file in fs::read_dir(dir).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            found.extend(below(&path));
        }
        found.push(path);
    }
    found
}

#[test]
fn tars() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("backup.tar");
    fuzz("tars", 300, |bytes| {
        let to = tempfile::tempdir_in(folder.path()).unwrap();
        let staging = to.path().join("staging");
        fs::create_dir_all(staging.join("pictures")).unwrap();
        fs::write(&file, bytes).unwrap();
        let refused = archive::check(&file, &mut |_, _| ());
        assert!(matches!(refused, Err(Fault::Refused(_))), "it has no seal: {refused:?}");
        fs::write(&file, sealed(bytes)).unwrap();
        archive::check(&file, &mut |_, _| ()).unwrap();
        // A refusal or an error; but nothing beside its place, and nothing larger than what was sent.
        archive::unpack(&file, &staging, &mut |_, _| ()).ok();
        for path in below(to.path()) {
            let name = path.strip_prefix(to.path()).unwrap().to_str().unwrap();
            let is_picture = name.strip_prefix("staging/pictures/").is_some_and(|name| !name.contains('/'));
            assert!(
                ["staging", "staging/pictures", "staging/auction.db"].contains(&name) || is_picture,
                "{name}"
            );
            assert!(
                !path.is_symlink() && path.metadata().unwrap().len() <= bytes.len().max(4_096) as u64,
                "{name}"
            );
        }
        assert!(!folder.path().join("escaped").exists() && !folder.path().join("escaped.jpg").exists());
    });
}

/// A database that somebody changed, with a good seal: it is taken if it agrees with itself, else refused; whatever is in it is
/// the file's fault.
#[test]
fn databases_of_tars() {
    let (house, ann, bob, _) = House::open();
    let lamp = house.list(&ann, json!({}));
    house.bid(&bob, lamp, 1_000).done(201);
    let whole = house.home().join("whole.tar");
    house.run(&["backup", whole.to_str().unwrap()]).done();
    let bytes = fs::read(&whole).unwrap();
    let body = &bytes[..bytes.len() - 2_048];
    let mut runner = runner(12);
    let spoiled = vec((any::<Index>(), any::<u8>()), 1..12);
    let outcome = runner.run(&spoiled, |changes| {
        let mut body = body.to_vec();
        for (at, byte) in changes {
            let at = 512 + at.index(body.len() - 512);
            body[at] = byte;
        }
        let (bad, dir) = (house.home().join("bad.tar"), house.home().join("restored"));
        fs::write(&bad, sealed(&body)).unwrap();
        let args =
            ["--data-dir", dir.to_str().unwrap(), "restore", bad.to_str().unwrap(), "--scheduler", "none"];
        let ran = run(house.command_anywhere().args(args), "");
        assert!(ran.status == 0 || ran.status == 1, "{ran:?}");
        assert_eq!(dir.exists(), ran.status == 0, "{ran:?}");
        fs::remove_dir_all(&dir).ok();
        Ok(())
    });
    outcome.unwrap();
}

#[test]
fn csv_files() {
    let house = House::bare();
    house.add("Ann");
    let file = house.home().join("lots.csv");
    fuzz("csv", 60, |bytes| {
        fs::write(&file, bytes).unwrap();
        let args = ["listing", "import", "--check", file.to_str().unwrap()];
        let checked = house.run(&args);
        assert!(checked.status == 0 || checked.status == 1, "{checked:?}");
        assert!(!checked.stderr.contains('\u{1b}') && !checked.stdout.contains('\u{1b}'), "{checked:?}");
        if checked.status == 0 {
            house.run(&["listing", "import", file.to_str().unwrap()]).done();
        }
    });
    house.audit();
}

#[test]
fn forms() {
    let (house, ann, bob, lamp) = patient_house();
    let (bids, watch) = (format!("/listings/{lamp}/bids"), format!("/listings/{lamp}/watch"));
    fuzz("forms", 120, |bytes| {
        for (path, person) in [
            (&*bids, &bob),
            ("/listings/new", &ann),
            (&watch, &bob),
            ("/account/mail", &bob),
            ("/join", &bob),
        ] {
            let call = house.post(path).by(person);
            let answer = answered(call.body("application/x-www-form-urlencoded", bytes.to_vec()));
            let location = answer.header("Location").unwrap_or("/");
            assert!(location.starts_with('/') && !location.starts_with("//"), "{answer:?}");
        }
    });
    is_well(&house);
}

#[test]
fn multipart_forms() {
    let (house, ann, ..) = patient_house();
    fuzz("multipart", 150, |bytes| {
        for path in ["/listings/new", "/api/v1/listings"] {
            answered(house.post(path).by(&ann).body("multipart/form-data; boundary=edge", bytes.to_vec()));
        }
    });
    is_well(&house);
}

/// What is accepted is what was written, to the digit.
#[test]
fn json_bodies() {
    let (house, ann, bob, lamp) = patient_house();
    let bids = format!("/api/v1/listings/{lamp}/bids");
    fuzz("json", 250, |bytes| {
        let send = |path: &str, person| {
            answered(house.post(path).by(person).body("application/json", bytes.to_vec()))
        };
        for (path, person, amount) in [(&*bids, &bob, "amount"), ("/api/v1/listings", &ann, "opening")] {
            let answer = send(path, person);
            if answer.status != 201 {
                assert!([400, 409, 422, 429].contains(&answer.status), "{answer:?}");
                continue;
            }
            let sent: Value = serde_json::from_slice(bytes).unwrap();
            let made = answer.body();
            assert!(sent[amount].is_i64() || sent[amount].is_u64(), "{answer:?}");
            let made = if amount == "amount" { &made["bid"][amount] } else { &made[amount] };
            assert_eq!(made, &sent[amount]);
            let digits = sent[amount].to_string();
            assert!(String::from_utf8_lossy(bytes).contains(&digits), "{digits}");
        }
        answered(house.post("/api/v1/accounts").body("application/json", bytes.to_vec()));
    });
    assert_eq!(house.get("/api/v1/me").by(&bob).send().body()["email"], email("Bob"));
    is_well(&house);
}
