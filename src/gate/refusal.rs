//! The answers that the gate gives by itself, as `application/problem+json`; each ends its connection. They say nothing
//! about what is behind the gate.

/// Why a request gets no further than the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The bytes break a rule of HTTP; the sentence says which.
    BadRequest(&'static str),
    /// HTTP/2 by prior knowledge, or an unknown version.
    Version,
    /// TRACE, CONNECT.
    Method,
    BodyTooLarge,
    HeadTooLarge,
    /// The head or the body came too slowly.
    TooSlow,
    Expectation,
    /// Too many connections from this address; through a proxy, too many requests at a time.
    TooMany,
    /// There is no room now; the client should come back after this many seconds.
    Busy(u32),
    /// The web layer did not answer, or broke the protocol.
    NoAnswer,
}

impl Refusal {
    pub fn status(self) -> u16 {
        match self {
            Refusal::BadRequest(_) => 400,
            Refusal::Version => 505,
            Refusal::Method => 405,
            Refusal::BodyTooLarge => 413,
            Refusal::HeadTooLarge => 431,
            Refusal::TooSlow => 408,
            Refusal::Expectation => 417,
            Refusal::TooMany => 429,
            Refusal::Busy(_) | Refusal::NoAnswer => 503,
        }
    }

    /// Returns the whole answer, without its body if it is to a HEAD request.
    pub fn answer(self, head_only: bool) -> Vec<u8> {
        let (title, code, detail) = self.sentences();
        let status = self.status();
        let mut body =
            format!(r#"{{"status":{status},"title":"{title}","code":"{code}","detail":"{detail}""#);
        let mut extra = String::new();
        if let Some(seconds) = self.retry_after_s() {
            body.push_str(&format!(r#","retry_after_s":{seconds}"#));
            extra.push_str(&format!("Retry-After: {seconds}\r\n"));
        }
        if self == Refusal::Method {
            extra.push_str("Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS\r\n");
        }
        body.push('}');
        let mut answer = format!(
            "HTTP/1.1 {status} {title}\r\nContent-Type: application/problem+json\r\nContent-Length: {}\r\n\
             Cache-Control: no-store\r\n{extra}Connection: close\r\n\r\n",
            body.len()
        );
        if !head_only {
            answer.push_str(&body);
        }
        answer.into_bytes()
    }

    fn retry_after_s(self) -> Option<u32> {
        match self {
            Refusal::Busy(seconds) => Some(seconds),
            Refusal::TooMany | Refusal::NoAnswer => Some(5),
            _ => None,
        }
    }

    fn sentences(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Refusal::BadRequest(why) => ("Bad Request", "bad_request", why),
            Refusal::Version => {
                ("HTTP Version Not Supported", "bad_request", "This server speaks HTTP/1.1 and HTTP/1.0.")
            }
            Refusal::Method => ("Method Not Allowed", "method_not_allowed", "This method is not served."),
            Refusal::BodyTooLarge => {
                ("Content Too Large", "too_large", "The body is larger than is taken here.")
            }
            Refusal::HeadTooLarge => (
                "Request Header Fields Too Large",
                "too_large",
                "The request's head is larger than 16 KiB or has more than 100 fields.",
            ),
            Refusal::TooSlow => ("Request Timeout", "bad_request", "The request came too slowly."),
            Refusal::Expectation => {
                ("Expectation Failed", "bad_request", "Only 100-continue can be expected.")
            }
            Refusal::TooMany => {
                ("Too Many Requests", "rate_limited", "Too many connections from this address.")
            }
            Refusal::Busy(_) => ("Service Unavailable", "busy", "The server is busy; try again shortly."),
            Refusal::NoAnswer => {
                ("Service Unavailable", "busy", "There was no answer in time; try again shortly.")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Refusal;

    #[test]
    fn a_refusal_is_a_whole_answer_with_its_length() {
        let text = String::from_utf8(Refusal::Busy(3).answer(false)).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{head}");
        assert!(head.contains("\r\nRetry-After: 3\r\n"), "{head}");
        assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{head}");
        assert!(body.contains(r#""code":"busy""#) && body.contains(r#""retry_after_s":3"#), "{body}");
    }

    #[test]
    fn a_refused_head_request_gets_no_body() {
        let answer = String::from_utf8(Refusal::Method.answer(true)).unwrap();
        assert!(answer.ends_with("\r\n\r\n"));
        assert!(answer.contains("\r\nAllow: GET"));
    }
}
