//! Gate B: literals anywhere in the text, in any case.
//!
//! A plain automaton over every byte would be four times slower than inflating. The packed search
//! of the aho-corasick crate is not, but takes few patterns, exact bytes, and reports matches that
//! do not overlap. So a short window is chosen from each literal, all windows of one length, the
//! spellings of a window in either case become its patterns, and the search goes on one byte after
//! each match: then every place of every window is seen and none can hide another. Around it the
//! whole literal is compared.

use aho_corasick::{AhoCorasick, MatchKind, Span, packed};

use super::hits::{Hits, SetId};

/// The gate, built once. Literals are in lower case.
#[derive(Debug)]
pub(super) struct LiteralGate {
    needles: Vec<(Vec<u8>, SetId)>,
    search: Search,
    /// For tests only: after a match go on behind it.
    pub(super) no_overlap: bool,
}

#[derive(Debug)]
enum Search {
    Packed {
        searcher: packed::Searcher,
        /// For each pattern: the needles that hold it, and where.
        windows: Vec<Vec<(usize, usize)>>,
    },
    /// Too many literals for the packed search.
    Automaton(AhoCorasick),
}

/// The packed search takes no more patterns than this.
const MOST_PATTERNS: usize = 120;

/// Windows are at most this long.
const WINDOW: usize = 4;

impl LiteralGate {
    pub(super) fn new(needles: Vec<(Vec<u8>, SetId)>) -> Result<Self, aho_corasick::BuildError> {
        let search = match packed_search(&needles) {
            Some(search) => search,
            None => Search::Automaton(
                AhoCorasick::builder()
                    .match_kind(MatchKind::Standard)
                    .ascii_case_insensitive(true)
                    .build(needles.iter().map(|(needle, _)| needle))?,
            ),
        };
        Ok(Self { needles, search, no_overlap: false })
    }

    /// Notes every place of every literal.
    pub(super) fn search(&self, text: &[u8], hits: &mut Hits) {
        match &self.search {
            Search::Packed { searcher, windows } => {
                self.search_packed(searcher, windows, text, hits);
            }
            Search::Automaton(automaton) => {
                for found in automaton.find_overlapping_iter(text) {
                    hits.push(found.start(), self.needles[found.pattern().as_usize()].1);
                }
            }
        }
    }

    fn search_packed(
        &self,
        searcher: &packed::Searcher,
        windows: &[Vec<(usize, usize)>],
        text: &[u8],
        hits: &mut Hits,
    ) {
        let mut from = 0;
        while let Some(found) = searcher.find_in(text, Span { start: from, end: text.len() }) {
            for &(needle, offset) in &windows[found.pattern().as_usize()] {
                let (bytes, set) = &self.needles[needle];
                let place = found.start().checked_sub(offset);
                let around = place.and_then(|start| text.get(start..start + bytes.len()));
                if around.is_some_and(|around| around.eq_ignore_ascii_case(bytes)) {
                    hits.push(found.start(), *set);
                }
            }
            from = if self.no_overlap { found.end() } else { found.start() + 1 };
        }
    }
}

fn packed_search(needles: &[(Vec<u8>, SetId)]) -> Option<Search> {
    let length = needles.iter().map(|(needle, _)| needle.len()).min()?.min(WINDOW);
    let mut patterns: Vec<Vec<u8>> = Vec::new();
    let mut windows: Vec<Vec<(usize, usize)>> = Vec::new();
    for (index, (needle, _)) in needles.iter().enumerate() {
        let (offset, window) =
            needle.windows(length).enumerate().min_by_key(|(_, window)| cost(window))?;
        for spelling in spellings(window) {
            let known = patterns.iter().position(|pattern| *pattern == spelling);
            let pattern = known.unwrap_or_else(|| {
                patterns.push(spelling);
                windows.push(Vec::new());
                patterns.len() - 1
            });
            windows[pattern].push((index, offset));
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
    Some(Search::Packed { searcher, windows })
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

/// How often a window promises to be met in vain; a guess from what trails are made of.
fn cost(window: &[u8]) -> usize {
    let byte_cost = |&byte: &u8| match byte {
        b'"' | b':' | b',' => 9,
        b'a' | b'e' | b'i' | b'n' | b'o' | b'r' | b's' | b't' | b'c' | b'm' => 7,
        b'0'..=b'9' | b'.' | b'-' => 6,
        b'j' | b'q' | b'x' | b'z' | b'k' | b'v' | b'w' | b'y' => 2,
        _ => 4,
    };
    window.iter().map(byte_cost).sum::<usize>()
        + window.iter().filter(|byte| byte.is_ascii_lowercase()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(needles: &[&str], text: &str) -> Vec<usize> {
        let needles =
            needles.iter().map(|needle| (needle.as_bytes().to_vec(), SetId::ALL)).collect();
        let gate = LiteralGate::new(needles).expect("it builds");
        let mut hits = Hits::default();
        hits.clear(text.len());
        gate.search(text.as_bytes(), &mut hits);
        hits.list.iter().map(|hit| hit.at).collect()
    }

    #[test]
    fn overlapping_and_nested_literals_are_all_seen() {
        assert_eq!(
            found(&["signin", "gnin.ama", "signin.amazonaws"], "xx SIGNIN.amazonAWS").len(),
            3
        );
        assert_eq!(found(&["aaaa"], "AaAaAa").len(), 3);
    }

    #[test]
    fn many_literals_fall_back_to_the_automaton() {
        let many: Vec<String> = (0..300).map(|n| format!("literal-{n:03}-x")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(found(&many, "Literal-007-X literal-299-x literal-300-x").len(), 2);
    }
}
