//! The account that a log-in or a sign-up names in its body, or the bidder number: the gate lets the passwords of one
//! account, and the PINs of one number, wait for each other.

use crate::house::people::log_in::Named;
use serde::Deserialize;

/// The longest email that is looked at, in bytes. No account has a longer one, however it is written.
const MAX_EMAIL_BYTES: usize = 1_024;

/// Returns the key of the email or the number in a body of JSON or of a form; none where it cannot be read, or is too
/// long.
pub fn named_account(body: &[u8]) -> Option<String> {
    let body: Body = serde_json::from_slice(body).ok().or_else(|| serde_html_form::from_bytes(body).ok())?;
    let sale = body.sale.as_deref().unwrap_or_default().trim();
    match (body.email, body.number) {
        (Some(email), _) if email.len() <= MAX_EMAIL_BYTES => Some(Named::Email(&email).key()),
        (None, Some(number)) if sale.len() <= MAX_EMAIL_BYTES => {
            Some(Named::Bidder { sale, number: number.read()? }.key())
        }
        _ => None,
    }
}

#[derive(Deserialize)]
struct Body {
    email: Option<String>,
    number: Option<Number>,
    sale: Option<String>,
}

/// A number in JSON, a text in a form.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Whole(i64),
    Typed(String),
}

impl Number {
    fn read(self) -> Option<i64> {
        match self {
            Number::Whole(number) => Some(number),
            Number::Typed(text) => text.trim().parse().ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_in_is_known_by_its_account_in_either_form() {
        let ann = Some("ann@example.org".to_owned());
        assert_eq!(named_account(br#"{"password": "p", "email": " Ann@example.org"}"#), ann);
        assert_eq!(named_account(b"next=%2F&email=ann%40Example.org&password=p"), ann);
        assert_eq!(named_account(b"\xff{"), None);
    }

    #[test]
    fn a_log_in_by_number_is_known_by_its_number_and_sale_in_either_form() {
        let spring = named_account(br#"{"number": 17, "pin": "012345", "sale": "spring"}"#);
        assert!(spring.is_some());
        assert_eq!(named_account(b"next=%2F&number=+17&pin=012345&sale=spring"), spring);
        let others: [&[u8]; 4] = [
            br#"{"number": 17, "pin": "012345"}"#,
            br#"{"number": 18, "pin": "012345", "sale": "spring"}"#,
            br#"{"number": "x", "pin": "012345"}"#,
            b"next=%2F&email=&number=17&sale=spring",
        ];
        assert!(others.iter().all(|body| named_account(body) != spring));
    }
}
