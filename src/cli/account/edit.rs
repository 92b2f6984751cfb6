//! `auction account edit`: the name, the address, the language of somebody's account, and whether they are an admin.

use crate::cli::out::Out;
use crate::cli::whom::{self, WHOM, WHOM_HELP};
use crate::cli::{Ran, finish};
use crate::house::House;
use crate::house::people::edit::{Edited, Edits};
use crate::house::people::own::Changes;
use crate::house::settings::keys::VerifyEmail;
use clap::{ArgGroup, Args};
use serde_json::json;

/// Change the name, the address or the language of an account, or who is an admin: all that is named, or nothing
///
/// A new address counts at once. It is not verified: where the house wants addresses verified, a link is mailed to it. If
/// the house sends mail, the old address is told of the change. Bids, bills and the log stay with the account.
#[derive(Args)]
#[command(group = ArgGroup::new("what").required(true).multiple(true))]
#[command(after_help = "\
Examples:
  auction account edit bob@example.org --name \"Bob Ray\"
  auction account edit Bob --email bob.ray@example.org --language ko
  auction account edit cleo@example.org --admin")]
pub struct Edit {
    #[arg(value_name = WHOM, help = WHOM_HELP)]
    who: String,
    /// The public name, of up to 40 characters, which nobody else may have
    #[arg(long, group = "what")]
    name: Option<String>,
    /// The address by which they log in and are written to
    #[arg(long, value_name = "EMAIL", group = "what")]
    email: Option<String>,
    /// Make them an admin: they may cancel any open listing, and see what waits
    #[arg(long, group = "what", conflicts_with = "no_admin")]
    admin: bool,
    /// Take the rights of an admin away from them; another admin who can log in must be left
    #[arg(long, group = "what")]
    no_admin: bool,
    /// The language of their mails: en or ko
    #[arg(long, group = "what")]
    language: Option<String>,
}

impl Edit {
    pub fn run(&self, house: &House, out: &Out) -> Ran {
        let account = whom::account(house, &self.who)?;
        let whose = whom::said(&account, &self.who);
        let edits = Edits {
            changes: Changes {
                name: self.name.clone(),
                email: self.email.clone(),
                language: self.language.clone(),
            },
            is_admin: if self.admin { Some(true) } else { self.no_admin.then_some(false) },
        };
        finish(house.edit_account(account.id, edits), |edited| {
            let mut data = json!(house.account_view(edited.account.clone())?);
            data["changed"] = json!(edited.changed);
            say_what_follows(&edited, out);
            out.done(&data, || match &edited.changed[..] {
                [] => format!("{whose} is so already"),
                changed => {
                    let lines = changed.iter().map(|what| self.line(what));
                    format!("{whose}: {}", lines.collect::<Vec<_>>().join(", "))
                }
            })
        })
    }

    /// What has changed to what.
    fn line(&self, what: &str) -> String {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        match what {
            "name" => format!("the name is {}", text(&self.name)),
            "email" => format!("the address is {}", text(&self.email)),
            "language" => format!("the language is {}", text(&self.language)),
            _ if self.admin => "an admin now".to_owned(),
            _ => "no admin any more".to_owned(),
        }
    }
}

/// What the new address means for its person.
fn say_what_follows(edited: &Edited, out: &Out) {
    let waits = match edited.before {
        VerifyEmail::Off => None,
        VerifyEmail::Bid => Some("bid"),
        VerifyEmail::Join => Some("log in"),
    };
    match waits {
        None => {}
        Some(_) if edited.is_asked => out.say("a link that verifies the new address is mailed to it"),
        Some(waits) => out.say(format!(
            "they cannot {waits} before the new address is verified, and no mail with a link could be sent"
        )),
    }
    if edited.is_uninvited {
        let email = edited.account.email.as_deref().unwrap_or_default();
        out.say(format!(
            "the invitation to the old address is void; invite them again: `auction account invite {email}`"
        ));
    }
}
