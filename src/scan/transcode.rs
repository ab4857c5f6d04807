//! From UTF-16 to UTF-8, while it streams.
//!
//! Windows shells write what they are given as UTF-16. Such a text is known by its byte order mark,
//! or by every other of its first bytes being zero, which JSON and lines of text never have. It is
//! scanned as a stream, so no second copy of it is held. What cannot be decoded becomes U+FFFD and
//! is told as damage.

use super::{Content, Origin, Scanned, Scanner, Scratch, pass};
use crate::finding::Finding;

/// As many bytes tell whether a text is UTF-16.
const TELLING: usize = 4;

/// The order of the bytes of one unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Little,
    Big,
}

/// The order of bytes, if a text that begins like this is UTF-16.
fn order(head: &[u8]) -> Option<Order> {
    let plain = |byte: u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    match *head {
        [0xFF, 0xFE, ..] => Some(Order::Little),
        [0xFE, 0xFF, ..] => Some(Order::Big),
        [first, 0, second, 0, ..] if plain(first) && plain(second) => Some(Order::Little),
        [0, first, 0, second, ..] if plain(first) && plain(second) => Some(Order::Big),
        _ => None,
    }
}

/// The text of bytes that are UTF-16.
pub(super) fn utf16(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut decoder = Decoder { order: order(bytes)?, raw: bytes.to_vec(), bad: 0 };
    let mut text = Vec::with_capacity(bytes.len());
    decoder.decode(&mut text, true);
    Some(text)
}

/// Scans a whole text, whatever it is encoded in.
pub(super) fn whole(
    scanner: &Scanner<'_>,
    origin: Origin<'_>,
    text: &[u8],
    scratch: &mut Scratch,
    found: &mut dyn FnMut(usize, &Finding<'_>),
) -> Scanned {
    if order(text).is_none() {
        return pass::whole(scanner, origin, text, scratch, found);
    }
    let mut rest = text;
    let mut read = |out: &mut Vec<u8>, want: usize| {
        let (now, later) = rest.split_at(want.min(rest.len()));
        out.extend_from_slice(now);
        rest = later;
        now.len()
    };
    // The text is held already, so any record in it may be.
    let window = (text.len() * 2).max(1 << 20);
    stream(scanner, origin, &mut read, window, scratch, found)
}

/// Scans a text in pieces, whatever it is encoded in.
pub(super) fn stream(
    scanner: &Scanner<'_>,
    origin: Origin<'_>,
    read: &mut dyn FnMut(&mut Vec<u8>, usize) -> usize,
    window: usize,
    scratch: &mut Scratch,
    found: &mut dyn FnMut(usize, &Finding<'_>),
) -> Scanned {
    let mut head = Vec::with_capacity(TELLING);
    while head.len() < TELLING {
        let want = TELLING - head.len();
        if read(&mut head, want) == 0 {
            break;
        }
    }
    let Some(order) = order(&head) else {
        let mut read = |out: &mut Vec<u8>, want: usize| {
            if head.is_empty() {
                return read(out, want);
            }
            let length = want.min(head.len());
            out.extend(head.drain(..length));
            length
        };
        return pass::stream(scanner, origin, &mut read, window, scratch, found);
    };
    let mut decoder = Decoder { order, raw: head, bad: 0 };
    let mut read = |out: &mut Vec<u8>, want: usize| decoder.read(read, out, want);
    let mut scanned = pass::stream(scanner, origin, &mut read, window, scratch, found);
    if decoder.bad > 0 && scanned.content == Content::Trail {
        scanned.damage.push(format!("{} places that are not UTF-16", decoder.bad));
    }
    scanned
}

/// Decodes a stream.
#[derive(Debug)]
struct Decoder {
    order: Order,
    /// Bytes that were read and not yet decoded.
    raw: Vec<u8>,
    /// Places that cannot be decoded.
    bad: u64,
}

impl Decoder {
    /// Appends about `want` bytes; gives their number, 0 at the end.
    fn read(
        &mut self,
        read: &mut dyn FnMut(&mut Vec<u8>, usize) -> usize,
        out: &mut Vec<u8>,
        want: usize,
    ) -> usize {
        let start = out.len();
        loop {
            // Two bytes become three at most.
            let last = read(&mut self.raw, (want / 3 * 2).max(2)) == 0;
            self.decode(out, last);
            if last || out.len() > start {
                return out.len() - start;
            }
        }
    }

    /// Decodes what there is, but for a unit or a pair that is not whole yet.
    fn decode(&mut self, out: &mut Vec<u8>, last: bool) {
        let mut units = self.raw.chunks_exact(2);
        let mut decoded = 0;
        let value = |unit: &[u8]| match self.order {
            Order::Little => u16::from_le_bytes([unit[0], unit[1]]),
            Order::Big => u16::from_be_bytes([unit[0], unit[1]]),
        };
        while let Some(unit) = units.next() {
            let unit = value(unit);
            let mut length = 2;
            if let Ok(ascii @ 0..0x80) = u8::try_from(unit) {
                out.push(ascii);
            } else {
                let mut character = char::from_u32(u32::from(unit));
                if (0xD800..0xDC00).contains(&unit) {
                    let second = units.clone().next().map(value);
                    if second.is_none() && !last {
                        break;
                    }
                    character = second
                        .and_then(|second| char::decode_utf16([unit, second]).next())
                        .and_then(Result::ok);
                    if character.is_some() {
                        length = 4;
                        units.next();
                    }
                }
                self.bad += u64::from(character.is_none());
                let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            decoded += length;
        }
        self.raw.drain(..decoded);
        if last && !self.raw.is_empty() {
            self.bad += 1;
            self.raw.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(order: Order, bytes: &[u8], step: usize) -> (String, u64) {
        let mut decoder = Decoder { order, raw: Vec::new(), bad: 0 };
        let (mut rest, mut out) = (bytes, Vec::new());
        let mut read = |raw: &mut Vec<u8>, want: usize| {
            let (now, later) = rest.split_at(want.min(rest.len()).min(step));
            raw.extend_from_slice(now);
            rest = later;
            now.len()
        };
        while decoder.read(&mut read, &mut out, 7) > 0 {}
        (String::from_utf8_lossy(&out).into_owned(), decoder.bad)
    }

    #[test]
    fn both_orders_are_decoded_whatever_the_cuts() {
        let text = "\u{feff}{\"a\":\"ä€😀\"}";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for step in 1..9 {
            assert_eq!(decoded(Order::Little, &little, step), (text.to_owned(), 0), "{step}");
            assert_eq!(decoded(Order::Big, &big, step), (text.to_owned(), 0), "{step}");
        }
    }

    #[test]
    fn what_cannot_be_decoded_is_counted() {
        let lone = [0xD800, u16::from(b'a'), 0xDC00];
        let mut bytes: Vec<u8> = lone.into_iter().flat_map(u16::to_be_bytes).collect();
        bytes.push(7);
        for step in 1..5 {
            let expected = ("\u{fffd}a\u{fffd}".to_owned(), 3);
            assert_eq!(decoded(Order::Big, &bytes, step), expected, "{step}");
        }
    }

    #[test]
    fn texts_are_told_apart_by_their_first_bytes() {
        for (head, expected) in [
            (&b"\xFF\xFE{\0"[..], Some(Order::Little)),
            (b"\xFE\xFF\0{", Some(Order::Big)),
            (b"{\0\"\0", Some(Order::Little)),
            (b"\0[\0\n", Some(Order::Big)),
            (b"{\"Re", None),
            (b"\xEF\xBB\xBF{", None),
            (b"\0\0\0\0", None),
            (b"{\0", None),
        ] {
            assert_eq!(order(head), expected, "{head:?}");
        }
    }
}
