//! What YAML means and where it stands, and the bounds on what it may cost.

use super::*;
use crate::rule::Number;

/// The content of one document that is sound.
fn root(text: &str) -> Node {
    let mut documents = read(text);
    assert_eq!(documents.len(), 1, "{text}");
    let document = documents.remove(0);
    assert_eq!(document.problems, [], "{text}");
    document.root.expect("a root")
}

fn value(text: &str) -> Data {
    root(&format!("k: {text}\n")).get("k").expect("the key").value.data.clone()
}

fn codes(text: &str) -> Vec<&'static str> {
    read(text)
        .into_iter()
        .flat_map(|document| document.problems)
        .map(|problem| problem.code)
        .collect()
}

fn is_text(text: &str, expected: &str) -> bool {
    value(text) == Data::Text(expected.to_owned())
}

#[test]
fn only_true_and_false_are_booleans() {
    for (text, expected) in
        [("true", true), ("True", true), ("TRUE", true), ("false", false), ("FALSE", false)]
    {
        assert_eq!(value(text), Data::Bool(expected), "{text}");
    }
    for text in [
        "yes",
        "No",
        "on",
        "tRUE",
        "y",
        "2026-01-01",
        "012",
        "0x1f",
        "0o17",
        ".inf",
        ".nan",
        ".5",
        "1_000",
    ] {
        assert!(is_text(text, text), "{text}");
    }
    for text in ["", "~", "null", "Null", "NULL"] {
        assert_eq!(value(text), Data::Null, "{text}");
    }
}

#[test]
fn numbers_keep_the_digits_of_integers() {
    assert_eq!(value("+22"), Data::Number(Number::Int(22), Some("22".to_owned())));
    assert_eq!(value("-0"), Data::Number(Number::Int(0), Some("0".to_owned())));
    assert_eq!(value("1."), Data::Number(Number::Float(1.0), None));
    assert_eq!(value("2e1"), Data::Number(Number::Float(20.0), None));
    assert!(is_text("1e400", "1e400"));
    let long = "1".repeat(60);
    assert!(matches!(value(&long), Data::Number(Number::Float(_), Some(digits)) if digits == long));
}

#[test]
fn quotes_blocks_and_tags_make_text() {
    assert!(is_text("'true'", "true"));
    assert!(is_text("\"1\\x41\"", "1A"));
    assert!(is_text("|\n  5\n", "5\n"));
    assert!(is_text("!!str 1", "1"));
    assert!(is_text("! 1", "1"));
    assert!(is_text("!<tag:yaml.org,2002:str> true", "true"));
    assert_eq!(value("!!int '3'"), Data::Number(Number::Int(3), Some("3".to_owned())));
    assert_eq!(value("!!float 3"), Data::Number(Number::Int(3), None));
    assert_eq!(value("!!seq []"), Data::List(Vec::new()));
    for text in ["!!int x", "!!bool 1", "!!binary aGk=", "!local 1", "!!str {a: b}", "!!map []"] {
        assert_eq!(codes(&format!("k: {text}\n")), ["bad-tag"], "{text}");
    }
}

#[test]
fn keys_are_text_and_unique() {
    assert_eq!(codes("a: 1\nb: 2\na: 3\n"), ["duplicate-key"]);
    assert_eq!(codes("1: a\n"), ["key-not-text"]);
    assert_eq!(codes("true: a\n? [x]\n: b\n~: c\n"), ["key-not-text"; 3]);
    assert_eq!(codes("'1': a\n"), [] as [&str; 0]);
}

#[test]
fn merged_keys_give_way_to_written_ones() {
    let root = root("base: &b {x: 1, y: 2}\nmore: &m {x: 7, z: 3}\nall:\n  <<: [*b, *m]\n  y: 5\n");
    let all = &root.get("all").expect("the key").value;
    let number = |key: &str| match all.get(key).map(|entry| &entry.value.data) {
        Some(Data::Number(number, _)) => number.text(),
        other => panic!("{key} is {other:?}"),
    };
    assert_eq!([number("x"), number("y"), number("z")], ["1", "5", "3"]);
    assert_eq!(codes("a:\n  <<: 5\n"), ["bad-merge"]);
    assert!(root_has_key("'<<': 5\n", "<<"));
}

fn root_has_key(text: &str, key: &str) -> bool {
    root(text).get(key).is_some()
}

#[test]
fn aliases_reach_what_is_whole_in_the_same_document() {
    assert_eq!(root("a: &x [1]\nb: *x\n").get("b").map(|entry| entry.value.kind()), Some("a list"));
    assert_eq!(codes("a: &x [*x]\n"), ["undefined-alias"]);
    assert!(!codes("a: *x\n").is_empty());
    assert!(!codes("a: &x 1\n---\nb: *x\n").is_empty());
}

#[test]
fn alias_bombs_are_refused() {
    let level = |level: usize| {
        let alias = format!("*a{}", level - 1);
        format!("a{level}: &a{level} [{}]\n", vec![alias; 10].join(","))
    };
    let levels: Vec<String> = (1..20).map(level).collect();
    let text = format!("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n{}", levels.concat());
    assert_eq!(codes(&text), ["too-many-aliases"]);
    let text = format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), vec!["*a"; 100_000].join(","));
    assert_eq!(codes(&text), ["too-many-aliases"]);
}

#[test]
fn depth_is_bounded() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert_eq!(codes(&nested(60)), [] as [&str; 0]);
    assert_eq!(codes(&nested(70)), ["yaml-too-deep"]);
    assert!(!codes(&"[".repeat(100_000)).is_empty());
    assert_eq!(codes(&"- ".repeat(100_000)), ["yaml-too-deep"]);
    let level = |level: usize| format!("a{level}: &a{level} [*a{}]\n", level - 1);
    let chain = (1..100).map(level).collect::<Vec<_>>().concat();
    assert_eq!(codes(&format!("a0: &a0 x\n{chain}")), ["yaml-too-deep"]);
}

#[test]
fn what_is_no_yaml_has_a_place() {
    let text = "ä: 1\nb: [1\nc: 2\n";
    let problem = read(text).remove(0).problems.remove(0);
    assert_eq!(problem.code, "yaml-syntax");
    assert!(problem.span.line_column(text).0 >= 2, "{problem:?}");
    let text = "a: 1\nb: \0x\n";
    let problem = read(text).remove(0).problems.remove(0);
    assert_eq!((problem.code, problem.span), ("yaml-syntax", Span::new(8, 9)));
}

#[test]
fn documents_before_a_broken_one_stay() {
    let documents = read("a: 1\n---\nb: [\n");
    assert_eq!(documents.len(), 2);
    assert!(documents[0].root.is_some() && documents[0].problems.is_empty());
    assert!(documents[1].root.is_none() && !documents[1].problems.is_empty());
}

/// Every scalar and key with the text its span covers.
fn covered<'t>(node: &Node, text: &'t str, out: &mut Vec<&'t str>) {
    match &node.data {
        Data::List(nodes) => nodes.iter().for_each(|node| covered(node, text, out)),
        Data::Map(entries) => {
            for entry in entries {
                out.push(&text[entry.key_span.start..entry.key_span.end]);
                covered(&entry.value, text, out);
            }
        }
        _ => out.push(&text[node.span.start..node.span.end]),
    }
}

#[test]
fn spans_are_bytes_whatever_the_line_ends() {
    for (mark, newline) in [("", "\n"), ("\u{FEFF}", "\n"), ("", "\r\n"), ("\u{FEFF}", "\r\n")] {
        let text = [
            "# é€𝄞",
            "é: ü",
            "'k': \"q\\u00e9\" # c",
            "l:",
            "  - €uro",
            "  - [x, 'ÿ']",
            "m: {n: 5}",
            "",
        ]
        .join(newline);
        let text = format!("{mark}{text}");
        let root = root(&text);
        let mut out = Vec::new();
        covered(&root, &text, &mut out);
        let expected = ["é", "ü", "'k'", "\"q\\u00e9\"", "l", "€uro", "x", "'ÿ'", "m", "n", "5"];
        assert_eq!(out, expected, "{text:?}");
        assert_eq!(
            &text[root.span.start..root.span.end],
            text[text.find('é').map_or(0, |_| root.span.start)..].trim_end()
        );
    }
}

#[test]
fn parts_of_a_scalar_are_found_unless_they_are_hidden() {
    let text = "k: 'ab cd'";
    assert_eq!(part(text, Span::new(3, 10), "ab cd", 3..5), Span::new(7, 9));
    let text = "k: \"a\\x41\"";
    assert_eq!(part(text, Span::new(3, 10), "aA", 1..2), Span::new(3, 10));
}
