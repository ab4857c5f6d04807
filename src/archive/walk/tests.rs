//! Walks over objects in memory, and what a visitor is shown of them.

#![expect(clippy::panic, reason = "tests fail by panicking")]

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};

use super::*;
use crate::archive::{Place, container::tar_of};

/// An object in memory.
struct InMemory(Vec<u8>);

impl Store for InMemory {
    fn open<'b>(&self, _: &ObjectRef, buffer: &'b mut Vec<u8>) -> Result<Stored<'b>, StoreError> {
        buffer.clone_from(&self.0);
        Ok(Stored::Bytes(buffer))
    }
}

/// Writes down what it is shown.
#[derive(Default)]
struct Notes {
    seen: Vec<String>,
    positions: Vec<Position>,
    /// An entry with this text makes it panic.
    panics_at: Option<&'static str>,
    /// Entries that are not admitted, or only for their entries.
    refused: Vec<&'static str>,
    peeked: Vec<&'static str>,
    stops_after: Option<usize>,
}

impl Notes {
    fn note(&mut self, what: &str, entry: &Entry<'_>, detail: &str) {
        let damage = if entry.damage.is_empty() { "" } else { " damaged" };
        self.seen.push(format!("{what} {}{damage}: {detail}", entry.name.display));
    }
}

impl Visitor for Notes {
    fn admit(&mut self, name: &FileName) -> Interest {
        let is_in = |list: &[&str]| list.iter().any(|end| name.display.ends_with(end));
        match () {
            () if is_in(&self.refused) => Interest::Nothing,
            () if is_in(&self.peeked) => Interest::Entries,
            () => Interest::Text,
        }
    }

    fn reached(&mut self, position: Position) {
        self.positions.push(position);
    }

    fn text(&mut self, entry: &Entry<'_>, text: Text<'_>) {
        let mut bytes = Vec::new();
        let kind = match text.body {
            Body::Whole { text, .. } => {
                bytes.extend_from_slice(text);
                "whole"
            }
            Body::Stream(stream) => {
                while stream.read(&mut bytes, 7) > 0 {}
                "stream"
            }
        };
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(20)]).into_owned();
        assert!(self.panics_at != Some(&*shown), "the visitor panicked");
        self.note(kind, entry, text.unsupported.unwrap_or(&shown));
    }

    fn failed(&mut self, entry: &Entry<'_>, failure: Failure) {
        self.note("failed", entry, &failure.to_string());
    }

    fn container(&mut self, entry: &Entry<'_>, problems: Vec<String>, visited: u64) {
        self.note("container", entry, &format!("{visited} {}", problems.join("; ")));
    }

    fn is_stopped(&self) -> bool {
        self.stops_after.is_some_and(|after| self.seen.len() >= after)
    }
}

fn walk(bytes: &[u8], max_inflated: usize, from: Option<Position>, notes: Notes) -> Notes {
    walk_for(Interest::Text, bytes, max_inflated, from, notes)
}

fn walk_for(
    interest: Interest,
    bytes: &[u8],
    max_inflated: usize,
    from: Option<Position>,
    mut notes: Notes,
) -> Notes {
    let name = FileName { display: "o".to_owned(), raw_hex: None };
    let file = ObjectRef { place: Place::Stdin, name, named: false };
    let store = InMemory(bytes.to_vec());
    let limits = Limits { max_inflated };
    let exclude = GlobSet::empty();
    let walk = Walk { store: &store, limits, exclude: &exclude };
    let size = walk.object(&file, interest, from, &mut Buffers::default(), &mut notes);
    assert_eq!(size, bytes.len() as u64);
    notes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let written = encoder.write_all(bytes);
    assert!(written.is_ok());
    encoder.finish().unwrap_or_else(|error| panic!("{error}"))
}

const LARGE: usize = 1 << 20;

#[test]
fn each_object_and_entry_is_visited_once_in_the_order_of_the_container() {
    let inner = tar_of(&[("c", b"three")]);
    let bytes = tar_of(&[("a", b"one"), ("b.gz", &gzip(b"two")), ("in.tar", &inner), ("d", b"")]);
    for packed in [bytes.clone(), gzip(&bytes), gzip(&gzip(&bytes))] {
        for max_inflated in [LARGE, 600] {
            let notes = walk(&packed, max_inflated, None, Notes::default());
            assert_eq!(
                notes.seen,
                [
                    "whole o!a: one",
                    "whole o!b.gz: two",
                    "whole o!in.tar!c: three",
                    "container o!in.tar: 1 ",
                    "failed o!d: empty file",
                    "container o: 4 ",
                ],
                "{max_inflated}"
            );
        }
    }
    assert_eq!(walk(b"{}", LARGE, None, Notes::default()).seen, ["whole o: {}"]);
    assert_eq!(walk(b"{}", 1, None, Notes::default()).seen, ["stream o: {}"]);
    assert_eq!(walk(b"PAR1....", LARGE, None, Notes::default()).seen.len(), 1);
}

#[test]
fn a_panic_fails_one_entry_and_no_other() {
    let bytes = tar_of(&[("a", b"one"), ("b", b"two"), ("c", b"three")]);
    let notes = Notes { panics_at: Some("two"), ..Notes::default() };
    assert_eq!(
        walk(&bytes, LARGE, None, notes).seen,
        [
            "whole o!a: one",
            "failed o!b: internal error: the visitor panicked",
            "whole o!c: three",
            "container o: 3 ",
        ]
    );
    let notes = Notes { panics_at: Some("two"), ..Notes::default() };
    assert_eq!(
        walk(b"two", LARGE, None, notes).seen,
        ["failed o: internal error: the visitor panicked"]
    );
}

#[test]
fn an_entry_is_opened_only_as_far_as_the_visitor_needs() {
    let inner = tar_of(&[("c", b"three")]);
    let bytes = tar_of(&[("a", b"one"), ("b", b"two"), ("in.tar.gz", &gzip(&inner))]);
    let notes = Notes { refused: vec!["b"], peeked: vec!["a", "in.tar.gz"], ..Notes::default() };
    assert_eq!(
        walk(&bytes, LARGE, None, notes).seen,
        ["whole o!in.tar.gz!c: three", "container o!in.tar.gz: 1 ", "container o: 1 "]
    );
    let only_entries =
        |bytes: &[u8]| walk_for(Interest::Entries, bytes, LARGE, None, Notes::default()).seen;
    assert_eq!(only_entries(b"one"), [""; 0]);
    assert_eq!(only_entries(&gzip(&b"one".repeat(100_000))), [""; 0]);
    assert_eq!(only_entries(&gzip(&inner)), ["whole o!c: three", "container o: 1 "]);
}

#[test]
fn a_walk_resumed_at_any_position_visits_what_is_left() {
    let inner = tar_of(&[("c", b"three"), ("d", b"four")]);
    let bytes = tar_of(&[("a", b"one"), ("in.tar", &inner), ("e", b"five")]);
    let all = walk(&bytes, LARGE, None, Notes::default());
    assert_eq!(all.positions.len(), 3);
    for (at, skipped) in [(0, 0), (1, 1), (2, 4)] {
        let rest = walk(&bytes, LARGE, Some(all.positions[at]), Notes::default());
        assert_eq!(rest.seen, all.seen[skipped..], "{at}");
        assert_eq!(rest.positions, all.positions[at..], "{at}");
    }
}

#[test]
fn a_visitor_that_stops_sees_no_further_entry() {
    let bytes = tar_of(&[("a", b"one"), ("b", b"two"), ("c", b"three")]);
    let notes = Notes { stops_after: Some(2), ..Notes::default() };
    assert_eq!(
        walk(&bytes, LARGE, None, notes).seen,
        ["whole o!a: one", "whole o!b: two", "container o: 2 "]
    );
}

#[test]
fn nesting_beyond_the_limit_is_reported() {
    let nested =
        |levels: usize| (0..levels).fold(b"text".to_vec(), |inner, _| tar_of(&[("n", &inner)]));
    let seen = walk(&nested(MAX_NESTING), LARGE, None, Notes::default()).seen;
    assert_eq!(seen[0], "whole o!n!n!n!n: text");
    let seen = walk(&nested(MAX_NESTING + 1), LARGE, None, Notes::default()).seen;
    assert_eq!(seen[0], format!("failed o!n!n!n!n: {}", Failure::Nesting));
}

#[test]
fn containers_made_to_expand_are_left_at_the_limit() {
    // 300 entries of the same packed megabytes, packed again: each byte stored gives far more than
    // deflate alone can.
    let bomb = gzip(&vec![b' '; 4 << 20]);
    let many: Vec<_> = (0..300).map(|_| ("n", &*bomb)).collect();
    let bytes = gzip(&tar_of(&many));
    let seen = walk(&bytes, 8 << 20, None, Notes::default()).seen;
    let last = seen.last().map(String::as_str).unwrap_or_default();
    assert!(seen.len() < 200, "{}", seen.len());
    assert!(last.contains("decompression limit exceeded"), "{last}");
}
