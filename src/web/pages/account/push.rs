//! The settings of pushes: whether the person is notified in this browser, and a push to try it out.

use crate::house::notices::subscribe::MAX_SUBSCRIPTIONS;
use crate::text::i18n::Words;
use crate::web::app::App;
use crate::web::pages::parts::context::PageContext;
use crate::web::problem::Outcome;
use crate::web::reply::Reply;
use crate::web::request::Request;
use serde_json::json;

/// What the account page says of pushes.
#[derive(Clone, Debug, Default)]
pub struct Pushes {
    /// Whether the house pushes at all.
    pub are_sent: bool,
    /// The key that browsers subscribe with.
    pub public_key: String,
    /// The browsers that are notified.
    pub n: usize,
}

impl Pushes {
    pub fn of(app: &App, request: &Request) -> Outcome<Pushes> {
        let person = request.signed_in()?;
        let n = app.house.subscriptions(person.id)?.len();
        Ok(Pushes { are_sent: app.settings().push, public_key: app.house.push_key()?.public(), n })
    }

    /// In how many browsers, of how many.
    pub fn counted(&self, words: &Words) -> String {
        words.t2("push-counted", ("n", self.n), ("most", MAX_SUBSCRIPTIONS))
    }
}

/// Has a push go to each of the person's browsers.
pub fn test(app: &App, request: &Request) -> Outcome<Reply> {
    let person = request.signed_in()?;
    app.limits.push(person.id)?;
    let words = PageContext::of(request).words();
    let payload = json!({
        "title": words.t("push-test-title"), "body": words.t("push-test-body"),
        "url": format!("{}/account?tab=settings#push", request.base), "tag": "test", "lang": words.lang.tag(),
    });
    app.house.try_push(person.id, &payload.to_string())?;
    Ok(Reply::see_other("/account?tab=settings#push"))
}
