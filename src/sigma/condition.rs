//! The condition: a boolean over selections.
//!
//! `or` binds less than `and`, `and` less than `not`. Names are resolved while reading, so a
//! condition never names what is not there. Nesting is bounded, and so is what patterns expand to.

use std::{collections::HashMap, ops::Range};

use super::yaml;
use crate::{
    rule::{Condition, Diagnostic, Span},
    text::nearest,
};

/// How deep parentheses and `not` may be nested.
const MAX_DEPTH: usize = 200;

/// How many selections all patterns of one detection may be compared with in sum.
const MAX_COMPARED: usize = 1_000_000;

/// For so many unknown names of one detection a near one is looked for.
const MAX_HINTS: usize = 20;

/// The selections of one detection by name, for its conditions.
#[derive(Debug)]
pub(super) struct Names<'n> {
    list: Vec<&'n str>,
    index: HashMap<&'n str, usize>,
    /// Comparisons with patterns so far.
    compared: usize,
    /// Near names looked for so far.
    hints: usize,
}

impl<'n> Names<'n> {
    /// The names in the order of the selections.
    pub(super) fn new(list: Vec<&'n str>) -> Self {
        let index = list.iter().enumerate().map(|(at, name)| (*name, at)).collect();
        Self { list, index, compared: 0, hints: 0 }
    }

    /// Any name, for examples in messages.
    pub(super) fn first(&self) -> &'n str {
        self.list.first().copied().unwrap_or("selection")
    }

    /// A name like `word`.
    fn near(&mut self, word: &str) -> Option<&'n str> {
        self.hints += 1;
        if self.hints > MAX_HINTS { None } else { nearest(word, self.list.iter().copied()) }
    }

    /// The selections a pattern names: with case, and those that begin with `_` only if it does.
    /// `None` if there are too many to compare with.
    fn matching(&mut self, pattern: &str) -> Option<Vec<usize>> {
        self.compared += self.list.len();
        if self.compared > MAX_COMPARED {
            return None;
        }
        let them = pattern.eq_ignore_ascii_case("them");
        let named = |name: &str| {
            (pattern.starts_with('_') || !name.starts_with('_'))
                && (them || matches_glob(pattern, name))
        };
        Some((0..self.list.len()).filter(|at| named(self.list[*at])).collect())
    }
}

/// Reads one condition, the scalar at `span` of `text`. `None` if something is wrong with it, which
/// is then told.
pub(super) fn parse(
    value: &str,
    span: Span,
    text: &str,
    names: &mut Names<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Condition> {
    // The search is done once, not once for each problem.
    let whole = yaml::part(text, span, value, 0..value.len());
    let place = |range: Range<usize>| match text.get(whole.start..whole.end) {
        Some(source) if source == value => {
            Span::new(whole.start + range.start, whole.start + range.end)
        }
        _ => span,
    };
    if let Some(at) = value.find('|') {
        problems.push(
            Diagnostic::error("condition-pipe", place(at..at + 1), "a condition cannot aggregate: | is not part of it any more")
                .help("write a correlation document with `type: event_count`, `value_count` or `temporal` on top of the rule"),
        );
        return None;
    }
    let tokens = match tokens(value) {
        Ok(tokens) => tokens,
        Err(range) => {
            let message = format!("{:?} has no meaning in a condition", &value[range.clone()]);
            problems.push(
                Diagnostic::error("condition-syntax", place(range), message)
                    .help("a condition has names, and, or, not, 1 of, all of, and parentheses"),
            );
            return None;
        }
    };
    let mut parser = Parser { value, tokens, at: 0, names, unresolved: Vec::new() };
    let outcome = parser.whole();
    let unresolved = std::mem::take(&mut parser.unresolved);
    let sound = unresolved.is_empty();
    problems.extend(unresolved.into_iter().chain(outcome.as_ref().err().cloned()).map(
        |mut problem| {
            problem.span = place(problem.span.start..problem.span.end);
            problem
        },
    ));
    outcome.ok().filter(|_| sound)
}

/// Splits into words and parentheses. `Err` is the first character that is neither nor a blank.
fn tokens(value: &str) -> Result<Vec<Range<usize>>, Range<usize>> {
    let mut tokens: Vec<Range<usize>> = Vec::new();
    let mut in_word = false;
    for (at, char) in value.char_indices() {
        let range = at..at + char.len_utf8();
        match char {
            'A'..='Z' | 'a'..='z' | '0'..='9' | '_' | '*' | '-' => {
                match tokens.last_mut().filter(|_| in_word) {
                    Some(word) => word.end = range.end,
                    None => tokens.push(range),
                }
                in_word = true;
            }
            '(' | ')' => {
                tokens.push(range);
                in_word = false;
            }
            _ if char.is_whitespace() => in_word = false,
            _ => return Err(range),
        }
    }
    Ok(tokens)
}

/// Reads the tokens from left to right. The spans of its problems are bytes of `value`.
struct Parser<'c, 'n> {
    value: &'c str,
    tokens: Vec<Range<usize>>,
    at: usize,
    names: &'c mut Names<'n>,
    /// Names that are not there. Reading goes on behind them, to tell all of them at once.
    unresolved: Vec<Diagnostic>,
}

impl<'c> Parser<'c, '_> {
    fn whole(&mut self) -> Result<Condition, Diagnostic> {
        let condition = self.or(0)?;
        match self.peek() {
            None => Ok(condition),
            Some(")") => Err(self.syntax("this parenthesis was never opened", "take it out")),
            Some(word) => {
                let message = format!("an operator is missing before {word:?}");
                Err(self.syntax(&message, "write and, or, and not between names"))
            }
        }
    }

    fn or(&mut self, depth: usize) -> Result<Condition, Diagnostic> {
        let mut sides = vec![self.and(depth)?];
        while self.take_word("or") {
            sides.push(self.and(depth)?);
        }
        Ok(single_or(sides, Condition::Or))
    }

    fn and(&mut self, depth: usize) -> Result<Condition, Diagnostic> {
        let mut sides = vec![self.not(depth)?];
        while self.take_word("and") {
            sides.push(self.not(depth)?);
        }
        Ok(single_or(sides, Condition::And))
    }

    fn not(&mut self, depth: usize) -> Result<Condition, Diagnostic> {
        if depth > MAX_DEPTH {
            let problem = Diagnostic::error(
                "condition-too-deep",
                self.span(),
                format!("nested more than {MAX_DEPTH} deep"),
            );
            return Err(problem.help("use fewer parentheses, or selections with lists"));
        }
        if self.take_word("not") {
            return Ok(Condition::Not(Box::new(self.not(depth + 1)?)));
        }
        self.primary(depth)
    }

    fn primary(&mut self, depth: usize) -> Result<Condition, Diagnostic> {
        match self.peek() {
            None => Err(self.syntax(
                "the condition ends where a name should follow",
                "write the name of a selection",
            )),
            Some("(") => {
                let opened = self.span();
                self.at += 1;
                let inner = self.or(depth + 1)?;
                match self.peek() {
                    Some(")") => self.at += 1,
                    None => {
                        let problem = Diagnostic::error(
                            "condition-syntax",
                            opened,
                            "this parenthesis is never closed",
                        );
                        return Err(problem.help("write the missing )"));
                    }
                    Some(word) => {
                        let message = format!("an operator is missing before {word:?}");
                        return Err(self.syntax(&message, "write and, or, and not between names"));
                    }
                }
                Ok(inner)
            }
            Some(")") => {
                Err(self.syntax("a name should stand here", "write the name of a selection"))
            }
            Some(word) => {
                let span = self.span();
                self.at += 1;
                if self.take_word("of") { self.of(word, span) } else { Ok(self.name(word, span)) }
            }
        }
    }

    /// What follows `of`.
    fn of(&mut self, quantifier: &str, span: Span) -> Result<Condition, Diagnostic> {
        let all = quantifier.eq_ignore_ascii_case("all");
        if !all && quantifier != "1" && !quantifier.eq_ignore_ascii_case("any") {
            let message = format!("{quantifier:?} cannot stand before of");
            return Err(Diagnostic::error("condition-quantifier", span, message)
                .help("write 1 of, any of or all of"));
        }
        let pattern = match self.peek() {
            Some(pattern) if pattern != "(" && pattern != ")" => pattern,
            _ => {
                return Err(
                    self.syntax("a pattern is missing after of", "write them, or a name with *")
                );
            }
        };
        let span = self.span();
        self.at += 1;
        let Some(selections) = self.names.matching(pattern) else {
            let message = format!(
                "the patterns of this detection are compared with more than {MAX_COMPARED} names"
            );
            return Err(
                Diagnostic::error("condition-too-big", span, message).help("split the rule")
            );
        };
        if selections.is_empty() {
            let help = match self.names.near(&pattern.replace('*', "")) {
                Some(near) => format!("the nearest name is {near}"),
                None if pattern.eq_ignore_ascii_case("them") => {
                    "names that begin with _ are not part of them".to_owned()
                }
                None => "a pattern must match the name of a selection".to_owned(),
            };
            let message = format!("no selection is named like {pattern:?}");
            self.unresolved.push(Diagnostic::error("unmatched-pattern", span, message).help(help));
        }
        Ok(Condition::Of { all, pattern: pattern.to_owned(), selections })
    }

    fn name(&mut self, word: &str, span: Span) -> Condition {
        const RESERVED: [&str; 8] = ["and", "or", "not", "of", "them", "1", "all", "any"];
        let reserved = RESERVED.iter().any(|reserved| word.eq_ignore_ascii_case(reserved));
        if let Some(at) = self.names.index.get(word).filter(|_| !reserved) {
            return Condition::Selection(*at);
        }
        let (code, message, help) = if reserved {
            let help = "write the name of a selection, or 1 of them, all of them".to_owned();
            ("condition-syntax", format!("{word:?} is a word of the condition and no name"), help)
        } else if word.contains('*') {
            (
                "condition-syntax",
                format!("{word:?} needs 1 of or all of before it"),
                format!("write 1 of {word}"),
            )
        } else {
            let help = match self.names.near(word) {
                Some(near) => format!("did you mean {near}?"),
                None => "name a selection that stands in the detection".to_owned(),
            };
            ("unknown-selection", format!("there is no selection named {word:?}"), help)
        };
        self.unresolved.push(Diagnostic::error(code, span, message).help(help));
        Condition::Selection(0)
    }

    fn peek(&self) -> Option<&'c str> {
        self.tokens.get(self.at).map(|range| &self.value[range.clone()])
    }

    fn take_word(&mut self, word: &str) -> bool {
        let there = self.peek().is_some_and(|next| next.eq_ignore_ascii_case(word));
        self.at += usize::from(there);
        there
    }

    /// The next token, or the end.
    fn span(&self) -> Span {
        let end = self.value.trim_end().len();
        self.tokens
            .get(self.at)
            .map_or(Span::new(end, end), |range| Span::new(range.start, range.end))
    }

    fn syntax(&self, message: &str, help: &str) -> Diagnostic {
        Diagnostic::error("condition-syntax", self.span(), message).help(help)
    }
}

/// One condition stands for itself.
pub(super) fn single_or(
    mut sides: Vec<Condition>,
    join: impl Fn(Vec<Condition>) -> Condition,
) -> Condition {
    match sides.pop() {
        Some(only) if sides.is_empty() => only,
        Some(last) => {
            sides.push(last);
            join(sides)
        }
        None => join(sides),
    }
}

/// Whether `name` matches a pattern in which `*` is any run of characters.
fn matches_glob(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    let Some(mut name) = name.strip_prefix(start).and_then(|name| name.strip_suffix(end)) else {
        return false;
    };
    for part in middle.split('*') {
        let Some(at) = name.find(part) else { return false };
        name = &name[at + part.len()..];
    }
    true
}

#[cfg(test)]
mod tests;
