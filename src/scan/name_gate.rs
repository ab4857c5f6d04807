//! Gate A: the value of `eventName`, looked at where it begins.
//!
//! Most rules pin `eventName`. Finding that key is a memmem at tens of gigabytes a second; the
//! Aho-Corasick automaton then walks the few bytes of the value instead of the whole record. Before that, a few bits
//! tell of most values that no literal stands in them, and what is left was most often met before.
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
    /// Tells of most other values that they hold none, if it can tell of any.
    sieve: Option<Sieve>,
    /// All rules of this gate.
    served: SetId,
}

/// What a worker remembers of values it has met: a direct-mapped table, so it is bounded.
#[derive(Debug)]
pub(super) struct NameCache {
    slots: Vec<(LongHead, Option<SetId>)>,
    row: Vec<u64>,
}

const SLOTS: usize = 1024;

impl Default for NameCache {
    fn default() -> Self {
        Self { slots: vec![(Head([0; 4]), None); SLOTS], row: Vec::new() }
    }
}

/// The first bytes behind the opening quote of a string, up to the next quote if that is among them, and zeros behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Head<const WORDS: usize>([u64; WORDS]);

impl<const WORDS: usize> Head<WORDS> {
    const BYTES: usize = WORDS * size_of::<u64>();

    /// Of bytes behind a quote, which must be enough.
    #[inline]
    fn of(bytes: &[u8]) -> Option<Self> {
        let words = bytes.as_chunks::<8>().0.first_chunk::<WORDS>()?;
        let mut beyond = 0;
        Some(Self(words.map(|word| {
            let (word, ends) = up_to_quote(u64::from_le_bytes(word));
            let head = word & !beyond;
            beyond |= ends;
            head
        })))
    }

    /// A number of which equal heads have the same, and others most often another in its highest bits.
    #[inline]
    fn mixed(self) -> u64 {
        let mix = |mixed: u64, word: u64| (mixed.rotate_left(29) ^ word).wrapping_mul(MIX);
        self.0.into_iter().fold(0, mix)
    }

    /// The same in one case of letters; some other bytes become alike as well.
    #[inline]
    fn folded(self) -> Self {
        Self(self.0.map(|word| word | ONES << 5))
    }

    /// Whether all bytes are those of the text that the string stands for.
    #[inline]
    fn is_plain(self) -> bool {
        let slash = |word: u64| zeros(word ^ (ONES * u64::from(b'\\')));
        self.0.into_iter().fold(0, |odd, word| odd | word | slash(word)) & ONES << 7 == 0
    }
}

/// An odd number without a pattern.
const MIX: u64 = 0x9E37_79B9_7F4A_7C15;

/// A head that most strings are shorter than: the same bytes have the same string in them.
type LongHead = Head<4>;

impl LongHead {
    /// Whether the string, quotes included, ends within.
    fn holds(string: &[u8]) -> bool {
        string.len() <= Self::BYTES + 1
    }

    /// A slot of the table.
    #[inline]
    fn slot(self) -> usize {
        (self.mixed() >> 54) as usize % SLOTS
    }
}

/// A head that tells most strings from each other.
type Beginning = Head<2>;

/// A bit for each value that the rules of the gate name, by a number made from its beginning. It is much
/// smaller than the table of what is remembered of values, and asked first.
#[derive(Debug)]
struct Sieve {
    bits: Vec<u64>,
    /// How far the number of a beginning is shifted to be that of a bit.
    shift: u32,
    /// Of the first word of a value, the bytes by which values are told that only begin with a literal.
    start: u64,
}

impl Sieve {
    /// Bits for each literal.
    const BITS: usize = 16;

    /// The sieve for literals in lower case; none if they can begin anywhere in a value.
    fn new<'l>(literals: impl Iterator<Item = (Place, &'l str)> + Clone) -> Option<Self> {
        let starts = |(place, _): &(Place, &str)| *place == Place::Start;
        let shortest = literals.clone().filter(starts).map(|(_, text)| text.len()).min();
        let start = match shortest {
            None => 0,
            Some(0) => return None,
            Some(length) => u64::MAX >> (64 - 8 * length.min(8)),
        };
        let bits = (literals.clone().count() * Self::BITS).next_power_of_two().clamp(64, 1 << 16);
        let mut sieve = Self { bits: vec![0; bits / 64], shift: u16::BITS - bits.ilog2(), start };
        for (place, text) in literals {
            let mut bytes = [0; Beginning::BYTES];
            text.bytes().chain([b'"']).zip(&mut bytes).for_each(|(byte, place)| *place = byte);
            let beginning = Beginning::of(&bytes)?.folded();
            let bit = match place {
                Place::Whole => sieve.bit(beginning),
                Place::Start => sieve.bit(sieve.start_of(beginning)),
                Place::End | Place::Inside => return None,
            };
            sieve.bits[bit / 64] |= 1 << (bit % 64);
        }
        Some(sieve)
    }

    /// Whether no literal stands in the value that begins so. What an escape behind its beginning stands for is
    /// behind the beginning of a literal too.
    #[inline]
    fn excludes(&self, beginning: Beginning) -> bool {
        let folded = beginning.folded();
        let holds = |beginning| {
            let bit = self.bit(beginning);
            self.bits[bit / 64] >> (bit % 64) & 1 == 1
        };
        beginning.is_plain() && !holds(folded) && (self.start == 0 || !holds(self.start_of(folded)))
    }

    #[inline]
    fn start_of(&self, beginning: Beginning) -> Beginning {
        Head([beginning.0[0] & self.start, 0])
    }

    #[inline]
    fn bit(&self, beginning: Beginning) -> usize {
        usize::from((beginning.mixed() >> 48) as u16) >> self.shift
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
        let all = rules.iter().flat_map(|(_, literals)| literals.iter().copied());
        Ok(Self { literals, rows, sieve: Sieve::new(all), served: sets.intern(&served) })
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
        hits.anchors += 1;
        if self.literals.is_some() {
            hits.push(at, self.concerned(text, value, sets, cache));
        }
    }

    #[expect(clippy::inline_always, reason = "it is compiled for the processor of its caller")]
    #[inline(always)]
    fn concerned(
        &self,
        text: &[u8],
        value: usize,
        sets: &mut RuleSets,
        cache: &mut NameCache,
    ) -> SetId {
        let inside = text.get(value..).and_then(|text| text.strip_prefix(b"\""));
        if let (Some(inside), Some(sieve)) = (inside, &self.sieve)
            && Beginning::of(inside).is_some_and(|beginning| sieve.excludes(beginning))
        {
            return SetId::EMPTY;
        }
        let head = inside.and_then(LongHead::of);
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
        head: Option<LongHead>,
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
        if let Some(head) = head.filter(|_| LongHead::holds(string)) {
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

    #[test]
    fn the_sieve_excludes_no_value_that_concerns_a_rule() {
        let mut random = crate::scan::made::random(8);
        let names =
            ["getobject", "get", "putbucketpolicyoflong", "putbucketpolicyoflonger", "k", ""];
        let (mut excluded, mut concerned) = (0, 0);
        for _ in 0..500 {
            let mut sets = RuleSets::new(3);
            let literals: Vec<(Place, &str)> = (0..=random(4))
                .map(|_| {
                    let place = [Place::Whole, Place::Start, Place::Whole, Place::End][random(4)];
                    (place, names[random(5)])
                })
                .collect();
            let gate = NameGate::new(&[(0, &literals)], &mut sets).expect("it builds");
            let others = literals.iter().any(|(place, _)| *place == Place::End);
            assert_eq!(gate.sieve.is_none(), others);
            for _ in 0..60 {
                let mut name = names[random(6)].to_owned();
                if random(2) == 0 {
                    name = name.to_ascii_uppercase();
                }
                let at = random(name.len() + 1);
                let odd = ["", "x", "\\u0041", "\\u006b", "\u{212a}", "\\\"", "Of"][random(7)];
                name.insert_str(at, odd);
                let text = format!("\"{name}\",\"awsRegion\":\"eu-west-1\"");
                let value: String = serde_json::from_str(&format!("\"{name}\"")).expect("a string");
                let value = value.to_lowercase();
                let concerns = literals.iter().any(|(place, literal)| match place {
                    Place::Whole => value == *literal,
                    Place::Start => value.starts_with(literal),
                    Place::End | Place::Inside => value.ends_with(literal),
                });
                let mut cache = NameCache::default();
                let found = gate.concerned(text.as_bytes(), 0, &mut sets, &mut cache);
                assert!(!concerns || found != SetId::EMPTY, "{literals:?} in {text}");
                let beginning = Beginning::of(&text.as_bytes()[1..]);
                let sieved = beginning.zip(gate.sieve.as_ref());
                excluded += usize::from(sieved.is_some_and(|(begin, sieve)| sieve.excludes(begin)));
                concerned += usize::from(concerns);
            }
        }
        assert!(excluded > 1_000 && concerned > 1_000, "{excluded} {concerned}");
    }
}
