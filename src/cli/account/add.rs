//! `auction account add`: opens an account, with a password or by an invitation.

use super::typed_password::read_password;
use crate::cli::out::Out;
use crate::cli::{Common, Ending, Ran, Stop, amiss, finish};
use crate::house::House;
use crate::house::listings::import::NotImported;
use crate::house::members::invite::Invitation;
use crate::house::members::plan::MemberLine;
use crate::house::people::accounts::{By, Joining};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

/// The refusal without a password, where there is no terminal to ask at.
const NO_PASSWORD: &str = "No account was made, for there is no password and no terminal to ask for it. Give it by --password-stdin \
                           or --password-file FILE; or use --invite to mail the person a link to choose one, or --no-password for \
                           somebody who does not log in.";

/// Open an account; prints its id
///
/// A terminal asks for the password. Elsewhere it comes from stdin or a file, or the person chooses one by a link that
/// is mailed to them (--invite).
#[derive(Args)]
#[command(after_help = "\
Examples:
  auction account add --email ann@example.org --name Ann
  auction account add --email bob@example.org --name Bob --invite
  echo 'correct horse' | auction account add --email cleo@example.org --name Cleo --password-stdin")]
pub struct Add {
    /// The address by which they log in
    #[arg(long)]
    email: String,
    /// The public name, of up to 40 characters
    #[arg(long)]
    name: String,
    /// Read the password from stdin; without this, a terminal asks for it
    #[arg(long)]
    password_stdin: bool,
    /// Read the password from this file
    #[arg(long, value_name = "FILE", conflicts_with = "password_stdin")]
    password_file: Option<PathBuf>,
    /// For somebody who does not log in, at least until a password is set
    #[arg(long, conflicts_with_all = ["password_stdin", "password_file"])]
    no_password: bool,
    /// Mail them a link to choose a password; it holds for 14 days
    #[arg(long, conflicts_with_all = ["password_stdin", "password_file", "no_password"])]
    invite: bool,
    /// An admin: may cancel any open listing, and sees what waits
    #[arg(long)]
    admin: bool,
}

impl Add {
    /// Asks for the password before it makes anything.
    pub fn run(&self, common: &Common, out: &Out) -> Ran {
        if self.invite {
            return self.invite(&common.open()?, out);
        }
        let password = match self.no_password {
            true => None,
            false => match read_password(self.password_stdin, self.password_file.as_deref())? {
                Some(password) => Some(password),
                None => return Ok(amiss(NO_PASSWORD)),
            },
        };
        let house = &common.make()?;
        let joining = Joining {
            email: self.email.clone(),
            name: self.name.clone(),
            password,
            is_admin: self.admin,
            ..Joining::default()
        };
        finish(house.open_account(joining, By::Admin), |account| {
            let view = house.account_view(account)?;
            out.data(&view, || view.id.to_string())
        })
    }

    fn invite(&self, house: &House, out: &Out) -> Ran {
        let person = MemberLine { line: 0, email: self.email.clone(), name: Some(self.name.clone()) };
        let invited = house.invite_new(person, self.admin).map_err(refused)?;
        let Invitation { account, email, name, outcome, .. } = invited;
        let role = if self.admin { ", an admin" } else { "" };
        out.say(format!("{email} is invited as {name}{role}: a link to choose a password is on its way"));
        out.data(&json!({"id": account, "email": email, "name": name, "outcome": outcome}), || {
            account.to_string()
        })?;
        Ok(Ending::Done)
    }
}

/// Why nobody was invited, in one sentence.
fn refused(why: NotImported) -> Stop {
    match why {
        NotImported::Refused(refusal) => Stop::Refused(refusal),
        NotImported::Broken(error) => error.into(),
        NotImported::Faulty(faults) => {
            let words: Vec<String> =
                faults.named().into_iter().map(|fault| fault.words.to_string()).collect();
            Stop::Missing(format!("{} Nobody was invited.", words.join(" ")))
        }
    }
}
