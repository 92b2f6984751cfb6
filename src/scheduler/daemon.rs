//! Whether the machine's scheduler can keep deadlines at all. Looks and reports; it must never change anything, and an
//! unknown is said to be one, for the sweep's heartbeat is the only proof that a daemon runs our lines.

use std::fs;
use std::path::Path;

use super::Finding;
use super::cron::Cron;

/// `proc` is `/proc`, where there is one.
pub(super) fn check_cron(cron: &Cron, proc: &Path) -> Vec<Finding> {
    let crontab = cron.read_tab().map(|_| ()).map_err(|e| format!("{e:#}"));
    vec![daemon(proc), no_new_privs(proc, crontab.is_ok()), permission(crontab), zone(cron)]
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
            "the processes of others are hidden here, so the heartbeat alone tells whether cron runs",
        ),
    }
}

/// The process number of a cron daemon; `None` outside if the processes cannot be seen.
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

fn permission(crontab: Result<(), String>) -> Finding {
    match crontab {
        Ok(()) => Finding::good("crontab", "crontab reads this user's tab"),
        Err(why) => Finding::bad(
            "crontab",
            why,
            "let this user use crontab: see /etc/cron.allow and /etc/cron.deny, the disk, and the account's expiry",
        ),
    }
}

fn zone(cron: &Cron) -> Finding {
    let path = cron.localtime.display();
    match cron.zone() {
        Ok(_) => Finding::good("zone", format!("cron's lines are written in the time of {path}")),
        Err(e) => Finding::bad(
            "zone",
            format!("{e:#}"),
            format!("make {path} a link into /usr/share/zoneinfo again"),
        ),
    }
}

fn no_new_privs(proc: &Path, crontab_works: bool) -> Finding {
    const NAME: &str = "no_new_privs";
    let status = fs::read_to_string(proc.join("self/status")).unwrap_or_default();
    let set =
        status.lines().any(|line| line.strip_prefix("NoNewPrivs:").is_some_and(|value| value.trim() == "1"));
    match (set, crontab_works) {
        (false, _) => Finding::good(NAME, "the server may use crontab's own privileges"),
        (true, true) => Finding::good(NAME, "NoNewPrivileges is set, and crontab can be read all the same"),
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
