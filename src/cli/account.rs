//! `auction account`: people, their money, and who may take part. Passwords come from a prompt, stdin or a file, never
//! from argv.

mod add;
mod approve;
mod edit;
mod import;
mod invite;
mod limit;
mod members;
mod token;
mod typed_password;

use self::approve::Approve;
use self::typed_password::read_password;
use super::funds::{Credit, Debit};
use super::out::{Out, table};
use super::statement::Statement;
use super::whom::{self, WHOM, WHOM_HELP};
use super::{Common, Ending, Ran, finish};
use crate::house::House;
use crate::house::views::AccountView;
use crate::rules::money::Currency;
use crate::rules::notice::{KindSet, NoticeKind};
use crate::store::accounts::Account as Stored;
use crate::store::preferences::Preferences;
use anyhow::{Context, Result};
use clap::Subcommand;
use serde_json::json;
use std::path::PathBuf;

#[derive(Subcommand)]
pub enum Account {
    Add(add::Add),
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
    #[command(
        after_help = "Examples:\n  auction account show bob@example.org\n  auction account show Bob\n  auction account show spring#17"
    )]
    Show {
        #[arg(value_name = WHOM, help = WHOM_HELP)]
        email: String,
    },
    /// List every movement of a person's money, with its cause and the balance after it
    Statement(Statement),
    Credit(Credit),
    Debit(Debit),
    Limit(limit::Limit),
    Edit(edit::Edit),
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
        /// The reason, which the person is not told and the log keeps
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
            Account::Limit(limit) => limit.run(house, out, &currency),
            Account::Edit(edit) => edit.run(house, out),
            Account::Password { email, password_file, .. } => with(house, email, |account| {
                let password = read_password(true, password_file.as_deref())?;
                let password = password.context("no password was given")?;
                finish(house.set_password(account.id, &password), |()| {
                    state(out, &account, email, "has a new password")
                })
            }),
            Account::Suspend { email, why } => with(house, email, |account| {
                finish(house.suspend(account.id, why), |()| state(out, &account, email, "is suspended"))
            }),
            Account::Mails { email, kinds, language } => with(house, email, |account| {
                finish(house.choose(account.id, *kinds, language.as_deref()), |preferences| {
                    mails(house, out, &account, &preferences)
                })
            }),
            Account::Token(token) => token.run(house, out),
            Account::Restore { email } => with(house, email, |account| {
                finish(house.restore_account(account.id), |()| state(out, &account, email, "is active"))
            }),
        }
    }
}

fn with(house: &House, email: &str, f: impl FnOnce(Stored) -> Ran) -> Ran {
    f(whom::account(house, email)?)
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

fn state(out: &Out, account: &Stored, typed: &str, words: &str) -> Result<()> {
    out.done(&json!({"email": account.email, "done": words}), || {
        format!("{} {words}", whom::said(account, typed))
    })
}
