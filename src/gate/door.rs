//! The door between the gate and the web layer: each request that the gate passes on carries a word only the
//! two of them know. Whoever reaches tiny_http's private listener without it is turned away.

use std::fmt::Write;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Result, anyhow};
use tiny_http::{Request, Response};

use super::forwarded::Client;

/// Said in place of a client by the gate itself, to hear whether a connection is served.
const PROBE: &str = "probe";

/// Knows the secret; clones share it.
#[derive(Clone)]
pub struct Door {
    secret: Arc<str>,
    n_taken: Arc<AtomicU64>,
}

impl Door {
    pub(super) fn new() -> Result<Door> {
        Ok(Door { secret: random()?.into(), n_taken: Arc::default() })
    }

    /// To be asked first about every request of the private server: the client and the request, or nothing if
    /// it was a stranger's or the gate's own and has been answered here.
    pub fn admit(&self, request: Request) -> Option<(Client, Request)> {
        self.n_taken.fetch_add(1, Ordering::Relaxed);
        let said = request.headers().iter().find(|header| header.field.equiv("X-Gate"));
        let word = said.and_then(|header| header.value.as_str().strip_prefix(&*self.secret));
        let client = word.and_then(parse);
        let status = match (word, client) {
            (_, Some(client)) => return Some((client, request)),
            (Some(_), None) => 204,
            (None, None) => 403,
        };
        // Nobody is owed more than this answer; if it cannot be sent, nobody waits for it.
        let _ = request.respond(Response::empty(status));
        None
    }

    /// How many requests have been taken out of tiny_http.
    pub(super) fn n_taken(&self) -> u64 {
        self.n_taken.load(Ordering::Relaxed)
    }

    /// The word about a client, for the gate's header.
    pub(super) fn write_word(&self, client: Client, out: &mut String) {
        out.clear();
        out.push_str(&self.secret);
        out.push_str(if client.tls { " s " } else { " - " });
        // Writing to a string cannot fail.
        let _ = write!(out, "{}", client.address);
    }

    pub(super) fn probe(&self) -> Vec<u8> {
        format!("GET / HTTP/1.1\r\nX-Gate: {} {PROBE}\r\n\r\n", self.secret).into_bytes()
    }
}

/// 128 bits that nobody can guess, in hex.
fn random() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| anyhow!("draw random bytes: {error}"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn parse(word: &str) -> Option<Client> {
    let (tls, address) = word.strip_prefix(' ')?.split_once(' ')?;
    let address: IpAddr = address.parse().ok()?;
    Some(Client { address, tls: tls == "s" })
}
