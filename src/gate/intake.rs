//! A request on its way in: read and checked whole, its body freed of any coding, before anybody else sees it.

use super::base_path;
use super::chunked::Chunked;
use super::client::{Asked, Coding, Filled, Phase, Upload, Waiting};
use super::config::WorkerPool;
use super::forwarded;
use super::front::Front;
use super::head::{self, Body, Head};
use super::network::any_contains;
use super::passing;
use super::refusal::Refusal;
use super::slots::SlotId;
use super::turns::Sender;

/// Reads from one client in one turn, so that none keeps the others waiting.
const READS_PER_TURN: usize = 16;
const MALFORMED_CHUNKS: Refusal = Refusal::BadRequest("The chunks of the body cannot be read.");

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
        self.again.push(id);
    }

    fn advance(&mut self, id: SlotId) -> Result<Needs, Refusal> {
        let (quiet_by, _) = self.linger_by();
        let Some(client) = self.clients.get_mut(id) else { return Ok(Needs::Nothing) };
        match &mut client.phase {
            Phase::Head if client.inbox.is_empty() => Ok(Needs::MoreBytes),
            Phase::Head => self.read_head(id),
            Phase::Body(_) => self.read_body(id),
            Phase::Lingering { room, by } => {
                let said = client.inbox.len();
                client.inbox.clear();
                if said > *room {
                    self.remove(id);
                    return Ok(Needs::Nothing);
                }
                *room -= said;
                if said > 0 {
                    client.deadline = quiet_by.min(*by);
                }
                Ok(Needs::MoreBytes)
            }
            Phase::Waiting(_) | Phase::Asked(_) | Phase::Answered { .. } => Ok(Needs::Nothing),
        }
    }

    fn read_head(&mut self, id: SlotId) -> Result<Needs, Refusal> {
        let Some(client) = self.clients.get_mut(id) else { return Ok(Needs::Nothing) };
        if client.was_served && client.seen == 0 {
            client.deadline = self.now + self.config.timings.head;
            let Some(skipped) = head::empty_line(&client.inbox) else { return Ok(Needs::MoreBytes) };
            if skipped > 0 {
                // From here on it is in the midst of a head, in which there is no second one.
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
        let mut room = [httparse::EMPTY_HEADER; head::MAX_HEADERS];
        let head = head::read(&client.inbox[..length], &mut room)?;
        let base = self.config.base_path.get();
        let path = base_path::inside(head.path(), &base);
        let who = forwarded::client(client.peer, &self.config.trusted_proxies, head.headers);
        let asked = Asked {
            head_only: head.method == "HEAD",
            minor: head.minor,
            keep_alive: head.keep_alive,
            pool: (self.config.pool)(head.method, path),
        };
        let counted = (!any_contains(&self.config.trusted_proxies, who.address)).then_some(who.address);
        if client.seat.as_mut().is_some_and(|seat| !seat.speak_for(counted)) {
            return Err(Refusal::TooMany);
        }
        self.door.write_word(who, &mut self.word);
        let mut order = std::mem::take(&mut self.draft);
        order.clear();
        passing::write_head(&mut order, &head, path, &self.word, self.config.headers);
        let upload = begin_upload(&head, &mut order, (self.config.body_limit)(head.method, path))?;
        let expects_continue = head.expects_continue;
        client.consume(length);
        let Some((coding, limit)) = upload else {
            let sender = Sender { address: counted, account: None };
            self.ask(id, Waiting { order, asked, rank: None, charged: 0 }, sender);
            return Ok(Needs::Nothing);
        };
        if expects_continue && client.inbox.is_empty() {
            client.deliver(b"HTTP/1.1 100 Continue\r\n\r\n", self.now).map_err(|_| Refusal::TooSlow)?;
        }
        client.phase = Phase::Body(Box::new(Upload {
            body_at: order.len(),
            order,
            coding,
            limit,
            taken: 0,
            charged: 0,
            began_at: self.now,
            pace: (self.now, 0),
            asked,
            address: counted,
        }));
        self.read_body(id)
    }

    fn read_body(&mut self, id: SlotId) -> Result<Needs, Refusal> {
        let Some(client) = self.clients.get_mut(id) else { return Ok(Needs::Nothing) };
        let Phase::Body(upload) = &mut client.phase else { return Ok(Needs::Nothing) };
        let (read, stored) = upload.take(&client.inbox)?;
        upload.took(read, self.config.timings.floor_bytes_per_s, self.now);
        let already = upload.charged;
        if !self.make_room(id, already, stored) {
            return Err(Refusal::Busy(5));
        }
        let Some(client) = self.clients.get_mut(id) else { return Ok(Needs::Nothing) };
        let Phase::Body(upload) = &mut client.phase else { return Ok(Needs::Nothing) };
        upload.charged += stored;
        let done = upload.is_done();
        client.consume(read);
        if !done {
            return Ok(Needs::MoreBytes);
        }
        if let Phase::Body(upload) = std::mem::replace(&mut client.phase, Phase::Head) {
            let (charged, asked, address) = (upload.charged, upload.asked, upload.address);
            let names_account = asked.pool == WorkerPool::Passwords;
            let account = names_account.then(|| (self.config.account)(upload.body())).flatten();
            let waiting = Waiting { order: upload.into_order(), asked, rank: None, charged };
            self.ask(id, waiting, Sender { address, account });
        }
        Ok(Needs::Nothing)
    }

    /// A request that will not be passed on waits no longer, and its body is no longer accounted for.
    pub(super) fn withdraw(&mut self, id: SlotId) {
        let Some(client) = self.clients.get_mut(id) else { return };
        let charged = match &mut client.phase {
            Phase::Body(upload) => &mut upload.charged,
            Phase::Waiting(waiting) => {
                if let Some(rank) = waiting.rank.take() {
                    self.line.leave(waiting.asked.pool, rank);
                }
                &mut waiting.charged
            }
            _ => return,
        };
        self.budget.give_back(std::mem::take(charged));
    }
}

/// How the body will come and how large it may be, or none if there is nothing to wait for. Writes the length
/// where it is known.
fn begin_upload(head: &Head, order: &mut Vec<u8>, limit: usize) -> Result<Option<(Coding, usize)>, Refusal> {
    match head.body {
        Body::None => passing::write_length(order, None),
        Body::Length(length) if length > limit as u64 => return Err(Refusal::BodyTooLarge),
        Body::Length(length) => {
            passing::write_length(order, Some(length));
            if length > 0 {
                return Ok(Some((Coding::Length { left: length as usize }, limit)));
            }
        }
        Body::Chunked => {
            return Ok(Some((Coding::Chunked { chunked: Chunked::new(), body: Vec::new() }, limit)));
        }
    }
    Ok(None)
}

impl Upload {
    /// Takes what belongs to the body: how many bytes were read, and how many of them were kept.
    fn take(&mut self, input: &[u8]) -> Result<(usize, usize), Refusal> {
        match &mut self.coding {
            Coding::Length { left } => {
                let taken = input.len().min(*left);
                self.order.extend_from_slice(&input[..taken]);
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

    fn is_done(&self) -> bool {
        match &self.coding {
            Coding::Length { left } => *left == 0,
            Coding::Chunked { chunked, .. } => chunked.is_done(),
        }
    }

    fn body(&self) -> &[u8] {
        match &self.coding {
            Coding::Length { .. } => &self.order[self.body_at..],
            Coding::Chunked { body, .. } => body,
        }
    }

    fn into_order(mut self) -> Vec<u8> {
        if let Coding::Chunked { body, .. } = self.coding {
            passing::write_length(&mut self.order, Some(body.len() as u64));
            self.order.extend_from_slice(&body);
        }
        self.order
    }
}
