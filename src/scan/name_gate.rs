//! Gate A: the value of `eventName`, looked at where it begins.
//!
//! Most rules require a value of `eventName`. Logs hold few different values, so a worker remembers which
//! rules a value concerns; an Aho-Corasick automaton looks at the others.
//!
//! A value that is no plain string (no quote, an escape, a byte beyond ASCII) lets the record pass for every
//! rule of this gate, unless it begins otherwise than all of their literals: what it means is for the evaluator to say.

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
    slots: Vec<(Head, Option<SetId>)>,
    row: Vec<u64>,
}

const SLOTS: usize = 1024;

impl Default for NameCache {
    fn default() -> Self {
        Self { slots: vec![(Head([0; 4]), None); SLOTS], row: Vec::new() }
    }
}

/// The first bytes after the opening quote of a string, up to the next quote if that is among them, and
/// zeros after it. Most strings are shorter: equal heads then hold the same string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Head([u64; 4]);

impl Head {
    const BYTES: usize = size_of::<Self>();

    /// Of the bytes after a quote, which must be enough.
    #[inline]
    fn of(bytes: &[u8]) -> Option<Self> {
        let words = bytes.as_chunks::<8>().0.first_chunk()?;
        let mut after_end = 0;
        Some(Self(words.map(|word| {
            let (word, ends) = up_to_quote(u64::from_le_bytes(word));
            let head = word & !after_end;
            after_end |= ends;
            head
        })))
    }

    /// A slot of the table.
    #[inline]
    fn slot(self) -> usize {
        let mix = |mixed: u64, word: u64| (mixed.rotate_left(29) ^ word).wrapping_mul(MIX);
        (self.0.into_iter().fold(0, mix) >> 54) as usize % SLOTS
    }

    /// Whether the string, quotes included, ends within.
    fn holds(string: &[u8]) -> bool {
        string.len() <= Self::BYTES + 1
    }
}

/// An odd number without a pattern.
const MIX: u64 = 0x9E37_79B9_7F4A_7C15;

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
    #[inline]
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
        if self.literals.is_some() {
            hits.push(at, self.concerned(text, value, sets, cache));
        }
    }

    #[inline]
    fn concerned(
        &self,
        text: &[u8],
        value: usize,
        sets: &mut RuleSets,
        cache: &mut NameCache,
    ) -> SetId {
        let inside = text.get(value..).and_then(|text| text.strip_prefix(b"\""));
        let head = inside.and_then(Head::of);
        if let Some(head) = head
            && let (held, Some(set)) = cache.slots[head.slot()]
            && held == head
        {
            return set;
        }
        self.look_up(text, value, head, sets, cache)
    }

    /// The same, of a value that is not remembered.
    #[inline(never)]
    fn look_up(
        &self,
        text: &[u8],
        value: usize,
        head: Option<Head>,
        sets: &mut RuleSets,
        cache: &mut NameCache,
    ) -> SetId {
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
        if let Some(head) = head.filter(|_| Head::holds(string)) {
            cache.slots[head.slot()] = (head, Some(set));
        }
        set
    }
}

/// Eight bytes up to the first quote among them and zeros behind it; all ones if there is a quote.
#[inline]
fn up_to_quote(bytes: u64) -> (u64, u64) {
    let quotes = zeros(bytes ^ (ONES * u64::from(b'"')));
    let lowest = quotes & quotes.wrapping_neg();
    let ends = 0_u64.wrapping_sub(u64::from(quotes != 0));
    // Without a quote nothing is lowest, and all bits stay.
    (bytes & (lowest << 1).wrapping_sub(1), ends)
}

/// Each byte one.
const ONES: u64 = u64::MAX / 0xFF;

/// The highest bit of the lowest byte that is zero, and maybe of others above it; none if no byte is.
#[inline]
fn zeros(bytes: u64) -> u64 {
    bytes.wrapping_sub(ONES) & !bytes & (ONES << 7)
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

    /// The rules of values, one after another, with a memory or without.
    fn concerned(texts: &[String], remembering: bool) -> Vec<SetId> {
        let mut sets = RuleSets::new(2);
        let rules: [(usize, &[(Place, &str)]); 2] =
            [(0, &[(Place::Whole, "GetObject")]), (1, &[(Place::Start, "Get")])];
        let gate = NameGate::new(&rules, &mut sets).expect("it builds");
        let mut cache = NameCache::default();
        let each = |text: &String| {
            if !remembering {
                cache = NameCache::default();
            }
            gate.concerned(text.as_bytes(), 0, &mut sets, &mut cache)
        };
        texts.iter().map(each).collect()
    }

    #[test]
    fn what_is_remembered_is_what_would_be_found() {
        let mut random = crate::scan::made::random(3);
        let names = ["GetObject", "GetObjects", "Get", "", "PutObject", "\u{0}", "Get\\u004fbject"];
        let tails = ["\"", "\",\"awsRegion\":\"eu-west-1\"", "", "\u{e9}", "\u{0}\u{0}"];
        let texts: Vec<String> = (0..4_000)
            .map(|_| {
                let (name, tail) = (names[random(7)], tails[random(5)]);
                let filler = ["", "x", "0123456789", "\u{0}"][random(4)].repeat(random(5));
                format!("\"{name}{tail}{filler}{}", "\u{0}".repeat(40 * random(2)))
            })
            .collect();
        let found = concerned(&texts, false);
        assert_eq!(concerned(&texts, true), found);
        assert!(found.iter().filter(|set| **set != SetId::EMPTY).count() > 500);
    }
}
