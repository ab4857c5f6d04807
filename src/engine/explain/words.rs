//! What the items of a rule ask for, in words.

use crate::rule::{
    Comparison, Item, Pattern, Quantifier, RegexFlags, RegexTest, Relation, Test, TimePart, Token,
    Value,
};

/// At most so many values of an item, and tests of a value, are put in words.
const MOST_TOLD: usize = 12;

/// What an item asks for: its field (or `any value`, for keywords) and its values.
pub fn asked(item: &Item) -> String {
    let field = item.field.as_ref().map_or("any value", |field| field.name.as_str());
    let joint = match item.quantifier {
        Quantifier::Any => ", or ",
        Quantifier::All => ", and ",
    };
    let values = joined(item.values.iter().map(in_a_value), item.values.len(), joint);
    match (item.negated, item.values.len()) {
        (false, _) => format!("{field} {values}"),
        (true, 0 | 1) => format!("not: {field} {values}"),
        (true, _) => format!("not: {field} ({values})"),
    }
}

/// One value: it may stand for several tests, of which one must hold.
fn in_a_value(value: &Value) -> String {
    match value.tests.len() {
        0 => format!("{:?}, which nothing can be", value.text),
        1 => in_words(&value.tests[0]),
        many => format!("({})", joined(value.tests.iter().map(in_words), many, " or ")),
    }
}

fn joined(parts: impl Iterator<Item = String>, count: usize, joint: &str) -> String {
    let text = parts.take(MOST_TOLD).collect::<Vec<_>>().join(joint);
    match count.saturating_sub(MOST_TOLD) {
        0 => text,
        more => format!("{text}{joint}{more} more"),
    }
}

/// A test, as what follows the name of a field.
pub fn in_words(test: &Test) -> String {
    match test {
        Test::Text(pattern) => in_a_pattern(pattern),
        Test::Number(number) => format!("is the number {}", number.text()),
        Test::Bool(value) => format!("is {value}"),
        Test::Null => "is null or missing".to_owned(),
        Test::Regex(regex) => in_a_regex(regex),
        Test::Cidr(net) => format!("is an address in {}/{}", net.address, net.prefix),
        Test::Exists(true) => "is there".to_owned(),
        Test::Exists(false) => "is not there".to_owned(),
        Test::Compare(comparison, number) => {
            let than = match comparison {
                Comparison::Lt => "less than",
                Comparison::Lte => "at most",
                Comparison::Gt => "more than",
                Comparison::Gte => "at least",
            };
            format!("is {than} {}", number.text())
        }
        Test::TimePart(part, value) => {
            let part = match part {
                TimePart::Minute => "minute",
                TimePart::Hour => "hour",
                TimePart::Day => "day",
                TimePart::Week => "week",
                TimePart::Month => "month",
                TimePart::Year => "year",
            };
            format!("is a time whose {part} is {value}")
        }
        Test::FieldRef(reference) => {
            let relation = match reference.relation {
                Relation::Equal => "is what",
                Relation::Contains => "contains what",
                Relation::StartsWith => "starts with what",
                Relation::EndsWith => "ends with what",
            };
            format!("{relation} {} is{}", reference.field.name, case(reference.cased))
        }
    }
}

fn in_a_pattern(pattern: &Pattern) -> String {
    let words = match pattern.tokens.as_slice() {
        [] => "is the empty text".to_owned(),
        [Token::Any] => "is any text".to_owned(),
        [Token::Literal(text)] => format!("is {text:?}"),
        [Token::Literal(text), Token::Any] => format!("starts with {text:?}"),
        [Token::Any, Token::Literal(text)] => format!("ends with {text:?}"),
        [Token::Any, Token::Literal(text), Token::Any] => format!("contains {text:?}"),
        tokens => {
            let spelled: String = tokens.iter().map(spelled).collect();
            format!("is like {spelled}")
        }
    };
    words + case(pattern.cased)
}

/// A token as one would write it into a rule.
fn spelled(token: &Token) -> String {
    match token {
        Token::Any => "*".to_owned(),
        Token::One => "?".to_owned(),
        Token::Literal(text) => text.replace('\\', "\\\\").replace('*', "\\*").replace('?', "\\?"),
    }
}

fn in_a_regex(regex: &RegexTest) -> String {
    let RegexFlags { ignore_case, multi_line, dot_all } = regex.flags;
    let flags = [(ignore_case, 'i'), (multi_line, 'm'), (dot_all, 's')];
    let flags: String = flags.iter().filter(|(set, _)| *set).map(|(_, flag)| flag).collect();
    let flags = if flags.is_empty() { flags } else { format!(" (flags {flags})") };
    format!("matches the expression {}{flags}", regex.source)
}

fn case(cased: bool) -> &'static str {
    if cased { ", in that case" } else { "" }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::{
        rule::{Block, Document},
        sigma::{self, Placeholders},
    };

    /// The items of a selection, in words.
    fn words(selection: &str) -> Vec<String> {
        let text = format!(
            "title: t\nlogsource: {{product: aws}}\ndetection: {{s: {selection}, condition: s}}\n"
        );
        let parsed = sigma::parse(&text, &Placeholders::new());
        let Some(Document::Rule(rule)) = parsed.documents.first() else {
            panic!("{:?}", parsed.diagnostics)
        };
        let Block::All(items) = &rule.detection.selections.first().unwrap().block else {
            panic!("a map")
        };
        items.iter().map(asked).collect()
    }

    #[test]
    fn each_kind_of_test_has_its_words() {
        let given = "{a: x, b|contains|all: [p, q], c|re|i: '^z$', d: null, e|exists: false, f|cidr: 10.0.0.0/8, g|gte: 3, h: [1, true], i|fieldref|startswith: j, k|neq: l, m: 'u*v\\*', n|cased: O, p|hour: 7}";
        assert_eq!(
            words(given),
            [
                "a is \"x\"",
                "b contains \"p\", and contains \"q\"",
                "c matches the expression ^z$ (flags i)",
                "d is null or missing",
                "e is not there",
                "f is an address in 10.0.0.0/8",
                "g is at least 3",
                "h is the number 1, or is true",
                "i starts with what j is",
                "not: k is \"l\"",
                "m is like u*v\\*",
                "n is \"O\", in that case",
                "p is a time whose hour is 7",
            ]
        );
    }

    #[test]
    fn long_lists_are_cut() {
        let many: Vec<String> = (0..20).map(|at| format!("v{at}")).collect();
        let told = words(&format!("{{a: [{}]}}", many.join(", ")));
        assert!(told[0].ends_with("is \"v11\", or 8 more"), "{told:?}");
    }
}
