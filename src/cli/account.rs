//! `auction account`: people, their money, and who may take part. Passwords come from a prompt, stdin or a file, never
//! from argv.

mod approve;
mod import;
mod invite;
mod members;
mod token;

use self::approve::Approve;
use super::funds::{self, Credit, Debit};
use super::out::{Out, table};
use super::statement::Statement;
use super::{Common, Ending, Ran, WHOM, WHOM_HELP, amiss, amount, finish};
use crate::house::people::accounts::{By, Joining};
use crate::house::views::AccountView;
use crate::house::{Answer, House};
use crate::rules::money::Currency;
use crate::rules::notice::{KindSet, NoticeKind};
use crate::rules::refusal::Refusal;
use crate::store::accounts::Account as Stored;
use crate::store::preferences::Preferences;
use anyhow::{Context, Result, anyhow};
use clap::{Args, Subcommand};
use serde_json::json;
use std::fs::File;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

/// Longest password with its line end: 200 characters, each in the parts that some keyboards send.
const MAX_PASSWORD_BYTES: u64 = 8_192;

/// The refusal without a password, where there is no terminal to ask at.
const NO_PASSWORD: &str = "No account was made, for there is no password. Give it by --password-stdin or --password-file FILE; \
                           or use --no-password for somebody who does not log in.";

#[derive(Subcommand)]
pub enum Account {
    /// Open an account; prints its id
    Add(Add),
    Approve(Approve),
    Invite(invite::Invite),
    Import(import::Import),
    /// List the accounts
    #[command(
        after_help = "Examples:\n  auction account list --format json\n  auction account list --pending"
    )]
    List {
        /// Only those who wait for approval
        #[arg(long)]
        pending: bool,
    },
    /// Show an account
    #[command(after_help = "Example:\n  auction account show bob@example.org")]
    Show {
        #[arg(value_name = WHOM, help = WHOM_HELP)]
        email: String,
    },
    /// List every movement of a person's money, with its cause and the balance after it
    Statement(Statement),
    Credit(Credit),
    Debit(Debit),
    /// Set how far a person's balance may go below zero
    #[command(after_help = "Example:\n  auction account limit bob@example.org 300.00")]
    Limit {
        #[arg(value_name = WHOM, help = WHOM_HELP)]
        email: String,
        /// Minor units in digits alone (30000), or money (300.00)
        #[arg(value_name = "AMOUNT")]
        amount: String,
    },
    /// Set a person's password, asked for or read from stdin, and end their sessions
    #[command(
        after_help = "Example:\n  auction account password bob@example.org --password-file password.txt"
    )]
    Password {
        #[arg(value_name = WHOM, help = WHOM_HELP)]
        email: String,
        /// Read it from stdin, as is always done without a terminal
        #[arg(long)]
        password_stdin: bool,
        /// Read it from this file
        #[arg(long, value_name = "FILE", conflicts_with = "password_stdin")]
        password_file: Option<PathBuf>,
    },
    /// Suspend a person: they may look on, but neither bid nor list
    #[command(after_help = "Example:\n  auction account suspend bob@example.org --why \"two unpaid lots\"")]
    Suspend {
        #[arg(value_name = WHOM, help = WHOM_HELP)]
        email: String,
        #[arg(long)]
        why: String,
    },
    /// Choose which mails a person gets, and in which language; without options, show both
    #[command(
        after_help = "Examples:\n  auction account mails bob@example.org\n  auction account mails bob@example.org --kinds outbid,won --language ko"
    )]
    Mails {
        #[arg(value_name = WHOM, help = WHOM_HELP)]
        email: String,
        /// Some of outbid, won, sold, unsold, cancelled, extended, funds, ending, opens, bill, and for admins pending; or
        /// all, usual, none
        #[arg(long, value_parser = choice)]
        kinds: Option<KindSet>,
        /// en or ko
        #[arg(long)]
        language: Option<String>,
    },
    /// Add, list and revoke tokens for programs
    #[command(subcommand, after_help = "Example:\n  auction account token list ann@example.org")]
    Token(token::Token),
    /// Lift a suspension; `account approve` lets those in who wait for approval
    #[command(after_help = "Example:\n  auction account restore bob@example.org")]
    Restore {
        #[arg(value_name = WHOM, help = WHOM_HELP)]
        email: String,
    },
}

#[derive(Args)]
#[command(
    after_help = "Example:\n  echo 'correct horse' | auction account add --email ann@example.org --name Ann --password-stdin"
)]
pub struct Add {
    #[arg(long)]
    email: String,
    /// The public name
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
    /// May cancel any open listing
    #[arg(long)]
    admin: bool,
}

impl Account {
    pub fn run(&self, common: &Common, out: &Out) -> Ran {
        if let Account::Add(add) = self {
            return add.run(common, out);
        }
        let house = &common.open()?;
        let currency = house.settings()?.currency();
        match self {
            Account::Add(_) => unreachable!("it was done above"),
            Account::Approve(approve) => approve.run(house, out),
            Account::Invite(invite) => invite.run(house, out),
            Account::Import(import) => import.run(house, out),
            Account::List { pending } => list(house, out, &currency, *pending),
            Account::Show { email } => with(house, email, |account| show(house, out, &currency, account)),
            Account::Statement(statement) => {
                with(house, &statement.email, |account| statement.run(house, out, &currency, &account))
            }
            Account::Credit(credit) => credit.run(house, out, &currency),
            Account::Debit(debit) => debit.run(house, out, &currency),
            Account::Limit { email, amount } => with(house, email, |account| {
                let limit = amount::read(&currency, "limit", amount)?;
                let changed = house.set_credit_limit(account.id, limit);
                let whose = funds::named(&account, email);
                funds::repeat(out, &changed, |not| {
                    format!("credit limit of {whose}: {not}{}", currency.show(limit))
                });
                finish(changed, |purse| funds::show(out, &currency, purse))
            }),
            Account::Password { email, password_file, .. } => with(house, email, |account| {
                let password = read_password(true, password_file.as_deref())?;
                let password = password.context("no password was given")?;
                finish(house.set_password(account.id, &password), |()| {
                    state(out, email, "has a new password")
                })
            }),
            Account::Suspend { email, why } => with(house, email, |account| {
                finish(house.suspend(account.id, why), |()| state(out, email, "is suspended"))
            }),
            Account::Mails { email, kinds, language } => with(house, email, |account| {
                finish(house.choose(account.id, *kinds, language.as_deref()), |preferences| {
                    mails(house, out, &account, &preferences)
                })
            }),
            Account::Token(token) => token.run(house, out),
            Account::Restore { email } => with(house, email, |account| {
                finish(house.restore_account(account.id), |()| state(out, email, "is active"))
            }),
        }
    }
}

impl Add {
    /// Asks for the password before it makes anything.
    fn run(&self, common: &Common, out: &Out) -> Ran {
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
}

fn with(house: &House, email: &str, f: impl FnOnce(Stored) -> Ran) -> Ran {
    f(house.account_called(email)?)
}

fn show(house: &House, out: &Out, currency: &Currency, account: Stored) -> Ran {
    let terms = house.acceptances(account.id)?;
    let view = house.account_view(account)?;
    let mut data = serde_json::to_value(&view).context("show an account")?;
    data["terms"] = json!(terms);
    out.data(&data, || {
        let funds = &view.funds;
        let why = view.why.as_ref().map_or(String::new(), |why| format!(" ({why})"));
        [
            format!("{}  {} <{}>", view.id, view.name, view.email.as_deref().unwrap_or("-")),
            format!("phone         {}", view.phone.as_deref().unwrap_or("-")),
            format!("state         {}{why}{}", view.state, if view.admin { ", admin" } else { "" }),
            format!("balance       {}", currency.show(funds.balance)),
            format!("held          {}", currency.show(funds.held)),
            format!("available     {}", currency.show(funds.available)),
            format!("credit limit  {}", currency.show(funds.credit_limit)),
            format!("owed          {}", currency.show(view.owed)),
        ]
        .into_iter()
        .chain(terms.iter().map(|terms| {
            format!("accepted      version {} of the terms at {} ({})", terms.version, terms.at, terms.hash)
        }))
        .collect::<Vec<_>>()
        .join("\n")
    })?;
    Ok(Ending::Done)
}

fn list(house: &House, out: &Out, currency: &Currency, pending: bool) -> Ran {
    let accounts = if pending { house.unapproved()? } else { house.accounts()? };
    out.data(&accounts, || {
        let row = |account: &AccountView| {
            [
                account.id.to_string(),
                account.name.clone(),
                account.email.clone().unwrap_or_default(),
                account.phone.clone().unwrap_or_default(),
                account.state.to_owned(),
                currency.show(account.funds.balance),
                currency.show(account.funds.available),
            ]
        };
        table(["id", "name", "email", "phone", "state", "balance", "available"], accounts.iter().map(row))
    })?;
    Ok(Ending::Done)
}

/// Shows what a person is told; pushes where a browser of theirs takes any.
fn mails(house: &House, out: &Out, account: &Stored, preferences: &Preferences) -> Result<()> {
    let settings = house.settings()?;
    let names = |set: KindSet| -> Vec<&str> {
        let kinds = set.kinds().into_iter().filter(|kind| *kind != NoticeKind::Pending || account.is_admin);
        kinds.map(NoticeKind::name).collect()
    };
    let (kinds, pushed) = (names(preferences.mail), preferences.has_push.then(|| names(preferences.push)));
    let mut data = json!({"mail": kinds, "language": preferences.language});
    if let Some(pushed) = &pushed {
        data["push"] = json!(pushed);
    }
    out.data(&data, || {
        let said = |kinds: &[&str]| if kinds.is_empty() { "none".to_owned() } else { kinds.join(", ") };
        let (kinds, pushed) = (said(&kinds), pushed.map(|pushed| format!("\npush      {}", said(&pushed))));
        let language = match &preferences.language {
            Some(language) => language.clone(),
            None => format!("not chosen: {}", settings.language),
        };
        format!("mails     {kinds}{}\nlanguage  {language}", pushed.unwrap_or_default())
    })
}

fn choice(text: &str) -> Result<KindSet, String> {
    let known: Vec<&str> = NoticeKind::ALL.into_iter().map(NoticeKind::name).collect();
    KindSet::parse(text)
        .ok_or_else(|| format!("all, usual, none, or some of {} joined by commas", known.join(", ")))
}

fn state(out: &Out, email: &str, words: &str) -> Result<()> {
    out.done(&json!({"email": email, "done": words}), || format!("{email} {words}"))
}

/// From the file that is named; by a prompt on a terminal; from stdin when it is asked for there; else none. Refuses
/// what is no text.
fn read_password(from_stdin: bool, file: Option<&Path>) -> Answer<Option<String>> {
    if let Some(path) = file {
        let doing = format!("read the password from {}", path.display());
        let file = File::open(path).with_context(|| doing.clone())?;
        return without_line_end(file, &doing).map(Some);
    }
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        let prompt =
            dialoguer::Password::new().with_prompt("Password").with_confirmation("Again", "They differ.");
        return Ok(Some(prompt.interact().context("ask for the password")?));
    }
    if !from_stdin {
        return Ok(None);
    }
    without_line_end(stdin, "read the password from stdin").map(Some)
}

fn without_line_end(from: impl Read, doing: &str) -> Answer<String> {
    let mut bytes = Vec::new();
    from.take(MAX_PASSWORD_BYTES + 1).read_to_end(&mut bytes).with_context(|| doing.to_owned())?;
    let refused = |words: &str| Err(Refusal::invalid("password", words).into());
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || bytes.contains(&0) {
        return refused("This is UTF-16; save the file as UTF-8.");
    }
    if bytes.len() as u64 > MAX_PASSWORD_BYTES {
        return refused("This is too long for a password.");
    }
    let Ok(text) = String::from_utf8(bytes) else {
        return refused("This is no UTF-8; save the file as UTF-8.");
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text).trim_end_matches(['\r', '\n']);
    if text.contains(['\r', '\n']) {
        return Err(anyhow!("it has more than one line").context(doing.to_owned()).into());
    }
    Ok(text.to_owned())
}
