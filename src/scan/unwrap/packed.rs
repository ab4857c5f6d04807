//! From gzip to text, for what subscriptions of `CloudWatch` Logs put into the items of streams.

use std::io::{self, Read as _};

/// How gzip begins.
pub(super) const GZIP: &[u8] = b"\x1F\x8B";

/// Bytes of text at most. A message of a stream or a function has a few MB when it is packed, and
/// a subscription puts no more than 1 MB into one.
pub(super) const LARGEST: usize = 16 << 20;

/// Appends what can be read of `bytes` to `out`, up to [`LARGEST`] bytes. An error says why that is not all.
#[expect(clippy::disallowed_types, reason = "what is read of it is bounded")]
pub(super) fn inflate(bytes: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    let most = LARGEST as u64;
    let mut decoder = flate2::read::MultiGzDecoder::new(bytes).take(most + 1);
    let read = decoder.read_to_end(out)?;
    if read > LARGEST {
        out.truncate(LARGEST);
        return Err(io::Error::other("it has more than 16 MiB"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn members_are_read_to_their_end_and_what_is_broken_up_to_there() {
        let both = [packed(b"one "), packed(b"two")].concat();
        let mut text = Vec::new();
        inflate(&both, &mut text).unwrap();
        assert_eq!(text, b"one two");
        for cut in 1..both.len() {
            let mut part = Vec::new();
            let whole = cut == packed(b"one ").len();
            assert_eq!(inflate(&both[..cut], &mut part).is_ok(), whole, "{cut}");
            assert!(text.starts_with(&part));
        }
    }

    #[test]
    fn a_bomb_ends_at_the_bound() {
        let mut text = Vec::new();
        let error = inflate(&packed(&vec![b' '; LARGEST + 1]), &mut text).unwrap_err();
        assert!(error.to_string().contains("16 MiB"), "{error}");
        assert_eq!(text.len(), LARGEST);
        text.clear();
        inflate(&packed(&vec![b' '; LARGEST]), &mut text).unwrap();
        assert_eq!(text.len(), LARGEST);
    }
}
