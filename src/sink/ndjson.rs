//! Findings as NDJSON: one object a line, always the same keys in the same order.
//!
//! Absent values are null, and so is all of a correlation's finding that belongs to one record; it has
//! `correlation` at its end, which others have not. `file_raw` stands after `file` for names that are not UTF-8 and
//! `event_lossy` at the end for records that were not; no other key comes and goes.

use super::Format;
use crate::{
    coverage::Coverage,
    finding::{CorrelationFinding, Finding, Integrity, MatchedValue},
    rule::Level,
    text::escape,
};

/// One JSON object a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ndjson;

impl Format for Ndjson {
    fn header(&self, _out: &mut Vec<u8>) {}

    fn render(&self, finding: &Finding<'_>, out: &mut Vec<u8>) {
        let rule = finding.rule;
        out.extend_from_slice(b"{\"time\":");
        text(finding.time.as_deref(), out);
        member("level", rule.level.map(Level::as_str), out);
        member("rule_id", rule.id.as_deref(), out);
        member("rule_title", Some(&rule.title), out);
        key("tags", out);
        list(&rule.tags, escape::json, out);
        member("event_source", finding.event_source.as_deref(), out);
        member("event_name", finding.event_name.as_deref(), out);
        member("account", finding.account.as_deref(), out);
        member("region", finding.region.as_deref(), out);
        member("principal", finding.principal.as_deref(), out);
        member("access_key", finding.access_key.as_deref(), out);
        member("source_ip", finding.source_ip.as_deref(), out);
        member("user_agent", finding.user_agent.as_deref(), out);
        member("error_code", finding.error_code.as_deref(), out);
        member("event_id", finding.event_id.as_deref(), out);
        member("file", Some(&finding.file.display), out);
        if let Some(raw) = &finding.file.raw_hex {
            member("file_raw", Some(raw), out);
        }
        key("record", out);
        out.extend_from_slice(finding.record.to_string().as_bytes());
        key("matched", out);
        matched(&finding.matched, out);
        member("integrity", finding.integrity.map(Integrity::as_str), out);
        key("event", out);
        embed(&finding.event, out);
        if finding.event_lossy {
            key("event_lossy", out);
            out.extend_from_slice(b"true");
        }
        out.extend_from_slice(b"}\n");
    }

    fn render_correlation(&self, finding: &CorrelationFinding<'_>, out: &mut Vec<u8>) {
        let rule = finding.rule;
        out.extend_from_slice(b"{\"time\":");
        text(Some(&finding.last.to_string()), out);
        member("level", rule.level.map(Level::as_str), out);
        member("rule_id", rule.id.as_deref(), out);
        member("rule_title", Some(&rule.title), out);
        key("tags", out);
        list(&rule.tags, escape::json, out);
        for name in OF_A_RECORD {
            member(name, None, out);
        }
        out.extend_from_slice(b",\"correlation\":{\"type\":");
        text(Some(finding.kind.as_str()), out);
        key("group", out);
        group(&finding.group, out);
        key("count", out);
        out.extend_from_slice(finding.count.text().as_bytes());
        member("first", Some(&finding.first.to_string()), out);
        member("last", Some(&finding.last.to_string()), out);
        key("events", out);
        out.extend_from_slice(finding.total.to_string().as_bytes());
        key("event_ids", out);
        out.push(b'[');
        for (index, (_, id)) in finding.events.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            text(*id, out);
        }
        out.extend_from_slice(b"]}}\n");
    }

    fn footer(&self, _coverage: &Coverage, _out: &mut Vec<u8>) {}
}

/// The keys of a finding that tell of one record.
const OF_A_RECORD: [&str; 15] = [
    "event_source",
    "event_name",
    "account",
    "region",
    "principal",
    "access_key",
    "source_ip",
    "user_agent",
    "error_code",
    "event_id",
    "file",
    "record",
    "matched",
    "integrity",
    "event",
];

/// The group of a correlation as an object.
pub(super) fn group(group: &[(&str, Option<&str>)], out: &mut Vec<u8>) {
    out.push(b'{');
    for (index, (name, value)) in group.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        escape::json(name, out);
        out.push(b':');
        text(*value, out);
    }
    out.push(b'}');
}

fn matched(fields: &[(&str, MatchedValue)], out: &mut Vec<u8>) {
    out.push(b'{');
    for (index, (field, value)) in fields.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        escape::json(field, out);
        out.push(b':');
        match value {
            MatchedValue::One(value) => embed(value, out),
            MatchedValue::Many(values) => list(values, embed, out),
        }
    }
    out.push(b'}');
}

/// JSON text from a finding, which is valid and on one line.
fn embed(json: &str, out: &mut Vec<u8>) {
    debug_assert!(!json.is_empty() && !json.contains('\n'), "one line of JSON: {json:?}");
    escape::embed_json(json, out);
}

fn list(items: &[String], item: impl Fn(&str, &mut Vec<u8>), out: &mut Vec<u8>) {
    out.push(b'[');
    for (index, text) in items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        item(text, out);
    }
    out.push(b']');
}

fn member(name: &str, value: Option<&str>, out: &mut Vec<u8>) {
    key(name, out);
    text(value, out);
}

/// The names are ours and need no escapes.
fn key(name: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

fn text(value: Option<&str>, out: &mut Vec<u8>) {
    match value {
        Some(value) => escape::json(value, out),
        None => out.extend_from_slice(b"null"),
    }
}
