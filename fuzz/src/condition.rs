//! Any text as the condition of a rule over a few selections.

use std::fmt::Write;

use backtrail::engine::Engine;

use super::ways::{Ways, rules};

/// Every mixture of what the selections look for.
const RECORDS: &[u8] = br#"{"Records":[{},{"eventName":"A"},{"b":"bee"},{"eventName":"A","b":"bee"},
{"c":"cut"},{"eventName":"A","c":"cut"},{"b":"bee","c":"cut"},{"eventName":"A","b":"bee","c":"cut"},
{"eventName":"A","b":"bee","c":"cut","d":4},{"d":4},{"k":"keyword"},{"k":"keyword","d":4,"b":"bee"}]}"#;

/// Puts the condition into a rule, and runs it if it is taken.
pub fn check(data: &[u8]) {
    let condition = String::from_utf8_lossy(data);
    let rule = format!(
        "title: t\nlogsource: {{product: aws, service: cloudtrail}}\ndetection:\n  \
         sel: {{eventName: A}}\n  sel_b: {{b: bee}}\n  sel_c: {{c|contains: ut}}\n  \
         other: {{d: 4}}\n  _hidden: [keyword]\n  condition: {}\n",
        quoted(&condition)
    );
    let (parsed, rules) = rules(&rule);
    assert!(
        rules.len() == 1 || !parsed.diagnostics.is_empty(),
        "refused without a reason: {condition:?}"
    );
    let engine = Engine::from_rules(&rules);
    if let Some(ways) = Ways::of(&engine) {
        ways.agree(RECORDS, None);
    }
}

/// A YAML string that means this text.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            c => write!(out, "\\U{:08x}", u32::from(c)).expect("a string takes all"),
        }
    }
    out + "\""
}
