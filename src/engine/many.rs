//! Many texts of one item, looked for at once.
//!
//! An item with thousands of values would compare each record with every one of them. From [`LEAST`] values
//! on, whole texts, beginnings and ends are looked up in tables, and texts inside are found by an automaton.
//! The answer equals that of comparing one by one. It does not say which value matched: callers that need
//! to know compare one by one.

use std::{collections::HashSet, sync::OnceLock};

use aho_corasick::AhoCorasick;

use super::{
    check::Check,
    fold::fold_into,
    matcher::{Plain, TextMatcher},
};

/// So many values are compared one by one before tables are worth it.
const LEAST: usize = 32;

/// The texts of an item.
#[derive(Debug)]
pub(super) struct ManyTexts {
    folded: Tables,
    cased: Tables,
    /// The numbers of the values that have other checks.
    pub(super) others: Vec<usize>,
}

#[derive(Debug, Default)]
struct Tables {
    equals: HashSet<Box<[u8]>>,
    starts: ByLength,
    ends: ByLength,
    inside: Vec<Box<[u8]>>,
    /// Made when a record first asks; `None` if there is too much for it.
    automaton: OnceLock<Option<AhoCorasick>>,
}

/// Texts by their length.
#[derive(Debug, Default)]
struct ByLength {
    texts: HashSet<Box<[u8]>>,
    /// The lengths there are, ascending.
    lengths: Vec<usize>,
}

impl ManyTexts {
    /// The tables for values of which one must hold; `None` if they are few.
    pub(super) fn new(values: &[Vec<Check>]) -> Option<Self> {
        let plain = |check: &Check| match check {
            Check::Text(matcher) => matcher.plain().is_some(),
            _ => false,
        };
        if values.iter().flatten().filter(|check| plain(check)).count() < LEAST {
            return None;
        }
        let mut many =
            Self { folded: Tables::default(), cased: Tables::default(), others: Vec::new() };
        for (number, checks) in values.iter().enumerate() {
            for check in checks {
                if let Check::Text(matcher) = check
                    && let Some(plain) = matcher.plain()
                {
                    let cased = TextMatcher::is_cased(matcher);
                    if cased { &mut many.cased } else { &mut many.folded }.put(plain);
                } else if many.others.last() != Some(&number) {
                    many.others.push(number);
                }
            }
        }
        for tables in [&mut many.folded, &mut many.cased] {
            tables.starts.sort();
            tables.ends.sort();
        }
        Some(many)
    }

    /// Whether one of the texts matches. `folded` is a buffer.
    pub(super) fn matches(&self, text: &str, folded: &mut String) -> bool {
        if self.cased.matches(text.as_bytes()) {
            return true;
        }
        if self.folded.is_empty() {
            return false;
        }
        fold_into(text, folded);
        self.folded.matches(folded.as_bytes())
    }
}

impl Tables {
    fn put(&mut self, plain: Plain<'_>) {
        match plain {
            Plain::Equals(text) => {
                self.equals.insert(text.into());
            }
            Plain::StartsWith(text) => self.starts.put(text),
            Plain::EndsWith(text) => self.ends.put(text),
            Plain::Contains(text) => self.inside.push(text.into()),
        }
    }

    fn is_empty(&self) -> bool {
        self.equals.is_empty()
            && self.starts.lengths.is_empty()
            && self.ends.lengths.is_empty()
            && self.inside.is_empty()
    }

    fn matches(&self, text: &[u8]) -> bool {
        self.equals.contains(text)
            || self.starts.any(text, |length| &text[..length])
            || self.ends.any(text, |length| &text[text.len() - length..])
            || self.holds_inside(text)
    }

    fn holds_inside(&self, text: &[u8]) -> bool {
        if self.inside.is_empty() {
            return false;
        }
        match self.automaton.get_or_init(|| AhoCorasick::new(&self.inside).ok()) {
            Some(automaton) => automaton.is_match(text),
            None => self.inside.iter().any(|inside| memchr::memmem::find(text, inside).is_some()),
        }
    }
}

impl ByLength {
    fn put(&mut self, text: &[u8]) {
        if self.texts.insert(text.into()) {
            self.lengths.push(text.len());
        }
    }

    fn sort(&mut self) {
        self.lengths.sort_unstable();
        self.lengths.dedup();
    }

    fn any<'t>(&self, text: &'t [u8], part: impl Fn(usize) -> &'t [u8]) -> bool {
        let fitting = self.lengths.iter().take_while(|length| **length <= text.len());
        fitting.into_iter().any(|&length| self.texts.contains(part(length)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Pattern;

    #[test]
    fn tables_answer_what_comparing_one_by_one_does() {
        let words =
            ["", "a", "B", "ab", "aBa", "ba", "\u{212a}x", "kX", "\u{df}", "abab", "*a", "b?"];
        let mut texts: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        for a in words {
            for b in words {
                texts.push(format!("{a}{b}"));
                texts.push(format!("x{a}-{b}y"));
            }
        }
        for (before, after) in [("", ""), ("*", ""), ("", "*"), ("*", "*"), ("*", "*z*")] {
            for cased in [false, true] {
                let values: Vec<Vec<Check>> = (0..LEAST * 2)
                    .map(|number| {
                        // One word that may match, among many that do not.
                        let word = words.get(number).map_or_else(
                            || format!("{number}"),
                            |word| word.replace(['*', '?'], ""),
                        );
                        let pattern = Pattern::parse(&format!("{before}{word}{after}"), cased);
                        vec![Check::Text(TextMatcher::new(&pattern))]
                    })
                    .collect();
                let one_by_one = |text: &str| {
                    values.iter().flatten().any(|check| match check {
                        Check::Text(matcher) => matcher.matches(text, &mut String::new()),
                        _ => false,
                    })
                };
                let Some(many) = ManyTexts::new(&values) else {
                    assert_eq!(after, "*z*", "wildcards inside are not for tables");
                    continue;
                };
                assert!(many.others.len() < LEAST);
                for text in &texts {
                    let others = many.others.iter().flat_map(|&value| &values[value]).any(|check| {
                        matches!(check, Check::Text(matcher) if matcher.matches(text, &mut String::new()))
                    });
                    assert_eq!(
                        many.matches(text, &mut String::new()) || others,
                        one_by_one(text),
                        "{before}..{after} {cased} {text}"
                    );
                }
            }
        }
    }
}
