//! What this house has registered with the Task Scheduler, recorded in its data directory, because `schtasks` cannot
//! list a folder's tasks without words in the machine's language. The record is not the truth: whether a task exists,
//! the system is asked. If the record cannot be read, everything is registered anew.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};

use super::files::write_whole;
use super::task::{Principal, Task};

const FILE: &str = "schtasks.txt";

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Record {
    /// `None` until something was registered.
    pub principal: Option<Principal>,
    /// By name.
    pub tasks: BTreeMap<String, Noted>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Noted {
    pub mark: String,
    pub starts: String,
    pub listings: Vec<i64>,
}

impl Record {
    pub fn read(data_dir: &Path) -> Record {
        let text = std::fs::read_to_string(data_dir.join(FILE)).unwrap_or_default();
        let mut lines = text.lines();
        let principal = match lines.next() {
            Some("system") => Some(Principal::System),
            Some("person") => Some(Principal::Person),
            _ => return Record::default(),
        };
        Record { principal, tasks: lines.filter_map(noted).collect() }
    }

    pub fn write(&self, data_dir: &Path) -> Result<()> {
        let mut text = match self.principal {
            Some(Principal::System) => "system\n",
            Some(Principal::Person) => "person\n",
            None => "\n",
        }
        .to_owned();
        for (name, noted) in &self.tasks {
            let starts = if noted.starts.is_empty() { "-" } else { &noted.starts };
            let ids: String = noted.listings.iter().map(|id| format!(" {id}")).collect();
            text += &format!("{name} {} {starts}{ids}\n", noted.mark);
        }
        write_whole(data_dir, FILE, &text).context("record the registered tasks")
    }

    pub fn note(&mut self, task: &Task) {
        let noted =
            Noted { mark: task.mark.clone(), starts: task.starts.clone(), listings: task.listings.clone() };
        self.tasks.insert(task.name.clone(), noted);
    }

    pub fn holds(&self, task: &Task) -> bool {
        self.tasks.get(&task.name).is_some_and(|noted| noted.mark == task.mark)
    }

    /// Returns whether the listing's task, as recorded, starts at this boundary.
    pub fn starts(&self, listing: i64, boundary: &str) -> bool {
        self.tasks.values().any(|noted| noted.starts == boundary && noted.listings.contains(&listing))
    }
}

/// Reads `name mark start id id …`; any other line is ignored.
fn noted(line: &str) -> Option<(String, Noted)> {
    let mut words = line.split(' ');
    let (name, mark, starts) = (words.next()?, words.next()?, words.next()?);
    let listings = words.map(|id| id.parse().ok()).collect::<Option<_>>()?;
    let starts = if starts == "-" { "" } else { starts }.to_owned();
    Some((name.to_owned(), Noted { mark: mark.to_owned(), starts, listings }))
}
