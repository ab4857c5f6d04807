//! Problems as SARIF 2.1.0, for code scanning and editors.

use std::{collections::BTreeMap, fmt::Write as _};

use anyhow::Result;
use backtrail::{
    lint::{self, Checked, Code, Edit, Fix, Told},
    rule::Span,
    ruleset::{RuleFile, RuleSet},
    text::escape,
};
use serde_json::{Value, json};

use super::pages::word;
use crate::cli::render;

/// One run with everything that was told. Regions count lines from 1, and columns in Unicode characters.
pub(super) fn text(rules: &RuleSet, checked: &Checked) -> Result<String> {
    let known: Vec<Code> = lint::codes().collect();
    let places: BTreeMap<&str, usize> =
        known.iter().enumerate().map(|(at, code)| (code.code, at)).collect();
    let results: Vec<Value> =
        checked.told.iter().filter_map(|told| result(rules, told, &places)).collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": env!("CARGO_PKG_NAME"),
                "version": env!("CARGO_PKG_VERSION"),
                "rules": known.iter().map(descriptor).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    Ok(escape::json_text(&document)?)
}

/// What a code is, for those who show it.
fn descriptor(code: &Code) -> Value {
    let mut rule = json!({
        "id": code.code,
        "shortDescription": {"text": code.means},
        "defaultConfiguration": {"level": word(code.severity)},
    });
    if let Some(lint) = lint::lint(code.code) {
        rule["shortDescription"] = json!({"text": format!("{}.", lint.brief)});
        rule["fullDescription"] = json!({"text": format!("{} {}", lint.finds, lint.matters)});
        rule["help"] = json!({"text": lint.instead});
    }
    rule
}

fn result(rules: &RuleSet, told: &Told, places: &BTreeMap<&str, usize>) -> Option<Value> {
    let file = rules.files.get(told.file)?;
    let diagnostic = &told.diagnostic;
    let message = match &diagnostic.help {
        Some(help) => format!("{}. Help: {help}", diagnostic.message),
        None => diagnostic.message.clone(),
    };
    let mut result = json!({
        "ruleId": diagnostic.code,
        "level": word(diagnostic.severity),
        "message": {"text": message},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": uri(&file.name)},
            "region": region(&file.text, diagnostic.span),
        }}],
    });
    if let Some(index) = places.get(diagnostic.code) {
        result["ruleIndex"] = json!(index);
    }
    if let Some(fix) = &told.fix {
        result["fixes"] = json!([fix_of(file, fix)]);
    }
    Some(result)
}

fn fix_of(file: &RuleFile, fix: &Fix) -> Value {
    let replacement = |edit: &Edit| {
        json!({
            "deletedRegion": region(&file.text, edit.span),
            "insertedContent": {"text": edit.text},
        })
    };
    json!({
        "description": {"text": fix.what},
        "artifactChanges": [{
            "artifactLocation": {"uri": uri(&file.name)},
            "replacements": fix.edits.iter().map(replacement).collect::<Vec<_>>(),
        }],
    })
}

fn region(text: &str, Span { start, end }: Span) -> Value {
    let (line, column) = render::place(text, start);
    let (end_line, end_column) = render::place(text, end.max(start));
    json!({"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column})
}

/// A file name as a relative or absolute URI reference: what a URI gives a meaning is escaped.
fn uri(name: &str) -> String {
    let mut uri = String::new();
    if name.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in name.replace('\\', "/").bytes() {
        let builtin = byte == b':' && name.starts_with("builtin:");
        if builtin || byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}
