//! A body of a few pieces, none of which is copied to be sent with the others.

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

/// What is left of it to send, the last piece first.
#[derive(Debug)]
pub(crate) struct Pieces(Vec<Bytes>);

impl Pieces {
    /// A text with a piece of another one in it, so many bytes behind its beginning.
    pub fn new(text: String, at: usize, piece: Bytes) -> Self {
        let mut before = Bytes::from(text);
        let after = before.split_off(at.min(before.len()));
        let mut pieces = vec![after, piece, before];
        pieces.retain(|piece| !piece.is_empty());
        Self(pieces)
    }

    /// All of it.
    pub fn whole(self) -> Vec<u8> {
        self.0.into_iter().rev().flatten().collect()
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.pop().map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.iter().map(|piece| piece.len() as u64).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    #[test]
    fn pieces_are_one_body() {
        for (text, at, piece, whole) in [
            ("{}", 1, "\"a\":1", "{\"a\":1}"),
            ("{}", 0, "1", "1{}"),
            ("{}", 2, "1", "{}1"),
            ("{}", 1, "", "{}"),
            ("", 0, "1", "1"),
            ("{}", 3, "1", "{}1"),
        ] {
            let pieces = || Pieces::new(text.to_owned(), at, Bytes::from_static(piece.as_bytes()));
            assert_eq!(pieces().whole(), whole.as_bytes());
            assert_eq!(pieces().size_hint().exact(), Some(whole.len() as u64));
            let sent = futures_util::FutureExt::now_or_never(pieces().collect()).unwrap().unwrap();
            assert_eq!(sent.to_bytes(), whole);
        }
    }
}
