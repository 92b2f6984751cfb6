//! A deadline kept by busybox's own cron, in a small world of its own (mount and process namespaces). Needs root and a busybox
//! with `crond`; the machine's own cron and crontabs are never touched.
#![cfg(target_os = "linux")]

use crate::real_cron::{User, is_root};
use crate::real_nights::may_make_worlds;
use chrono::DateTime;
use serde_json::Value;
use std::process::{Command, Stdio};

/// `crontab` must be set-user-id to be of use to anybody but root. The listing closes two seconds into the next minute that
/// cron will surely load its line for; the sweep of that minute comes before it, and the next one a minute later.
const WORLD: &str = r#"set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/spool/cron/crontabs
mkdir /run/busybox
install -m 4755 /bin/busybox /run/busybox/busybox
ln -s busybox /run/busybox/crontab
/run/busybox/busybox crond -f -L /run/crond.log &
crond=$!
as_owner() {
  runuser -u "$OWNER" -- env -i HOME="$OWNER_HOME" LOGNAME="$OWNER" PATH=/run/busybox:/usr/bin:/bin "$@"
}
auction() { as_owner "$OWNER_HOME/auction" --data-dir "$OWNER_HOME/the house" "$@"; }
printf '# mine\n0 5 * * * true' | as_owner crontab -
auction house set scheduler cron >&2
auction account add --email ann@example.org --name Ann --no-password >&2
now=$(date +%s)
minute=$(((now + 15) / 60 * 60 + 60))
id=$(auction listing add --seller ann@example.org --title Lamp --opening 1000 \
  --closes-at "$(date -u -d "@$((minute + 2))" +%Y-%m-%dT%H:%M:%SZ)")
as_owner crontab -l
n=0
while [ "$(auction listing show "$id" --format json | grep -c '"state":"unsold"')" = 0 ]; do
  n=$((n + 1))
  [ "$n" -lt 150 ] || { echo "not settled at $(date -u)" >&2; cat /run/crond.log >&2; exit 1; }
  sleep 1
done
kill -0 "$crond"
auction settle "$id" --format json
auction audit >&2
auction doctor >&2
auction scheduler clear >&2
as_owner crontab -l
"#;

/// Regression: busybox's daemon died of the line for the start of the machine, and with it everybody's jobs.
#[test]
fn busybox_keeps_a_deadline_and_lives() {
    assert!(is_root(), "this test makes a user and namespaces: run it as root");
    let applets = Command::new("/bin/busybox").arg("--list").output();
    let has_crond =
        applets.is_ok_and(|ran| ran.stdout.split(|byte| *byte == b'\n').any(|name| name == b"crond"));
    assert!(has_crond, "this test needs a busybox with crond: apt-get install busybox-static");
    if !may_make_worlds() {
        println!("skipped: this machine allows no mount namespaces");
        return;
    }
    let owner = User::make("busybox");
    let ran = Command::new("unshare")
        .args(["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "bash", "-c", WORLD])
        .env("OWNER", &owner.name)
        .env("OWNER_HOME", &owner.home)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let (said, told) = (String::from_utf8_lossy(&ran.stderr), String::from_utf8_lossy(&ran.stdout));
    assert!(ran.status.success(), "{}\n{told}\n{said}", ran.status);
    assert!(told.contains("settle --due\n") && told.contains(" settle 1\n"), "{told}");
    assert!(told.ends_with("}\n# mine\n0 5 * * * true"), "{told}");
    let settlement = told.lines().find(|line| line.starts_with('{')).expect("a settlement is told");
    let settlement: Value = serde_json::from_str(settlement).unwrap();
    let [closed, settled] = ["closes_at", "settled_at"]
        .map(|name| DateTime::parse_from_rfc3339(settlement[name].as_str().unwrap()).unwrap());
    let late_ms = (settled - closed).num_milliseconds();
    println!("by busybox: settled {late_ms} ms after the close");
    assert!((0..40_000).contains(&late_ms), "{late_ms} ms late\n{told}\n{said}");
}
