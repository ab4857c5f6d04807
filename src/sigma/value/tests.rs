//! What a value under its modifiers asks for, and which values ask for nothing sensible.

use super::*;
use crate::{
    rule::{Block, Document, Item, Number, Quantifier, RegexFlags, Token},
    sigma::{Placeholders, parse},
};

fn placeholders() -> Placeholders {
    Placeholders::from([
        ("admins".to_owned(), vec!["root".to_owned(), "ops-*".to_owned()]),
        ("net".to_owned(), vec!["10.0".to_owned()]),
    ])
}

/// The text of a rule around one selection.
fn rule(selection: &str) -> String {
    format!(
        "title: t\nlogsource: {{product: aws}}\ndetection:\n  sel:\n    {}\n  condition: sel\n",
        selection.replace('\n', "\n    ")
    )
}

fn item(selection: &str) -> Item {
    let parsed = parse(&rule(selection), &placeholders());
    assert_eq!(parsed.diagnostics, [], "{selection}");
    let Some(Document::Rule(rule)) = parsed.documents.into_iter().next() else {
        panic!("{selection} is a rule")
    };
    match &rule.detection.selections[0].block {
        Block::All(items) => items[0].clone(),
        Block::Any(_) => panic!("{selection} is one item"),
    }
}

fn tests(selection: &str) -> Vec<Test> {
    item(selection).values.remove(0).tests
}

fn code(selection: &str) -> &'static str {
    let parsed = parse(&rule(selection), &placeholders());
    assert!(parsed.documents.is_empty(), "{selection}");
    parsed.diagnostics[0].code
}

/// Patterns written with `*` and `?`.
fn shown(selection: &str) -> Vec<String> {
    let show = |token: &Token| match token {
        Token::Literal(text) => text.clone(),
        Token::One => "?".to_owned(),
        Token::Any => "*".to_owned(),
    };
    let pattern = |test: Test| match test {
        Test::Text(pattern) => pattern.tokens.iter().map(show).collect(),
        other => panic!("{other:?} is no pattern"),
    };
    tests(selection).into_iter().map(pattern).collect()
}

#[test]
fn substring_modifiers_open_the_ends() {
    assert_eq!(shown("f|contains: a"), ["*a*"]);
    assert_eq!(shown("f|startswith: a"), ["a*"]);
    assert_eq!(shown("f|endswith: 'a*'"), ["*a*"]);
    assert_eq!(shown("f|contains: ''"), ["*"]);
    assert_eq!(shown("f: ''"), [""]);
    assert_eq!(shown("f|contains: 5"), ["*5*"]);
    assert_eq!(shown("f|contains: +5"), ["*5*"]);
    assert_eq!(shown("f|startswith: True"), ["true*"]);
    assert_eq!(
        shown("f|contains: 123456789012345678901234567890123456789012345"),
        ["*123456789012345678901234567890123456789012345*"]
    );
    assert!(item("f|contains: a").reads_objects);
    assert!(item("f|re: a").reads_objects);
    assert!(!item("f|startswith: a").reads_objects);
}

#[test]
fn keywords_are_found_anywhere_unless_they_are_anchored() {
    assert_eq!(shown("'|all': [a, b]"), ["*a*"]);
    assert_eq!(shown("'|startswith': [a]"), ["a*"]);
    assert_eq!(shown("'|endswith': a"), ["*a"]);
    assert_eq!(shown("'|contains': a"), ["*a*"]);
    assert_eq!(shown("- 7\n- b"), ["*7*"]);
    assert_eq!(item("- a\n- b").values.len(), 2);
    assert_eq!(item("'|all': [a, b]").quantifier, Quantifier::All);
    assert!(matches!(tests("'|re': a.c")[0], Test::Regex(_)));
    assert_eq!(code("- 1.5"), "decimal-as-text");
    assert_eq!(code("- a\n- null"), "empty-selection");
}

#[test]
fn plain_values_keep_their_type() {
    assert_eq!(tests("f: 22"), [Test::Number(Number::Int(22))]);
    assert_eq!(tests("f: 1.5"), [Test::Number(Number::Float(1.5))]);
    assert_eq!(tests("f: TRUE"), [Test::Bool(true)]);
    assert_eq!(tests("f:"), [Test::Null]);
    assert_eq!(shown("f: 'true'"), ["true"]);
    assert_eq!(shown("f: 012345678901"), ["012345678901"]);
    assert_eq!(item("f: 1.10").values[0].text, "1.10");
    assert_eq!(code("f|contains: 1.10"), "decimal-as-text");
    assert_eq!(code("f|cased: null"), "null-as-text");
    assert_eq!(code("f: [a, null]"), "null-in-list");
    assert_eq!(tests("f: [null]"), [Test::Null]);
    assert_eq!(code("f: {a: b}"), "value-not-scalar");
    assert_eq!(code("f|all: a"), "all-needs-values");
    assert_eq!(code("f: []"), "empty-values");
}

#[test]
fn windash_replaces_dashes_that_begin_a_word() {
    assert_eq!(shown("f|windash: '-a'"), ["-a", "/a", "–a", "—a", "―a"]);
    assert_eq!(shown("f|windash|contains: ' -a-b'").len(), 5);
    assert_eq!(shown("f|windash: 'a-b'"), ["a-b"]);
    assert_eq!(shown("f|windash: '--a'").len(), 5);
    assert_eq!(shown("f|windash: '*-a'").len(), 5);
    assert_eq!(shown("f|windash: '-*'"), ["-*"]);
    assert_eq!(shown(r"f|windash: '\*-a'").len(), 5);
    assert_eq!(shown("f|windash: '-a /b'").len(), 25);
    assert_eq!(shown("f|windash: '-a -b -c -d -e'").len(), 3125);
    assert_eq!(code("f|windash: '-a -b -c -d -e -f'"), "too-many-alternatives");
}

#[test]
fn encodings_take_the_unescaped_text() {
    assert_eq!(shown(r"f|base64|contains: 'a\*b'"), ["*YSpi*"]);
    assert_eq!(shown("f|base64offset|contains: abc"), ["*YWJj*", "*FiY*", "*hYm*"]);
    assert_eq!(shown("f|base64offset: a"), ["Y", "h"]);
    assert_eq!(tests("f|base64offset: ''"), []);
    assert_eq!(code("f|base64: 'a*'"), "encoded-wildcard");
}

#[test]
fn placeholders_are_replaced_by_each_value() {
    assert_eq!(shown("f|expand: 'u/%admins%'"), ["u/root", "u/ops-*"]);
    assert_eq!(shown("f|expand: '%admins%%admins%'").len(), 4);
    assert_eq!(shown(r"f|expand: '\%admins\% 5%'"), ["%admins% 5%"]);
    assert_eq!(shown("f: '%admins%'"), ["%admins%"]);
    assert_eq!(code("f|expand: '%other%'"), "placeholder-without-value");
    let Test::Regex(regex) = &tests("f|re|expand: '^%net%'")[0] else {
        panic!("a regular expression")
    };
    assert_eq!(regex.source, r"^10\.0");
}

#[test]
fn a_regex_is_known_to_compile() {
    assert!(
        matches!(&tests(r"f|re|i|s: '^\d+\.'")[0], Test::Regex(test) if test.flags == (RegexFlags { ignore_case: true, dot_all: true, multi_line: false }))
    );
    for source in [r"a(?!b)", r"(?<=a)b", r"(a)\1", "(abc", "[a", "*a", r"\p{Nope}"] {
        assert_eq!(code(&format!("f|re: '{source}'")), "bad-regex", "{source}");
    }
    assert_eq!(code("f|re: 'a{99999}{99999}'"), "regex-too-big");
    assert_eq!(code(r"f|re: '\w{1000}'"), "regex-too-big");
    assert_eq!(tests(r"f|re: '^\w{1,30}/[0-9a-f]{128}$'").len(), 1);
    assert_eq!(code("f|re: 5"), "wrong-kind-of-value");
}

#[test]
fn a_bad_place_in_a_regex_is_pointed_at() {
    let text = rule("f|re: 'ab(?!c)'");
    let problem = parse(&text, &placeholders()).diagnostics.remove(0);
    assert_eq!(&text[problem.span.start..problem.span.end], "(?!");
    assert!(problem.help.is_some_and(|help| help.contains("look-around")));
}

#[test]
fn a_network_has_no_host_bits() {
    let net = |value: &str| match tests(&format!("f|cidr: '{value}'"))[0] {
        Test::Cidr(net) => (net.address.to_string(), net.prefix),
        ref other => panic!("{other:?} is no network"),
    };
    assert_eq!(net("10.0.0.0/8"), ("10.0.0.0".to_owned(), 8));
    assert_eq!(net("0.0.0.0/0"), ("0.0.0.0".to_owned(), 0));
    assert_eq!(net("10.1.2.3"), ("10.1.2.3".to_owned(), 32));
    assert_eq!(net("2001:db8::/32"), ("2001:db8::".to_owned(), 32));
    assert_eq!(net("::1"), ("::1".to_owned(), 128));
    for value in [
        "10.0.0.1/8",
        "10.0.0.0/33",
        "10.0.0.0/255.0.0.0",
        "10.*",
        "010.0.0.0/8",
        "fe80::1%eth0",
        "::/129",
        "10.0.0.0/",
        "1.2.3.0/+8",
    ] {
        assert_eq!(code(&format!("f|cidr: '{value}'")), "bad-cidr", "{value}");
    }
    assert_eq!(code("f|cidr: 10"), "wrong-kind-of-value");
}

#[test]
fn the_other_tests_check_their_values() {
    assert_eq!(tests("f|exists: false"), [Test::Exists(false)]);
    assert_eq!(tests("f|hour: 7"), [Test::TimePart(TimePart::Hour, 7)]);
    assert_eq!(tests("f|gte: 1.5"), [Test::Compare(Comparison::Gte, Number::Float(1.5))]);
    let reference =
        FieldRef { field: Field::new("a.b*"), relation: Relation::EndsWith, cased: true };
    assert_eq!(tests(r"f|fieldref|endswith|cased: 'a.b\*'"), [Test::FieldRef(reference)]);
    assert!(item("f|neq: a").negated);
    for (selection, expected) in [
        ("f|exists: 'true'", "bad-exists"),
        ("f|exists: [true]", "bad-exists"),
        ("f|hour: noon", "wrong-kind-of-value"),
        ("f|hour: 7.0", "wrong-kind-of-value"),
        ("f|gt: ten", "wrong-kind-of-value"),
        ("f|gt: '10'", "wrong-kind-of-value"),
        ("f|fieldref: 'b*'", "bad-fieldref"),
        ("f|fieldref: ''", "bad-fieldref"),
        ("f|fieldref: 5", "wrong-kind-of-value"),
        ("'': a", "empty-field"),
    ] {
        assert_eq!(code(selection), expected, "{selection}");
    }
}
