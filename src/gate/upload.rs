//! The body of a request on its way in: freed of its coding, limited in size, and watched for stalling.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::chunked::Chunked;
use super::config::Timings;
use super::head::Body;
use super::refusal::Refusal;
use super::request::{RequestInfo, WaitingRequest};
use super::rewrite;
use super::sockets::falls_behind;

/// A head may be unfinished, and a body slower than the floor rate, for this long before it is shed to make room.
pub(super) const STALL: Duration = Duration::from_secs(2);
const MALFORMED_CHUNKS: Refusal = Refusal::BadRequest("The chunks of the body cannot be read.");

pub(super) struct Upload {
    /// As tiny_http is to read it: the head; then, once known, the length; then the body.
    request: Vec<u8>,
    /// Where the body begins in `request`, if its length is known.
    body_at: usize,
    coding: Coding,
    limit: usize,
    began_at: Instant,
    /// Bytes read so far, held against the floor rate.
    n_read: usize,
    /// When it last began to bring what [`STALL`] allows for, and how many bytes it had brought by then.
    pace: (Instant, usize),
    /// Bytes of bodies that it holds of the budget.
    charged: usize,
    info: RequestInfo,
    /// The address that the request counts for.
    address: Option<IpAddr>,
}

enum Coding {
    Length { left: usize },
    Chunked { chunked: Chunked, body: Vec<u8> },
}

/// A request once its head is read.
pub(super) enum Begun {
    Whole(WaitingRequest),
    Body(Upload),
}

impl Upload {
    /// Begins to read what follows a head, of which `request` is the part to be passed on. Refuses a body that is
    /// announced to be longer than `limit` bytes.
    pub fn begin(
        mut request: Vec<u8>,
        body: Body,
        limit: usize,
        info: RequestInfo,
        address: Option<IpAddr>,
        now: Instant,
    ) -> Result<Begun, Refusal> {
        let coding = match body {
            Body::Length(length) if length > limit as u64 => return Err(Refusal::BodyTooLarge),
            Body::None | Body::Length(0) => {
                rewrite::write_length(&mut request, (body == Body::Length(0)).then_some(0));
                return Ok(Begun::Whole(WaitingRequest { bytes: request, info, rank: None, charged: 0 }));
            }
            Body::Length(length) => {
                rewrite::write_length(&mut request, Some(length));
                Coding::Length { left: length as usize }
            }
            Body::Chunked => Coding::Chunked { chunked: Chunked::new(), body: Vec::new() },
        };
        let (body_at, began_at, pace) = (request.len(), now, (now, 0));
        let upload =
            Upload { request, body_at, coding, limit, began_at, n_read: 0, pace, charged: 0, info, address };
        Ok(Begun::Body(upload))
    }

    /// Takes what belongs to the body. Returns how many bytes were read, and how many of them are kept: as many are to
    /// be charged. Refuses malformed chunks, and a body longer than its limit.
    pub fn take(&mut self, input: &[u8]) -> Result<(usize, usize), Refusal> {
        match &mut self.coding {
            Coding::Length { left } => {
                let taken = input.len().min(*left);
                self.request.extend_from_slice(&input[..taken]);
                *left -= taken;
                Ok((taken, taken))
            }
            Coding::Chunked { chunked, body } => {
                let before = body.len();
                let read =
                    chunked.read(input, |data| body.extend_from_slice(data)).map_err(|_| MALFORMED_CHUNKS)?;
                if body.len() > self.limit {
                    return Err(Refusal::BodyTooLarge);
                }
                Ok((read, body.len() - before))
            }
        }
    }

    /// Notes how many bytes more have been read.
    pub fn keep_pace(&mut self, read: usize, floor_bytes_per_s: usize, now: Instant) {
        self.n_read += read;
        let (_, before) = self.pace;
        if self.n_read - before >= floor_bytes_per_s * STALL.as_secs() as usize {
            self.pace = (now, self.n_read);
        }
    }

    /// Returns since when it has brought less than the floor rate.
    pub fn slow_since(&self) -> Instant {
        self.pace.0
    }

    /// Returns whether it has lately been slower than the floor rate, however quick it was before: it may be shed.
    pub fn stalls(&self, now: Instant) -> bool {
        self.slow_since() + STALL <= now
    }

    /// Returns whether it has been slower than the floor rate as a whole: it is refused.
    pub fn is_too_slow(&self, timings: &Timings, now: Instant) -> bool {
        falls_behind(self.began_at, self.n_read, timings.grace, timings.floor_bytes_per_s, now)
    }

    pub fn charged(&self) -> usize {
        self.charged
    }

    pub fn charge(&mut self, bytes: usize) {
        self.charged += bytes;
    }

    /// Returns what it holds of the budget, which is given back.
    pub fn uncharge(&mut self) -> usize {
        std::mem::take(&mut self.charged)
    }

    pub fn is_done(&self) -> bool {
        match &self.coding {
            Coding::Length { left } => *left == 0,
            Coding::Chunked { chunked, .. } => chunked.is_done(),
        }
    }

    pub fn info(&self) -> RequestInfo {
        self.info
    }

    pub fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// Returns the body, as far as it has come.
    pub fn body(&self) -> &[u8] {
        match &self.coding {
            Coding::Length { .. } => &self.request[self.body_at..],
            Coding::Chunked { body, .. } => body,
        }
    }

    /// Returns the whole request; the body must be done.
    pub fn finish(mut self) -> WaitingRequest {
        if let Coding::Chunked { body, .. } = self.coding {
            rewrite::write_length(&mut self.request, Some(body.len() as u64));
            self.request.extend_from_slice(&body);
        }
        WaitingRequest { bytes: self.request, info: self.info, rank: None, charged: self.charged }
    }
}
