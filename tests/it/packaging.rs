//! What is packaged for service managers: read by the managers' own tools, or by their format.

use crate::harness::House;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn packaged(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging").join(file)
}

/// What systemd says of the service and the socket in this folder; empty if nothing.
fn verify(folder: &Path) -> String {
    let output = Command::new("/usr/bin/systemd-analyze")
        .args(["--system", "--man=no", "verify"])
        .args([folder.join("auction.service"), folder.join("auction.socket")])
        .env("LC_ALL", "C")
        .output()
        .expect("this test needs systemd-analyze: apt-get install systemd");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let ours: Vec<&str> = said.lines().filter(|line| line.contains("auction")).collect();
    assert!(output.status.success() || !ours.is_empty(), "{output:?}");
    ours.join("\n")
}

#[test]
fn systemd_takes_the_service_and_its_socket() {
    let folder = tempfile::tempdir().unwrap();
    let service = fs::read_to_string(packaged("systemd/auction.service")).unwrap();
    // The program stands elsewhere here.
    let service = service
        .replace("ExecStart=/usr/bin/auction ", &format!("ExecStart=\"{}\" ", env!("CARGO_BIN_EXE_auction")));
    fs::write(folder.path().join("auction.service"), &service).unwrap();
    fs::copy(packaged("systemd/auction.socket"), folder.path().join("auction.socket")).unwrap();
    assert_eq!(verify(folder.path()), "");
    let drop_ins = folder.path().join("auction.service.d");
    fs::create_dir(&drop_ins).unwrap();
    fs::copy(packaged("systemd/auction.service.d/timers.conf"), drop_ins.join("timers.conf")).unwrap();
    assert_eq!(verify(folder.path()), "");

    let wrong = service.replace("ProtectSystem=strict", "ProtectSystem=strictly");
    fs::write(folder.path().join("auction.service"), wrong).unwrap();
    assert!(verify(folder.path()).contains("strictly"), "a wrong unit would not have been noticed");
}

/// The unit says `Type=notify`: who waits for the service waits until it takes requests.
#[test]
fn systemd_is_told_when_requests_are_taken() {
    assert!(fs::read_to_string(packaged("systemd/auction.service")).unwrap().contains("\nType=notify\n"));
    let house = House::bare();
    let path = house.home().join("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager.set_read_timeout(Some(crate::harness::PATIENCE)).unwrap();
    let mut server = house
        .command()
        .args(["serve", "--listen", "127.0.0.1:0", "--scheduler", "none"])
        .env("NOTIFY_SOCKET", &path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut told = [0; 64];
    let n = manager.recv(&mut told).unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!(String::from_utf8_lossy(&told[..n]).trim(), "READY=1");
    assert!(line.starts_with("listening on "), "{line}");
}

/// Hardening takes the setgid bit from `crontab`, and `ProtectHome=` and `DynamicUser=` would lock the schedulers out.
#[test]
fn the_hardened_service_still_reaches_its_schedulers() {
    let service = fs::read_to_string(packaged("systemd/auction.service")).unwrap();
    let has = |line: &str| service.lines().any(|written| written == line);
    assert!(has("NoNewPrivileges=true") && has("SupplementaryGroups=crontab"));
    assert!(has("ProtectSystem=strict") && has("ReadWritePaths=-/var/spool/cron/crontabs"));
    for key in ["ProtectHome=", "DynamicUser=", "PrivateUsers=", "ProcSubset=", "PrivateNetwork="] {
        assert!(!service.lines().any(|line| line.starts_with(key)), "{key}");
    }
    // What the program and `crontab` call is allowed, and a call beside it is refused without a signal.
    assert!(has("SystemCallFilter=@system-service") && has("SystemCallErrorNumber=EPERM"));
    // Without cron there is no such group, and a service with an unknown group does not start.
    let drop_in = fs::read_to_string(packaged("systemd/auction.service.d/timers.conf")).unwrap();
    assert!(drop_in.contains("\nSupplementaryGroups=\n") && drop_in.contains("AUCTION_SCHEDULER=systemd\n"));
}

/// Every crate that is built in or builds, with its version, and nothing of this machine.
#[test]
#[cfg(target_os = "linux")]
fn the_bill_of_materials_names_every_crate() {
    let cargo = std::env::var_os("CARGO").expect("cargo runs the tests");
    let tree = Command::new(cargo)
        .args(["tree", "--locked", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let tree = String::from_utf8(tree.stdout).unwrap();
    let of_line = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let mut built: BTreeSet<String> = tree.lines().filter(|line| !line.is_empty()).map(of_line).collect();
    assert!(built.remove(concat!("auction v", env!("CARGO_PKG_VERSION"))) && built.len() > 100, "{built:?}");

    let tools = Path::new(env!("CARGO_BIN_EXE_auction")).ancestors().nth(2).unwrap().join("tools/bin");
    let written = |day: &str| {
        let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
        let mut sbom = Command::new(packaged("sbom"));
        let output = sbom.env("PATH", path).env("SOURCE_DATE_EPOCH", day).output().unwrap();
        assert!(output.status.success(), "this needs cargo-cyclonedx in {}: {output:?}", tools.display());
        output.stdout
    };
    let bytes = written("1800000000");
    assert!(bytes == written("1800000000") && bytes != written("1800086400"));
    let text = String::from_utf8(bytes).unwrap();
    for place in [env!("CARGO_MANIFEST_DIR"), std::env::temp_dir().to_str().unwrap()] {
        assert!(!text.contains(&format!("{place}/")), "{place} stands in it");
    }
    let sbom: Value = serde_json::from_str(&text).unwrap();
    let of =
        |part: &Value| format!("{} v{}", part["name"].as_str().unwrap(), part["version"].as_str().unwrap());
    let named: BTreeSet<String> = sbom["components"].as_array().unwrap().iter().map(of).collect();
    let missing: Vec<&String> = built.difference(&named).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(!named.iter().any(|name| name.starts_with("proptest ")), "what only tests need is not built in");
}

#[test]
fn launchd_keeps_the_server_alive_from_the_start_of_the_machine() {
    let file = plist::Value::from_file(packaged("launchd/org.auction.server.plist")).unwrap();
    let keys = file.as_dictionary().unwrap();
    assert_eq!(keys["Label"].as_string(), Some("org.auction.server"));
    assert_eq!((keys["RunAtLoad"].as_boolean(), keys["KeepAlive"].as_boolean()), (Some(true), Some(true)));
    for key in ["StandardOutPath", "StandardErrorPath", "WorkingDirectory"] {
        assert!(Path::new(keys[key].as_string().unwrap()).is_absolute(), "{key}");
    }
    let words = keys["ProgramArguments"].as_array().unwrap().iter().map(|word| word.as_string().unwrap());
    let words: Vec<&str> = words.collect();
    assert!(Path::new(words[0]).is_absolute());
    // The program itself takes these words, but for the port, the folder and the scheduler of the place.
    let help = Command::new(env!("CARGO_BIN_EXE_auction")).args(&words[1..]).arg("--help").output().unwrap();
    assert!(help.status.success(), "{help:?}");
}
