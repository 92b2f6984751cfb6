//! A former member: where the name and the address of somebody stand who closes their account, and what stands there
//! instead. Only what the house itself wrote is changed, not what people said.

use crate::house::notices::events::bidder_in;
use crate::house::people::email;
use crate::rules::listing::{AccountId, ListingId};
use crate::rules::unlinked::unlinked;
use crate::store::Snapshot;
use crate::store::accounts::Account;
use crate::store::events::Event;
use anyhow::Result;
use serde_json::Value;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// The fields that name a person; the account stands beside them, as in `leader_id`.
const NAMING: [&str; 5] = ["bidder", "leader", "winner", "buyer", "seller"];
/// The fields that name an account by its id.
const IDS: [&str; 3] = ["account", "account_id", "id"];
/// The fields of an account that are the person's alone.
const PRIVATE: [&str; 2] = ["email", "phone"];
/// The words of people, which stay as they are.
const SAID: [&str; 5] = ["title", "description", "message", "why", "category"];

/// Somebody who closes their account.
#[derive(Clone, Debug)]
pub(super) struct Former {
    pub id: AccountId,
    /// The name, and those before it.
    names: Vec<String>,
    /// The address, and those before it that are known.
    emails: Vec<String>,
    phone: Option<String>,
    /// All of them as texts may say them: also with the spaces by which a mail keeps them from being links.
    texts: Vec<String>,
    /// What they are called from now on.
    pub called: String,
}

impl Former {
    pub fn of(snapshot: &Snapshot<'_>, account: &Account, called: String) -> Result<Former> {
        let mut names = vec![account.name.clone()];
        names.extend(snapshot.earlier_names(account.id)?.into_iter().map(|(name, _)| name));
        let mut emails: Vec<String> = account.email.iter().cloned().collect();
        emails.extend(snapshot.known_emails(account.id)?);
        Ok(Former { id: account.id, names, emails, phone: account.phone.clone(), texts: Vec::new(), called }
            .heard())
    }

    /// Fills in the texts, the longest first: an address may hold a name.
    fn heard(mut self) -> Former {
        let shown = self.emails.iter().map(|email| email::shown(email).into_owned());
        let bare = self.names.iter().chain(&self.emails).chain(&self.phone).cloned().chain(shown);
        let texts: BTreeSet<String> = bare.flat_map(|text| [unlinked(&text), text]).collect();
        self.texts = texts.into_iter().collect();
        self.texts.sort_by_key(|text| Reverse(text.len()));
        self
    }

    /// The texts that name them.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// The same as they stand in JSON.
    pub fn texts_in_json(&self) -> Vec<String> {
        let bare = |text: &String| {
            let quoted = Value::from(text.as_str()).to_string();
            quoted[1..quoted.len() - 1].to_owned()
        };
        self.texts.iter().map(bare).collect()
    }

    /// The names as the whole value of a field: a short one stands inside a lot of words.
    pub fn names_in_json(&self) -> Vec<String> {
        self.names.iter().map(|name| format!(":{}", Value::from(name.as_str()))).collect()
    }

    /// The addresses: the one that they have, and those before it that are known.
    pub fn emails(&self) -> &[String] {
        &self.emails
    }

    /// Whether a field of the event holds one of the names. [`Former::without_in`] decides whether they are meant.
    pub fn may_be_named_in(&self, event: &Event) -> bool {
        let told = serde_json::from_str::<Value>(&event.data).unwrap_or_default();
        NAMING.iter().any(|field| told[*field].as_str().is_some_and(|name| self.is_name(name)))
    }

    /// The data of an event without their name; `None` if it does not name them.
    pub fn without_in(&self, snapshot: &Snapshot<'_>, event: &Event) -> Result<Option<String>> {
        let Ok(mut told) = serde_json::from_str::<Value>(&event.data) else {
            return Ok(None);
        };
        let mut is_changed = false;
        for field in NAMING {
            let named = told[field].as_str();
            if named.is_some_and(|name| self.is_name(name))
                && let Some(listing) = listing_of(event, &told)
                && self.is_meant(snapshot, listing, &told, field)?
            {
                told[field] = self.called.as_str().into();
                is_changed = true;
            }
        }
        Ok(is_changed.then(|| told.to_string()))
    }

    fn is_meant(
        &self,
        snapshot: &Snapshot<'_>,
        listing: ListingId,
        told: &Value,
        field: &str,
    ) -> Result<bool> {
        let id = told[format!("{field}_id")].as_i64().map(AccountId);
        let whose = match field {
            "seller" if id.is_none() => snapshot.listing(listing)?.map(|listing| listing.seller),
            _ => bidder_in(snapshot, listing, told, field)?,
        };
        Ok(whose == Some(self.id))
    }

    /// The JSON of an answer or a request without what names them; `None` if nothing does.
    pub fn without(&self, json: &str) -> Option<String> {
        let mut value: Value = serde_json::from_str(json).ok()?;
        self.take_out(&mut value).then(|| value.to_string())
    }

    fn take_out(&self, value: &mut Value) -> bool {
        match value {
            Value::Array(items) => {
                items.iter_mut().fold(false, |is_changed, item| self.take_out(item) | is_changed)
            }
            Value::Object(fields) => {
                let id_in = |fields: &serde_json::Map<String, Value>, name: &str| {
                    fields.get(name).and_then(Value::as_i64)
                };
                let ids: Vec<i64> = IDS.iter().filter_map(|name| id_in(fields, name)).collect();
                let is_surely_theirs = ids.contains(&self.id.0);
                let is_theirs = is_surely_theirs || ids.is_empty();
                let owners: Vec<Option<i64>> =
                    NAMING.iter().map(|field| id_in(fields, &format!("{field}_id"))).collect();
                let mut is_changed = false;
                for (field, value) in fields.iter_mut().filter(|(field, _)| !SAID.contains(&field.as_str())) {
                    let naming = NAMING.iter().position(|known| known == field);
                    let is_meant = match naming {
                        Some(at) => owners[at].is_none_or(|owner| owner == self.id.0),
                        None => is_theirs,
                    };
                    let new = match value.as_str() {
                        Some(text)
                            if PRIVATE.contains(&field.as_str())
                                && (is_surely_theirs || self.is_private(text)) =>
                        {
                            Some(Value::Null)
                        }
                        Some(text)
                            if is_meant && (naming.is_some() || field == "name") && self.is_name(text) =>
                        {
                            Some(self.called.as_str().into())
                        }
                        _ => None,
                    };
                    is_changed |= match new {
                        Some(new) => {
                            *value = new;
                            true
                        }
                        None => self.take_out(value),
                    };
                }
                is_changed
            }
            _ => false,
        }
    }

    fn is_name(&self, text: &str) -> bool {
        self.names.iter().any(|name| name == text)
    }

    fn is_private(&self, text: &str) -> bool {
        self.emails.iter().chain(&self.phone).any(|known| known == text)
    }

    /// The JSON of a push to somebody else without what names them; `None` if nothing does.
    pub fn without_in_push(&self, json: &str) -> Option<String> {
        let mut told: Value = serde_json::from_str(json).ok()?;
        let mut is_changed = false;
        for (_, value) in told.as_object_mut()? {
            let Some(text) = value.as_str() else { continue };
            let clean = self.without_in_text(text);
            is_changed |= clean != text;
            *value = clean.into();
        }
        is_changed.then(|| told.to_string())
    }

    /// A text to somebody else without what names them: an address, or a name as a word of its own.
    pub fn without_in_text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for trace in self.texts.iter().map(String::as_str) {
            let places: Vec<usize> = text
                .match_indices(trace)
                .map(|(at, _)| at)
                .filter(|at| is_word(&text, *at, trace.len()))
                .collect();
            for at in places.into_iter().rev() {
                text.replace_range(at..at + trace.len(), &self.called);
            }
        }
        text
    }
}

fn listing_of(event: &Event, told: &Value) -> Option<ListingId> {
    event.listing.or_else(|| told["listing"].as_i64().map(ListingId))
}

/// Whether what stands there is no part of a longer word. A Korean word has its endings without a space.
fn is_word(text: &str, at: usize, len: usize) -> bool {
    let (before, rest) = text.split_at(at);
    let (found, after) = rest.split_at(len);
    let is_hangul = |c: char| ('\u{ac00}'..='\u{d7a3}').contains(&c);
    let is_begun = before.chars().next_back().is_some_and(char::is_alphanumeric);
    let goes_on = after.chars().next().is_some_and(char::is_alphanumeric);
    !is_begun && (!goes_on || found.chars().next_back().is_some_and(is_hangul))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn bob() -> Former {
        Former {
            id: AccountId(2),
            names: vec!["Bob".into(), "Bobby \"B\"".into()],
            emails: vec!["bob@example.org".into(), "b.old@example.org".into()],
            phone: Some("+82 10 1234".into()),
            texts: Vec::new(),
            called: "former member 1".into(),
        }
        .heard()
    }

    #[test]
    fn what_names_somebody_in_an_answer_is_taken_out_and_what_people_said_stays() {
        for (before, after) in [
            (
                json!({"leader": "Bob", "leader_id": 2}),
                Some(json!({"leader": "former member 1", "leader_id": 2})),
            ),
            (json!({"leader": "Bob", "leader_id": 3}), None),
            (json!({"seller": "Bobby \"B\""}), Some(json!({"seller": "former member 1"}))),
            (json!({"title": "Bob", "message": "bob@example.org", "why": "Bob"}), None),
            (
                json!({"notices": [{"account": {"id": 2, "name": "Bob", "email": "bob@example.org"}}]}),
                Some(json!({"notices": [{"account": {"id": 2, "name": "former member 1", "email": null}}]})),
            ),
            (json!({"account": {"id": 3, "name": "Bob", "email": "other@example.org"}}), None),
            (json!({"account": 2, "name": "Bob"}), Some(json!({"account": 2, "name": "former member 1"}))),
            (json!({"name": "Bobby"}), None),
        ] {
            let found = bob().without(&before.to_string());
            let found = found.map(|json| serde_json::from_str::<Value>(&json).unwrap());
            assert_eq!(found, after, "{before}");
        }
    }

    #[test]
    fn a_mail_names_somebody_by_a_whole_word() {
        for (text, after) in [
            ("Bob waits (bob@example.org).", "former member 1 waits (former member 1)."),
            ("Bob waits (bob@ example. org).", "former member 1 waits (former member 1)."),
            ("b. old@ example. org", "former member 1"),
            ("Bobs and Kabob", "Bobs and Kabob"),
            ("\u{201c}Bob\u{201d}", "\u{201c}former member 1\u{201d}"),
        ] {
            assert_eq!(bob().without_in_text(text), after);
        }
        let minsu = Former { names: vec!["민수".into()], emails: vec![], phone: None, ..bob() }.heard();
        assert_eq!(minsu.without_in_text("민수님이 기다립니다."), "former member 1님이 기다립니다.");
        assert_eq!(minsu.without_in_text("김민수님"), "김민수님");
    }

    #[test]
    fn a_push_stays_json() {
        let push =
            json!({"title": "Bobby \"B\" waits", "body": "Bob", "url": "/account", "tag": "pending-2"});
        let clean: Value = serde_json::from_str(&bob().without_in_push(&push.to_string()).unwrap()).unwrap();
        assert_eq!(
            (&clean["title"], &clean["body"]),
            (&json!("former member 1 waits"), &json!("former member 1"))
        );
        assert_eq!(bob().without_in_push(&clean.to_string()), None);
    }

    #[test]
    fn a_short_name_is_looked_for_as_the_whole_value_of_a_field() {
        let bid = Former { names: vec!["bid".into()], ..bob() };
        assert_eq!(bid.names_in_json(), [r#":"bid""#]);
        let event = |data: Value| Event {
            id: 1,
            kind: "bid".into(),
            listing: None,
            account: None,
            data: data.to_string(),
        };
        assert!(bid.may_be_named_in(&event(json!({"leader": "bid"}))));
        assert!(!bid.may_be_named_in(&event(json!({"kind": "bid", "leader": "Ann"}))));
    }
}
