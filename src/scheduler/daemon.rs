//! Checks whether the machine's cron can keep deadlines at all. It must never change anything, and it reports what it
//! cannot know as unknown: the sweep's heartbeat is the only proof that a daemon runs our lines.

use std::fs;
use std::path::Path;

use super::access::{User, permission};
use super::cron::Cron;
use super::entry::Owner;
use super::finding::Finding;
use super::reach;
use super::zone::Zone;

/// Returns all findings about cron. `proc` is `/proc`, where there is one, and `etc` is `/etc`.
pub(super) fn check_cron(cron: &Cron, owner: &Owner, proc: &Path, etc: &Path) -> Vec<Finding> {
    let held = cron.held(owner);
    let crontab = cron.read_tab().map(|_| ()).map_err(|e| format!("{e:#}"));
    let user = User::of_this_process(proc, etc).unwrap_or(User { uid: 0, name: Some(String::new()) });
    let mut findings = vec![
        daemon(proc),
        no_new_privs(proc, crontab.is_ok()),
        permission(crontab, &cron.program, etc, &user),
        zone(cron, proc),
    ];
    findings.extend(reach::check(owner, &held.unwrap_or_default(), proc));
    findings
}

pub(super) fn nobody() -> Finding {
    Finding::bad(
        "scheduler",
        "no OS scheduler keeps the deadlines: listings close on time only while the server runs",
        "install cron (or, on Windows, use schtasks) and start the server with --scheduler auto",
    )
}

fn daemon(proc: &Path) -> Finding {
    const NAME: &str = "cron_daemon";
    match cron_process(proc) {
        Some(Some(pid)) => Finding::good(NAME, format!("a cron daemon runs, as process {pid}")),
        Some(None) => Finding::bad(
            NAME,
            "no cron daemon runs on this machine: entries are written, and nobody reads them",
            "start it: `systemctl enable --now cron` (`crond` on Fedora and Arch), or run cron in this container too",
        ),
        None => Finding::good(
            NAME,
            "the processes of other users are hidden here, so only the heartbeat shows whether cron runs",
        ),
    }
}

/// Whether a cron daemon runs, or may run unseen.
pub(super) fn may_run(proc: &Path) -> bool {
    cron_process(proc) != Some(None)
}

/// Returns the process number of a cron daemon, if there is one; `None` if the processes cannot be seen.
fn cron_process(proc: &Path) -> Option<Option<u32>> {
    fs::metadata(proc.join("1/comm")).ok()?;
    let pids = fs::read_dir(proc).ok()?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let mut crons = pids.filter(|pid: &u32| is_cron(&proc.join(pid.to_string())));
    Some(crons.next())
}

fn is_cron(process: &Path) -> bool {
    match fs::read(process.join("comm")).unwrap_or_default().trim_ascii() {
        b"cron" | b"crond" => true,
        b"busybox" => fs::read(process.join("cmdline"))
            .is_ok_and(|line| line.split(|&byte| byte == 0).nth(1) == Some(b"crond".as_slice())),
        _ => false,
    }
}

/// Compares the zone in which the daemon reads its lines with ours: a `TZ` in its environment may differ from the
/// machine's zone.
fn zone(cron: &Cron, proc: &Path) -> Finding {
    const NAME: &str = "zone";
    let path = cron.localtime.display();
    let ours = match cron.zone() {
        Ok(zone) => zone,
        Err(e) => {
            let what_to_do = format!("make {path} a link into /usr/share/zoneinfo again");
            return Finding::bad(NAME, format!("{e:#}"), what_to_do);
        }
    };
    let good = format!("cron's lines are written in the time of {path}");
    let Some(pid) = cron_process(proc).flatten() else {
        return Finding::good(NAME, good);
    };
    let Ok(environ) = fs::read(proc.join(pid.to_string()).join("environ")) else {
        return Finding::good(NAME, format!("{good}; whether the daemon has a TZ of its own cannot be seen"));
    };
    let tz = environ.split(|&byte| byte == 0).find_map(|setting| setting.strip_prefix(b"TZ="));
    match tz.map(String::from_utf8_lossy) {
        Some(tz) if !Zone::named(&tz).is_some_and(|daemons| daemons.agrees_with(&ours)) => Finding::bad(
            NAME,
            format!(
                "the cron daemon runs with TZ={tz}, which is not the time of {path}: lines fire at the wrong hour"
            ),
            "remove TZ from the daemon's environment, or give the machine that zone; then restart cron",
        ),
        _ => Finding::good(NAME, good),
    }
}

fn no_new_privs(proc: &Path, crontab_works: bool) -> Finding {
    const NAME: &str = "no_new_privs";
    let status = fs::read_to_string(proc.join("self/status")).unwrap_or_default();
    let set =
        status.lines().any(|line| line.strip_prefix("NoNewPrivs:").is_some_and(|value| value.trim() == "1"));
    match (set, crontab_works) {
        (false, _) => Finding::good(NAME, "the server may use crontab's own privileges"),
        (true, true) => Finding::good(NAME, "NoNewPrivileges is set, but crontab can be read all the same"),
        (true, false) => Finding::bad(
            NAME,
            "NoNewPrivileges is set for this process, so crontab cannot reach the spool",
            "give the systemd unit SupplementaryGroups=crontab and ReadWritePaths=/var/spool/cron/crontabs",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proc(processes: &[(u32, &str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (pid, comm, cmdline) in processes {
            let process = folder.path().join(pid.to_string());
            fs::create_dir(&process).unwrap();
            fs::write(process.join("comm"), format!("{comm}\n")).unwrap();
            fs::write(process.join("cmdline"), cmdline.replace(' ', "\0")).unwrap();
        }
        folder
    }

    #[test]
    fn a_cron_daemon_is_known_by_its_process() {
        for (processes, found) in [
            (vec![(1, "systemd", "/sbin/init"), (77, "cron", "/usr/sbin/cron -f")], Some(Some(77))),
            (vec![(1, "init", "init"), (8, "crond", "crond -n")], Some(Some(8))),
            (vec![(1, "busybox", "busybox crond -f")], Some(Some(1))),
            (vec![(1, "busybox", "busybox sh"), (5, "crontab", "crontab -l")], Some(None)),
            (vec![(40, "auction", "auction serve")], None),
            (vec![], None),
        ] {
            assert_eq!(cron_process(proc(&processes).path()), found, "{processes:?}");
        }
    }

    #[test]
    fn a_dead_daemon_is_bad_and_a_hidden_one_unknown() {
        assert!(!daemon(proc(&[(1, "init", "init")]).path()).ok);
        assert!(daemon(Path::new("/nowhere")).ok);
        assert!(!may_run(proc(&[(1, "init", "init")]).path()) && may_run(Path::new("/nowhere")));
        assert!(may_run(proc(&[(1, "init", "init"), (7, "cron", "cron -f")]).path()));
    }

    #[test]
    fn a_daemon_with_a_zone_of_its_own_is_found() {
        let folder = proc(&[(1, "init", "init"), (7, "cron", "cron -f")]);
        let localtime = folder.path().join("localtime");
        let cron = Cron { localtime: localtime.clone(), ..Cron::new("crontab".into()) };
        let environ = folder.path().join("7/environ");
        // No file: the machine runs in UTC.
        for (tz, ok) in [
            ("LANG=C\0", true),
            ("TZ=UTC0\0LANG=C\0", true),
            ("TZ=Etc/UTC\0", true),
            ("LANG=C\0TZ=Asia/Seoul\0", false),
            ("TZ=KST-9\0", false),
            ("TZ=Nowhere/Land\0", false),
        ] {
            fs::write(&environ, tz).unwrap();
            assert_eq!(zone(&cron, folder.path()).ok, ok, "{tz}");
        }
        fs::remove_file(environ).unwrap();
        assert!(zone(&cron, folder.path()).words.contains("cannot be seen"));
        fs::write(localtime, "no zone").unwrap();
        assert!(!zone(&cron, folder.path()).ok);
    }

    #[test]
    fn no_new_privs_is_bad_only_where_it_breaks_crontab() {
        let folder = proc(&[]);
        fs::create_dir(folder.path().join("self")).unwrap();
        for (status, works, ok) in [("1", false, false), ("1", true, true), ("0", false, true)] {
            fs::write(folder.path().join("self/status"), format!("Name:\tx\nNoNewPrivs:\t{status}\n"))
                .unwrap();
            assert_eq!(no_new_privs(folder.path(), works).ok, ok);
        }
    }
}
