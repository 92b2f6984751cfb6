//! The Debian package: made from this program, then installed, used, upgraded, removed and purged in a small Debian, with a
//! real cron. No systemd runs there: what it does with the unit is done by the unit's own words, and what the package's
//! scripts would ask of it is asked of a stand-in that writes it down.
#![cfg(target_os = "linux")]

use crate::harness::until;
use crate::small_debian::SmallDebian;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::park_timeout;
use std::time::{Duration, Instant};

const PASSWORD: &str = "correct horse battery";
/// cron reads its tabs at the full minute.
const SETTLED_WITHIN: Duration = Duration::from_secs(180);
const FOREIGN: &str = "0 4 * * * /usr/local/bin/my own job\n";
/// Answers as systemd does of units that are enabled and running.
const SYSTEMCTL: &str = "#!/bin/sh
case \"$*\" in *is-enabled*) echo enabled ;; *is-active*) ;; *) echo \"$*\" >>/mnt/asked ;; esac
";

/// The package of this program, as this version.
fn package(version: &str, folder: &Path) -> String {
    let tools = Path::new(env!("CARGO_BIN_EXE_auction")).ancestors().nth(2).unwrap().join("tools/bin");
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    let output = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/debian/build"))
        .args([env!("CARGO_BIN_EXE_auction"), "--fast", "--deb-version", version])
        .env("PATH", path)
        .env("CARGO_TARGET_DIR", folder)
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "this needs cargo-deb (cargo install cargo-deb) and dpkg-dev: {words}");
    let made = PathBuf::from(String::from_utf8(output.stdout).unwrap().trim());
    assert!(made.starts_with(folder), "{made:?}");
    format!("/mnt/debian/{}", made.file_name().unwrap().to_str().unwrap())
}

#[test]
fn the_package_installs_sells_upgrades_goes_and_is_purged() {
    let debian = SmallDebian::boot();
    let [first, second] = ["0.1.0-1", "0.1.0-2"].map(|version| package(version, debian.shared()));

    apt(&debian, &["install", &first]);
    assert_eq!(debian.sh("getent passwd auction | cut -d: -f6,7"), "/var/lib/auction:/usr/sbin/nologin\n");
    for file in ["man/man1/auction-listing-add.1.gz", "man/man8/auctionctl.8.gz"] {
        assert!(debian.sh(&format!("zcat /usr/share/{file}")).contains("auction"), "{file}");
    }
    debian.sh("bash -n /usr/share/bash-completion/completions/auction");
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

    // The upgrade asks nothing, keeps the changed conffile and the house, and restarts a server that runs.
    let service = Service::start(&debian);
    systemd_seems_to_run(&debian);
    apt(&debian, &["install", &second]);
    assert_eq!(debian.sh("dpkg-query -W -f '${Version}' auction"), "0.1.0-2");
    assert_eq!(asked(&debian), ["daemon-reload", "try-restart auction.service"]);
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
    assert_eq!(asked(&debian)[0], "stop auction.service auction.socket");
    assert_eq!(tab(&debian), FOREIGN);
    debian.sh(
        "test ! -e /usr/bin/auction && test -s /var/lib/auction/auction.db && test -s /etc/default/auction",
    );

    // Back again, it starts again, and the house is as it was.
    apt(&debian, &["install", &second]);
    assert_eq!(asked(&debian), ["daemon-reload", "start auction.socket auction.service"]);
    assert_eq!(show(&debian, vase)["state"], "open");
    ctl(&debian, &["scheduler", "sync"]);

    apt(&debian, &["purge", "auction"]);
    assert_eq!(
        debian.sh("find /etc /home /root /usr /var -name '*auction*' -not -path '/usr/share/zoneinfo/*'"),
        ""
    );
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

fn systemd_seems_to_run(debian: &SmallDebian) {
    debian.sh("mkdir -p /run/systemd/system");
    debian.tell(&["/bin/sh", "-ec", "cat >/usr/bin/systemctl; chmod +x /usr/bin/systemctl"], SYSTEMCTL);
}

/// What the scripts have asked of systemd since the last time, for the system and not for its looks.
fn asked(debian: &SmallDebian) -> Vec<String> {
    let lines = debian.sh("cat /mnt/asked; rm /mnt/asked");
    let mut lines: Vec<String> = lines
        .lines()
        .map(|line| line.split(' ').filter(|word| !word.starts_with("--")).collect::<Vec<_>>().join(" "))
        .collect();
    lines.dedup();
    lines
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
