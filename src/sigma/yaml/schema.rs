//! What a scalar is: the core schema of YAML 1.2 as Sigma narrows it, and explicit tags.

use saphyr_parser::{ScalarStyle, Tag};

use super::Data;
use crate::sigma::{Diagnostic, Number, Span, number::Spelling};

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
        _ => match Number::parse_yaml(value) {
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
