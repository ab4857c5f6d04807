//! What a document that cannot be run was meant to be.
//!
//! Rule repositories hold rules for many log sources, and YAML files that are no rules at all. Only a document that
//! means to be a `CloudTrail` rule is refused; the others are counted.

use super::super::yaml::{Data, Node};
use crate::rule::LogSource;

/// Keys that only Sigma documents have at their top.
const KEYS: [&str; 3] = ["logsource", "detection", "correlation"];

/// Names of a document that is not run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// Its title; empty if it has none.
    pub title: String,
    /// Its id, if any.
    pub id: Option<String>,
    /// Its name, if any.
    pub name: Option<String>,
    /// Its status is `unsupported`; else it is for another log source.
    pub unsupported: bool,
    /// Its log source, if it names one: `windows/security`.
    pub log_source: Option<String>,
}

/// What a document was meant to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Intent {
    /// A rule, correlation or filter that may be for `CloudTrail`.
    Sigma,
    /// A Sigma document that is not meant to run here.
    NotRun(Head),
    /// The part of a rule collection (`action: global`) that others share, without a log source.
    Shared,
    /// No Sigma document.
    Other,
}

/// Whether a YAML text may hold a Sigma document: false only if it certainly holds none.
pub fn may_be_sigma(text: &str) -> bool {
    // A key may be spelled with escapes, which nobody does and which costs only a closer look.
    KEYS.iter().chain(&["filter"]).any(|key| text.contains(key)) || text.contains('\\')
}

/// What a document was meant to be, where its YAML could be read.
///
/// `other_global` says that an earlier document of a rule collection (`action: global`) gave all others a log source
/// that is not `CloudTrail`'s.
pub(super) fn of_document(root: &Node, other_global: bool) -> Intent {
    let has = |key: &str| root.get(key).is_some();
    let is_sigma = KEYS.iter().any(|key| has(key))
        || has("title") && (has("filter") || has("level") || has("status"));
    if !is_sigma {
        return Intent::Other;
    }
    let text = |key: &str| Some(root.get(key)?.value.as_text()?.to_owned());
    let unsupported = text("status").is_some_and(|status| status == "unsupported");
    let source = source_of(root);
    let inherits = other_global && !has("logsource") && !has("correlation");
    if unsupported || inherits || is_for_other_source(root) {
        let title = text("title").unwrap_or_default();
        let log_source = source.filter(|_| !unsupported).map(|source| source.to_string());
        return Intent::NotRun(Head {
            title,
            id: text("id"),
            name: text("name"),
            unsupported,
            log_source,
        });
    }
    if has("action") && !has("logsource") { Intent::Shared } else { Intent::Sigma }
}

/// Whether a document names a log source, and that is not `CloudTrail`'s.
pub(super) fn is_for_other_source(root: &Node) -> bool {
    source_of(root).is_some_and(|source| !source.applies_to_cloudtrail())
}

/// The log source that a document names.
fn source_of(root: &Node) -> Option<LogSource> {
    let entry = root.get("logsource").filter(|it| matches!(it.value.data, Data::Map(_)))?;
    let text = |key: &str| {
        let text = entry.value.get(key)?.value.as_text()?;
        (!text.is_empty()).then(|| text.to_owned())
    };
    let source = LogSource {
        category: text("category"),
        product: text("product"),
        service: text("service"),
    };
    (source != LogSource::default()).then_some(source)
}

/// The same for a text whose YAML is broken, by its lines.
pub(super) fn of_text(text: &str) -> Intent {
    let bare = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
    let (mut is_sigma, mut in_source, mut title) = (false, false, String::new());
    let mut source = LogSource::default();
    for line in text.lines() {
        if !line.starts_with([' ', '\t', '#']) {
            let (key, value) = line.split_once(':').unwrap_or((line, ""));
            let key = bare(key);
            is_sigma |= KEYS.contains(&&*key);
            in_source = key == "logsource";
            if key == "title" {
                title = bare(value);
            }
        }
        if in_source {
            for (key, place) in [
                ("product:", &mut source.product),
                ("category:", &mut source.category),
                ("service:", &mut source.service),
            ] {
                if let Some((_, value)) = line.split_once(key) {
                    let end = value.find([',', '}', '#']).unwrap_or(value.len());
                    *place = Some(bare(&value[..end])).filter(|value| !value.is_empty());
                }
            }
        }
    }
    match is_sigma {
        false => Intent::Other,
        true if source.applies_to_cloudtrail() => Intent::Sigma,
        true => {
            let log_source = Some(source.to_string());
            Intent::NotRun(Head { title, log_source, ..Head::default() })
        }
    }
}
