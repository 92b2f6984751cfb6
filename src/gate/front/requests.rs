//! Requests on their way in: each is read and checked whole, and its body freed of any coding, before anybody else sees
//! it.

use super::Front;
use crate::gate::base_path;
use crate::gate::client::{Filled, Phase};
use crate::gate::config::WorkerPool;
use crate::gate::fair_queue::Sender;
use crate::gate::forwarded;
use crate::gate::head;
use crate::gate::network::any_contains;
use crate::gate::refusal::Refusal;
use crate::gate::request::RequestInfo;
use crate::gate::slots::SlotId;
use crate::gate::upload::{Begun, Upload};

/// Reads from one client in one turn, so that none keeps the others waiting.
const READS_PER_TURN: usize = 16;

/// What a client's request needs to get on.
#[derive(PartialEq, Eq)]
enum Needs {
    MoreBytes,
    Nothing,
}

impl Front {
    /// Understands what has come and reads what comes, as far as it goes now.
    pub(super) fn read_from(&mut self, id: SlotId) {
        for _ in 0..READS_PER_TURN {
            match self.advance(id) {
                Ok(Needs::MoreBytes) => {}
                Ok(Needs::Nothing) => return,
                Err(refusal) => return self.refuse(id, refusal),
            }
            let Some(client) = self.clients.get_mut(id) else { return };
            match client.fill(&mut self.scratch) {
                Filled::Some => {}
                Filled::Nothing => return,
                Filled::Closed => return self.remove(id),
            }
        }
        self.clients.read_later(id);
    }

    fn advance(&mut self, id: SlotId) -> Result<Needs, Refusal> {
        let (quiet_by, _) = self.linger_by();
        let Some(client) = self.clients.get_mut(id) else { return Ok(Needs::Nothing) };
        match &mut client.phase {
            Phase::Head if client.inbox.is_empty() => Ok(Needs::MoreBytes),
            Phase::Head => self.read_head(id),
            Phase::Body(_) => self.read_body(id),
            Phase::Lingering { allowance, by } => {
                let ignored = client.inbox.len();
                client.inbox.clear();
                if ignored > *allowance {
                    self.remove(id);
                    return Ok(Needs::Nothing);
                }
                *allowance -= ignored;
                if ignored > 0 {
                    client.deadline = quiet_by.min(*by);
                }
                Ok(Needs::MoreBytes)
            }
            Phase::Waiting(_) | Phase::InProgress(_) | Phase::Answered { .. } => Ok(Needs::Nothing),
        }
    }

    fn read_head(&mut self, id: SlotId) -> Result<Needs, Refusal> {
        let (now, config) = (self.clock.now(), &self.config);
        let Some(client) = self.clients.get_mut(id) else { return Ok(Needs::Nothing) };
        if client.was_served && client.seen == 0 {
            client.deadline = now + config.timings.head;
            let Some(skipped) = head::empty_line(&client.inbox) else { return Ok(Needs::MoreBytes) };
            if skipped > 0 {
                // From here on it is in the middle of a head, where no second empty line is skipped.
                client.inbox.drain(..skipped);
                client.was_served = false;
            }
            if client.inbox.is_empty() {
                return Ok(Needs::MoreBytes);
            }
        }
        let Some(length) = head::find_end(&client.inbox, &mut client.seen)? else {
            return Ok(Needs::MoreBytes);
        };
        let mut headers = [httparse::EMPTY_HEADER; head::MAX_HEADERS];
        let head = head::read(&client.inbox[..length], &mut headers)?;
        let base = config.base_path.get();
        let path = base_path::inside(head.path(), &base);
        let who = forwarded::client(client.peer(), &config.trusted_proxies, head.headers);
        let info = RequestInfo {
            head_only: head.method == "HEAD",
            minor: head.minor,
            keep_alive: head.keep_alive,
            pool: (config.pool)(head.method, path),
        };
        let address = (!any_contains(&config.trusted_proxies, who.address)).then_some(who.address);
        if client.permit.as_mut().is_some_and(|permit| !permit.begin_request(address)) {
            return Err(Refusal::TooMany);
        }
        let request = self.rewriter.write(&head, path, who);
        let limit = (config.body_limit)(head.method, path);
        let begun = Upload::begin(request, head.body, limit, info, address, now)?;
        let expects_continue = head.expects_continue;
        client.consume(length);
        let upload = match begun {
            Begun::Whole(waiting) => {
                self.pass_on(id, waiting, Sender { address, account: None });
                return Ok(Needs::Nothing);
            }
            Begun::Body(upload) => upload,
        };
        if expects_continue && client.inbox.is_empty() {
            client.send(b"HTTP/1.1 100 Continue\r\n\r\n", now).map_err(|_| Refusal::TooSlow)?;
        }
        client.phase = Phase::Body(Box::new(upload));
        self.read_body(id)
    }

    fn read_body(&mut self, id: SlotId) -> Result<Needs, Refusal> {
        let Some(client) = self.clients.get_mut(id) else { return Ok(Needs::Nothing) };
        let Phase::Body(upload) = &mut client.phase else { return Ok(Needs::Nothing) };
        let (read, kept) = upload.take(&client.inbox)?;
        upload.keep_pace(read, self.config.timings.floor_bytes_per_s, self.clock.now());
        let already = upload.charged();
        if !self.charge(id, already, kept) {
            return Err(Refusal::Busy(5));
        }
        let Some(client) = self.clients.get_mut(id) else { return Ok(Needs::Nothing) };
        let Phase::Body(upload) = &mut client.phase else { return Ok(Needs::Nothing) };
        upload.charge(kept);
        let is_done = upload.is_done();
        client.consume(read);
        if !is_done {
            return Ok(Needs::MoreBytes);
        }
        if let Phase::Body(upload) = std::mem::replace(&mut client.phase, Phase::Head) {
            let names_account = upload.info().pool == WorkerPool::Passwords;
            let account = names_account.then(|| (self.config.account)(upload.body())).flatten();
            let sender = Sender { address: upload.address(), account };
            self.pass_on(id, upload.finish(), sender);
        }
        Ok(Needs::Nothing)
    }
}
