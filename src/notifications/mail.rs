//! Mail, handed to an SMTP server as plain text with the same in HTML beside it. Its Message-ID stays the same however
//! often it is sent, and so does every other byte.

use crate::house::notices::outbox::Trouble;
use crate::house::people::email;
use crate::notifications::config::MailSettings;
use crate::notifications::dress::LOGO_ID;
use crate::rules::time::Time;
use crate::store::outbox::Delivery;
use anyhow::{Context, Result, anyhow, ensure};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, Message, MessageBuilder, MultiPart, SinglePart};
use lettre::transport::smtp::{Error, PoolConfig};
use lettre::{Address, SmtpTransport, Transport};
use std::time::{Duration, SystemTime};

/// How long the server may take for each answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sends mail through one SMTP server.
pub struct Mailer {
    server: SmtpTransport,
    from: Mailbox,
}

impl Mailer {
    /// The URL is `smtp://` (plain; `?tls=required` or `?tls=opportunistic`: STARTTLS) or `smtps://` (TLS from the
    /// first byte), with user and password before an `@`, percent-encoded. Connects to nobody yet.
    pub fn of(settings: &MailSettings) -> Result<Mailer> {
        let wrong = || {
            anyhow!(
                "smtp_url must be smtp://USER:PASSWORD@HOST:PORT?tls=required, the same without tls, or smtps://USER:PASSWORD@HOST"
            )
        };
        let url = settings.url.bare();
        ensure!(url.starts_with("smtp://") || url.starts_with("smtps://"), wrong());
        let server = SmtpTransport::from_url(url).map_err(|_| wrong())?;
        let from: Mailbox = settings
            .from
            .parse()
            .context("mail_from must be an address such as House <house@example.org>")?;
        let address = sendable(from.email.as_ref()).unwrap_or(from.email);
        let from = Mailbox::new(from.name, address);
        // One connection, reused for the mails of a round.
        let pool = PoolConfig::new().max_size(1).idle_timeout(Duration::from_secs(5));
        Ok(Mailer { server: server.timeout(Some(PATIENCE)).pool_config(pool).build(), from })
    }

    /// Connects and logs in, if there is no connection yet. Refused with [`Trouble::Unreached`].
    pub fn greet(&self) -> Result<(), Trouble> {
        match self.server.test_connection() {
            Ok(true) => Ok(()),
            Ok(false) => Err(Trouble::Unreached("the SMTP server does not answer".into())),
            Err(error) => Err(Trouble::Unreached(format!("the SMTP server: {}", words(&error)))),
        }
    }

    /// Sends a delivery, with the logo if its HTML shows it. `house` is the house's public URL, where people choose what
    /// they are sent.
    pub fn send(&self, delivery: &Delivery, house: Option<&str>, logo: Option<&[u8]>) -> Result<(), Trouble> {
        let to = delivery.email.as_deref().unwrap_or_default();
        let builder = self.begin(to, delivery.made_at)?.subject(&delivery.subject);
        let builder = builder.message_id(Some(format!("<{}@{}>", delivery.key, self.from.email.domain())));
        // Nobody can choose not to get what was asked for.
        self.hand_over(builder, content(delivery, logo), house.filter(|_| !delivery.is_letter))
    }

    /// Sends a test mail, to show that mail from this house arrives.
    pub fn try_out(&self, to: &str, house_name: &str, now: Time) -> Result<(), Trouble> {
        self.greet()?;
        let builder = self.begin(to, now)?.subject(format!("{house_name}: a test email"));
        let content = SinglePart::plain("This house can send email.\n".to_owned());
        self.hand_over(builder.message_id(None), Content::Single(content), None)
    }

    fn begin(&self, to: &str, at: Time) -> Result<MessageBuilder, Trouble> {
        let to =
            sendable(to).ok_or_else(|| Trouble::Refused("mail cannot be sent to this address".into()))?;
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(at.0).unwrap_or(0));
        Ok(Message::builder().from(self.from.clone()).to(Mailbox::new(None, to)).date(at))
    }

    fn hand_over(
        &self,
        builder: MessageBuilder,
        content: Content,
        house: Option<&str>,
    ) -> Result<(), Trouble> {
        let message = match content {
            Content::Single(part) => builder.singlepart(part),
            Content::Multi(parts) => builder.multipart(parts),
        };
        let mut message = message.map_err(|error| Trouble::Refused(format!("write a mail: {error}")))?;
        let mut add = |name, value: String| {
            message.headers_mut().insert_raw(HeaderValue::new(HeaderName::new_from_ascii_str(name), value));
        };
        // Has holiday notices not answer it (RFC 3834).
        add("Auto-Submitted", "auto-generated".into());
        if let Some(house) = house {
            add("List-Unsubscribe", format!("<{house}/account#mail>"));
        }
        self.server.send(&message).map(|_| ()).map_err(|error| trouble(&error))
    }
}

/// What a mail holds.
enum Content {
    Single(SinglePart),
    Multi(MultiPart),
}

/// The text of a delivery, and beside it the same in HTML if there is one. The logo goes with it: what a mail would load
/// from elsewhere, most programs do not show.
fn content(delivery: &Delivery, logo: Option<&[u8]>) -> Content {
    let text = SinglePart::plain(delivery.body.clone());
    let Some(html) = &delivery.html else {
        return Content::Single(text);
    };
    // A mail that is sent again is the same to the byte.
    let alternative = MultiPart::alternative().boundary(format!("alternative-{}", delivery.key));
    let alternative = alternative.singlepart(text);
    let shown = SinglePart::html(html.clone());
    let Some(logo) = logo.filter(|_| html.contains(&format!("\"cid:{LOGO_ID}\""))) else {
        return Content::Multi(alternative.singlepart(shown));
    };
    let png = ContentType::parse("image/png").expect("a well-formed type");
    let logo = Attachment::new_inline(LOGO_ID.to_owned()).body(logo.to_vec(), png);
    let related = MultiPart::related().boundary(format!("related-{}", delivery.key));
    Content::Multi(alternative.multipart(related.singlepart(shown).singlepart(logo)))
}

/// The address with its domain in ASCII. An address that an older version took is used as it stands, if it is one at
/// all.
fn sendable(address: &str) -> Option<Address> {
    email::read(address).ok().and_then(|read| read.parse().ok()).or_else(|| address.parse().ok())
}

/// A server refuses for good (5xx) or for now (4xx); with any other error, nobody was reached.
fn trouble(error: &Error) -> Trouble {
    let words = format!("the SMTP server: {}", words(error));
    match () {
        () if error.is_permanent() || error.is_client() => Trouble::Refused(words),
        () if error.is_transient() => Trouble::Later(words),
        () => Trouble::Unreached(words),
    }
}

/// The error on one line.
fn words(error: &Error) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notifications::config::Secret;

    #[test]
    fn mail_goes_to_a_domain_in_ascii_and_to_the_odd_address_of_an_older_house() {
        for (kept, sent) in [
            ("ann@xn--bcher-kva.example", Some("ann@xn--bcher-kva.example")),
            ("ann@bücher.example", Some("ann@xn--bcher-kva.example")),
            ("\"ann b\"@example.org", Some("\"ann b\"@example.org")),
            ("ann..b@example.org", None),
            ("nobody", None),
        ] {
            assert_eq!(sendable(kept).as_ref().map(Address::to_string).as_deref(), sent, "{kept}");
        }
        let settings =
            |from: &str| MailSettings { url: Secret::new("smtp://mail.example.org"), from: from.to_owned() };
        let from = Mailer::of(&settings("Büro <Büro@Bücher.example>")).unwrap().from.email;
        assert_eq!(from.domain(), "xn--bcher-kva.example");
        assert!(Mailer::of(&settings("mailto:house@example.org")).is_err());
    }
}
