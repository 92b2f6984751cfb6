//! `/join` and `/login`: the forms to sign up and to log in.

use askama::Template;

use crate::web::pages::parts::filled::Filled;
use crate::web::pages::parts::frame::{Frame, percent_encoded};

/// Fields `email`, `name`, `password`, `terms`, `next`.
#[derive(Template)]
#[template(path = "entry/join.html", config = "src/web/askama.toml")]
pub struct Join {
    pub frame: Frame,
    pub filled: Filled,
    /// The path within this house to go to afterwards.
    pub next: String,
    /// The version of the terms to accept, in a house that has any.
    pub terms: Option<i64>,
    /// Whether sign-up is open; otherwise the page says that only an admin opens accounts.
    pub open: bool,
    pub sso: Sso,
}

/// Two forms, each with `next`: one with `email` and `password`; one with `number` and `pin`, and `sale` where several
/// sales take numbers.
#[derive(Template)]
#[template(path = "entry/log_in.html", config = "src/web/askama.toml")]
pub struct Login {
    pub frame: Frame,
    pub by_email: Filled,
    pub by_number: Filled,
    /// The sales that take numbers: code and name. If there is none, neither is the form.
    pub sales: Vec<(String, String)>,
    /// Whether the form with the number comes first: a number card leads to it.
    pub number_first: bool,
    /// The path within this house to go to afterwards.
    pub next: String,
    /// Whether the mail that verifies the address can be asked for again: the password was right.
    pub offers_mail: bool,
    pub sso: Sso,
}

/// What the single sign-on has to do with a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sso {
    /// Whether it is offered.
    pub is_offered: bool,
    /// Whether it is the only way in for people with an account; guests still have their PINs.
    pub is_only: bool,
}

impl Join {
    fn sso_url(&self) -> String {
        format!("/login/sso?next={}", percent_encoded(&self.next))
    }

    fn login_url(&self) -> String {
        format!("/login?next={}", percent_encoded(&self.next))
    }
}

impl Login {
    fn sso_url(&self) -> String {
        format!("/login/sso?next={}", percent_encoded(&self.next))
    }

    fn join_url(&self) -> String {
        format!("/join?next={}", percent_encoded(&self.next))
    }
}
