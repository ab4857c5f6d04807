//! `%name%` placeholders under `|expand`.
//!
//! A placeholder is replaced by each of its values in turn. A value is read like text of the rule:
//! `*` and `?` in it are wildcards. In a regular expression it stands for its plain characters.

use std::collections::BTreeMap;

use super::yaml;
use crate::{
    rule::{Diagnostic, Span},
    text::nearest,
};

/// Values for `%name%` placeholders under `|expand`, by name.
pub type Placeholders = BTreeMap<String, Vec<String>>;

/// A piece of a value under `|expand`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece<'v> {
    /// Text of the rule; `\%` has become a percent.
    Text(String),
    /// The values of a placeholder.
    Values(&'v [String]),
}

/// Splits `value` at its placeholders. Every name must have a value.
pub(super) fn pieces<'v>(
    value: &str,
    span: Span,
    text: &str,
    placeholders: &'v Placeholders,
) -> Result<Vec<Piece<'v>>, Diagnostic> {
    let mut pieces = Vec::new();
    let mut done = 0;
    let mut from = 0;
    while let Some((start, end)) = placeholder(value, from) {
        let name = &value[start + 1..end - 1];
        let Some(values) = placeholders.get(name).filter(|values| !values.is_empty()) else {
            return Err(unknown(name, yaml::part(text, span, value, start..end), placeholders));
        };
        pieces.push(Piece::Text(value[done..start].replace("\\%", "%")));
        pieces.push(Piece::Values(values));
        done = end;
        from = end;
    }
    pieces.push(Piece::Text(value[done..].replace("\\%", "%")));
    Ok(pieces)
}

/// The next placeholder: a percent without a backslash before it, then a name, then a percent.
fn placeholder(value: &str, from: usize) -> Option<(usize, usize)> {
    for (at, _) in value[from..].match_indices('%') {
        let start = from + at;
        if value[..start].ends_with('\\') {
            continue;
        }
        match value[start + 1..].find('%') {
            None => return None,
            Some(0) => {}
            Some(length) => return Some((start, start + length + 2)),
        }
    }
    None
}

fn unknown(name: &str, span: Span, placeholders: &Placeholders) -> Diagnostic {
    let help = match nearest(name, placeholders.keys().map(String::as_str)) {
        Some(near) => format!("did you mean %{near}%?"),
        None => format!(
            "give it values with --placeholder {name}=VALUE, or write \\% for a plain percent"
        ),
    };
    Diagnostic::error(
        "placeholder-without-value",
        span,
        format!("the placeholder %{name}% has no value"),
    )
    .help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split<'v>(
        value: &str,
        placeholders: &'v Placeholders,
    ) -> Result<Vec<Piece<'v>>, &'static str> {
        pieces(value, Span::default(), "", placeholders).map_err(|problem| problem.code)
    }

    #[test]
    fn a_placeholder_stands_between_two_percents() {
        let placeholders =
            Placeholders::from([("admins".to_owned(), vec!["a".to_owned(), "b".to_owned()])]);
        let text = |text: &str| Piece::Text(text.to_owned());
        assert_eq!(
            split("u/%admins%/x", &placeholders),
            Ok(vec![text("u/"), Piece::Values(&placeholders["admins"]), text("/x")])
        );
        assert_eq!(split("50%", &placeholders), Ok(vec![text("50%")]));
        assert_eq!(split("%%", &placeholders), Ok(vec![text("%%")]));
        assert_eq!(split(r"\%admins\%", &placeholders), Ok(vec![text("%admins%")]));
        assert_eq!(split("%other%", &placeholders), Err("placeholder-without-value"));
    }
}
