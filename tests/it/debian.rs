//! The Debian package: made from this program, then installed, used, upgraded, removed and purged in a small Debian with a
//! real cron: once under systemd, and once without, where the test does by the unit's own words what systemd would do.
#![cfg(target_os = "linux")]

use crate::harness::{PATIENCE, until};
use crate::small_debian::SmallDebian;
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, park_timeout};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PASSWORD: &str = "correct horse battery";
/// cron reads its tabs at the full minute.
const SETTLED_WITHIN: Duration = Duration::from_secs(180);
const FOREIGN: &str = "0 4 * * * /usr/local/bin/my own job\n";
/// Two versions of this program's package, in a folder that the small Debian knows as /mnt.
fn packages(debian: &SmallDebian) -> [&'static str; 2] {
    static MADE: OnceLock<TempDir> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        for version in ["0.1.0-1", "0.1.0-2"] {
            make_package(version, folder.path());
        }
        folder
    });
    let names = ["auction_0.1.0-1_amd64.deb", "auction_0.1.0-2_amd64.deb"];
    for name in names {
        fs::copy(made.path().join("debian").join(name), debian.shared().join(name)).unwrap();
    }
    ["/mnt/auction_0.1.0-1_amd64.deb", "/mnt/auction_0.1.0-2_amd64.deb"]
}

fn make_package(version: &str, folder: &Path) {
    let tools = Path::new(env!("CARGO_BIN_EXE_auction")).ancestors().nth(2).unwrap().join("tools/bin");
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    let output = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/debian/build"))
        .args([env!("CARGO_BIN_EXE_auction"), "--fast", "--deb-version", version])
        .env("PATH", path)
        .env("CARGO_TARGET_DIR", folder)
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "this needs dpkg-dev and, in {}, cargo-deb and cargo-cyclonedx: {words}",
        tools.display()
    );
}

#[test]
fn the_package_installs_sells_upgrades_goes_and_is_purged() {
    let debian = SmallDebian::boot();
    let [first, second] = packages(&debian);
    apt(&debian, &["install", first]);
    assert_eq!(debian.sh("getent passwd auction | cut -d: -f6,7"), "/var/lib/auction:/usr/sbin/nologin\n");
    for file in
        ["man/man1/auction-listing-add.1.gz", "man/man7/auction-rules.7.gz", "man/man8/auctionctl.8.gz"]
    {
        assert!(debian.sh(&format!("zcat /usr/share/{file}")).contains("auction"), "{file}");
    }
    debian.sh("bash -n /usr/share/bash-completion/completions/auction");
    debian.sh("test -s /usr/share/doc/auction/security.md && test -s /usr/share/doc/auction/rules.md");
    let sbom = debian.sh("cat /usr/share/doc/auction/sbom.cdx.json");
    assert_eq!(serde_json::from_str::<Value>(&sbom).unwrap()["metadata"]["component"]["name"], "auction");
    debian.sh("cron; echo 'AUCTION_LISTEN=127.0.0.1:0' >>/etc/default/auction");

    // A first auction, as the README tells it; the server is gone before the close.
    ctl(&debian, &["house", "set", "currency", "EUR"]);
    for name in ["ann", "bob"] {
        let email = format!("{name}@example.org");
        let add = ["/usr/sbin/auctionctl", "account", "add", "--email", &email, "--name", name];
        debian.tell(&[&add[..], &["--password-stdin"]].concat(), PASSWORD);
    }
    ctl(&debian, &["account", "credit", "bob@example.org", "50000", "--why", "cash at the desk"]);
    debian.tell(&["crontab", "-u", "auction", "-"], FOREIGN);
    let service = Service::start(&debian);
    let lamp = list(&debian, "20s");
    service.bid(lamp, 1_200);
    until("the lines stand in the crontab", || {
        tab(&debian).contains(&format!("settle {lamp}\n")).then_some(())
    });
    service.stop();
    let began = Instant::now();
    while show(&debian, lamp)["state"] != "sold" {
        assert!(began.elapsed() < SETTLED_WITHIN, "cron does not settle it: {}", tab(&debian));
        park_timeout(Duration::from_millis(500));
    }
    assert_eq!(show(&debian, lamp)["price"], 1_200);

    // The upgrade asks nothing, and keeps the changed conffile and the house.
    let service = Service::start(&debian);
    apt(&debian, &["install", second]);
    assert_eq!(debian.sh("dpkg-query -W -f '${Version}' auction"), "0.1.0-2");
    service.stop();
    let service = Service::start(&debian);
    assert_eq!(show(&debian, lamp)["state"], "sold");
    ctl(&debian, &["audit"]);
    let vase = list(&debian, "1h");
    until("its line stands in the crontab", || {
        tab(&debian).contains(&format!("settle {vase}\n")).then_some(())
    });
    service.stop();

    // Removed: the house stays, its lines do not, other lines do.
    apt(&debian, &["remove", "auction"]);
    assert_eq!(tab(&debian), FOREIGN);
    debian.sh(
        "test ! -e /usr/bin/auction && test -s /var/lib/auction/auction.db && test -s /etc/default/auction",
    );

    // Back again, and the house is as it was.
    apt(&debian, &["install", second]);
    assert_eq!(show(&debian, vase)["state"], "open");
    ctl(&debian, &["scheduler", "sync"]);

    purge(&debian);
}

#[test]
fn systemd_runs_the_service_hardened_and_an_upgrade_refuses_nobody() {
    let debian = SmallDebian::boot_systemd();
    let [first, second] = packages(&debian);
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    // As /etc/default/auction says how another address is chosen.
    let other = format!("[Socket]\nListenStream=\nListenStream={address}\n");
    debian.sh("mkdir -p /etc/systemd/system/auction.socket.d");
    debian.tell(&["/bin/sh", "-ec", "cat >/etc/systemd/system/auction.socket.d/override.conf"], &other);
    apt(&debian, &["install", first]);
    assert_eq!(active(&debian), "active\nactive\n");
    assert_eq!(debian.sh("stat -c '%U %a' /var/lib/auction"), "auction 700\n");
    let add = ["/usr/sbin/auctionctl", "account", "add", "--email", "ann@example.org", "--name", "Ann"];
    debian.run(&[&add[..], &["--no-password"]].concat());
    let lamp = list(&debian, "1h");
    until("its line stands in the crontab", || {
        tab(&debian).contains(&format!("settle {lamp}\n")).then_some(())
    });

    hardened(&debian);

    let server = || debian.sh("systemctl show --property MainPID auction.service");
    let before = server();
    let ended = AtomicBool::new(false);
    let n_answered = thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let mut n = 0;
            while !ended.load(Ordering::Relaxed) {
                assert!(ask(address).starts_with("HTTP/1.1 200 "), "the upgrade refused somebody");
                n += 1;
            }
            n
        });
        apt(&debian, &["install", second]);
        ended.store(true, Ordering::Relaxed);
        asking.join().unwrap()
    });
    assert!(n_answered > 0 && server() != before, "a server that runs is restarted");
    assert_eq!(active(&debian), "active\nactive\n");

    debian.sh("systemctl stop auction.service auction.socket");
    apt(&debian, &["install", "--reinstall", second]);
    assert_eq!(active(&debian), "inactive\ninactive\n", "what was stopped stays stopped");
    debian.sh("systemctl start auction.service");
    apt(&debian, &["remove", "auction"]);
    assert_eq!((active(&debian).as_str(), tab(&debian).as_str()), ("inactive\ninactive\n", ""));
    apt(&debian, &["install", second]);
    assert_eq!(active(&debian), "active\nactive\n", "back again, it runs again");
    assert_eq!(show(&debian, lamp)["state"], "open");
    debian.sh("rm -r /etc/systemd/system/auction.socket.d");
    purge(&debian);
}

/// What the unit asks for holds in the process, whose threads take turns all the same; and the doctor, where the service stands,
/// does not take a daemon for dead that it cannot see.
fn hardened(debian: &SmallDebian) {
    let pid = debian.sh("systemctl show --property MainPID --value auction.service").trim().to_owned();
    let status = debian.sh(&format!("cat /proc/{pid}/status"));
    for line in ["NoNewPrivs:\t1", "Seccomp:\t2", "CapEff:\t0000000000000000"] {
        assert!(status.contains(line), "{line} in {status}");
    }
    assert!(debian.sh(&format!("chrt --all-tasks --pid {pid}")).contains("SCHED_BATCH"));
    let limits = debian.sh("systemctl show --property MemoryMax --property TasksMax auction.service");
    assert!(limits.contains("MemoryMax=1073741824\n") && limits.contains("TasksMax=512\n"), "{limits}");
    let within =
        format!("nsenter --target {pid} --mount setpriv --reuid=auction --regid=auction --init-groups");
    assert_eq!(debian.sh(&format!("{within} ls -d /proc/1 2>/dev/null || echo hidden")), "hidden\n");
    let doctor = format!("{within} auction --data-dir /var/lib/auction --format json doctor || true");
    let told: Value = serde_json::from_str(&debian.sh(&doctor)).unwrap();
    let found = told.as_array().unwrap().iter().find(|finding| finding["name"] == "cron_daemon");
    let words = found.unwrap()["words"].as_str().unwrap();
    assert!(found.unwrap()["ok"] == true && words.contains("hidden"), "{words}");
}

/// Whether the service runs, and its socket.
fn active(debian: &SmallDebian) -> String {
    debian.sh("systemctl is-active auction.service auction.socket || true")
}

/// A request on a connection of its own.
fn ask(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Nothing of it is left, its user and crontab included.
fn purge(debian: &SmallDebian) {
    apt(debian, &["purge", "auction"]);
    let left = "find /etc /home /root /usr /var -name '*auction*'";
    assert_eq!(debian.sh(left), "");
    assert_eq!(debian.sh("getent passwd auction || ls /var/spool/cron/crontabs"), "");
}

/// Without a terminal, and answering nothing.
#[track_caller]
fn apt(debian: &SmallDebian, args: &[&str]) {
    debian.run(&[&["apt-get", "-q", "--yes", "--no-install-recommends"], args].concat());
}

/// What an admin types.
#[track_caller]
fn ctl(debian: &SmallDebian, args: &[&str]) -> String {
    debian.run(&[&["/usr/sbin/auctionctl"], args].concat())
}

fn show(debian: &SmallDebian, id: i64) -> Value {
    serde_json::from_str(&ctl(debian, &["listing", "show", &id.to_string(), "--format", "json"])).unwrap()
}

fn list(debian: &SmallDebian, closes_in: &str) -> i64 {
    let words = ["listing", "add", "--seller", "ann@example.org", "--title", "Lamp", "--opening", "1000"];
    ctl(debian, &[&words[..], &["--closes-in", closes_in]].concat()).trim().parse().unwrap()
}

fn tab(debian: &SmallDebian) -> String {
    debian.sh("crontab -u auction -l || true")
}

/// The server as the installed unit would have it run: its user and groups, without new privileges, with its settings.
struct Service<'d> {
    debian: &'d SmallDebian,
    process: Child,
    address: String,
}

impl Service<'_> {
    fn start(debian: &SmallDebian) -> Service<'_> {
        let unit = debian.run(&["cat", "/usr/lib/systemd/system/auction.service"]);
        let all = |key: &str| {
            let lines = unit.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
            lines.map(str::to_owned).collect::<Vec<_>>()
        };
        let one = |key: &str| all(key).pop().unwrap_or_else(|| panic!("{key} in {unit}"));
        let (user, file) = (one("User"), one("EnvironmentFile"));
        let (state, mode) = (one("StateDirectory"), one("StateDirectoryMode"));
        debian.sh(&format!("install -d -m {mode} -o {user} -g {user} /var/lib/{state}"));
        assert_eq!(one("NoNewPrivileges"), "true");
        let words = format!(
            "set -a; {}; . {}; umask {}; exec setpriv --reuid={user} --regid={user} --groups={user},{} \
             --no-new-privs {}",
            all("Environment").join(" "),
            file.trim_start_matches('-'),
            one("UMask"),
            one("SupplementaryGroups"),
            one("ExecStart")
        );
        let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin";
        let mut command = debian.command(&["env", "-i", path, "/bin/sh", "-ec", &words]);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").expect("the server says where").to_owned();
        Service { debian, process, address }
    }

    fn bid(&self, listing: i64, amount: i64) {
        let session = json!({"email": "bob@example.org", "password": PASSWORD});
        let token = self.post("sessions", "", &session)["token"].as_str().unwrap().to_owned();
        self.post(&format!("listings/{listing}/bids"), &token, &json!({"amount": amount}));
    }

    fn post(&self, path: &str, token: &str, body: &Value) -> Value {
        let mut request = ureq::post(format!("{}/api/v1/{path}", self.address));
        if !token.is_empty() {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        let mut answer = request.header("Content-Type", "application/json").send(body.to_string()).unwrap();
        serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
    }

    /// As systemd ends it.
    fn stop(mut self) {
        self.debian.sh("kill -TERM $(pidof auction)");
        assert!(self.process.wait().unwrap().success());
    }
}
