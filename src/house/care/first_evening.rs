//! What a house still lacks for its first evening: one line for each thing, whether it is there, and the command that
//! brings it. Whether all that is there works, `doctor` says; its probes are used here, too.

use crate::house::House;
use crate::house::closing::heartbeat::HeartbeatState;
use crate::house::settings::keys::VerifyEmail;
use crate::house::settings::public_url::is_loopback;
use crate::house::settings::zone_rules::{offset_s, offset_words};
use crate::house::settings::zones::{self, Known};
use crate::house::settings::{Settings, verify_email};
use crate::rules::sale::SaleState;
use crate::rules::time::Time;
use crate::scheduler::Finding;
use crate::store::own_pages::OwnPage;
use anyhow::Result;
use chrono::TimeDelta;
use serde::Serialize;
use std::path::Path;

/// A backup that is older is not recent: one that is made each day may be late.
const RECENT_MS: i64 = 2 * 86_400_000;

/// What is known of the way for mails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailWay {
    /// None is configured.
    Unset,
    /// The configuration cannot be used: why.
    Unusable(String),
    /// What the mail server answers.
    Set(Finding),
}

/// Whether one thing is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Need {
    /// Stable, for scripts: `public_url`, `scheduler`, `clock`, `listings`, `credit`, `terms`, `payment`, `pickup`,
    /// `contact`, `mail`, `backup`, `admin`.
    pub name: &'static str,
    pub ok: bool,
    /// Whether an evening cannot go well without it.
    pub essential: bool,
    /// A sentence for a person.
    pub words: String,
    /// The command that brings it; empty if it is there.
    pub command: String,
}

impl Need {
    fn met(name: &'static str, words: impl Into<String>) -> Need {
        Need { name, ok: true, essential: false, words: words.into(), command: String::new() }
    }

    fn missing(name: &'static str, words: impl Into<String>, command: impl Into<String>) -> Need {
        Need { name, ok: false, essential: false, words: words.into(), command: command.into() }
    }

    fn essential(self) -> Need {
        Need { essential: true, ..self }
    }

    /// The first of these findings that is bad, or else the last one. Its command is the first that the finding names, but
    /// for those that only show something.
    fn of(name: &'static str, findings: &[Finding]) -> Need {
        let bad = findings.iter().find(|finding| !finding.ok);
        match bad.or(findings.last()) {
            None => Need::met(name, "There is nothing to check."),
            Some(Finding { ok: true, words, .. }) => Need::met(name, sentence(words)),
            Some(Finding { words, what_to_do, .. }) => {
                let shows =
                    |text: &str| text.starts_with("systemctl status") || text.starts_with("journalctl");
                let named = what_to_do.split('`').skip(1).step_by(2);
                let mut commands = named.filter(|text| text.contains(' ') && !shows(text));
                let command = commands.next().unwrap_or("auction doctor");
                Need::missing(name, format!("{} {}", sentence(words), sentence(what_to_do)), command)
            }
        }
    }
}

/// The words as a sentence: with a capital and a full stop.
fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    let capital: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{capital}{}.", chars.as_str().trim_end_matches('.'))
}

impl House {
    /// Looks for all that an evening needs, the essential first.
    pub fn first_evening(&self, mail: &MailWay) -> Result<Vec<Need>> {
        Ok(vec![
            self.need_address()?.essential(),
            self.need_scheduler()?.essential(),
            Need::of("clock", &[self.check_clock_state()?]).essential(),
            self.need_listings()?.essential(),
            self.need_credit()?,
            self.need_terms()?,
            self.need_page(OwnPage::Payment, "Buyers are not told how to pay.", "Bills say how to pay.")?,
            self.need_pickup()?,
            self.need_page(OwnPage::Contact, "Nobody is told how to reach you.", "People can reach you.")?,
            self.need_mail(mail)?,
            self.need_backup()?,
            self.need_admin()?,
        ])
    }

    fn need_address(&self) -> Result<Need> {
        const NAME: &str = "public_url";
        const SET: &str = "auction house set public_url https://auction.example.org";
        let settings = self.settings()?;
        let finding = self.check_public_url()?;
        Ok(match settings.public_url() {
            None => {
                let words =
                    "The house has no public address: printed codes and links in mails lead nobody here.";
                Need::missing(NAME, words, SET)
            }
            Some(address) if is_loopback(address) => Need::missing(
                NAME,
                format!("{address} leads to this machine alone: phones cannot open it."),
                SET,
            ),
            Some(_) if !finding.ok => Need::missing(NAME, sentence(&finding.words), SET),
            Some(address) if address.starts_with("http:") => {
                let words =
                    format!("People open {address}. By plain http, passwords can be read on their way.");
                Need::met(NAME, words)
            }
            Some(address) => Need::met(NAME, format!("People open {address}.")),
        })
    }

    /// The scheduler must be there, hold the entries, and have run one.
    fn need_scheduler(&self) -> Result<Need> {
        let mut findings = self.check_scheduler()?;
        findings.extend(self.check_heartbeat()?);
        let need = Need::of("scheduler", &findings);
        let is_off = !need.ok && self.heartbeat()? == HeartbeatState::Off;
        Ok(if is_off { Need { command: "auction house set scheduler auto".into(), ..need } } else { need })
    }

    fn need_listings(&self) -> Result<Need> {
        const NAME: &str = "listings";
        let n_open = self.figures()?.n_open;
        if n_open > 0 {
            return Ok(Need::met(NAME, format!("{} to bid on.", counted(n_open, "item", "items"))));
        }
        let sales = self.sales_and_drafts()?;
        Ok(match sales.iter().find(|sale| sale.state == SaleState::Draft) {
            Some(draft) => {
                let words = format!("The sale {} is a draft: nobody sees it yet.", draft.code);
                Need::missing(NAME, words, format!("auction sale publish {}", draft.code))
            }
            None => Need::missing(NAME, "There is nothing to bid on.", "auction listing import items.csv"),
        })
    }

    /// `default_credit` is for those who join from now on. Admins need none; whoever joined before, and has none, is named.
    fn need_credit(&self) -> Result<Need> {
        const NAME: &str = "credit";
        let settings = self.settings()?;
        let (currency, credit) = (settings.currency(), settings.default_credit());
        let joins = format!("Who joins can bid up to {}", currency.money(credit, false));
        let accounts = self.accounts()?;
        let active = accounts.iter().filter(|view| view.state == "active");
        let (funded, without): (Vec<_>, Vec<_>) = active.partition(|view| view.funds.available > 0);
        let n_funded = i64::try_from(funded.len())?;
        let n_without = i64::try_from(without.iter().filter(|view| !view.admin).count())?;
        Ok(match (credit > 0, n_funded, n_without) {
            (false, 0, _) => {
                let command = format!("auction house set default_credit {}", currency.field(10_000));
                Need::missing(NAME, format!("{joins}: nobody may bid before they have paid in."), command)
                    .essential()
            }
            (true, _, 1..) => {
                let people = counted(n_without, "member has", "members have");
                let command = format!("auction account limit --all {}", currency.field(credit));
                Need::missing(NAME, format!("{joins}, but {people} no funds and no credit."), command)
            }
            (true, _, _) => Need::met(NAME, format!("{joins}.")).essential(),
            (false, n, _) => {
                let people = counted(n, "person has", "people have");
                Need::met(NAME, format!("{joins}; {people} funds.")).essential()
            }
        })
    }

    fn need_terms(&self) -> Result<Need> {
        const NAME: &str = "terms";
        Ok(match self.terms_mark()? {
            Some(mark) => Need::met(NAME, format!("Version {} is published.", mark.version)),
            None => Need::missing(
                NAME,
                "People bid without having accepted terms.",
                "auction house terms terms.md",
            ),
        })
    }

    fn need_page(&self, page: OwnPage, lacks: &str, is_there: &str) -> Result<Need> {
        let name = page.name();
        Ok(match self.own_pages()?.iter().any(|(there, _)| *there == page) {
            true => Need::met(name, is_there),
            false => Need::missing(name, lacks, format!("auction house page {name} {name}.md")),
        })
    }

    /// A sale may say itself where its lots are collected.
    fn need_pickup(&self) -> Result<Need> {
        let now = self.now();
        let sale = self.read(|snapshot| snapshot.current_sale(now))?;
        if let Some(sale) = sale.filter(|sale| !sale.text.pickup.is_empty()) {
            return Ok(Need::met(OwnPage::Pickup.name(), format!("The sale {} says where.", sale.code)));
        }
        let (lacks, is_there) = ("Buyers are not told where to collect.", "Bills say where to collect.");
        self.need_page(OwnPage::Pickup, lacks, is_there)
    }

    /// Mail is essential only where addresses must be verified by it.
    fn need_mail(&self, mail: &MailWay) -> Result<Need> {
        const NAME: &str = "mail";
        const LACKS: &str = "No mails go out: who is outbid or has won must look here. Set smtp_url = \
                             \"smtp://USER:PASSWORD@mail.example.org:587?tls=required\" and mail_from = \
                             \"auction@example.org\" in auction.toml, and restart the server.";
        let edit = || edits(&self.dir().join("auction.toml"));
        let need = match mail {
            MailWay::Set(finding) if finding.ok => Need::met(NAME, "The mail server answers."),
            MailWay::Set(finding) => {
                Need::missing(NAME, sentence(&finding.words), "auction notify test EMAIL")
            }
            MailWay::Unusable(why) => Need::missing(NAME, format!("No mails go out: {why}."), edit()),
            MailWay::Unset => Need::missing(NAME, LACKS, edit()),
        };
        let is_asked = self.read(verify_email)? != VerifyEmail::Off;
        Ok(if is_asked { need.essential() } else { need })
    }

    fn need_backup(&self) -> Result<Need> {
        const NAME: &str = "backup";
        const MAKE: &str = "auction backup --replace auction.tar";
        let settings = self.settings()?;
        Ok(match self.backed_up_at()? {
            None => Need::missing(NAME, "There is no backup yet.", MAKE),
            Some(at) if self.now().ms_since(at) > RECENT_MS => {
                Need::missing(NAME, format!("The newest backup is of {}.", local(at, &settings)), MAKE)
            }
            Some(at) => Need::met(NAME, format!("The newest is of {}.", local(at, &settings))),
        })
    }

    fn need_admin(&self) -> Result<Need> {
        const NAME: &str = "admin";
        let n = i64::try_from(self.read(|snapshot| snapshot.admins())?.len())?;
        Ok(match n {
            0 => {
                let command = "auction account add --email you@example.org --name You --admin";
                Need::missing(NAME, "Nobody is told on the pages when something needs an admin.", command)
            }
            n => Need::met(NAME, format!("{} admin rights.", counted(n, "person has", "people have"))),
        })
    }
}

/// The command that opens a file in an editor.
fn edits(file: &Path) -> String {
    let path = file.display().to_string();
    match cfg!(windows) {
        true => format!("notepad \"{path}\""),
        false => format!("${{EDITOR:-vi}} '{}'", path.replace('\'', r"'\''")),
    }
}

/// The time in the house's zone: `2026-11-22 17:45 Asia/Seoul`.
fn local(at: Time, settings: &Settings) -> String {
    let Known { name, rules } = zones::of_setting(&settings.zone).unwrap_or_else(|_| Known::utc());
    let at = at.utc();
    let offset = offset_s(&rules, at.timestamp());
    let local = at.naive_utc() + TimeDelta::seconds(offset.into());
    format!("{} {}", local.format("%Y-%m-%d %H:%M"), name.unwrap_or_else(|| offset_words(offset)))
}

fn counted(n: i64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_need_is_the_first_bad_finding_with_the_command_that_it_names() {
        let good = Finding::good("cron_daemon", "a cron daemon runs");
        let bad = Finding::bad("entries", "the sweep is missing", "run `auction scheduler sync`");
        let vague = Finding::bad("clock", "it is behind", "set the clock");
        let met = Need::of("scheduler", std::slice::from_ref(&good));
        assert_eq!(met, Need::met("scheduler", "A cron daemon runs."));
        let missing = Need::of("scheduler", &[good, bad]);
        let words = "The sweep is missing. Run `auction scheduler sync`.";
        assert_eq!(missing, Need::missing("scheduler", words, "auction scheduler sync"));
        assert_eq!(Need::of("clock", &[vague]).command, "auction doctor");
        let shown =
            "see that it runs (for cron: `systemctl status cron`) and its lines (`journalctl -u cron`)";
        let silent = Finding::bad("heartbeat", "silent", shown);
        assert_eq!(
            Need::of("scheduler", &[silent]).command,
            "auction doctor",
            "not what only shows something"
        );
    }

    #[test]
    fn a_path_with_quotes_is_one_word_of_the_shell() {
        let command = edits(Path::new("/srv/ann's house/auction.toml"));
        assert!(cfg!(windows) || command.ends_with(r"'/srv/ann'\''s house/auction.toml'"), "{command}");
    }
}
