//! What a scalar is: the core schema of YAML 1.2 as Sigma narrows it, and explicit tags.

use saphyr_parser::{ScalarStyle, Tag};

use super::Data;
use crate::rule::{Diagnostic, Number, Span, Spelling, digits, is_exponent};

/// The value of a scalar, and what is wrong with its tag.
pub(super) fn scalar(
    value: &str,
    style: ScalarStyle,
    tag: Option<&Tag>,
    span: Span,
) -> (Data, Option<Diagnostic>) {
    let text = || Data::Text(value.to_owned());
    let Some(tag) = tag else {
        return (if style == ScalarStyle::Plain { plain(value) } else { text() }, None);
    };
    let fits = match (tag_name(tag), plain(value)) {
        (Some("str" | "!"), _) => text(),
        (Some("null"), data @ Data::Null)
        | (Some("bool"), data @ Data::Bool(_))
        | (Some("int"), data @ Data::Number(_, Some(_))) => data,
        (Some("float"), Data::Number(number, _)) => Data::Number(number, None),
        (_, data) => return (data, Some(bad_tag(tag, span))),
    };
    (fits, None)
}

/// What is wrong with the tag of a list or mapping.
pub(super) fn check_tag(tag: Option<&Tag>, expected: &str, span: Span) -> Option<Diagnostic> {
    let tag = tag?;
    let fits = matches!(tag_name(tag), Some(name) if name == expected || name == "!");
    (!fits).then(|| bad_tag(tag, span))
}

/// A plain scalar by the core schema.
fn plain(value: &str) -> Data {
    match value {
        "" | "~" | "null" | "Null" | "NULL" => Data::Null,
        "true" | "True" | "TRUE" => Data::Bool(true),
        "false" | "False" | "FALSE" => Data::Bool(false),
        // A number beyond the range of a double stays text, and so compares by its text.
        _ => match number(value) {
            Some((number, Spelling::Integer)) => {
                let digits = value.strip_prefix('+').unwrap_or(value);
                let digits = if digits == "-0" { "0" } else { digits };
                Data::Number(number, Some(digits.to_owned()))
            }
            Some((number, Spelling::Decimal)) => Data::Number(number, None),
            None => Data::Text(value.to_owned()),
        },
    }
}

/// An integer or a decimal number without a leading zero, with an optional sign. `1.` is a number,
/// `.5` is not.
fn number(text: &str) -> Option<(Number, Spelling)> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, rest) = digits(unsigned);
    if whole.is_empty() || (whole.len() > 1 && whole.starts_with('0')) {
        return None;
    }
    let spelling = if rest.is_empty() { Spelling::Integer } else { Spelling::Decimal };
    let rest = rest.strip_prefix('.').map_or(rest, |fraction| digits(fraction).1);
    if !rest.is_empty() && !is_exponent(rest) {
        return None;
    }
    Some((Number::read(text, spelling)?, spelling))
}

/// The name of a core schema tag, or `!` for the tag that only says "as it stands".
fn tag_name(tag: &Tag) -> Option<&str> {
    match (tag.handle.as_str(), tag.suffix.as_str()) {
        ("tag:yaml.org,2002:", name) => Some(name),
        ("", "!") | ("!", "") => Some("!"),
        ("", name) => name.strip_prefix("tag:yaml.org,2002:"),
        _ => None,
    }
}

fn bad_tag(tag: &Tag, span: Span) -> Diagnostic {
    let name = tag_name(tag).map_or_else(|| tag.to_string(), |name| format!("!!{name}"));
    Diagnostic::error("bad-tag", span, format!("the tag {name} does not fit this value"))
        .help("leave the tag out; quotes make a value text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_numbers_have_no_leading_zero() {
        let spelling = |text| number(text).map(|(_, spelling)| spelling);
        assert_eq!(spelling("+5"), Some(Spelling::Integer));
        assert_eq!(spelling("-0"), Some(Spelling::Integer));
        assert_eq!(spelling("1."), Some(Spelling::Decimal));
        assert_eq!(spelling("1e5"), Some(Spelling::Decimal));
        assert_eq!(spelling("1.e5"), Some(Spelling::Decimal));
        for text in [
            "012345678901",
            ".5",
            "0x1f",
            "0o17",
            ".inf",
            ".nan",
            "1_000",
            "1.5.2",
            "-",
            "",
            "1e",
            "2026-01-01",
        ] {
            assert_eq!(spelling(text), None, "{text}");
        }
    }
}
