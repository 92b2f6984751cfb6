//! Checks whether a job of the scheduler finds what the entries call: the program, the data directory, and the same
//! files as this process sees. Changes nothing.

use std::fs;
use std::path::{Path, PathBuf};

use super::entry::{Call, Held, Owner};
use super::files::is_executable;
use super::finding::Finding;

/// Returns the findings about the program and its files. `proc` is `/proc`, where there is one.
pub(super) fn check(owner: &Owner, held: &Held, proc: &Path) -> Vec<Finding> {
    vec![program(owner, &held.calls), reach(owner, proc)]
}

const SYNC: &str = "run `auction scheduler sync` with the program and the data directory to use";

fn program(owner: &Owner, calls: &[Call]) -> Finding {
    const NAME: &str = "program";
    let ours = owner.program.display();
    if !is_executable(&owner.program) {
        return Finding::bad(
            NAME,
            format!("this program's own file is no longer at {ours}"),
            "put it back, or restart the server from where the program is now",
        );
    }
    for Call { program, data_dir } in calls {
        let called = program.display();
        if !program.exists() {
            return Finding::bad(
                NAME,
                format!("the entries call {called}, which is not there: nothing runs"),
                SYNC,
            );
        }
        if !is_executable(program) {
            let words = format!("the entries call {called}, which may not be executed: nothing runs");
            return Finding::bad(NAME, words, format!("`chmod +x {called}`, or {SYNC}"));
        }
        if is_other(program, &owner.program) {
            return Finding::bad(NAME, format!("the entries call {called}, and this is {ours}"), SYNC);
        }
        if is_other(data_dir, &owner.data_dir) {
            let (theirs, here) = (data_dir.display(), owner.data_dir.display());
            let words = format!("the entries name the data directory {theirs}, and this house is in {here}");
            return Finding::bad(NAME, words, SYNC);
        }
    }
    match calls {
        [] => Finding::good(NAME, format!("entries will call {ours}")),
        _ => Finding::good(NAME, format!("the entries call {ours}")),
    }
}

fn is_other(a: &Path, b: &Path) -> bool {
    a != b && a.canonicalize().ok() != b.canonicalize().ok()
}

/// A unit's private `/tmp` is a folder that systemd mounts for the unit alone: a job of cron sees another.
fn reach(owner: &Owner, proc: &Path) -> Finding {
    const NAME: &str = "reach";
    let mounts = fs::read_to_string(proc.join("self/mountinfo")).unwrap_or_default();
    for path in [&owner.data_dir, &owner.program] {
        if let Some(place) = private_place(&mounts, path) {
            return Finding::bad(
                NAME,
                format!(
                    "{} is private to this service (it is {}): cron's jobs do not see it",
                    path.display(),
                    place.display()
                ),
                "move it out of the private /tmp, for instance to /var/lib/auction, or take PrivateTmp= off the unit",
            );
        }
    }
    Finding::good(NAME, "a job of the scheduler sees the same program and data directory")
}

/// Returns the folder that is really mounted at `path`, if systemd made it for one unit alone.
fn private_place(mountinfo: &str, path: &Path) -> Option<PathBuf> {
    // number, parent, device, root in the file system, mount point, …
    let mounts = mountinfo.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split(' ').collect();
        let (root, point) = (PathBuf::from(fields.get(3)?), Path::new(fields.get(4)?));
        path.starts_with(point).then(|| (point.components().count(), root))
    });
    // Of several at one mount point, the last one covers the others.
    let (_, root) = mounts.max_by_key(|(depth, _)| *depth)?;
    root.to_string_lossy().contains("systemd-private-").then_some(root)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn place(program: &str, mode: u32) -> (tempfile::TempDir, Owner) {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join(program);
        fs::write(&program, "").unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(mode)).unwrap();
        let owner = Owner { house_id: "h1".into(), program, data_dir: folder.path().to_owned() };
        (folder, owner)
    }

    #[test]
    fn entries_that_call_something_else_are_named() {
        let (here, owner) = place("auction", 0o755);
        let (there, other) = place("auction", 0o755);
        let (_folder, locked) = place("auction", 0o644);
        let link = here.path().join("link");
        std::os::unix::fs::symlink(&owner.program, &link).unwrap();
        let call = |program: &Path, data_dir: &Path| {
            vec![Call { program: program.to_owned(), data_dir: data_dir.to_owned() }]
        };
        for (calls, ok, words) in [
            (vec![], true, "will call"),
            (call(&owner.program, here.path()), true, "the entries call"),
            (call(&link, here.path()), true, "the entries call"),
            (call(&other.program, here.path()), false, "and this is"),
            (call(&locked.program, here.path()), false, "may not be executed"),
            (call(Path::new("/nowhere/auction"), here.path()), false, "is not there"),
            (call(&owner.program, there.path()), false, "and this house is in"),
        ] {
            let finding = program(&owner, &calls);
            assert_eq!((finding.ok, finding.words.contains(words)), (ok, true), "{words}: {finding:?}");
            assert_eq!(finding.what_to_do.is_empty(), ok);
        }
        fs::remove_file(&owner.program).unwrap();
        assert!(program(&owner, &[]).words.contains("no longer at"));
    }

    #[test]
    fn a_private_tmp_hides_the_house_from_cron() {
        let plain = "22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n";
        let private = format!(
            "{plain}40 22 254:1 /tmp/systemd-private-8c-auction.service-x1/tmp /tmp rw - ext4 /dev/vda1 rw\n"
        );
        let nested = format!("{private}41 40 0:30 / /tmp/house rw - tmpfs tmpfs rw\n");
        for (mounts, path, hidden) in [
            (plain, "/tmp/house", false),
            ("", "/tmp/house", false),
            (&private, "/tmp/house", true),
            (&private, "/var/lib/auction", false),
            (&private, "/tmpfs/house", false),
            (&nested, "/tmp/house", false),
        ] {
            assert_eq!(private_place(mounts, Path::new(path)).is_some(), hidden, "{path} in {mounts}");
        }
        let (_folder, owner) = place("auction", 0o755);
        let proc = tempfile::tempdir().unwrap();
        fs::create_dir(proc.path().join("self")).unwrap();
        let point = owner.data_dir.display();
        fs::write(
            proc.path().join("self/mountinfo"),
            format!("40 22 254:1 /x/systemd-private-1/tmp {point} rw\n"),
        )
        .unwrap();
        assert!(!reach(&owner, proc.path()).ok);
        assert!(reach(&owner, Path::new("/nowhere")).ok);
    }
}
