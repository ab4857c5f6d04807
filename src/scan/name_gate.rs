//! Gate A: the value of `eventName`, looked at where it begins.
//!
//! Most rules pin `eventName`. Finding that key is a memmem at tens of gigabytes a second; the
//! Aho-Corasick automaton then walks the few bytes of the value instead of the whole record. A value
//! that is no plain string (no quote, an escape, a byte beyond ASCII) lets the record pass for every
//! rule of this gate: what it means is for the evaluator to say.

use aho_corasick::{AhoCorasick, MatchKind};

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
    slots: Vec<Slot>,
    row: Vec<u64>,
}

const SLOTS: usize = 1024;
const LONGEST: usize = 55;

#[derive(Debug, Clone, Copy)]
struct Slot {
    length: u8,
    bytes: [u8; LONGEST],
    set: SetId,
}

impl Default for NameCache {
    fn default() -> Self {
        Self {
            slots: vec![Slot { length: 0, bytes: [0; LONGEST], set: SetId::EMPTY }; SLOTS],
            row: Vec::new(),
        }
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
        let Some(name) = plain_string(text, value) else { return self.served };
        let fits = name.len() <= LONGEST;
        let slot = if fits { hash(name) } else { 0 };
        let held = &cache.slots[slot];
        if fits && usize::from(held.length) == name.len() && held.bytes[..name.len()] == *name {
            return held.set;
        }
        cache.row.clear();
        cache.row.resize(sets.words(), 0);
        for literal in
            self.literals.iter().flat_map(|literals| literals.find_overlapping_iter(name))
        {
            let row = &self.rows[literal.pattern().as_usize()];
            cache.row.iter_mut().zip(row).for_each(|(word, bits)| *word |= bits);
        }
        let set = sets.intern(&cache.row);
        if let (true, Ok(length)) = (fits, u8::try_from(name.len())) {
            let held = &mut cache.slots[slot];
            held.length = length;
            held.bytes[..name.len()].copy_from_slice(name);
            held.set = set;
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

/// A cheap hash of a name into the table: names differ in their length and at both ends.
fn hash(name: &[u8]) -> usize {
    let word = |bytes: &[u8]| bytes.iter().fold(0_u64, |word, &byte| word << 8 | u64::from(byte));
    let (head, tail) = match name {
        [..] if name.len() >= 9 => (word(&name[1..9]), word(&name[name.len() - 8..])),
        _ => (word(name), 0),
    };
    let mixed =
        (head ^ tail.rotate_left(23) ^ name.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 54) as usize % SLOTS
}
