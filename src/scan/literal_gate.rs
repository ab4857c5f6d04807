//! Gate B: literals anywhere in the text, in any case.
//!
//! A plain automaton over every byte would be four times slower than inflating. So a short window is
//! chosen from each literal, all windows are looked for at once with vector instructions, and around
//! each place where one may stand the whole literals are compared: no place of a literal can hide
//! another. Where the machine cannot do that, the packed search of the aho-corasick crate does it, for
//! exact bytes: the spellings of a window in either case become its patterns, and the search goes on
//! one byte after each match. Beyond what that can take, the automaton is used.
//!
//! With very many literals, windows would stand nearly everywhere and each place would be compared with many
//! literals. Then the automaton does the work for every machine: its time does not depend on how many there are.
//!
//! With vectors the windows of keys that gate A and the bounds ask for are among those of literals, so that one
//! pass finds what both gates look for.

use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind, Span, packed};

use super::{
    hits::{Hits, SetId},
    marks::{OnPlace, OnRow, Row, each_window, key_windows, telling},
    windows::{self, Telling, Windows},
};

/// The gate, built once. Literals are in lower case.
#[derive(Debug)]
pub(super) struct LiteralGate {
    literals: Vec<(Vec<u8>, SetId)>,
    windows: Windows,
    /// The same with those of keys, where both are best looked for at once.
    with_keys: Option<Windows>,
    /// A window may stand where that of a key does.
    stands_in_key: bool,
    /// What stands in for the windows on other machines.
    otherwise: Option<Search>,
    /// For tests only: after a match go on behind it.
    pub(super) no_overlap: bool,
    /// For tests only: search as other machines do.
    #[cfg(test)]
    portably: bool,
}

#[derive(Debug)]
enum Search {
    Packed {
        searcher: packed::Searcher,
        /// For each pattern: the literals that hold it, and where.
        windows: Vec<Vec<(usize, usize)>>,
    },
    /// Too many literals for the packed search.
    Automaton(AhoCorasick),
}

impl Search {
    fn new(
        literals: &[(Vec<u8>, SetId)],
        windows: &Windows,
    ) -> Result<Self, aho_corasick::BuildError> {
        if let Some(search) = packed_search(literals, windows) {
            return Ok(search);
        }
        automaton(literals).map(Self::Automaton)
    }
}

fn automaton(literals: &[(Vec<u8>, SetId)]) -> Result<AhoCorasick, aho_corasick::BuildError> {
    AhoCorasick::builder()
        .match_kind(MatchKind::Standard)
        .ascii_case_insensitive(true)
        .build(literals.iter().map(|(literal, _)| literal))
}

/// More literals than this are left to the automaton.
const MOST_LITERALS: usize = 2048;

/// The packed search takes no more patterns than this.
const MOST_PATTERNS: usize = 120;

impl LiteralGate {
    pub(super) fn new(literals: Vec<(Vec<u8>, SetId)>) -> Result<Self, aho_corasick::BuildError> {
        if literals.len() > MOST_LITERALS {
            return Self::automaton(literals);
        }
        let telling = telling();
        let windows = Windows::new(
            literals.iter().map(|(literal, _)| literal.as_slice()),
            telling.unwrap_or(Telling::Class),
        );
        let needed = telling.is_none() || cfg!(test);
        let otherwise = needed.then(|| Search::new(&literals, &windows)).transpose()?;
        let keys = key_windows();
        let stands_in_key = keys.iter().flatten().any(|key| windows.may_begin(key));
        let with_keys = telling.map(|_| windows.with(&keys));
        Ok(Self {
            literals,
            windows,
            with_keys,
            stands_in_key,
            otherwise,
            no_overlap: false,
            #[cfg(test)]
            portably: false,
        })
    }

    /// The gate for very many literals.
    fn automaton(literals: Vec<(Vec<u8>, SetId)>) -> Result<Self, aho_corasick::BuildError> {
        let otherwise = Some(Search::Automaton(automaton(&literals)?));
        Ok(Self {
            literals,
            windows: Windows::default(),
            with_keys: None,
            stands_in_key: true,
            otherwise,
            no_overlap: false,
            #[cfg(test)]
            portably: false,
        })
    }

    /// Whether whole texts are searched, and never a part of one: then there are no windows.
    pub(super) fn is_automaton(&self) -> bool {
        self.windows.width == 0
    }

    /// Notes every place of every literal. Gives whether the text is ASCII.
    pub(super) fn search(&self, text: &[u8], hits: &mut Hits) -> bool {
        self.search_fast(text, 0..text.len(), hits).unwrap_or_else(|| {
            self.search_portably(text, hits);
            text.is_ascii()
        })
    }

    /// Notes every place of every literal whose window begins in a range of the text, which begins at a
    /// block and ends at one or with the text. Gives whether that range is ASCII; nothing if this machine
    /// has to search whole texts.
    pub(super) fn search_fast(
        &self,
        text: &[u8],
        range: Range<usize>,
        hits: &mut Hits,
    ) -> Option<bool> {
        if self.is_automaton() {
            return None;
        }
        #[cfg(test)]
        if self.portably {
            return None;
        }
        let mut seen = Seen { gate: self, text, hits, hidden: 0 };
        each_window(text, range, &self.windows, &mut seen)
    }

    fn search_portably(&self, text: &[u8], hits: &mut Hits) {
        match &self.otherwise {
            // Nothing can be searched for, so anything may be there.
            None => hits.everywhere = true,
            Some(Search::Packed { searcher, windows }) => {
                let mut from = 0;
                while let Some(found) =
                    searcher.find_in(text, Span { start: from, end: text.len() })
                {
                    for &window in &windows[found.pattern().as_usize()] {
                        self.compare(text, found.start(), window, hits);
                    }
                    from = if self.no_overlap { found.end() } else { found.start() + 1 };
                }
            }
            Some(Search::Automaton(automaton)) => {
                for found in automaton.find_overlapping_iter(text) {
                    hits.push(found.start(), self.literals[found.pattern().as_usize()].1);
                }
            }
        }
    }

    /// The windows of keys and literals, if both are best looked for at once.
    pub(super) fn with_keys(&self) -> Option<&Windows> {
        self.with_keys.as_ref()
    }

    /// Looks for literals without keys from now on.
    #[cfg(test)]
    pub(super) fn look_apart(&mut self) {
        self.with_keys = None;
    }

    /// Whether a literal may stand where a key does.
    pub(super) fn stands_in_key(&self) -> bool {
        self.stands_in_key
    }

    /// Notes the literals whose windows stand at `at`. With the flaw for tests, what begins before `hidden` is
    /// hidden by a match.
    #[inline]
    pub(super) fn look(&self, text: &[u8], at: usize, hidden: &mut usize, hits: &mut Hits) {
        for window in self.windows.at(text, at) {
            if self.no_overlap && at < *hidden {
                return;
            }
            *hidden = self.compare(text, at, window, hits).unwrap_or(*hidden);
        }
    }

    /// Notes a hit if the literal stands around its window at `at`. Gives where it ends.
    fn compare(
        &self,
        text: &[u8],
        at: usize,
        (literal, offset): (usize, usize),
        hits: &mut Hits,
    ) -> Option<usize> {
        let (bytes, set) = &self.literals[literal];
        let start = at.checked_sub(offset)?;
        let around = text.get(start..start + bytes.len())?;
        around.eq_ignore_ascii_case(bytes).then(|| hits.push(at, *set))?;
        Some(start + bytes.len())
    }
}

/// A search by windows.
struct Seen<'s> {
    gate: &'s LiteralGate,
    text: &'s [u8],
    hits: &'s mut Hits,
    /// See [`LiteralGate::look`].
    hidden: usize,
}

impl OnRow for Seen<'_> {
    #[expect(clippy::inline_always, reason = "it is compiled for the processor of its caller")]
    #[inline(always)]
    fn row(&mut self, row: &mut Row<'_>) -> bool {
        row.each_place(self);
        true
    }
}

impl OnPlace for Seen<'_> {
    #[inline]
    fn place(&mut self, at: usize) {
        self.gate.look(self.text, at, &mut self.hidden, self.hits);
    }
}

/// The windows, in all their spellings, as patterns of one length.
fn packed_search(literals: &[(Vec<u8>, SetId)], chosen: &Windows) -> Option<Search> {
    let length = literals.iter().map(|(literal, _)| literal.len()).min()?.min(windows::WIDTH);
    let mut patterns: Vec<Vec<u8>> = Vec::new();
    let mut places: Vec<Vec<(usize, usize)>> = Vec::new();
    for (index, offset) in chosen.all() {
        let literal = &literals[index].0;
        let offset = offset.min(literal.len() - length);
        for spelling in spellings(&literal[offset..offset + length]) {
            let known = patterns.iter().position(|pattern| *pattern == spelling);
            let pattern = known.unwrap_or_else(|| {
                patterns.push(spelling);
                places.push(Vec::new());
                patterns.len() - 1
            });
            places[pattern].push((index, offset));
        }
        if patterns.len() > MOST_PATTERNS {
            return None;
        }
    }
    let searcher = packed::Config::new()
        .match_kind(packed::MatchKind::LeftmostFirst)
        .heuristic_pattern_limits(false)
        .builder()
        .extend(&patterns)
        .build()?;
    Some(Search::Packed { searcher, windows: places })
}

/// The spellings of a lower-case text in either case.
fn spellings(text: &[u8]) -> Vec<Vec<u8>> {
    text.iter().fold(vec![Vec::new()], |spellings, &byte| {
        let mut cases = vec![byte];
        if byte.is_ascii_lowercase() {
            cases.push(byte.to_ascii_uppercase());
        }
        spellings
            .iter()
            .flat_map(|head| cases.iter().map(move |&case| [head.as_slice(), &[case]].concat()))
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::made;

    fn gate(literals: &[&str]) -> LiteralGate {
        let literals =
            literals.iter().map(|literal| (literal.as_bytes().to_vec(), SetId::ALL)).collect();
        LiteralGate::new(literals).expect("it builds")
    }

    /// How many places are found, each way.
    fn found(literals: &[&str], text: &str) -> [usize; 2] {
        [false, true].map(|portably| {
            let gate = LiteralGate { portably, ..gate(literals) };
            let mut hits = Hits::default();
            hits.clear(text.len());
            gate.search(text.as_bytes(), &mut hits);
            hits.list.len()
        })
    }

    #[test]
    fn overlapping_and_nested_literals_are_all_seen() {
        let literals = ["signin", "gnin.ama", "signin.amazonaws"];
        assert_eq!(found(&literals, "xx SIGNIN.amazonAWS"), [3, 3]);
        assert_eq!(found(&["aaaa"], "AaAaAa"), [3, 3]);
    }

    #[test]
    fn many_literals_are_all_seen() {
        let many: Vec<String> = (0..300).map(|n| format!("literal-{n:03}-x")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(found(&many, "Literal-007-X literal-299-x literal-300-x"), [2, 2]);
    }

    #[test]
    fn every_place_of_every_literal_is_seen_in_any_text() {
        let mut random = made::random(5);
        let mut seen = 0;
        for _ in 0..400 {
            let mut texts = |most: usize, length: usize| -> Vec<String> {
                let letters = ["a", "A", "b", "k", ".", "\"", "-", "é", "0"];
                (0..=random(most + 1))
                    .map(|_| (0..3 + random(length)).map(|_| letters[random(9)]).collect())
                    .collect()
            };
            let text = texts(0, 600).concat();
            let literals: Vec<String> = texts(40, 4)
                .iter()
                .map(|text| text.replace('é', "e").to_ascii_lowercase())
                .collect();
            let mut literals: Vec<&str> = literals.iter().map(String::as_str).collect();
            literals.sort_unstable();
            literals.dedup();
            let lower = text.to_ascii_lowercase();
            let expected: usize = literals
                .iter()
                .map(|literal| {
                    (0..lower.len())
                        .filter(|&at| lower.as_bytes()[at..].starts_with(literal.as_bytes()))
                        .count()
                })
                .sum();
            assert_eq!(found(&literals, &text), [expected; 2], "{literals:?} in {text}");
            seen += expected;
        }
        assert!(seen > 1_000, "{seen}");
    }
}
