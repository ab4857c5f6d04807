//! One value against one pattern.

use memchr::memmem::Finder;

use super::fold::{fold, fold_into};
use crate::rule::{Pattern, Token};

/// A [`Pattern`] made ready to run.
#[derive(Debug)]
pub(super) struct TextMatcher {
    shape: Shape,
    cased: bool,
}

/// The shapes a pattern takes, the usual ones apart. Texts are folded unless the pattern is cased.
#[derive(Debug)]
enum Shape {
    Everything,
    Equals(String),
    StartsWith(String),
    EndsWith(String),
    Contains(Box<Finder<'static>>),
    Wild(Vec<Segment>),
}

/// A pattern without wildcards inside.
#[derive(Debug, Clone, Copy)]
pub(super) enum Plain<'m> {
    Equals(&'m [u8]),
    StartsWith(&'m [u8]),
    EndsWith(&'m [u8]),
    Contains(&'m [u8]),
}

/// What stands between two `*` of a pattern.
#[derive(Debug)]
struct Segment {
    /// Literal runs, with `None` for each `?`.
    pieces: Vec<Option<String>>,
}

impl TextMatcher {
    pub(super) fn new(pattern: &Pattern) -> Self {
        let text = |literal: &String| if pattern.cased { literal.clone() } else { fold(literal) };
        let shape = match pattern.tokens.as_slice() {
            [] => Shape::Equals(String::new()),
            [Token::Any] => Shape::Everything,
            [Token::Literal(literal)] => Shape::Equals(text(literal)),
            [Token::Literal(literal), Token::Any] => Shape::StartsWith(text(literal)),
            [Token::Any, Token::Literal(literal)] => Shape::EndsWith(text(literal)),
            [Token::Any, Token::Literal(literal), Token::Any] => {
                Shape::Contains(Box::new(Finder::new(text(literal).as_bytes()).into_owned()))
            }
            tokens => Shape::Wild(segments(tokens, text)),
        };
        Self { shape, cased: pattern.cased }
    }

    /// The text of a pattern without wildcards inside, folded unless the pattern is cased.
    pub(super) fn plain(&self) -> Option<Plain<'_>> {
        Some(match &self.shape {
            Shape::Equals(text) => Plain::Equals(text.as_bytes()),
            Shape::StartsWith(text) => Plain::StartsWith(text.as_bytes()),
            Shape::EndsWith(text) => Plain::EndsWith(text.as_bytes()),
            Shape::Contains(finder) => Plain::Contains(finder.needle()),
            Shape::Everything | Shape::Wild(_) => return None,
        })
    }

    /// Whether case counts.
    pub(super) fn is_cased(&self) -> bool {
        self.cased
    }

    /// Whether the whole of `text` matches. `folded` is a buffer.
    pub(super) fn matches(&self, text: &str, folded: &mut String) -> bool {
        if self.cased {
            return self.matches_as_is(text);
        }
        if text.is_ascii() {
            let bytes = text.as_bytes();
            match &self.shape {
                Shape::Everything => return true,
                Shape::Equals(literal) => return bytes.eq_ignore_ascii_case(literal.as_bytes()),
                Shape::StartsWith(literal) => {
                    return bytes
                        .get(..literal.len())
                        .is_some_and(|head| head.eq_ignore_ascii_case(literal.as_bytes()));
                }
                Shape::EndsWith(literal) => {
                    let tail = bytes.len().checked_sub(literal.len()).map(|from| &bytes[from..]);
                    return tail.is_some_and(|tail| tail.eq_ignore_ascii_case(literal.as_bytes()));
                }
                Shape::Contains(_) | Shape::Wild(_) => {}
            }
        }
        fold_into(text, folded);
        self.matches_as_is(folded)
    }

    fn matches_as_is(&self, text: &str) -> bool {
        match &self.shape {
            Shape::Everything => true,
            Shape::Equals(literal) => text == literal,
            Shape::StartsWith(literal) => text.starts_with(literal.as_str()),
            Shape::EndsWith(literal) => text.ends_with(literal.as_str()),
            Shape::Contains(finder) => finder.find(text.as_bytes()).is_some(),
            Shape::Wild(segments) => matches_wild(segments, text),
        }
    }
}

/// Cuts a pattern at its `*`. There is always one segment more than there are stars.
fn segments(tokens: &[Token], text: impl Fn(&String) -> String) -> Vec<Segment> {
    tokens
        .split(|token| matches!(token, Token::Any))
        .map(|part| Segment {
            pieces: part
                .iter()
                .map(|token| match token {
                    Token::Literal(literal) => Some(text(literal)),
                    Token::One | Token::Any => None,
                })
                .collect(),
        })
        .collect()
}

/// The first segment is held at the start, the last at the end, and each between is taken where it
/// is first found: no other place could leave more room for the rest. Quadratic at worst.
fn matches_wild(segments: &[Segment], text: &str) -> bool {
    let [first, rest @ ..] = segments else { return false };
    let Some(mut at) = first.end_at(text, 0) else { return false };
    let [middle @ .., last] = rest else { return at == text.len() };
    for segment in middle {
        match segment.find(text, at) {
            Some(end) => at = end,
            None => return false,
        }
    }
    last.ends(text, at)
}

impl Segment {
    /// Where the segment ends if it begins at `at`.
    fn end_at(&self, text: &str, mut at: usize) -> Option<usize> {
        for piece in &self.pieces {
            at += match piece {
                Some(literal) => {
                    text[at..].starts_with(literal.as_str()).then_some(literal.len())?
                }
                None => text[at..].chars().next()?.len_utf8(),
            };
        }
        Some(at)
    }

    /// Where the segment ends at its first place from `from` on.
    fn find(&self, text: &str, from: usize) -> Option<usize> {
        if let [Some(literal)] = self.pieces.as_slice() {
            return text[from..].find(literal.as_str()).map(|at| from + at + literal.len());
        }
        let mut at = from;
        loop {
            if let Some(end) = self.end_at(text, at) {
                return Some(end);
            }
            at += text[at..].chars().next()?.len_utf8();
        }
    }

    /// Whether the segment ends the text, beginning at `from` or later.
    fn ends(&self, text: &str, from: usize) -> bool {
        let mut end = text.len();
        for piece in self.pieces.iter().rev() {
            let before = &text[..end];
            end -= match piece {
                Some(literal) if before.ends_with(literal.as_str()) => literal.len(),
                Some(_) => return false,
                None => match before.chars().next_back() {
                    Some(c) => c.len_utf8(),
                    None => return false,
                },
            };
        }
        end >= from
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        TextMatcher::new(&Pattern::parse(pattern, false)).matches(text, &mut String::new())
    }

    #[test]
    fn wildcards_match_as_written() {
        for (pattern, text, expected) in [
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "abcb", false),
            ("a?c", "a\u{1F600}c", true),
            ("a?c", "ac", false),
            ("*a?*", "xxa", false),
            ("*a?*", "xxay", true),
            ("?*?", "a", false),
            ("?*?", "ab", true),
            ("*ab*ab", "xab", false),
            ("*ab*ab", "ABab", true),
            ("ß*", "ẞx", true),
            ("*k", "\u{212a}", true),
            ("", "", true),
            ("*", "a\nb", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn many_stars_do_not_take_exponential_time() {
        let pattern = "*a".repeat(60) + "*b";
        assert!(!matches(&pattern, &"a".repeat(20_000)));
    }
}
