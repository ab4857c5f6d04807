//! The slow evaluator: one rule, one event, every value looked at, nothing remembered.
//!
//! It follows the semantics clause by clause and shares no code with the engine: numbers are compared as
//! decimal digits, case is folded by the orbits of `regex-syntax`, wildcards by a table. Where it and the
//! engine differ one of them is wrong.

use std::net::IpAddr;

use backtrail::rule::{
    Block, CidrNet, Comparison, Condition, Detection, FieldRef, Item, Pattern, Quantifier,
    Relation, Test, Token,
};

use crate::{
    decimal::Decimal,
    folding::{fold, found_by},
    reader::{Json, number_length},
    timestamp,
};

/// Whether the event satisfies the detection. What is not an object never does.
pub(crate) fn matches(detection: &Detection, event: &Json) -> bool {
    matches!(event, Json::Object(_)) && condition(&detection.condition, detection, event)
}

fn condition(tree: &Condition, detection: &Detection, event: &Json) -> bool {
    let selection = |at: usize| block(&detection.selections[at].block, event);
    match tree {
        Condition::Selection(at) => selection(*at),
        Condition::Not(inner) => !condition(inner, detection, event),
        Condition::And(parts) => parts.iter().all(|part| condition(part, detection, event)),
        Condition::Or(parts) => parts.iter().any(|part| condition(part, detection, event)),
        Condition::Of { all: true, selections, .. } => selections.iter().all(|at| selection(*at)),
        Condition::Of { all: false, selections, .. } => selections.iter().any(|at| selection(*at)),
    }
}

fn block(block_: &Block, event: &Json) -> bool {
    match block_ {
        Block::All(items) => items.iter().all(|one| item(one, event)),
        Block::Any(blocks) => blocks.iter().any(|one| block(one, event)),
    }
}

/// S5.1: the values of the field against the values of the rule.
fn item(item: &Item, event: &Json) -> bool {
    let reached = match &item.field {
        Some(field) => resolve(event, &field.segments),
        None => scalars(event),
    };
    let place = Place {
        // An empty array is there, although it has no element.
        present: !reached.is_empty(),
        elements: reached.into_iter().flat_map(flat).collect(),
        into_objects: item.operator.iter().any(|word| matches!(*word, "contains" | "re")),
    };
    let holds =
        |value: &backtrail::rule::Value| value.tests.iter().any(|one| test(one, &place, event));
    let truth = match item.quantifier {
        Quantifier::Any => item.values.iter().any(holds),
        Quantifier::All => item.values.iter().all(holds),
    };
    truth != item.negated
}

/// What a field name leads to in one event.
struct Place<'e> {
    present: bool,
    elements: Vec<&'e Json>,
    into_objects: bool,
}

impl Place<'_> {
    /// The texts that are compared (S3.1, S4.7).
    fn texts(&self) -> Vec<String> {
        let mut texts = Vec::new();
        for element in &self.elements {
            match element {
                Json::Object(_) if self.into_objects => {
                    texts.extend(scalars(element).into_iter().filter_map(text_form));
                    texts.push(element.compact());
                }
                _ => texts.extend(text_form(element)),
            }
        }
        texts
    }
}

fn test(test: &Test, place: &Place<'_>, event: &Json) -> bool {
    let any = |holds: &dyn Fn(&Json) -> bool| place.elements.iter().any(|element| holds(element));
    match test {
        Test::Text(pattern) => place.texts().iter().any(|text| matches_pattern(pattern, text)),
        Test::Regex(regex) => place.texts().iter().any(|text| found_by(regex, text)),
        Test::Number(number) => {
            let wanted = Decimal::of_rule(*number);
            any(&|element| number_of(element).as_ref() == Some(&wanted))
        }
        Test::Bool(truth) => any(&|element| {
            text_form(element).is_some_and(|text| fold(&text) == fold(&truth.to_string()))
        }),
        Test::Null => !place.present || any(&|element| *element == Json::Null),
        Test::Exists(there) => place.present == *there,
        Test::Cidr(net) => {
            any(&|element| matches!(element, Json::Text(text) if in_network(net, text)))
        }
        Test::Compare(comparison, number) => {
            let limit = Decimal::of_rule(*number);
            any(&|element| {
                number_of(element).is_some_and(|value| compares(*comparison, &value, &limit))
            })
        }
        Test::TimePart(part, wanted) => any(
            &|element| matches!(element, Json::Text(text) if timestamp::part(text, *part) == Some(*wanted)),
        ),
        Test::FieldRef(reference) => {
            let others = resolve(event, &reference.field.segments);
            let others: Vec<&Json> = others.into_iter().flat_map(flat).collect();
            any(&|element| others.iter().any(|other| relates(reference, element, other)))
        }
    }
}

/// S4.2 and S4.3: every value that some reading of the name reaches.
fn resolve<'e>(value: &'e Json, segments: &[String]) -> Vec<&'e Json> {
    if segments.is_empty() {
        return vec![value];
    }
    match value {
        Json::List(items) => items.iter().flat_map(|item| resolve(item, segments)).collect(),
        Json::Object(_) => (1..=segments.len())
            .filter_map(|taken| Some((value.get(&segments[..taken].join("."))?, taken)))
            .flat_map(|(inner, taken)| resolve(inner, &segments[taken..]))
            .collect(),
        _ => Vec::new(),
    }
}

/// S4.4: a list stands for its elements, nested lists too.
fn flat(value: &Json) -> Vec<&Json> {
    match value {
        Json::List(items) => items.iter().flat_map(flat).collect(),
        _ => vec![value],
    }
}

/// Every string, number and boolean below a value.
fn scalars(value: &Json) -> Vec<&Json> {
    match value {
        Json::Object(members) => members.iter().flat_map(|(_, inner)| scalars(inner)).collect(),
        Json::List(items) => items.iter().flat_map(scalars).collect(),
        Json::Null => Vec::new(),
        _ => vec![value],
    }
}

/// S3.1.
fn text_form(value: &Json) -> Option<String> {
    match value {
        Json::Text(text) => Some(text.clone()),
        Json::Bool(truth) => Some(truth.to_string()),
        Json::Number(literal) => Some(number_text(literal)),
        Json::Null | Json::List(_) | Json::Object(_) => None,
    }
}

fn number_text(literal: &str) -> String {
    if literal == "-0" {
        return "0".to_owned();
    }
    if !literal.contains(['.', 'e', 'E']) {
        return literal.to_owned();
    }
    let float: f64 = literal.parse().expect("a JSON number reads as a float");
    if float.is_infinite() {
        literal.to_owned()
    } else if float.fract() == 0.0 && float.abs() < 1e21 {
        // Adding zero turns the negative zero into the plain one.
        format!("{:.0}", float + 0.0)
    } else {
        float.to_string()
    }
}

/// S3.3.
fn number_of(value: &Json) -> Option<Decimal> {
    match value {
        Json::Number(literal) => Decimal::of_literal(literal),
        Json::Text(text) if number_length(text) == Some(text.len()) => Decimal::of_literal(text),
        _ => None,
    }
}

fn compares(comparison: Comparison, value: &Decimal, limit: &Decimal) -> bool {
    match comparison {
        Comparison::Lt => value < limit,
        Comparison::Lte => value <= limit,
        Comparison::Gt => value > limit,
        Comparison::Gte => value >= limit,
    }
}

/// S7.13: the first bits of both addresses are the same.
fn in_network(net: &CidrNet, text: &str) -> bool {
    let Ok(address) = text.parse::<IpAddr>() else { return false };
    let bits = |address: IpAddr| -> String {
        match address {
            IpAddr::V4(address) => {
                address.octets().iter().map(|byte| format!("{byte:08b}")).collect()
            }
            IpAddr::V6(address) => {
                address.octets().iter().map(|byte| format!("{byte:08b}")).collect()
            }
        }
    };
    let (net_bits, address_bits, prefix) =
        (bits(net.address), bits(address), usize::from(net.prefix));
    net_bits.len() == address_bits.len() && net_bits[..prefix] == address_bits[..prefix]
}

/// S7.15.
fn relates(reference: &FieldRef, this: &Json, other: &Json) -> bool {
    let (Some(a), Some(b)) = (text_form(this), text_form(other)) else { return false };
    let (a, b) = if reference.cased { (a, b) } else { (fold(&a), fold(&b)) };
    match reference.relation {
        Relation::Equal => {
            a == b || number_of(this).is_some_and(|number| number_of(other) == Some(number))
        }
        Relation::Contains => a.contains(&b),
        Relation::StartsWith => a.starts_with(&b),
        Relation::EndsWith => a.ends_with(&b),
    }
}

/// S3.6: `reach[n]` says whether the tokens so far can have eaten the first `n` characters.
fn matches_pattern(pattern: &Pattern, text: &str) -> bool {
    let side = |text: &str| -> Vec<char> {
        if pattern.cased { text.chars().collect() } else { fold(text).chars().collect() }
    };
    let chars = side(text);
    let mut reach = vec![false; chars.len() + 1];
    reach[0] = true;
    for token in &pattern.tokens {
        match token {
            Token::Any => {
                let first = reach.iter().position(|&reached| reached).unwrap_or(reach.len());
                reach[first..].fill(true);
            }
            Token::One => {
                reach.rotate_right(1);
                reach[0] = false;
            }
            Token::Literal(literal) => {
                for wanted in side(literal) {
                    for at in (0..chars.len()).rev() {
                        reach[at + 1] = reach[at] && chars[at] == wanted;
                    }
                    reach[0] = false;
                }
            }
        }
    }
    reach[chars.len()]
}
