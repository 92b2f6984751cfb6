//! `auction account invite`: accounts whose owners choose their passwords by a link.

use crate::cli::account::members;
use crate::cli::import::report;
use crate::cli::out::{Out, complain};
use crate::cli::sheet::{Asked, Sheet};
use crate::cli::{Ending, Ran, Stop};
use crate::house::House;
use crate::house::listings::import::NotImported;
use crate::house::listings::lines::LineFaults;
use crate::house::members::invite::{Invitation, Outcome, Way};
use crate::house::members::plan::MemberLine;
use crate::house::people::email;
use crate::rules::notice::LinkKind;
use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const NOTHING: &str = "nobody was invited";
const ONE_NAME: &str = "--name is the name of one person; for several, put the names into a file.";

/// Open accounts and mail each person a link to choose a password: for all who are named, or for nobody if one is wrong
///
/// The link holds once, for 14 days. Whoever is invited again gets a new one, and the one before is void; who has a
/// password already gets none. Somebody without a name is called as their address begins, and may change that when they
/// open the link.
///
/// A file has the column email, and may have name; it is read as `listing import` reads it. It is given by --file, or
/// alone in place of the addresses if its name ends in .csv.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  auction account invite bob@example.org --name Bob\n  auction account invite club.csv\n  auction account invite cleo@example.org --print"
)]
pub struct Invite {
    /// Whom to invite, or a CSV file of them
    #[arg(value_name = "EMAIL|FILE.csv", required_unless_present = "file")]
    emails: Vec<String>,
    /// What the one person is called
    #[arg(long, conflicts_with = "file")]
    name: Option<String>,
    /// Invite the people of this CSV file
    #[arg(long, value_name = "FILE", conflicts_with = "emails")]
    file: Option<PathBuf>,
    /// Mail nothing: print the links this once, to be passed on by hand
    #[arg(long)]
    print: bool,
}

impl Invite {
    pub fn run(&self, house: &House, out: &Out) -> Ran {
        match self.file() {
            Some(_) if self.name.is_some() => Err(Stop::Misused(ONE_NAME.into())),
            Some(file) => self.invite_file(house, file, out),
            None => self.invite_named(house, out),
        }
    }

    /// The file that was named, by `--file` or in place of the addresses: none of those is without an @.
    fn file(&self) -> Option<&Path> {
        match (&self.file, &*self.emails) {
            (Some(file), _) => Some(file),
            (None, [only]) if is_csv(only) => Some(Path::new(only)),
            _ => None,
        }
    }

    fn invite_named(&self, house: &House, out: &Out) -> Ran {
        let mut emails: Vec<&String> = Vec::new();
        for typed in &self.emails {
            if emails.iter().all(|known| email::key(known) != email::key(typed)) {
                emails.push(typed);
            }
        }
        if self.name.is_some() && emails.len() > 1 {
            return Err(Stop::Misused(ONE_NAME.into()));
        }
        let line = |(n, email): (usize, &&String)| MemberLine {
            line: n as u64,
            email: email.to_string(),
            name: self.name.clone(),
        };
        match house.invite(emails.iter().enumerate().map(line).collect(), self.way()) {
            Err(NotImported::Faulty(faults)) => {
                for fault in faults.named() {
                    for email in fault.lines.iter().filter_map(|line| emails.get(*line as usize)) {
                        complain(format!("{email}: {}", fault.words));
                    }
                }
                complain(NOTHING);
                Ok(Ending::Amiss)
            }
            other => self.ended(house, other, out),
        }
    }

    fn invite_file(&self, house: &House, file: &Path, out: &Out) -> Ran {
        let mut faults = LineFaults::default();
        let refused = |sheet: Option<&Sheet>, faults| {
            report::refused(file, sheet, faults, false, NOTHING, out)?;
            Ok(Ending::Amiss)
        };
        let names = members::names();
        let sheet = Sheet::read(file, Asked::default(), |name| names.find(name).is_some(), &mut faults)?;
        let columns = sheet.as_ref().and_then(|sheet| members::columns(sheet, false, &mut faults));
        let (Some(sheet), Some(columns)) = (&sheet, columns) else {
            return refused(sheet.as_ref(), faults);
        };
        let people = members::people(sheet, &columns, false, false, &mut faults);
        if faults.n > 0 {
            return refused(Some(sheet), faults);
        }
        match house.invite(people, self.way()) {
            Err(NotImported::Faulty(faults)) => refused(Some(sheet), faults),
            other => self.ended(house, other, out),
        }
    }

    fn way(&self) -> Way {
        if self.print { Way::ByHand } else { Way::Mail }
    }

    fn ended(&self, house: &House, invited: Result<Vec<Invitation>, NotImported>, out: &Out) -> Ran {
        let invited = match invited {
            Ok(invited) => invited,
            Err(NotImported::Refused(refusal)) => return Err(Stop::Refused(refusal)),
            Err(NotImported::Faulty(_)) => unreachable!("its faults were reported"),
            Err(NotImported::Broken(error)) => return Err(error.into()),
        };
        let settings = house.settings()?;
        let base = settings.public_url();
        if self.print && base.is_none() {
            out.say("auction: the house has no public_url: put its address before the links");
        }
        let base = base.unwrap_or_default();
        let told: Vec<Value> = invited.iter().map(|person| json(person, base)).collect();
        let words = || invited.iter().map(|person| words(person, base)).collect::<Vec<_>>().join("\n");
        // A link is data, which --quiet leaves.
        if self.print {
            out.data(&told, words)?
        } else {
            out.done(&told, words)?
        }
        Ok(Ending::Done)
    }
}

fn is_csv(typed: &str) -> bool {
    !typed.contains('@') && Path::new(typed).extension().is_some_and(|end| end.eq_ignore_ascii_case("csv"))
}

fn link(person: &Invitation, base: &str) -> Option<String> {
    let token = person.token.as_ref()?;
    Some(format!("{base}{}?token={token}", LinkKind::Invitation.path()))
}

fn json(person: &Invitation, base: &str) -> Value {
    let mut told = json!(person);
    if let Some(link) = link(person, base) {
        told["link"] = link.into();
    }
    told
}

fn words(person: &Invitation, base: &str) -> String {
    let Invitation { email, name, outcome, .. } = person;
    let words = match outcome {
        Outcome::Invited => format!("{email} is invited as {name}"),
        Outcome::Again => format!("{email} is invited again, as {name}"),
        Outcome::Joined => format!("{email} has joined before, as {name}"),
        Outcome::SentBefore => {
            format!(
                "{email} was sent several links just now, of which the newest holds; wait for half an hour"
            )
        }
    };
    match link(person, base) {
        Some(link) => format!("{words}: {link}"),
        None => words,
    }
}
