//! Reads forms with files (RFC 7578) without copying the body: a file is a slice of it.

use super::problem::{Outcome, Problem};
use super::request::Request;
use futures_util::stream::{self, Stream};
use multer::Field;
use multer::bytes::Bytes;
use std::task::Poll;

/// Bytes that the parser is given at a time.
const PIECE_BYTES: usize = 256 * 1_024;

/// Calls `take` with each part's name and content, until it refuses one. Refuses `bad_request` for a body that is no
/// such form.
pub(in crate::web) fn each_part(
    request: &Request,
    mut take: impl FnMut(String, Bytes) -> Outcome<()>,
) -> Outcome<()> {
    let unreadable = |_| Problem::bad_request("The form is unreadable.");
    let boundary = multer::parse_boundary(&request.content_type).map_err(unreadable)?;
    let mut form = multer::Multipart::new(bit_by_bit(request.body.clone()), boundary);
    let mut at = 0;
    while let Some(field) = pollster::block_on(form.next_field()).map_err(unreadable)? {
        let name = field.name().unwrap_or_default().to_owned();
        let bytes = pollster::block_on(content(field, &request.body, &mut at)).map_err(unreadable)?;
        take(name, bytes)?;
    }
    Ok(())
}

/// Reads the content of a field as a slice of the body after `at`, so that pictures are not copied.
async fn content(mut field: Field<'_>, body: &Bytes, at: &mut usize) -> Result<Bytes, multer::Error> {
    const END_OF_HEAD: &[u8] = b"\r\n\r\n";
    let head = body[*at..].windows(END_OF_HEAD.len()).position(|bytes| bytes == END_OF_HEAD);
    let from = head.map(|head| *at + head + END_OF_HEAD.len());
    // Used only if the content is not found in the body.
    let (mut copied, mut length) = (Vec::new(), 0);
    while let Some(piece) = field.chunk().await? {
        let end = length + piece.len();
        let lies_there = from.is_some_and(|from| body.get(from + length..from + end) == Some(&piece[..]));
        if let (false, Some(from), true) = (lies_there, from, copied.is_empty()) {
            copied.extend_from_slice(body.get(from..from + length).unwrap_or_default());
        }
        if !lies_there || !copied.is_empty() {
            copied.extend_from_slice(&piece);
        }
        length = end;
    }
    match from {
        Some(from) if copied.is_empty() => {
            *at = from + length;
            Ok(body.slice(from..from + length))
        }
        _ => Ok(copied.into()),
    }
}

/// Gives the body in pieces, with a pause after each: a parser that is given everything at once keeps a copy of it all.
fn bit_by_bit(mut body: Bytes) -> impl Stream<Item = std::io::Result<Bytes>> {
    let mut rests = false;
    stream::poll_fn(move |context| {
        rests = !rests && !body.is_empty();
        if rests {
            return Poll::Ready(Some(Ok(body.split_to(body.len().min(PIECE_BYTES)))));
        }
        if body.is_empty() {
            return Poll::Ready(None);
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
}
