//! The lines of our block in a crontab: written, and read back. Pure. It must never write a line that cron would
//! misread: one such line makes Debian's cron ignore the user's whole tab.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::entry::{Call, Owner};

/// Debian cuts off at 998 bytes and macOS at 999, silently.
const MAX_COMMAND: usize = 900;

/// Above this number the listings of one minute share lines: 500 processes started in one second take 4 s to get going.
const MAX_LINES_A_MINUTE: usize = 100;

pub(super) const SWEEP: &str = "* * * * *";
pub(super) const REBOOT: &str = "@reboot";

/// `'/abs/auction' --data-dir '/abs/dir' settle`, for the shell.
pub(super) struct Command(String);

impl Command {
    /// Refuses a path that is relative or not UTF-8, or that cron or the shell would read as something else.
    pub fn of(owner: &Owner) -> Result<Command> {
        owner.check()?;
        // What Linux calls the file of a running program that was replaced: lines with that name would all be dead.
        ensure!(
            !owner.program.as_os_str().as_encoded_bytes().ends_with(b" (deleted)"),
            "the program was replaced while it ran: start it again, so that its entries name the new one"
        );
        let program = quote(&owner.program)?;
        let command = Command(format!("{program} --data-dir {} settle", quote(&owner.data_dir)?));
        ensure!(
            command.0.len() + " -9223372036854775808".len() <= MAX_COMMAND,
            "the paths of program and data directory make a command longer than the {MAX_COMMAND} bytes that every cron takes"
        );
        Ok(command)
    }

    /// The whole block with its markers, given each listing with its minute, nearest first; with the line for the start
    /// of the machine where `reboot` is set.
    pub fn block(&self, house_id: &str, slots: &[(String, i64)], reboot: bool) -> String {
        let mut text = format!("{}\n{SWEEP} {} --due\n", begin(house_id), self.0);
        if reboot {
            text += &format!("{REBOOT} {} --due\n", self.0);
        }
        for minute in slots.chunk_by(|a, b| a.0 == b.0) {
            let most = if minute.len() > MAX_LINES_A_MINUTE { self.ids_a_line() } else { 1 };
            for shared in minute.chunks(most) {
                let ids: Vec<String> = shared.iter().map(|slot| slot.1.to_string()).collect();
                text += &format!("{} {} {}\n", minute[0].0, self.0, ids.join(" "));
            }
        }
        text + &end(house_id) + "\n"
    }

    /// Returns how many ids of the longest kind fit on a line.
    fn ids_a_line(&self) -> usize {
        ((MAX_COMMAND - self.0.len()) / " 9223372036854775807".len()).max(1)
    }
}

impl PartialEq<&str> for Command {
    fn eq(&self, other: &&str) -> bool {
        self.0 == **other
    }
}

pub(super) fn begin(house_id: &str) -> String {
    format!("# BEGIN auction {house_id}")
}

pub(super) fn end(house_id: &str) -> String {
    format!("# END auction {house_id}")
}

/// A line of ours in a tab, whichever program and directory it names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub text: &'a str,
    pub when: &'a str,
    /// As [`Command`] holds it.
    pub command: &'a str,
    /// Empty for `--due`.
    pub listings: Vec<i64>,
}

/// `None` for a line that this program never writes.
pub(super) fn read(text: &str) -> Option<Line<'_>> {
    let (head, tail) = text.rsplit_once(" settle ")?;
    let (when, _) = head.split_once(" '")?;
    let command = &text[when.len() + 1..head.len() + " settle".len()];
    let listings = match tail {
        "--due" => Vec::new(),
        ids => ids.split(' ').map(|id| id.parse().ok()).collect::<Option<_>>()?,
    };
    let number_or_star = |field: &str| field == "*" || field.bytes().all(|byte| byte.is_ascii_digit());
    let timed = when.split(' ').count() == 5 && when.split(' ').all(number_or_star);
    let ours = command.contains("' --data-dir '") && (timed || when == REBOOT);
    ours.then_some(Line { text, when, command, listings })
}

/// Returns what such a command calls.
pub(super) fn paths(command: &str) -> Option<Call> {
    let (program, rest) = unquote(command)?;
    let (data_dir, rest) = unquote(rest.strip_prefix(" --data-dir ")?)?;
    (rest == " settle").then(|| Call { program: program.into(), data_dir: data_dir.into() })
}

/// Reads the path that [`quote`] wrote at the beginning of the text; returns it, and what follows.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut path = String::new();
    let mut rest = text.strip_prefix('\'')?;
    loop {
        let (part, after) = rest.split_once('\'')?;
        path.push_str(part);
        match after.strip_prefix(r"\''") {
            Some(more) => {
                path.push('\'');
                rest = more;
            }
            None => return Some((path, after)),
        }
    }
}

/// Quotes a path for the shell. Cron itself turns `%` into a line break and drops the `\` before it.
fn quote(path: &Path) -> Result<String> {
    let name = path.display();
    let text =
        path.to_str().with_context(|| format!("the path {name} is not UTF-8, and cron could not call it"))?;
    ensure!(path.is_absolute(), "the path {name} is not absolute, and cron starts in another folder");
    ensure!(
        !text.contains(['%', '\\', '\n', '\r', '\0']),
        "the path {text:?} holds a '%', a '\\', a NUL or a line break, which a crontab cannot carry: move or rename it"
    );
    Ok(format!("'{}'", text.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(program: &str, data_dir: &str) -> Owner {
        Owner { house_id: "h1".into(), program: program.into(), data_dir: data_dir.into() }
    }

    fn slots(n: i64) -> Vec<(String, i64)> {
        (1..=n).map(|id| ("0 18 22 11 *".to_owned(), id)).collect()
    }

    #[test]
    fn the_block_is_as_the_contract_has_it() {
        let command = Command::of(&owner("/opt/an auction", "/srv/Ann's house")).unwrap();
        let slots = [("0 18 22 11 *".to_owned(), 7), ("1 18 22 11 *".to_owned(), 3)];
        assert_eq!(
            command.block("h1", &slots, true),
            r"# BEGIN auction h1
* * * * * '/opt/an auction' --data-dir '/srv/Ann'\''s house' settle --due
@reboot '/opt/an auction' --data-dir '/srv/Ann'\''s house' settle --due
0 18 22 11 * '/opt/an auction' --data-dir '/srv/Ann'\''s house' settle 7
1 18 22 11 * '/opt/an auction' --data-dir '/srv/Ann'\''s house' settle 3
# END auction h1
"
        );
    }

    #[test]
    fn what_a_crontab_cannot_carry_is_refused() {
        for path in ["/a%b", "/a\\b", "/a\nb", "/a\rb", "/a\0b", "relative/path", ""] {
            assert!(Command::of(&owner(path, "/srv")).is_err(), "{path:?}");
            assert!(Command::of(&owner("/opt/auction", path)).is_err(), "{path:?}");
        }
        assert!(Command::of(&owner("/opt/auction", &"/long".repeat(180))).is_err());
        // cron counts bytes: three for each of these.
        assert!(Command::of(&owner("/opt/auction", &"/경매장".repeat(40))).is_ok());
        assert!(Command::of(&owner("/opt/auction", &"/경매장".repeat(90))).is_err());
        assert!(Command::of(&owner("/opt/auction (deleted)", "/srv")).is_err());
        for house_id in ["", "a b", "a\nb", "집"] {
            let owner = Owner { house_id: house_id.into(), ..owner("/opt/auction", "/srv") };
            assert!(Command::of(&owner).is_err(), "{house_id:?}");
        }
    }

    #[test]
    fn past_a_hundred_in_one_minute_listings_share_lines_of_bounded_length() {
        let command = Command::of(&owner("/opt/auction", "/srv/house")).unwrap();
        let lines = |n| command.block("h1", &slots(n), true).lines().count() - 4;
        assert_eq!(lines(100), 100);
        assert!(lines(101) < 10, "{}", lines(101));

        let far: Vec<_> = (0..500).map(|n| ("0 18 22 11 *".to_owned(), i64::MAX - n)).collect();
        let block = command.block("h1", &far, true);
        let mut n_listed = 0;
        for line in block.lines().filter_map(read) {
            assert!(line.text.len() - line.when.len() - 1 <= MAX_COMMAND);
            n_listed += line.listings.len();
        }
        assert_eq!(n_listed, 500);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let command = Command::of(&owner("/opt/it's settle 5/auction", "/srv/an ' --data-dir 'x")).unwrap();
        let block = command.block("h1", &slots(3), true);
        let lines: Vec<Line> = block.lines().filter_map(read).collect();
        assert!(lines.iter().all(|line| command == line.command));
        let call =
            Call { program: "/opt/it's settle 5/auction".into(), data_dir: "/srv/an ' --data-dir 'x".into() };
        assert!(lines.iter().all(|line| paths(line.command).as_ref() == Some(&call)));
        for text in ["", "'/a", "'/a' --data-dir '/b", "'/a' settle", "'/a' --data-dir '/b' settle x"] {
            assert_eq!(paths(text), None, "{text}");
        }
        let read: Vec<(&str, &[i64])> = lines.iter().map(|line| (line.when, &line.listings[..])).collect();
        let minute = "0 18 22 11 *";
        assert_eq!(read, [(SWEEP, &[][..]), (REBOOT, &[]), (minute, &[1]), (minute, &[2]), (minute, &[3])]);
    }

    #[test]
    fn a_line_of_somebody_else_is_not_ours() {
        for text in [
            "",
            "# a note",
            "0 5 * * * '/opt/backup' settle 5",
            "#0 18 22 11 * '/opt/auction' --data-dir '/srv' settle 7",
            "0 18 22 11 * '/opt/auction' --data-dir '/srv' settle 7 >>/tmp/log",
            "MAILTO=ann@example.org",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
