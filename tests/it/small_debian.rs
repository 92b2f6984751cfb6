//! A small Debian for a test: the least that Debian calls a system, in its own tree and with its own processes, all gone
//! afterwards; with systemd as its first process, or without. Needs root, and mmdebstrap to make the tree once.
#![cfg(target_os = "linux")]

use crate::harness::{PATIENCE, until};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What is fetched beside the least and systemd, so that a test needs no network: what the package and the container depend on.
const FETCHED: &str = "cron tini";

/// Lays the tree over the one that is kept, so that nothing is copied. `$1` is an empty folder, `$2` the tree, `$3` what the test
/// shares with it in /mnt.
const LAY: &str = r#"
set -e
mount -t tmpfs none "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay none -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" "$1/root"
mount -t proc none "$1/root/proc"
mount --rbind /dev "$1/root/dev"
mount --bind "$3" "$1/root/mnt"
"#;

/// Nothing runs but what the test starts.
const WAIT: &str = r#"
echo booted
read -r the_end || true
"#;

/// systemd runs, in control groups of its own, named by `$4`: of the first version or of the second, as the machine has them.
const SYSTEMD: &str = r#"
cd "$1/root"
mount -t tmpfs none run
mount -t tmpfs none tmp
mount -t sysfs none sys
groups="$1/groups"
mkdir "$groups"
mount -t cgroup -o none,name=systemd none "$groups" 2>/dev/null || mount -t cgroup2 none "$groups"
mkdir "$groups/$4"
echo $$ >"$groups/$4/cgroup.procs"
touch "$1/console"
mount --bind "$1/console" dev/console
mkdir before
exec unshare --cgroup /bin/sh -ec '
mount -t tmpfs none sys/fs/cgroup
mkdir sys/fs/cgroup/systemd
mount -t cgroup -o none,name=systemd none sys/fs/cgroup/systemd 2>/dev/null ||
  { umount sys/fs/cgroup && mount -t cgroup2 none sys/fs/cgroup; }
pivot_root . before
umount -l /before
echo booted
exec env -i container=unshare /lib/systemd/systemd --unit=multi-user.target </dev/null >/dev/null 2>&1
'
"#;

pub struct SmallDebian {
    /// The first of its processes: when it ends, they all do.
    first: Child,
    place: TempDir,
    shared: TempDir,
    /// The name of its control groups, if systemd runs.
    groups: Option<String>,
}

impl SmallDebian {
    /// Without systemd.
    pub fn boot() -> SmallDebian {
        SmallDebian::start(WAIT, None)
    }

    pub fn boot_systemd() -> SmallDebian {
        let debian = SmallDebian::start(SYSTEMD, Some(format!("auction-it-{}", std::process::id())));
        until("systemd is up", || {
            let state = debian.try_run(&["systemctl", "is-system-running"]).stdout;
            ["running\n", "degraded\n"].iter().any(|up| up.as_bytes() == state).then_some(())
        });
        debian
    }

    fn start(then: &str, groups: Option<String>) -> SmallDebian {
        let (place, shared) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut first = Command::new("unshare")
            .args(["--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child"])
            .args(["/bin/sh", "-c", &[LAY, then].concat(), "boot"])
            .args([place.path(), tree(), shared.path()])
            .args(&groups)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(first.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "booted\n");
        SmallDebian { first, place, shared, groups }
    }

    /// A folder that is its /mnt.
    pub fn shared(&self) -> &Path {
        self.shared.path()
    }

    /// A command of its root, to be run in it.
    pub fn command(&self, args: &[&str]) -> Command {
        let of = |kind: &str| format!("/proc/{}/ns/{kind}", self.first.id());
        let mut command = Command::new("nsenter");
        command.arg(format!("--mount={}", of("mnt"))).arg(format!("--pid={}", of("pid_for_children")));
        if self.groups.is_none() {
            command.args(["/usr/sbin/chroot".as_ref(), self.place.path().join("root").as_os_str()]);
        }
        command
            .args(args)
            .current_dir("/")
            .env_clear()
            .envs([
                ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
                ("HOME", "/root"),
                ("LC_ALL", "C.UTF-8"),
            ])
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdin(Stdio::null());
        command
    }

    /// Runs a command, whatever comes of it.
    pub fn try_run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// What a command prints that must succeed.
    #[track_caller]
    pub fn run(&self, args: &[&str]) -> String {
        let output = self.try_run(args);
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The same, for words of a shell.
    #[track_caller]
    pub fn sh(&self, words: &str) -> String {
        self.run(&["/bin/sh", "-ec", words])
    }

    /// What a command prints that is given this on stdin.
    pub fn tell(&self, args: &[&str], stdin: &str) -> String {
        let mut command = self.command(args);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for SmallDebian {
    fn drop(&mut self) {
        drop(self.first.stdin.take());
        self.first.kill().ok();
        self.first.wait().ok();
        let Some(groups) = &self.groups else { return };
        let deadline = Instant::now() + PATIENCE;
        for hierarchy in ["/sys/fs/cgroup/systemd", "/sys/fs/cgroup"] {
            let group = Path::new(hierarchy).join(groups);
            while group.exists() && Instant::now() < deadline {
                remove_groups(&group);
                thread::park_timeout(Duration::from_millis(5));
            }
        }
    }
}

/// Control groups are empty folders once their processes are gone, and taken away from within.
fn remove_groups(group: &Path) {
    for entry in fs::read_dir(group).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            remove_groups(&entry.path());
        }
    }
    fs::remove_dir(group).ok();
}

/// The tree, made by the first test that asks, and kept beside the build.
fn tree() -> &'static Path {
    static TREE: OnceLock<PathBuf> = OnceLock::new();
    TREE.get_or_init(|| {
        let tree = Path::new(env!("CARGO_TARGET_TMPDIR")).join("small-debian");
        if !tree.exists() {
            let made = tree.with_extension("partial");
            fs::remove_dir_all(&made).ok();
            let fetch = format!("chroot \"$1\" apt-get install -qq --yes --download-only {FETCHED}");
            let output = Command::new("mmdebstrap")
                .args(["--mode=root", "--variant=minbase", "--include=systemd", "--quiet"])
                .args(["--skip=cleanup/apt"])
                .args([
                    "--dpkgopt=path-exclude=/usr/share/locale/*",
                    "--aptopt=APT::Install-Recommends false",
                ])
                .arg(format!("--customize-hook={fetch}"))
                .args(["bookworm".as_ref(), made.as_os_str()])
                .output()
                .expect("this test needs a small Debian: apt-get install mmdebstrap");
            assert!(output.status.success(), "{output:?}");
            fs::rename(&made, &tree).unwrap();
        }
        tree
    })
}
