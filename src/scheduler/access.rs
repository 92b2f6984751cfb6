//! Checks whether this user may use `crontab`, and says what to do if not. Changes nothing.

use std::fs;
use std::path::Path;

use super::files::is_busybox;
use super::finding::Finding;

/// Reports what `crontab -l` answered, with what to do if it refused. `etc` is `/etc`, `user` is as `etc/passwd` has
/// it.
pub(super) fn permission(crontab: Result<(), String>, program: &Path, etc: &Path, user: &User) -> Finding {
    match crontab {
        Ok(()) => Finding::good("crontab", "crontab reads this user's tab"),
        Err(why) => Finding::bad("crontab", why, remedy(program, etc, user)),
    }
}

/// The user that this process runs as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct User {
    pub uid: u32,
    /// `None` if `/etc/passwd` does not know the number.
    pub name: Option<String>,
}

impl User {
    /// Reads the owner of this process's own folder in `proc`; `None` where there is no such folder.
    #[cfg(unix)]
    pub fn of_this_process(proc: &Path, etc: &Path) -> Option<User> {
        use std::os::unix::fs::MetadataExt;
        let uid = fs::metadata(proc.join("self")).ok()?.uid();
        Some(User { uid, name: name_of(&fs::read_to_string(etc.join("passwd")).unwrap_or_default(), uid) })
    }

    #[cfg(not(unix))]
    pub fn of_this_process(_: &Path, _: &Path) -> Option<User> {
        None
    }
}

/// Finds the name of a user in the text of `/etc/passwd`.
pub(super) fn name_of(passwd: &str, uid: u32) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

fn remedy(program: &Path, etc: &Path, user: &User) -> String {
    let listed = |file: &str| {
        let text = fs::read_to_string(etc.join(file)).ok()?;
        let name = user.name.as_deref()?;
        Some(text.lines().any(|line| line.trim() == name))
    };
    let name = user.name.as_deref().unwrap_or_default();
    let etc = etc.display();
    if !program.is_absolute() || !program.exists() {
        return "install cron, or start the server with --scheduler none".to_owned();
    }
    if user.name.is_none() {
        return format!(
            "user {} is not in {etc}/passwd, and cron runs nothing for a user it does not know: give the server a user of \
             its own (no DynamicUser)",
            user.uid
        );
    }
    if listed("cron.allow") == Some(false) {
        return format!("add the line `{name}` to {etc}/cron.allow");
    }
    if listed("cron.allow").is_none() && listed("cron.deny") == Some(true) {
        return format!("take the line `{name}` out of {etc}/cron.deny");
    }
    if user.uid != 0 && !has_own_privileges(program) {
        return format!(
            "{0} has lost its set-group-id: `chgrp crontab {0}; chmod 2755 {0}`, or reinstall cron",
            program.display()
        );
    }
    format!(
        "let this user use crontab: see {etc}/cron.allow and {etc}/cron.deny, the disk, and the account's expiry"
    )
}

/// Debian's and cronie's `crontab` are set-group-id or set-user-id, to reach the spool; a link to busybox need not be.
#[cfg(unix)]
fn has_own_privileges(program: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let is_program = fs::read(program).is_ok_and(|bytes| bytes.starts_with(b"\x7fELF"));
    !is_program
        || is_busybox(program)
        || fs::metadata(program).is_ok_and(|meta| meta.permissions().mode() & 0o6000 != 0)
}

#[cfg(not(unix))]
fn has_own_privileges(_: &Path) -> bool {
    true
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n";

    #[test]
    fn a_user_is_named_by_its_number() {
        assert_eq!(name_of(PASSWD, 1000).as_deref(), Some("ann"));
        assert_eq!(name_of(PASSWD, 0).as_deref(), Some("root"));
        assert_eq!(name_of(PASSWD, 1), None);
        assert_eq!(name_of("", 0), None);
    }

    #[test]
    fn a_refused_user_is_told_which_file_to_change() {
        use std::os::unix::fs::PermissionsExt;
        let ann = || User { uid: 1000, name: Some("ann".into()) };
        // cron.allow, cron.deny, the first bytes of crontab and its mode, who, what is to be done
        for (allow, deny, bytes, mode, user, told) in [
            (Some("bob\n"), None, "\x7fELF", 0o2755, ann(), "to ETC/cron.allow"),
            (Some(""), Some("ann\n"), "\x7fELF", 0o2755, ann(), "to ETC/cron.allow"),
            (None, Some("bob\n ann \n"), "\x7fELF", 0o2755, ann(), "out of ETC/cron.deny"),
            (Some("ann\n"), Some("ann\n"), "\x7fELF", 0o2755, ann(), "the account's expiry"),
            (None, None, "\x7fELF", 0o755, ann(), "set-group-id"),
            (None, None, "#!/bin/sh", 0o755, ann(), "the account's expiry"),
            (
                None,
                None,
                "\x7fELF",
                0o755,
                User { uid: 0, name: Some("root".into()) },
                "the account's expiry",
            ),
            (None, None, "\x7fELF", 0o2755, User { uid: 61_184, name: None }, "DynamicUser"),
        ] {
            let etc = tempfile::tempdir().unwrap();
            for (name, text) in [("cron.allow", allow), ("cron.deny", deny)] {
                text.inspect(|text| fs::write(etc.path().join(name), text).unwrap());
            }
            let program = etc.path().join("crontab");
            fs::write(&program, bytes).unwrap();
            fs::set_permissions(&program, fs::Permissions::from_mode(mode)).unwrap();
            let told = told.replace("ETC", &etc.path().display().to_string());
            let finding = permission(Err("not allowed".into()), &program, etc.path(), &user);
            assert!(!finding.ok && finding.words == "not allowed");
            assert!(finding.what_to_do.contains(&told), "{} for {told}", finding.what_to_do);
            assert!(permission(Ok(()), &program, etc.path(), &user).ok);
        }
        let nowhere = Path::new("/nowhere/crontab");
        let finding = permission(Err("gone".into()), nowhere, Path::new("/nowhere"), &ann());
        assert!(finding.what_to_do.contains("install cron"));
    }
}
