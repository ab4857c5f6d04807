//! Gate A: the value of `eventName`, looked at where it begins.
//!
//! Most rules pin `eventName`. Finding that key is a memmem at tens of gigabytes a second; the
//! Aho-Corasick automaton then walks the few bytes of the value instead of the whole record. A value
//! that is no plain string (no quote, an escape, a byte beyond ASCII) lets the record pass for every
//! rule of this gate: what it means is for the evaluator to say.

use aho_corasick::{AhoCorasick, MatchKind};
use wide::u8x16;

use super::hits::{Hits, RuleSets, SetId, insert};
use crate::engine::Place;

/// The gate, built once.
#[derive(Debug)]
pub(super) struct NameGate {
    /// The literals with the quotes of the edges they stand at; overlapping matches are reported,
    /// so no literal can hide another.
    literals: Option<AhoCorasick>,
    /// The rules of each literal.
    rows: Vec<Vec<u64>>,
    /// All rules of this gate.
    served: SetId,
}

/// What a worker remembers of values it has met: a direct-mapped table, so it is bounded.
#[derive(Debug)]
pub(super) struct NameCache {
    slots: Vec<(Name, SetId)>,
    row: Vec<u64>,
}

const SLOTS: usize = 1024;

impl Default for NameCache {
    fn default() -> Self {
        Self { slots: vec![(Name::default(), SetId::EMPTY); SLOTS], row: Vec::new() }
    }
}

/// A plain string of up to 32 bytes, zeros behind it. The empty one is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Name {
    words: [u64; 4],
    length: usize,
}

impl Name {
    const LONGEST: usize = 32;

    /// The inside of the string whose opening quote stands at `at`, if it is plain and short.
    #[inline]
    fn at(text: &[u8], at: usize) -> Option<Self> {
        let bytes = text.get(at..)?.strip_prefix(b"\"")?.first_chunk::<{ Self::LONGEST + 1 }>()?;
        let (halves, _) = bytes.as_chunks::<16>();
        // What ends a plain string: its quote, an escape, a byte beyond ASCII.
        let ends = halves.iter().enumerate().fold(0, |ends, (half, bytes)| {
            let lanes = u8x16::new(*bytes);
            let end = lanes.simd_eq(u8x16::splat(b'"')) | lanes.simd_eq(u8x16::splat(b'\\'));
            let beyond = lanes.simd_eq(lanes.max(u8x16::splat(0x80)));
            ends | u64::from((end | beyond).to_bitmask()) << (16 * half)
        });
        let length = (ends | 1 << Self::LONGEST).trailing_zeros() as usize;
        if bytes[length] != b'"' {
            return None;
        }
        let (words, _) = bytes.as_chunks::<8>();
        let words = std::array::from_fn(|word| {
            let bits = 8 * length.saturating_sub(8 * word);
            let mask = u32::try_from(bits).ok().and_then(|bits| 1_u64.checked_shl(bits));
            u64::from_le_bytes(words[word]) & mask.map_or(u64::MAX, |bit| bit - 1)
        });
        Some(Self { words, length })
    }

    /// A slot of the table.
    #[inline]
    fn slot(&self) -> usize {
        let [a, b, c, d] = self.words;
        let mixed = a ^ b.rotate_left(17) ^ c.rotate_left(31) ^ d.rotate_left(47);
        (mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 54) as usize % SLOTS
    }
}

impl NameGate {
    /// The gate for rules that each require one of their literals; `sets` gets the set of them all.
    pub(super) fn new(
        rules: &[(usize, &[(Place, &str)])],
        sets: &mut RuleSets,
    ) -> Result<Self, aho_corasick::BuildError> {
        let mut patterns: Vec<String> = Vec::new();
        let mut rows: Vec<Vec<u64>> = Vec::new();
        let mut known = std::collections::HashMap::new();
        let mut served = vec![0; sets.words()];
        for &(rule, literals) in rules {
            insert(&mut served, rule);
            for &(place, text) in literals {
                let pattern = match place {
                    Place::Whole => format!("\"{text}\""),
                    Place::Start => format!("\"{text}"),
                    Place::End => format!("{text}\""),
                    Place::Inside => text.to_owned(),
                };
                let index = *known.entry(pattern.clone()).or_insert(patterns.len());
                if index == patterns.len() {
                    patterns.push(pattern);
                    rows.push(vec![0; sets.words()]);
                }
                insert(&mut rows[index], rule);
            }
        }
        let literals = if patterns.is_empty() {
            None
        } else {
            Some(
                AhoCorasick::builder()
                    .match_kind(MatchKind::Standard)
                    .ascii_case_insensitive(true)
                    .prefilter(false)
                    .build(&patterns)?,
            )
        };
        Ok(Self { literals, rows, served: sets.intern(&served) })
    }

    /// All rules of this gate.
    pub(super) fn served(&self) -> SetId {
        self.served
    }

    /// Notes the rules that the value concerns whose key ends before `end`, for the record around
    /// `at`. What has no colon after it is no key.
    pub(super) fn look(
        &self,
        text: &[u8],
        at: usize,
        end: usize,
        sets: &mut RuleSets,
        cache: &mut NameCache,
        hits: &mut Hits,
    ) {
        let Some(value) = value_after_key(text, end) else { return };
        hits.anchors += 1;
        if self.literals.is_some() {
            hits.push(at, self.concerned(text, value, sets, cache));
        }
    }

    fn concerned(
        &self,
        text: &[u8],
        value: usize,
        sets: &mut RuleSets,
        cache: &mut NameCache,
    ) -> SetId {
        let known = Name::at(text, value).filter(|name| name.length > 0);
        if let Some(name) = known
            && let (held, set) = cache.slots[name.slot()]
            && held == name
        {
            return set;
        }
        let Some(string) = plain_string(text, value) else { return self.served };
        cache.row.clear();
        cache.row.resize(sets.words(), 0);
        for literal in
            self.literals.iter().flat_map(|literals| literals.find_overlapping_iter(string))
        {
            let row = &self.rows[literal.pattern().as_usize()];
            cache.row.iter_mut().zip(row).for_each(|(word, bits)| *word |= bits);
        }
        let set = sets.intern(&cache.row);
        if let Some(name) = known {
            cache.slots[name.slot()] = (name, set);
        }
        set
    }
}

/// Where the value begins, if what ends at `at` is a key.
fn value_after_key(text: &[u8], at: usize) -> Option<usize> {
    let blanks = |from: usize| {
        from + text[from..].iter().take_while(|byte| byte.is_ascii_whitespace()).count()
    };
    if let [b':', b'"', ..] = text[at..] {
        return Some(at + 1);
    }
    let colon = blanks(at);
    (text.get(colon) == Some(&b':')).then(|| blanks(colon + 1))
}

/// The string at `at` with its quotes, if it is one without escapes and in ASCII.
fn plain_string(text: &[u8], at: usize) -> Option<&[u8]> {
    let inside = text.get(at).filter(|&&byte| byte == b'"').and_then(|_| text.get(at + 1..))?;
    let end = inside.iter().position(|&byte| byte == b'"' || byte == b'\\' || byte >= 0x80)?;
    (inside[end] == b'"').then(|| &text[at..at + end + 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_plain_string_is_known_by_its_bytes() {
        for length in 0..40 {
            let inside: String = ('a'..='z').cycle().take(length).collect();
            let text = format!("\"{inside}\",\"awsRegion\":\"us-east-1\",\"more\":1");
            let name = Name::at(text.as_bytes(), 0);
            assert_eq!(name.is_some(), length <= Name::LONGEST, "{length}");
            let Some(name) = name else { continue };
            let bytes = name.words.map(u64::to_le_bytes).concat();
            assert_eq!(name.length, length);
            assert_eq!(&bytes[..length], inside.as_bytes());
            assert!(bytes[length..].iter().all(|byte| *byte == 0));
        }
    }

    #[test]
    fn what_is_not_plain_is_not_known() {
        let long = "x".repeat(40);
        for value in ["\"a\\u0062c\"", "\"caf\u{e9}\"", "null", "\"ends"] {
            assert_eq!(Name::at(format!("{value}{long}").as_bytes(), 0), None, "{value}");
        }
    }
}
