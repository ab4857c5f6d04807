//! Changes to a rule file that are safe: they say what the author meant, in the same words.
//!
//! A change is told by its place in bytes, so that what stands around it is not touched.

use std::collections::BTreeMap;

use crate::rule::Span;

/// What can be done about something that was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, for people: a sentence fragment.
    pub what: String,
    /// The changes that belong together.
    pub edits: Vec<Edit>,
}

/// One place and what stands there afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The place, in bytes of the file's text.
    pub span: Span,
    /// What replaces it.
    pub text: String,
}

impl Fix {
    /// A fix with one change.
    pub(super) fn replace(what: String, span: Span, text: impl Into<String>) -> Self {
        Self { what, edits: vec![Edit { span, text: text.into() }] }
    }

    /// Takes out the whole line that `span` stands on, if nothing else stands there. `own` is what may
    /// stand before it.
    pub(super) fn delete_line(what: String, span: Span, text: &str, own: &str) -> Option<Self> {
        let before = text.get(..span.start)?;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let end = text.get(span.end..)?.find('\n').map(|at| span.end + at + 1)?;
        let stands_alone = before[start..].trim() == own && text[span.end..end].trim().is_empty();
        stands_alone.then(|| Self::replace(what, Span::new(start, end), ""))
    }
}

/// `text` with these fixes in it, and which of them were applied. A fix that touches what another one
/// has changed waits for the next time.
pub fn fixed<'f>(text: &str, fixes: impl IntoIterator<Item = &'f Fix>) -> (String, Vec<&'f Fix>) {
    let mut taken: BTreeMap<usize, &Edit> = BTreeMap::new();
    let mut applied = Vec::new();
    for fix in fixes {
        let fits = fix.edits.iter().all(|edit| {
            let Span { start, end } = edit.span;
            let before = taken.range(..=start).next_back();
            let after = taken.range(start..).next();
            start < end
                && text.get(start..end).is_some()
                && before.is_none_or(|(_, other)| other.span.end <= start)
                && after.is_none_or(|(next, _)| end <= *next)
        });
        if fits {
            taken.extend(fix.edits.iter().map(|edit| (edit.span.start, edit)));
            applied.push(fix);
        }
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for edit in taken.into_values() {
        out.push_str(text.get(from..edit.span.start).unwrap_or_default());
        out.push_str(&edit.text);
        from = edit.span.end;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    (out, applied)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replace(start: usize, end: usize, text: &str) -> Fix {
        Fix::replace(String::new(), Span::new(start, end), text)
    }

    #[test]
    fn fixes_that_touch_one_another_are_not_mixed() {
        let fixes =
            [replace(4, 6, "X"), replace(0, 1, ""), replace(5, 7, "Y"), replace(99, 100, "")];
        let (text, applied) = fixed("abcdefgh", &fixes);
        assert_eq!((text.as_str(), applied.len()), ("bcdXgh", 2));
    }

    #[test]
    fn a_line_is_deleted_only_if_nothing_else_stands_on_it() {
        let text = "a:\n  - one\n  - two # why\n  - 'six'\n";
        let at = |word: &str| {
            let start = text.find(word).unwrap_or_default();
            Fix::delete_line(String::new(), Span::new(start, start + word.len()), text, "-")
        };
        let deleted = at("one").map(|fix| fixed(text, [&fix]).0);
        assert_eq!(deleted.as_deref(), Some("a:\n  - two # why\n  - 'six'\n"));
        assert_eq!(at("two"), None);
        assert_eq!(at("six"), None, "the quote before it is not its own");
    }
}
