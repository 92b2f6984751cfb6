//! What a house still lacks for its first evening: one line for each thing, whether it is there, and the command that
//! brings it. Whether all that is there works, `doctor` says; its probes are used here, too.

use crate::house::House;
use crate::house::closing::heartbeat::HeartbeatState;
use crate::house::settings::public_url::is_loopback;
use crate::rules::sale::SaleState;
use crate::scheduler::Finding;
use crate::store::own_pages::OwnPage;
use anyhow::Result;
use serde::Serialize;

/// A backup that is older is not recent: one that is made each day may be late.
const RECENT_MS: i64 = 2 * 86_400_000;

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

    /// The first of these findings that is bad, or else the last one. Its command is the one that the finding names.
    fn of(name: &'static str, findings: &[Finding]) -> Need {
        let bad = findings.iter().find(|finding| !finding.ok);
        match bad.or(findings.last()) {
            None => Need::met(name, "There is nothing to check."),
            Some(Finding { ok: true, words, .. }) => Need::met(name, sentence(words)),
            Some(Finding { words, what_to_do, .. }) => {
                let command = what_to_do.split('`').nth(1).unwrap_or("auction doctor");
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
    /// Looks for all that an evening needs, the essential first. `mail` is what the mail server answers; none without
    /// one.
    pub fn first_evening(&self, mail: Option<&Finding>) -> Result<Vec<Need>> {
        Ok(vec![
            self.need_address()?.essential(),
            self.need_scheduler()?.essential(),
            Need::of("clock", &[self.check_clock_state()?]).essential(),
            self.need_listings()?.essential(),
            self.need_credit()?.essential(),
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

    fn need_credit(&self) -> Result<Need> {
        const NAME: &str = "credit";
        let settings = self.settings()?;
        let (currency, credit) = (settings.currency(), settings.default_credit());
        let joins = format!("Who joins can bid up to {}", currency.money(credit, false));
        if credit > 0 {
            return Ok(Need::met(NAME, format!("{joins}.")));
        }
        let accounts = self.accounts()?;
        let funded = accounts.iter().filter(|view| view.funds.available > 0 && view.state == "active");
        Ok(match i64::try_from(funded.count())? {
            0 => {
                let command = format!("auction house set default_credit {}", currency.field(10_000));
                Need::missing(NAME, format!("{joins}: nobody may bid before they have paid in."), command)
            }
            n => Need::met(NAME, format!("{joins}; {} funds.", counted(n, "person has", "people have"))),
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
    fn need_mail(&self, mail: Option<&Finding>) -> Result<Need> {
        const NAME: &str = "mail";
        let stuck = self.check_verification()?;
        let need = match mail {
            Some(finding) if finding.ok => Need::met(NAME, "The mail server answers."),
            Some(finding) => Need::missing(NAME, sentence(&finding.words), "auction notify test EMAIL"),
            None => {
                let file = self.dir().join("auction.toml");
                let lines = r#"smtp_url = "smtp://USER:PASSWORD@mail.example.org:587?tls=required"\nmail_from = "auction@example.org"\n"#;
                let command = format!("printf '{lines}' >> '{}'", file.display());
                Need::missing(NAME, "No mails go out: who is outbid or has won must look here.", command)
            }
        };
        Ok(if stuck.is_some() { need.essential() } else { need })
    }

    fn need_backup(&self) -> Result<Need> {
        const NAME: &str = "backup";
        const MAKE: &str = "auction backup --replace auction.tar";
        Ok(match self.backed_up_at()? {
            None => Need::missing(NAME, "There is no backup yet.", MAKE),
            Some(at) if self.now().ms_since(at) > RECENT_MS => {
                Need::missing(NAME, format!("The newest backup is of {at}."), MAKE)
            }
            Some(at) => Need::met(NAME, format!("The newest is of {at}.")),
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
    }
}
