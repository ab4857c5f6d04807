//! Any text as a rule: it is refused with a reason, or runs, with gates as without.
//!
//! Behind the first NUL stands the text that the rule looks at; without one it is a text made to hold
//! a bit of everything.

use std::sync::LazyLock;

use backtrail::{
    engine::Engine,
    lint::{self, Options},
    rule::{LoadedRule, Rule},
    ruleset::{RuleFile, RuleSet},
};

use super::ways::{Ways, rules};

/// Records of every kind of value.
const RECORDS: &[u8] = br#"{"Records":[{"eventName":"PutKey","eventSource":"s3.amazonaws.com",
"sourceIPAddress":"10.1.2.3","readOnly":false,"n":12,"f":-1.5e3,"none":null,"list":["a","B",{"c":"d"}],
"userIdentity":{"type":"Root","arn":"arn:aws:iam::111122223333:root"},"eventTime":"2026-03-05T02:14:09Z"},
{"eventName":"\u0050ut","userAgent":"curl\/8 \u212a","a":"-Foo"},{},[1],"eventName"]}"#;

/// Reads the rule and runs it.
pub fn check(data: &[u8]) {
    let (rule, records) = match data.iter().position(|&byte| byte == 0) {
        Some(end) => (&data[..end], &data[end + 1..]),
        None => (data, RECORDS),
    };
    let rule = String::from_utf8_lossy(rule);
    let (parsed, rules) = rules(&rule);
    assert!(
        parsed.refused == 0 || !parsed.diagnostics.is_empty(),
        "refused without a reason: {rule:?}"
    );
    for diagnostic in &parsed.diagnostics {
        let span = diagnostic.span;
        assert!(
            rule.get(span.start..span.end).is_some(),
            "{diagnostic:?} stands outside of {rule:?}"
        );
    }
    if rules.is_empty() {
        return;
    }
    lint(&rule, &rules);
    let engine = Engine::from_rules(&rules);
    if let Some(ways) = Ways::of(&engine) {
        ways.agree(records, None);
        ways.agree(records, Some((64, 1 << 10)));
    }
}

/// What lints tell stands in the text, and what they would change can be changed.
fn lint(text: &str, rules: &[Rule]) {
    static OPTIONS: LazyLock<Options<'static>> = LazyLock::new(Options::default);
    let file =
        RuleFile { name: String::new(), text: text.into(), sha256: String::new(), raw: None };
    let rules = rules.iter().map(|rule| LoadedRule::new(rule.clone(), 0)).collect();
    let set = RuleSet { files: vec![file], rules, ..RuleSet::default() };
    let checked = lint::check(&set, &OPTIONS);
    for told in &checked.told {
        let span = told.diagnostic.span;
        assert!(
            text.get(span.start..span.end).is_some(),
            "{:?} stands outside of {text:?}",
            told.diagnostic
        );
    }
    let fixes = checked.told.iter().filter_map(|told| told.fix.as_ref());
    let (fixed, applied) = lint::fixed(text, fixes);
    assert_eq!(applied.is_empty(), fixed == text, "{text:?}");
}
