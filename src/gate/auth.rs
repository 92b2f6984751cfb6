//! Authenticates the gate to the web layer: each request that the gate passes on carries a header with a secret that
//! only the two of them know. Requests that reach tiny_http's private listener without it are refused.

use std::fmt::Write;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Result, anyhow};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use tiny_http::{Request, Response};

use super::forwarded::Client;

/// Stands in the place of a client in the gate's own requests, which test whether a connection is served.
const PROBE: &str = "probe";
const SECRET_BYTES: usize = 16;

/// Holds the secret; clones share it.
#[derive(Clone)]
pub struct GateAuth {
    secret: Arc<str>,
    n_taken: Arc<AtomicU64>,
}

impl GateAuth {
    pub(super) fn new() -> Result<GateAuth> {
        let mut secret = [0; SECRET_BYTES];
        getrandom::fill(&mut secret).map_err(|error| anyhow!("draw random bytes: {error}"))?;
        Ok(GateAuth { secret: BASE64_URL_SAFE_NO_PAD.encode(secret).into(), n_taken: Arc::default() })
    }

    /// Checks one request of the private server; every request must pass here first. Returns the client and the
    /// request, or none if the request came from a stranger (answered with 403) or from the gate itself (204).
    pub fn admit(&self, request: Request) -> Option<(Client, Request)> {
        self.n_taken.fetch_add(1, Ordering::Relaxed);
        let header = request.headers().iter().find(|header| header.field.equiv("X-Gate"));
        let rest = header.and_then(|header| header.value.as_str().strip_prefix(&*self.secret));
        let client = rest.and_then(parse);
        let status = match (rest, client) {
            (_, Some(client)) => return Some((client, request)),
            (Some(_), None) => 204,
            (None, None) => 403,
        };
        // If it cannot be sent, nobody waits for it.
        let _ = request.respond(Response::empty(status));
        None
    }

    /// Returns how many requests have been taken out of tiny_http.
    pub(super) fn n_taken(&self) -> u64 {
        self.n_taken.load(Ordering::Relaxed)
    }

    /// Writes the value of the gate's header: the secret and the client.
    pub(super) fn write_header(&self, client: Client, out: &mut String) {
        out.clear();
        out.push_str(&self.secret);
        out.push_str(if client.tls { " s " } else { " - " });
        // Writing to a string cannot fail.
        let _ = write!(out, "{}", client.address);
    }

    /// Returns a whole request that [`GateAuth::admit`] answers by itself.
    pub(super) fn probe(&self) -> Vec<u8> {
        format!("GET / HTTP/1.1\r\nX-Gate: {} {PROBE}\r\n\r\n", self.secret).into_bytes()
    }
}

fn parse(rest: &str) -> Option<Client> {
    let (tls, address) = rest.strip_prefix(' ')?.split_once(' ')?;
    let address: IpAddr = address.parse().ok()?;
    Some(Client { address, tls: tls == "s" })
}
