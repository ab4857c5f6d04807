//! The literal filter: literals anywhere in the text, in any case.
//!
//! From each literal it chooses a fingerprint: the few bytes of it that logs hold least often. A
//! [`Filter`] finds the places where one may begin. There, a hash table tells which literals have the
//! fingerprint, and these are compared as a whole: no place of a literal hides another one. The time
//! for a place does not depend on the number of literals.

use std::sync::LazyLock;

use super::{
    flaw::{Flaw, Planted},
    hits::{Hits, SetId},
    key_filter,
};
use crate::simd::{Filter, Instance, LONGEST_FINGERPRINT, Rows};

/// Buckets of a filter for literals; the others are for keys.
const BUCKETS: usize = 8 - key_filter::BUCKETS;

/// Made-up records: what is rare in them is rare in logs.
pub(super) const USUAL: &[u8] = include_bytes!("usual.jsonl");

/// A filter may find something at one place in so many before longer fingerprints are tried.
const SELDOM: usize = 1024;

/// The literals, in lower case and none of them empty, and what finds them.
#[derive(Debug)]
pub(super) struct Literals {
    list: Vec<(Vec<u8>, SetId)>,
    filter: Filter,
    table: Table,
    planted: Planted,
}

impl Literals {
    /// Literals that are searched for by themselves, or together with the keys of
    /// [`key_filter`].
    pub(super) fn new(literals: Vec<(Vec<u8>, SetId)>, keys: bool, planted: Planted) -> Self {
        let widths: &[usize] = if literals.len() > BUCKETS { &[4, 6, 8] } else { &[4] };
        let usual = &*USUAL_NIBBLES;
        let mut chosen = Vec::new();
        let mut filter = Filter::fingerprints(LONGEST_FINGERPRINT);
        for (tried, &width) in widths.iter().enumerate() {
            chosen.clear();
            chosen.extend(literals.iter().enumerate().map(|(index, (literal, _))| {
                let offset = usual.rarest(literal, width);
                Chosen { literal: index, offset, length: width.min(literal.len() - offset) }
            }));
            // Neighbors in order begin alike, which leaves each bucket few bytes at each place.
            let nibbles = |chosen: &Chosen| chosen.of(&literals).iter().map(|byte| byte & 0xF);
            chosen.sort_by(|one, other| nibbles(one).cmp(nibbles(other)));
            filter = Filter::fingerprints(width);
            for (number, fingerprint) in chosen.iter().enumerate() {
                filter.add(fingerprint.of(&literals), number * BUCKETS / chosen.len());
            }
            let found = (0..USUAL.len()).filter(|&at| filter.may_begin(&USUAL[at..])).count();
            if tried + 1 == widths.len() || found * SELDOM <= USUAL.len() {
                break;
            }
        }
        if keys {
            key_filter::add_keys(&mut filter, BUCKETS);
        }
        Self { table: Table::new(&literals, chosen), list: literals, filter, planted }
    }

    /// Finds the places where one may begin.
    pub(super) fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Notes every literal whose fingerprint begins at a place of the filter. With the flaw for tests,
    /// a literal hides those that begin before it ends, at `hidden`.
    #[inline]
    pub(super) fn look(&self, text: &[u8], at: usize, hidden: &mut usize, hits: &mut Hits) {
        for &Chosen { literal, offset, .. } in self.table.at(text, at) {
            let (bytes, set) = &self.list[literal];
            if self.planted.has(Flaw::NoOverlap) && at < *hidden {
                return;
            }
            let Some(start) = at.checked_sub(offset) else { continue };
            let Some(found) = text.get(start..start + bytes.len()) else { continue };
            if found.eq_ignore_ascii_case(bytes) {
                hits.push(at, *set);
                *hidden = start + bytes.len();
            }
        }
    }

    /// Notes every literal in a text.
    pub(super) fn search(&self, instance: &'static Instance, text: &[u8], hits: &mut Hits) {
        let mut hidden = 0;
        let mut rows = Rows::new(instance, text, &self.filter, false);
        while let Some(row) = rows.next_row() {
            while let Some(at) = row.next_place() {
                self.look(text, at, &mut hidden, hits);
            }
        }
    }
}

/// The fingerprint of a literal.
#[derive(Debug, Clone, Copy)]
struct Chosen {
    literal: usize,
    /// Where it begins in the literal.
    offset: usize,
    length: usize,
}

impl Chosen {
    fn of<'l>(&self, literals: &'l [(Vec<u8>, SetId)]) -> &'l [u8] {
        &literals[self.literal].0[self.offset..self.offset + self.length]
    }
}

/// Fingerprints by their bytes.
#[derive(Debug)]
struct Table {
    /// In the order of their slots.
    fingerprints: Vec<Chosen>,
    /// Where those of each slot begin, and the end.
    starts: Vec<u32>,
    /// How far a hash is shifted to be a slot.
    shift: u32,
    /// The lengths that fingerprints have, each with a mask of so many bytes.
    lengths: Vec<(usize, u64)>,
}

impl Table {
    fn new(literals: &[(Vec<u8>, SetId)], mut fingerprints: Vec<Chosen>) -> Self {
        let slots = (fingerprints.len() * 4).next_power_of_two().max(64);
        let shift = u64::BITS - slots.ilog2();
        let mask = |length: usize| u64::MAX >> (u64::BITS - 8 * u32::try_from(length).unwrap_or(8));
        let slot =
            |chosen: &Chosen| slot(folded(chosen.of(literals), 0) & mask(chosen.length), shift);
        fingerprints.sort_by_key(slot);
        let mut starts = vec![0_u32; slots + 1];
        for chosen in &fingerprints {
            starts[slot(chosen) + 1] += 1;
        }
        for at in 0..slots {
            starts[at + 1] += starts[at];
        }
        let mut lengths: Vec<usize> = fingerprints.iter().map(|chosen| chosen.length).collect();
        lengths.sort_unstable();
        lengths.dedup();
        let lengths = lengths.into_iter().map(|length| (length, mask(length))).collect();
        Self { fingerprints, starts, shift, lengths }
    }

    /// Those that may begin at a byte of the text.
    #[inline]
    fn at(&self, text: &[u8], at: usize) -> impl Iterator<Item = &Chosen> {
        let bytes = folded(text, at);
        self.lengths.iter().flat_map(move |(length, mask)| {
            let slot = slot(bytes & mask, self.shift);
            let range = self.starts[slot] as usize..self.starts[slot + 1] as usize;
            // Fingerprints of another length may share the slot.
            self.fingerprints[range].iter().filter(move |chosen| chosen.length == *length)
        })
    }
}

/// Eight bytes of a text with letters in lower case; some other bytes become alike too. After the text
/// there are zeros.
#[inline]
fn folded(text: &[u8], at: usize) -> u64 {
    const LOWER: u64 = u64::from_ne_bytes([0x20; 8]);
    let rest = text.get(at..).unwrap_or_default();
    let bytes = rest.first_chunk().copied().unwrap_or_else(|| {
        let mut bytes = [0; 8];
        bytes[..rest.len()].copy_from_slice(rest);
        bytes
    });
    u64::from_le_bytes(bytes) | LOWER
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "it is below the number of slots")]
fn slot(bytes: u64, shift: u32) -> usize {
    (bytes.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> shift) as usize
}

/// Whether each of some literals in lower case has a few bytes that usual logs do not have.
pub(super) fn are_rare<'l>(literals: &[impl AsRef<[u8]> + 'l]) -> bool {
    static LOWER: LazyLock<Vec<u8>> = LazyLock::new(|| USUAL.to_ascii_lowercase());
    let width = if literals.len() <= 8 { 3 } else { 4 };
    literals.iter().map(AsRef::as_ref).all(|literal: &[u8]| {
        let mut windows = literal.windows(literal.len().min(width));
        windows.any(|window| memchr::memmem::find(&LOWER, window).is_none())
    })
}

/// How often bytes follow each other in usual logs, as far as their lower four bits tell.
static USUAL_NIBBLES: LazyLock<Nibbles> = LazyLock::new(Nibbles::of_usual_logs);

struct Nibbles {
    singles: [u32; 16],
    /// By four nibbles, the first in the highest bits.
    fours: Vec<u16>,
}

impl Nibbles {
    fn of_usual_logs() -> Self {
        let mut counts = Self { singles: [0; 16], fours: vec![0; 1 << 16] };
        let mut four = 0_u16;
        for byte in USUAL {
            counts.singles[usize::from(byte & 0xF)] += 1;
            four = four << 4 | u16::from(byte & 0xF);
            counts.fours[usize::from(four)] += 1;
        }
        counts
    }

    /// Where the bytes begin in a literal that logs hold least often, as many as `width` if there are
    /// so many.
    fn rarest(&self, literal: &[u8], width: usize) -> usize {
        let windows = literal.windows(literal.len().min(width)).enumerate();
        windows.min_by_key(|(_, window)| self.frequency(window)).map_or(0, |(offset, _)| offset)
    }

    /// At most how often bytes occur, and how often each of them does.
    fn frequency(&self, bytes: &[u8]) -> (u16, u32) {
        let four = |four: &[u8]| {
            let index = four.iter().fold(0, |index, byte| index << 4 | usize::from(byte & 0xF));
            self.fours[index]
        };
        let least = bytes.windows(4).map(four).min().unwrap_or(u16::MAX);
        (least, bytes.iter().map(|byte| self.singles[usize::from(byte & 0xF)]).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{scan::made, simd};

    fn literals(texts: &[&str], keys: bool) -> Literals {
        let texts = texts.iter().map(|text| (text.as_bytes().to_vec(), SetId::ALL)).collect();
        Literals::new(texts, keys, Planted::default())
    }

    /// How many places are found, alone and together with keys.
    fn found(texts: &[&str], text: &str) -> [usize; 2] {
        [false, true].map(|keys| {
            let mut hits = Hits::default();
            hits.clear(text.len());
            let instance = simd::selected().expect("there is an instance");
            literals(texts, keys).search(instance, text.as_bytes(), &mut hits);
            hits.list.len()
        })
    }

    #[test]
    fn overlapping_and_nested_literals_are_all_found() {
        let texts = ["signin", "gnin.ama", "signin.amazonaws"];
        assert_eq!(found(&texts, "xx SIGNIN.amazonAWS"), [3, 3]);
        assert_eq!(found(&["aaaa"], "AaAaAa"), [3, 3]);
        assert_eq!(found(&["abc"], "xxABc"), [1, 1]);
        assert_eq!(found(&["abc"], "xxABd"), [0, 0]);
        assert_eq!(found(&["\u{e9}t\u{e9}", "x\u{e9}"], "xx\u{e9}t\u{e9}"), [2, 2]);
    }

    #[test]
    fn very_many_literals_are_all_found() {
        let many: Vec<String> = (0..5_000).map(|number| format!("literal-{number:04}-x")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(found(&many, "Literal-0007-X literal-4999-x literal-5000-x"), [2, 2]);
    }

    #[test]
    fn bytes_that_all_logs_hold_are_no_fingerprint() {
        let literals = literals(&[".amazonaws.com/qzv-tool"], false);
        let chosen = literals.table.fingerprints[0];
        assert!(chosen.offset + chosen.length > ".amazonaws.com/".len(), "{chosen:?}");
    }

    #[test]
    fn fingerprints_of_many_literals_are_longer() {
        assert_eq!(literals(&["aws_consoler"], false).filter.width(), 4);
        let many: Vec<String> = (0..90)
            .map(|number| {
                ["user-", "bucket/", "role."][number % 3].to_owned() + &number.to_string()
            })
            .collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(literals(&many, false).filter.width() > 4);
    }

    #[test]
    fn literals_are_rare_if_each_has_bytes_that_no_usual_log_has() {
        assert!(are_rare(&["aws_consoler", ".amazonaws.com/qzv"]));
        assert!(!are_rare(&["aws_consoler", "us-east-1"]));
    }

    #[test]
    fn every_place_of_every_literal_is_found_in_any_text() {
        let mut random = made::random(5);
        let mut seen = 0;
        for _ in 0..400 {
            let mut texts = |most: usize, length: usize| -> Vec<String> {
                let letters = ["a", "A", "b", "k", ".", "\"", "-", "\u{e9}", "0"];
                (0..=random(most + 1))
                    .map(|_| (0..3 + random(length)).map(|_| letters[random(9)]).collect())
                    .collect()
            };
            let text = texts(0, 600).concat();
            let mut literals = texts(40, 4);
            for literal in &mut literals {
                literal.make_ascii_lowercase();
            }
            let mut literals: Vec<&str> = literals.iter().map(String::as_str).collect();
            literals.sort_unstable();
            literals.dedup();
            let lower = text.to_ascii_lowercase();
            let places = |literal: &&str| {
                let begins = |at: &usize| lower.as_bytes()[*at..].starts_with(literal.as_bytes());
                (0..lower.len()).filter(begins).count()
            };
            let expected: usize = literals.iter().map(places).sum();
            assert_eq!(found(&literals, &text), [expected; 2], "{literals:?} in {text}");
            seen += expected;
        }
        assert!(seen > 1_000, "{seen}");
    }
}
