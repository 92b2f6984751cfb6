//! A problem as a reply: JSON for programs, and the headers that its code needs.
//! [`error_page`](super::pages::error_page) shows it as a page.

use super::problem::Problem;
use super::reply::Reply;
use crate::rules::money::Currency;
use crate::rules::refusal::Refusal;
use serde_json::json;

impl Problem {
    /// Replies with `application/problem+json`: amounts are money in sentences, and minor units elsewhere.
    pub fn json(&self, currency: &Currency) -> Reply {
        let said = self.refusal.as_ref().map(|refusal| refusal.words_in(currency));
        let parts = said.iter().chain([&self.detail]).filter(|words| !words.is_empty());
        let detail = parts.map(String::as_str).collect::<Vec<_>>().join(" ");
        let mut body = json!({
            "status": self.status(), "title": self.title(), "code": self.code, "detail": detail,
        });
        let object = body.as_object_mut().expect("it was made as an object");
        object.extend((*self.extra).clone());
        if let Some(Refusal::Invalid(faults)) = self.refusal.as_deref() {
            for fault in faults.iter().filter(|fault| self.extra["fields"][fault.field] == fault.words) {
                body["fields"][fault.field] = fault.words_in(currency).into();
            }
        }
        self.dress(Reply::new(self.status(), "application/problem+json", body.to_string()))
    }

    /// Adds the headers that the code needs.
    pub fn dress(&self, reply: Reply) -> Reply {
        let reply = match self.figure("retry_after_s") {
            Some(seconds) => reply.with("Retry-After", seconds.to_string()),
            None => reply,
        };
        let reply = match self.allow {
            Some(methods) => reply.with("Allow", methods),
            None => reply,
        };
        if self.code == "unauthenticated" { reply.with("WWW-Authenticate", "Bearer") } else { reply }
    }
}
