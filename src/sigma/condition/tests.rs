//! Which tree a condition means, and which texts mean none.

use super::*;

fn codes(condition: &str, names: &[&str]) -> Vec<&'static str> {
    let mut problems = Vec::new();
    let parsed = parse(
        condition,
        Span::new(0, condition.len()),
        condition,
        &mut Names::new(names.to_vec()),
        &mut problems,
    );
    assert_eq!(parsed.is_none(), !problems.is_empty());
    problems.into_iter().map(|problem| problem.code).collect()
}

fn tree(condition: &str, names: &[&str]) -> Condition {
    let mut problems = Vec::new();
    let parsed = parse(
        condition,
        Span::new(0, condition.len()),
        condition,
        &mut Names::new(names.to_vec()),
        &mut problems,
    );
    assert_eq!(problems, []);
    parsed.expect("no problem, so a condition")
}

fn of(all: bool, pattern: &str, selections: &[usize]) -> Condition {
    Condition::Of { all, pattern: pattern.to_owned(), selections: selections.to_vec() }
}

use Condition::{And, Not, Or, Selection as Sel};

#[test]
fn or_binds_less_than_and_and_and_less_than_not() {
    let names = ["a", "b", "c"];
    let expected = Or(vec![Sel(0), And(vec![Not(Box::new(Sel(1))), Sel(2)])]);
    assert_eq!(tree("a or not b and c", &names), expected);
    assert_eq!(tree("a OR Not b AND c", &names), expected);
    assert_eq!(tree("(a or b) and c", &names), And(vec![Or(vec![Sel(0), Sel(1)]), Sel(2)]));
    assert_eq!(tree("not(a)and(b)", &names), And(vec![Not(Box::new(Sel(0))), Sel(1)]));
    assert_eq!(tree("((a))", &names), Sel(0));
}

#[test]
fn patterns_reach_names_with_an_underscore_only_if_they_begin_with_one() {
    let names = ["sel_a", "_x", "sel_b", "Sel_c", "them"];
    assert_eq!(tree("1 of sel_*", &names), of(false, "sel_*", &[0, 2]));
    assert_eq!(tree("any of *_b", &names), of(false, "*_b", &[2]));
    assert_eq!(tree("ALL OF Them", &names), of(true, "Them", &[0, 2, 3, 4]));
    assert_eq!(tree("1 of *", &names), of(false, "*", &[0, 2, 3, 4]));
    assert_eq!(tree("1 of _*", &names), of(false, "_*", &[1]));
    assert_eq!(tree("all of sel_a", &names), of(true, "sel_a", &[0]));
    assert_eq!(tree("not 1 of s*l*a", &names), Not(Box::new(of(false, "s*l*a", &[0]))));
}

#[test]
fn globs_are_exact() {
    assert!(matches_glob("a*a", "aa"));
    assert!(!matches_glob("a*a", "a"));
    assert!(matches_glob("*b*c*", "abxc"));
    assert!(!matches_glob("*b*c*", "acb"));
    assert!(matches_glob("a**b", "ab"));
    assert!(!matches_glob("a", "ab"));
}

#[test]
fn what_is_no_condition_is_refused() {
    let names = ["sel", "and"];
    for (condition, code) in [
        ("", "condition-syntax"),
        ("   ", "condition-syntax"),
        ("sel)", "condition-syntax"),
        ("(sel", "condition-syntax"),
        ("()", "condition-syntax"),
        ("sel sel", "condition-syntax"),
        ("sel and", "condition-syntax"),
        ("and", "condition-syntax"),
        ("them", "condition-syntax"),
        ("1", "condition-syntax"),
        ("sel*", "condition-syntax"),
        ("sel & sel", "condition-syntax"),
        ("sel | count() > 3", "condition-pipe"),
        ("other", "unknown-selection"),
        ("SEL", "unknown-selection"),
        ("2 of sel", "condition-quantifier"),
        ("sel of them", "condition-quantifier"),
        ("1 of", "condition-syntax"),
        ("1 of (sel)", "condition-syntax"),
        ("all of filter_*", "unmatched-pattern"),
    ] {
        assert_eq!(codes(condition, &names), [code], "{condition}");
    }
}

#[test]
fn every_unknown_name_is_told_with_its_place_and_a_near_name() {
    let text = "condition: selecton and not filtre";
    let value = &text[11..];
    let mut problems = Vec::new();
    parse(
        value,
        Span::new(11, text.len()),
        text,
        &mut Names::new(vec!["selection", "filter"]),
        &mut problems,
    );
    let told: Vec<_> = problems
        .iter()
        .map(|problem| {
            (
                &text[problem.span.start..problem.span.end],
                problem.help.as_deref().unwrap_or_default(),
            )
        })
        .collect();
    assert_eq!(told, [("selecton", "did you mean selection?"), ("filtre", "did you mean filter?")]);
}

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    let deep = |levels: usize| format!("{}a{}", "(".repeat(levels), ")".repeat(levels));
    assert_eq!(codes(&deep(150), &["a"]), [] as [&str; 0]);
    assert_eq!(codes(&deep(100_000), &["a"]), ["condition-too-deep"]);
    assert_eq!(codes(&"not ".repeat(100_000), &["a"]), ["condition-too-deep"]);
}

#[test]
fn patterns_cannot_multiply_without_bound() {
    let names: Vec<String> = (0..1000).map(|number| format!("s{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let condition = vec!["1 of *"; 2000].join(" or ");
    assert_eq!(codes(&condition, &names), ["condition-too-big"]);
}
