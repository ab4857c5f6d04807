//! From a match to the Finding that shows it.

use std::borrow::Cow;

use super::{Origin, Scanner};
use crate::{
    cloudtrail::{Event, Node, Record, one_line},
    engine::{Engine, EvalScratch},
    finding::{Finding, MatchedValue, RuleHead},
};

/// What findings show of each rule.
pub(super) fn heads(engine: &Engine) -> Vec<RuleHead> {
    let heads = (0..engine.len()).map(|rule| engine.head(rule)).map(|head| RuleHead {
        id: head.id.clone(),
        title: head.title.clone(),
        level: head.level,
        tags: head.tags.clone(),
    });
    heads.collect()
}

/// The finding for a rule that matched a record.
pub(super) fn finding<'a>(
    scanner: &'a Scanner<'_>,
    origin: Origin<'a>,
    rule: usize,
    record: Record<'a>,
    event: &'a Event<'_>,
    scratch: &mut EvalScratch,
) -> Finding<'a> {
    let field = |path: &[&str]| scalar_at(event, path);
    let engine = scanner.engine;
    // What only feeds correlations is not shown, and there may be much of it.
    let matched = if engine.is_reported(rule) {
        group(engine.matched(rule, event, scratch))
    } else {
        Vec::new()
    };
    Finding {
        time: field(&["eventTime"]),
        rule: scanner.head(rule),
        event_source: field(&["eventSource"]),
        event_name: field(&["eventName"]),
        account: field(&["recipientAccountId"]).or_else(|| field(&["userIdentity", "accountId"])),
        region: field(&["awsRegion"]),
        principal: field(&["userIdentity", "arn"])
            .or_else(|| field(&["userIdentity", "sessionContext", "sessionIssuer", "arn"]))
            .or_else(|| field(&["userIdentity", "invokedBy"]))
            .or_else(|| field(&["userIdentity", "principalId"])),
        access_key: field(&["userIdentity", "accessKeyId"]),
        source_ip: field(&["sourceIPAddress"]),
        user_agent: field(&["userAgent"]),
        error_code: field(&["errorCode"]),
        event_id: field(&["eventID"]),
        shared_event_id: field(&["sharedEventID"]),
        file: origin.name,
        record: record.index,
        matched,
        integrity: origin.integrity,
        event: one_line(record.bytes),
        event_lossy: event.is_lossy(),
        fed: engine.fed(rule, event),
    }
}

/// The text of a scalar; absent, null and what is no scalar are all absent.
fn scalar_at<'e>(event: &'e Event<'_>, path: &[&str]) -> Option<Cow<'e, str>> {
    let index = path.iter().try_fold(0, |index, key| event.get(index, key))?;
    match event.node(index) {
        Node::String(text) => Some(Cow::Borrowed(text)),
        Node::Null | Node::Object { .. } | Node::Array { .. } => None,
        _ => Some(Cow::Owned(event.json_of(index))),
    }
}

/// Puts the values of one field together, in the order of the fields' first mention.
fn group(values: Vec<(&str, String)>) -> Vec<(&str, MatchedValue)> {
    let mut grouped: Vec<(&str, MatchedValue)> = Vec::new();
    for (field, value) in values {
        match grouped.iter_mut().find(|(name, _)| *name == field) {
            None => grouped.push((field, MatchedValue::One(value))),
            Some((_, MatchedValue::Many(values))) => values.push(value),
            Some((_, held)) => {
                if let MatchedValue::One(first) = held {
                    *held = MatchedValue::Many(vec![std::mem::take(first), value]);
                }
            }
        }
    }
    grouped
}
