//! `auction account token`: tokens by which programs act for a person.

use crate::cli::out::{Out, table};
use crate::cli::when::{Side, TIME, When};
use crate::cli::whom::{self, WHOM, WHOM_HELP};
use crate::cli::{Ending, Ran, finish};
use crate::house::House;
use crate::house::people::tokens::{By, TokenAsked};
use crate::rules::scope::{SCOPES_WORDS, Scopes};
use crate::rules::time::Time;
use crate::store::api_tokens::ApiToken;
use crate::text::dates::Zone;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

#[derive(Subcommand)]
pub enum Token {
    /// Add a token by which a program acts for a person; prints it this once
    Add(Add),
    /// List a person's tokens: what each may do, until when, and when it was last used
    #[command(after_help = "Example:\n  auction account token list ann@example.org --format json")]
    List {
        #[arg(value_name = WHOM, help = WHOM_HELP)]
        email: String,
    },
    /// Revoke a token at once
    #[command(after_help = "Example:\n  auction account token revoke ann@example.org \"Stock list\"")]
    Revoke {
        #[arg(value_name = WHOM, help = WHOM_HELP)]
        email: String,
        /// The name of the token, as `token list` shows it
        name: String,
    },
}

#[derive(Args)]
#[command(after_help = "\
A program sends the token as `Authorization: Bearer TOKEN`. Only its hash is stored.

Examples:
  auction account token add ann@example.org --name \"Stock list\" --may read,list
  auction account token add till@example.org --name Scanner --may desk --until \"Sun 2:00\"")]
pub struct Add {
    #[arg(value_name = WHOM, help = WHOM_HELP)]
    email: String,
    /// What the program is called in lists
    #[arg(long)]
    name: String,
    /// Some of read, bid, list, desk, joined by commas; desk for an admin alone
    #[arg(long, value_name = "SCOPES", value_parser = scopes)]
    may: Scopes,
    /// When it ends, such as "2026-12-24 20:30" in the house's zone, or +12h from now [default: when it is revoked]
    #[arg(long, value_name = TIME, value_parser = When::parse)]
    until: Option<When>,
}

fn scopes(text: &str) -> Result<Scopes, String> {
    Scopes::parse(text).ok_or_else(|| SCOPES_WORDS.to_owned())
}

impl Token {
    pub fn run(&self, house: &House, out: &Out) -> Ran {
        match self {
            Token::Add(add) => add.run(house, out),
            Token::List { email } => list(house, out, email),
            Token::Revoke { email, name } => {
                let account = whom::account(house, email)?.id;
                finish(house.revoke_api_token(account, name, By::Admin), |revoked| {
                    let words = if revoked.is_some() { "is revoked" } else { "was revoked already" };
                    out.done(&json!({"name": name, "done": words}), || format!("the token {name} {words}"))
                })
            }
        }
    }
}

impl Add {
    fn run(&self, house: &House, out: &Out) -> Ran {
        let account = whom::account(house, &self.email)?.id;
        let until = self.until.as_ref().map(|when| when.resolve(house, Side::Next, out)).transpose()?;
        let asked = TokenAsked { name: self.name.clone(), may: self.may, ends_at: until };
        finish(house.add_api_token(account, asked, By::Admin), |added| {
            let mut value = view(&added.token, house.now());
            value["token"] = added.text.as_str().into();
            out.say(format!("{} may {}; this token is not shown again", added.token.name, added.token.may));
            out.data(&value, || added.text.clone())
        })
    }
}

fn view(token: &ApiToken, now: Time) -> Value {
    json!({
        "name": token.name, "may": token.may, "made_at": token.made_at, "ends_at": token.ends_at,
        "used_at": token.used_at, "state": if token.holds(now) { "open" } else { "ended" },
    })
}

fn list(house: &House, out: &Out, email: &str) -> Ran {
    let tokens = house.api_tokens(whom::account(house, email)?.id)?;
    let (now, zone) = (house.now(), Zone::of(&house.settings()?));
    let views: Vec<Value> = tokens.iter().map(|token| view(token, now)).collect();
    out.data(&views, || {
        let short = |at: Option<Time>| at.map_or_else(String::new, |at| zone.short(at.utc()));
        let row = |token: &ApiToken| {
            let (made, ends, used) = (short(Some(token.made_at)), short(token.ends_at), short(token.used_at));
            [token.name.clone(), token.may.to_string(), made, ends, used]
        };
        table(["name", "may", "made", "ends", "last used"], tokens.iter().map(row))
    })?;
    Ok(Ending::Done)
}
