//! Literals inside a regular expression.

use regex_syntax::{
    ParserBuilder,
    hir::{Class, ClassUnicodeRange, Hir, HirKind},
};

use super::fold::fold_char;
use crate::rule::RegexTest;

/// Alternatives beyond this many are not followed.
const MOST: usize = 64;

/// Texts (folded) of which every match holds at least one; `None` if none is known.
pub(super) fn literals(test: &RegexTest) -> Option<Vec<String>> {
    let hir = ParserBuilder::new()
        .case_insensitive(test.flags.ignore_case)
        .multi_line(test.flags.multi_line)
        .dot_matches_new_line(test.flags.dot_all)
        .build()
        .parse(&test.source)
        .ok()?;
    best(&hir).filter(|texts| texts.iter().all(|text| !text.is_empty()))
}

fn shortest(texts: &[String]) -> usize {
    texts.iter().map(String::len).min().unwrap_or(0)
}

/// The best set of inner literals of an expression. The recursion is as deep as the expression is
/// nested, which its parser bounds.
fn best(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Literal(_) | HirKind::Class(_) => exact(hir).map(|text| vec![text]),
        HirKind::Capture(capture) => best(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => best(&repetition.sub),
        HirKind::Concat(parts) => {
            let mut candidates: Vec<Vec<String>> = Vec::new();
            let mut run = String::new();
            for part in parts {
                if let Some(text) = exact(part) {
                    run.push_str(&text);
                    continue;
                }
                candidates.push(vec![std::mem::take(&mut run)]);
                candidates.extend(best(part));
            }
            candidates.push(vec![run]);
            candidates
                .into_iter()
                .max_by_key(|texts| shortest(texts))
                .filter(|texts| shortest(texts) > 0)
        }
        HirKind::Alternation(parts) => {
            let mut texts = Vec::new();
            for part in parts {
                texts.extend(best(part)?);
            }
            (texts.len() <= MOST).then_some(texts)
        }
        HirKind::Empty | HirKind::Look(_) | HirKind::Repetition(_) => None,
    }
}

/// The folded text that an expression always matches, if it is just a text (in any case).
fn exact(hir: &Hir) -> Option<String> {
    match hir.kind() {
        HirKind::Literal(literal) => {
            Some(std::str::from_utf8(&literal.0).ok()?.chars().map(fold_char).collect())
        }
        HirKind::Class(Class::Unicode(class)) => {
            let mut characters = class.iter().flat_map(|range| range.start()..=range.end()).take(8);
            let first = fold_char(characters.next()?);
            let few = class.iter().map(ClassUnicodeRange::len).sum::<usize>() <= 4;
            (few && characters.all(|c| fold_char(c) == first)).then(|| first.to_string())
        }
        HirKind::Capture(capture) => exact(&capture.sub),
        HirKind::Concat(parts) => parts.iter().map(exact).collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::RegexFlags;

    fn of(source: &str, ignore_case: bool) -> Option<Vec<String>> {
        let flags = RegexFlags { ignore_case, ..RegexFlags::default() };
        literals(&RegexTest::compile(source, flags).expect("it compiles"))
    }

    #[test]
    fn the_longest_text_that_must_be_there_is_taken() {
        assert_eq!(of("^arn:aws:iam::[0-9]+:user/x", false), Some(vec!["arn:aws:iam::".into()]));
        assert_eq!(of("ab|cd(ef)?g", false), Some(vec!["ab".into(), "cd".into()]));
        assert_eq!(of("Key", true), Some(vec!["key".into()]));
        assert_eq!(of("(?i)(Stop|Delete)Trail", false), Some(vec!["trail".into()]));
        assert_eq!(of("a*", false), None);
        assert_eq!(of("[ab]|x", false), None);
        assert_eq!(of("(abc)+?", false), Some(vec!["abc".into()]));
    }
}
