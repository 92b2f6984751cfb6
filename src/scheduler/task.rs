//! The tasks of the Windows Task Scheduler, as XML. Pure: every text follows from the wanted entries alone, so that
//! unchanged entries make an unchanged task, and nothing is registered without need.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use chrono::{DateTime, TimeDelta, Utc};

use super::entry::{Entry, Owner};
use super::minute::MINUTE;

/// Above this number the listings of one minute share tasks, one for each second: Windows queues 64 tasks of one user.
const MAX_TASKS_A_MINUTE: usize = 50;

/// 900 characters of the longest ids.
const MAX_IDS_A_TASK: usize = 45;

/// A task missed for this long is left to the sweep, and deletes itself.
const GOOD_FOR: TimeDelta = TimeDelta::days(1);

/// The schema's own limit for a command.
const MAX_PATH: usize = 260;

/// The account that a task runs as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Principal {
    /// Always; only an administrator may register it.
    System,
    /// The person who registers it, and only while logged on.
    Person,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Task {
    /// Its name within the house's folder.
    pub name: String,
    /// As [`boundary`] writes it; empty for the sweep and the start of the machine.
    pub starts: String,
    pub listings: Vec<i64>,
    pub xml: String,
    /// Part of the task's description; it differs between versions of the task.
    pub mark: String,
}

/// Writes a time in UTC to the second, whatever the zone of the machine.
pub(super) fn boundary(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Returns `\Auction\<house-id>\<name>`.
pub(super) fn path(owner: &Owner, name: &str) -> String {
    format!(r"\Auction\{}\{name}", owner.house_id)
}

/// Encodes a text as `schtasks /Create /XML` reads it: UTF-16LE with its byte order mark.
pub(super) fn utf16(xml: &str) -> Vec<u8> {
    xml.encode_utf16().fold(vec![0xff, 0xfe], |mut bytes, unit| {
        bytes.extend(unit.to_le_bytes());
        bytes
    })
}

/// Returns the tasks: the sweep, the start of the machine, and the listings, nearest first.
pub(super) fn tasks(owner: &Owner, principal: Principal, entries: &[Entry]) -> Result<Vec<Task>> {
    owner.check()?;
    let maker = Maker { principal, program: program(owner)?, data_dir: data_dir(owner)? };
    let mut tasks = vec![maker.sweep()];
    // Only an administrator may register a task for the start of the machine.
    if principal == Principal::System {
        tasks.push(maker.boot());
    }
    for minute in entries.chunk_by(|a, b| a.fires_in(MINUTE) == b.fires_in(MINUTE)) {
        if minute.len() <= MAX_TASKS_A_MINUTE {
            tasks.extend(minute.chunks(1).map(|one| maker.settle(one)));
            continue;
        }
        let second = TimeDelta::seconds(1);
        for second in minute.chunk_by(|a, b| a.fires_in(second) == b.fires_in(second)) {
            tasks.extend(second.chunks(MAX_IDS_A_TASK).map(|shared| maker.settle(shared)));
        }
    }
    Ok(tasks)
}

struct Maker {
    principal: Principal,
    program: String,
    data_dir: String,
}

impl Maker {
    /// Makes the task of entries that fire at one moment.
    fn settle(&self, entries: &[Entry]) -> Task {
        let listings: Vec<i64> = entries.iter().map(|entry| entry.listing).collect();
        let (starts, ends) = (boundary(entries[0].fires_at), boundary(entries[0].fires_at + GOOD_FOR));
        let ids = listings.iter().map(i64::to_string).collect::<Vec<_>>().join(" ");
        let trigger = format!(
            "<TimeTrigger><Enabled>true</Enabled><StartBoundary>{starts}</StartBoundary>\
             <EndBoundary>{ends}</EndBoundary></TimeTrigger>"
        );
        let expiry = "<DeleteExpiredTaskAfter>PT0S</DeleteExpiredTaskAfter>";
        Task { starts, ..self.task(format!("settle-{}", listings[0]), &trigger, expiry, &ids) }.with(listings)
    }

    /// Makes the task that runs every minute for ever; its boundaries are fixed, so that it is registered once.
    fn sweep(&self) -> Task {
        let trigger = "<TimeTrigger><Enabled>true</Enabled><StartBoundary>2020-01-01T00:00:00Z</StartBoundary>\
                       <EndBoundary>2199-12-31T23:59:59Z</EndBoundary>\
                       <Repetition><Interval>PT1M</Interval></Repetition></TimeTrigger>";
        self.task("sweep".into(), trigger, "", "--due")
    }

    fn boot(&self) -> Task {
        self.task("boot".into(), "<BootTrigger><Enabled>true</Enabled></BootTrigger>", "", "--due")
    }

    fn task(&self, name: String, trigger: &str, expiry: &str, what: &str) -> Task {
        let principal = match self.principal {
            Principal::System => "<UserId>S-1-5-18</UserId>",
            Principal::Person => "<LogonType>InteractiveToken</LogonType>",
        };
        let command = escape(&self.program);
        let arguments = escape(&format!("--data-dir {} settle {what}", self.data_dir));
        let body = format!(
            r#"<Triggers>{trigger}</Triggers>
<Principals><Principal id="Author">{principal}</Principal></Principals>
<Settings>
<MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
<DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
<StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
<StartWhenAvailable>true</StartWhenAvailable>
<ExecutionTimeLimit>PT10M</ExecutionTimeLimit>
<Priority>4</Priority>
<RestartOnFailure><Interval>PT1M</Interval><Count>3</Count></RestartOnFailure>
{expiry}
</Settings>
<Actions Context="Author"><Exec><Command>{command}</Command><Arguments>{arguments}</Arguments></Exec></Actions>
"#
        );
        let mark = fnv1a(body.as_bytes());
        let xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-16\"?>\n\
             <Task version=\"1.2\" xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">\n\
             <RegistrationInfo><Author>auction</Author><Description>{mark}</Description></RegistrationInfo>\n\
             {body}</Task>\n"
        );
        Task { name, starts: String::new(), listings: Vec::new(), xml, mark }
    }
}

impl Task {
    fn with(self, listings: Vec<i64>) -> Task {
        Task { listings, ..self }
    }
}

fn program(owner: &Owner) -> Result<String> {
    let program = plain(&owner.program)?;
    ensure!(
        program.chars().count() <= MAX_PATH,
        "the path {program:?} is longer than the {MAX_PATH} characters of a task's command"
    );
    Ok(program.to_owned())
}

/// Quotes the data directory as the program reads its command line: a `\` before the closing quote is doubled.
fn data_dir(owner: &Owner) -> Result<String> {
    let text = plain(&owner.data_dir)?;
    let n_last = text.len() - text.trim_end_matches('\\').len();
    Ok(format!("\"{text}{}\"", "\\".repeat(n_last)))
}

/// Refuses what the Task Scheduler would substitute (`%NAME%`, `$(Arg0)`), and what XML or the command line cannot
/// hold.
fn plain(path: &Path) -> Result<&str> {
    let text = path.to_str().with_context(|| format!("the path {} is not Unicode", path.display()))?;
    ensure!(path.is_absolute(), "the path {text} is not absolute, and a task starts in another folder");
    ensure!(
        !text.contains(['%', '"']) && !text.contains("$(") && !text.chars().any(char::is_control),
        "the path {text:?} holds a '%', a quote, '$(' or a control character, which a task cannot carry: move or rename it"
    );
    // Not every program understands the prefix of what Windows calls a canonical path.
    Ok(text.strip_prefix(r"\\?\").filter(|rest| rest.chars().nth(1) == Some(':')).unwrap_or(text))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Computes the hash of Fowler, Noll and Vo (64 bits, in hexadecimal), which is the same in every version of the
/// program.
fn fnv1a(bytes: &[u8]) -> String {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{hash:016x}")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn owner(program: &str, data_dir: &str) -> Owner {
        Owner { house_id: "h1".into(), program: program.into(), data_dir: data_dir.into() }
    }

    fn entry(listing: i64, second: i64) -> Entry {
        let start: DateTime<Utc> = "2026-11-22T18:00:00Z".parse().unwrap();
        let fires_at = start + TimeDelta::seconds(second);
        Entry { listing, closes_at: fires_at, fires_at, turn: 1 }
    }

    fn named(tasks: &[Task]) -> Vec<&str> {
        tasks.iter().map(|task| &*task.name).collect()
    }

    #[test]
    fn a_task_starts_at_its_second_in_utc_and_carries_its_listing() {
        let owner = owner("/opt/a & b/auction", "/srv/<house>\\");
        let tasks = tasks(&owner, Principal::System, &[entry(7, 17)]).unwrap();
        assert_eq!(named(&tasks), ["sweep", "boot", "settle-7"]);
        let xml = &tasks[2].xml;
        for part in [
            "<StartBoundary>2026-11-22T18:00:17Z</StartBoundary>",
            "<EndBoundary>2026-11-23T18:00:17Z</EndBoundary>",
            "<UserId>S-1-5-18</UserId>",
            "<Command>/opt/a &amp; b/auction</Command>",
            r#"<Arguments>--data-dir "/srv/&lt;house&gt;\\" settle 7</Arguments>"#,
        ] {
            assert!(xml.contains(part), "{part} in {xml}");
        }
        assert!(tasks[0].xml.contains("<Interval>PT1M</Interval>") && tasks[0].xml.contains("settle --due"));
        assert!(xml.contains(&tasks[2].mark));
        assert_eq!(path(&owner, "settle-7"), r"\Auction\h1\settle-7");
    }

    #[test]
    fn a_person_has_no_task_for_the_start_of_the_machine() {
        let tasks = tasks(&owner("/a", "/b"), Principal::Person, &[]).unwrap();
        assert_eq!(named(&tasks), ["sweep"]);
        assert!(tasks[0].xml.contains("InteractiveToken"));
    }

    #[test]
    fn past_fifty_in_one_minute_the_listings_of_a_second_share_a_task() {
        let tasks = |entries: &[Entry]| tasks(&owner("/a", "/b"), Principal::Person, entries).unwrap();
        let spread: Vec<Entry> = (0..50).map(|n| entry(n + 1, n / 2)).collect();
        assert_eq!(tasks(&spread).len(), 51);
        let spread: Vec<Entry> = (0..60).map(|n| entry(n + 1, n / 2)).collect();
        let shared = tasks(&spread);
        assert_eq!(shared.len(), 31);
        assert_eq!((&*shared[1].name, &shared[1].listings[..]), ("settle-1", &[1, 2][..]));
        let crowd: Vec<Entry> = (1..=100).map(|listing| entry(listing, 5)).collect();
        assert_eq!(tasks(&crowd).len(), 4);
    }

    #[test]
    fn what_a_task_cannot_carry_is_refused() {
        for path in ["/a%b", "/a\"b", "/a\nb", "/a$(Arg0)", "relative", ""] {
            assert!(tasks(&owner(path, "/b"), Principal::Person, &[]).is_err(), "{path:?}");
            assert!(tasks(&owner("/a", path), Principal::Person, &[]).is_err(), "{path:?}");
        }
        assert!(tasks(&owner(&"/long".repeat(60), "/b"), Principal::Person, &[]).is_err());
    }

    #[test]
    fn the_file_is_utf_16_with_its_mark() {
        assert_eq!(utf16("<집"), [0xff, 0xfe, 0x3c, 0, 0xd1, 0xc9]);
    }
}
