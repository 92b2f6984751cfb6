//! The account that a log-in or a sign-up names in its body: the gate lets the passwords of one account wait for each
//! other.

use crate::house::people::email;
use serde::Deserialize;

/// The longest email that is looked at, in bytes. No account has a longer one, however it is written.
const MAX_EMAIL_BYTES: usize = 1_024;

/// Returns the key of the email in a body of JSON or of a form; none where it cannot be read, or is too long.
pub fn named_account(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        email: String,
    }
    let named: Option<Named> =
        serde_json::from_slice(body).ok().or_else(|| serde_html_form::from_bytes(body).ok());
    named.filter(|named| named.email.len() <= MAX_EMAIL_BYTES).map(|named| email::key(&named.email))
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
}
