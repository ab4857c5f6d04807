//! One value of an item: from YAML, under its modifiers, to the tests it stands for.

mod alternatives;
mod network;
mod regexes;

use self::{
    alternatives::{encode, expand, windash},
    network::cidr,
    regexes::regexes,
};
use super::{
    Modifier,
    reader::{Reader, wrong_kind},
    yaml::{Data, Node},
};
use crate::rule::{
    Comparison, Diagnostic, Field, FieldRef, Pattern, Relation, Test, TimePart, Value,
};

/// Reads one value.
pub(super) fn read(
    node: &Node,
    modifiers: &[Modifier],
    keyword: bool,
    reader: &mut Reader,
) -> Result<Value, Diagnostic> {
    let Some(text) = node.scalar_text() else {
        let message = format!("a value must be a scalar, this is {}", node.kind());
        let help = "fields below a field are written with dots: `parent.child: value`";
        return Err(Diagnostic::error("value-not-scalar", node.span, message).help(help));
    };
    let text = match &node.data {
        // A number is shown as it is spelled in the rule.
        Data::Number(..) => {
            reader.text.get(node.span.start..node.span.end).map_or(text, str::to_owned)
        }
        _ => text,
    };
    let tests = tests(node, modifiers, keyword, reader)?;
    Ok(Value { tests, text, span: node.span })
}

fn tests(
    node: &Node,
    modifiers: &[Modifier],
    keyword: bool,
    reader: &mut Reader,
) -> Result<Vec<Test>, Diagnostic> {
    for modifier in modifiers {
        if let Some(part) = time_part(*modifier) {
            return time(node, part, *modifier).map(|test| vec![test]);
        }
        if let Some(comparison) = comparison(*modifier) {
            return match node.data {
                Data::Number(number, _) => Ok(vec![Test::Compare(comparison, number)]),
                _ => Err(wrong_kind(node, *modifier, "a number", "write a number without quotes")),
            };
        }
        match modifier {
            Modifier::Re => return regexes(node, modifiers, reader),
            Modifier::Cidr => return cidr(node, reader).map(|net| vec![Test::Cidr(net)]),
            Modifier::FieldRef => {
                return field_ref(node, modifiers).map(|reference| vec![Test::FieldRef(reference)]);
            }
            Modifier::Exists => {
                return match node.data {
                    Data::Bool(value) => Ok(vec![Test::Exists(value)]),
                    _ => Err(Diagnostic::error(
                        "bad-exists",
                        node.span,
                        "exists needs true or false",
                    )
                    .help("write true or false, without quotes")),
                };
            }
            _ => {}
        }
    }
    if keyword || modifiers.iter().any(|modifier| modifier.wants_text()) {
        return patterns(node, modifiers, keyword, reader);
    }
    Ok(vec![match &node.data {
        Data::Null => Test::Null,
        Data::Bool(value) => Test::Bool(*value),
        Data::Number(number, _) => Test::Number(*number),
        _ => Test::Text(Pattern::parse(node.as_text().unwrap_or_default(), false)),
    }])
}

fn comparison(modifier: Modifier) -> Option<Comparison> {
    Some(match modifier {
        Modifier::Lt => Comparison::Lt,
        Modifier::Lte => Comparison::Lte,
        Modifier::Gt => Comparison::Gt,
        Modifier::Gte => Comparison::Gte,
        _ => return None,
    })
}

fn time_part(modifier: Modifier) -> Option<TimePart> {
    Some(match modifier {
        Modifier::Minute => TimePart::Minute,
        Modifier::Hour => TimePart::Hour,
        Modifier::Day => TimePart::Day,
        Modifier::Week => TimePart::Week,
        Modifier::Month => TimePart::Month,
        Modifier::Year => TimePart::Year,
        _ => return None,
    })
}

fn time(node: &Node, part: TimePart, modifier: Modifier) -> Result<Test, Diagnostic> {
    match &node.data {
        // What does not fit is no part of any time, and neither is the greatest number.
        Data::Number(_, Some(digits)) => {
            Ok(Test::TimePart(part, digits.parse().unwrap_or(i64::MAX)))
        }
        _ => Err(wrong_kind(node, modifier, "an integer", "write the number without quotes")),
    }
}

/// The text of a value under modifiers that compare text.
fn text_of(node: &Node, keyword: bool) -> Result<String, Diagnostic> {
    match &node.data {
        Data::Text(text) => Ok(text.clone()),
        Data::Bool(_) | Data::Number(_, Some(_)) => Ok(node.scalar_text().unwrap_or_default()),
        Data::Number(_, None) => {
            let message = "a decimal number cannot be searched as text: its spelling is lost when the file is read";
            Err(Diagnostic::error("decimal-as-text", node.span, message)
                .help("put the value in quotes"))
        }
        _ => {
            let message =
                if keyword { "null is no keyword" } else { "null has no text to compare" };
            Err(Diagnostic::error("null-as-text", node.span, message)
                .help("write `field: null` without modifiers, or quote \"null\" if it is text"))
        }
    }
}

/// Everything that ends in a comparison with patterns.
fn patterns(
    node: &Node,
    modifiers: &[Modifier],
    keyword: bool,
    reader: &Reader,
) -> Result<Vec<Test>, Diagnostic> {
    let has = |modifier| modifiers.contains(&modifier);
    let cased = has(Modifier::Cased);
    let text = text_of(node, keyword)?;
    let mut alternatives = if has(Modifier::Expand) {
        expand(&text, node.span, cased, reader)?
    } else {
        vec![Pattern::parse(&text, cased)]
    };
    if has(Modifier::Windash) {
        alternatives = windash(&alternatives, node.span)?;
    }
    if modifiers.iter().any(|modifier| modifier.is_encoding()) {
        alternatives = encode(&alternatives, modifiers, node.span)?;
    }
    let anywhere = has(Modifier::Contains)
        || (keyword && !modifiers.iter().any(|modifier| modifier.is_substring()));
    let (start, end) = (anywhere || has(Modifier::EndsWith), anywhere || has(Modifier::StartsWith));
    Ok(alternatives.into_iter().map(|pattern| Test::Text(pattern.open(start, end))).collect())
}

fn field_ref(node: &Node, modifiers: &[Modifier]) -> Result<FieldRef, Diagnostic> {
    let Some(text) = node.as_text() else {
        return Err(wrong_kind(
            node,
            Modifier::FieldRef,
            "the name of a field",
            "put the name in quotes",
        ));
    };
    let pattern = Pattern::parse(text, true);
    let Some(name) = pattern.as_plain().filter(|name| !name.is_empty()) else {
        return Err(Diagnostic::error(
            "bad-fieldref",
            node.span,
            "fieldref needs the name of one field",
        )
        .help("write the whole name, without wildcards; \\* is a plain star"));
    };
    let relation = modifiers.iter().find_map(|modifier| match modifier {
        Modifier::Contains => Some(Relation::Contains),
        Modifier::StartsWith => Some(Relation::StartsWith),
        Modifier::EndsWith => Some(Relation::EndsWith),
        _ => None,
    });
    Ok(FieldRef {
        field: Field::new(name),
        relation: relation.unwrap_or(Relation::Equal),
        cased: modifiers.contains(&Modifier::Cased),
    })
}

#[cfg(test)]
mod tests;
