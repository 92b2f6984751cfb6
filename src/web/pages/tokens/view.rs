//! `/account/tokens`: a person's tokens for programs.

use askama::Template;
use chrono::{DateTime, Utc};

use crate::rules::scope::Scope;
use crate::web::pages::parts::filled::Filled;
use crate::web::pages::parts::frame::Frame;

/// Fields `name`, `may_read` and so on, `until`, `password`; to revoke: `name`.
#[derive(Template)]
#[template(path = "tokens/page.html", config = "src/web/askama.toml")]
pub struct Tokens {
    pub frame: Frame,
    pub filled: Filled,
    /// The text of the token that was just added: no other page shows it.
    pub added: Option<String>,
    pub tokens: Vec<Row>,
    /// The scopes that the person may give.
    pub scopes: Vec<Scope>,
    /// Whether the log-in alone does not show who asks.
    pub needs_password: bool,
}

/// A token in the list.
pub struct Row {
    pub name: String,
    pub may: Vec<&'static str>,
    pub made_at: DateTime<Utc>,
    pub ends_at: Option<DateTime<Utc>>,
    pub used_at: Option<DateTime<Utc>>,
    /// Whether it has ended.
    pub is_over: bool,
}

impl Tokens {
    fn scope_text(&self, scope: &Scope) -> String {
        self.frame.t(&format!("scope-{}", scope.name()))
    }

    fn tick(&self, scope: &Scope) -> String {
        format!("may_{}", scope.name())
    }

    /// Whether a scope is ticked: as it was sent, or reading alone at first.
    fn is_ticked(&self, scope: &Scope) -> bool {
        if self.filled.has_errors() { self.filled.is(&self.tick(scope), "on") } else { *scope == Scope::Read }
    }

    fn ends_text(&self, row: &Row) -> String {
        match (row.ends_at, row.is_over) {
            (Some(end), true) => self.frame.words.t1("token-ended", "at", self.frame.full(&end)),
            (Some(end), false) => self.frame.words.t1("token-ends", "at", self.frame.full(&end)),
            (None, _) => self.frame.t("token-no-end"),
        }
    }

    fn used_text(&self, row: &Row) -> String {
        match row.used_at {
            Some(used) => self.frame.words.t1("token-used", "at", self.frame.full(&used)),
            None => self.frame.t("token-unused"),
        }
    }

    fn revoke_label(&self, row: &Row) -> String {
        self.frame.words.t1("token-revoke-named", "name", row.name.as_str())
    }
}
