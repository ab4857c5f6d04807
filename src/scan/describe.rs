//! From a match to the Finding that shows it.

use std::borrow::Cow;

use super::{Origin, Scanner};
use crate::{
    cloudtrail::{Event, EventTime, Node, Record, one_line},
    engine::EvalScratch,
    finding::{Finding, MatchedValue},
};

/// The finding for a rule that matched a record.
pub(super) fn finding<'a>(
    scanner: &'a Scanner<'_>,
    origin: Origin<'a>,
    rule: usize,
    record: Record<'a>,
    event: &'a Event<'_>,
    time: &EventTime<'a>,
    scratch: &mut EvalScratch,
) -> Finding<'a> {
    let text = |index: Option<usize>| scalar(event, index?);
    let [
        event_source,
        event_name,
        account,
        region,
        identity,
        source_ip,
        user_agent,
        error_code,
        event_id,
        shared_event_id,
    ] = values(event, Some(0), OF_A_RECORD);
    let [own_account, arn, invoked_by, principal_id, access_key, session] =
        values(event, identity, OF_AN_IDENTITY);
    let issuer = || event.get(event.get(session?, "sessionIssuer")?, "arn");
    let engine = scanner.engine;
    // What only feeds correlations is not shown, and there may be much of it.
    let matched = if engine.is_reported(rule) {
        group(engine.matched(rule, event, scratch))
    } else {
        Vec::new()
    };
    Finding {
        time: time.text.clone(),
        at: time.at,
        rule: engine.head(rule),
        event_source: text(event_source),
        event_name: text(event_name),
        recipient: text(account),
        account: text(account).or_else(|| text(own_account)),
        region: text(region),
        principal: text(arn)
            .or_else(|| text(issuer()))
            .or_else(|| text(invoked_by))
            .or_else(|| text(principal_id)),
        access_key: text(access_key),
        source_ip: text(source_ip),
        user_agent: text(user_agent),
        error_code: text(error_code),
        event_id: text(event_id),
        shared_event_id: text(shared_event_id),
        file: origin.name,
        record: record.index,
        matched,
        integrity: origin.integrity,
        event: one_line(record.bytes),
        event_lossy: event.is_lossy(),
        correlation_texts: engine.correlation_texts(rule, event),
    }
}

/// What findings show of a record.
const OF_A_RECORD: [&str; 10] = [
    "eventSource",
    "eventName",
    "recipientAccountId",
    "awsRegion",
    "userIdentity",
    "sourceIPAddress",
    "userAgent",
    "errorCode",
    "eventID",
    "sharedEventID",
];

/// What they show of who acted.
const OF_AN_IDENTITY: [&str; 6] =
    ["accountId", "arn", "invokedBy", "principalId", "accessKeyId", "sessionContext"];

/// The values of some keys in the object at `index`: of each the last one, if the key is repeated.
fn values<const N: usize>(
    event: &Event<'_>,
    index: Option<usize>,
    names: [&str; N],
) -> [Option<usize>; N] {
    let mut values = [None; N];
    for (key, value) in index.into_iter().flat_map(|index| event.members(index)) {
        if let Some(place) = names.iter().position(|name| *name == key) {
            values[place] = Some(value);
        }
    }
    values
}

/// The text of a scalar; null and what is no scalar are absent.
fn scalar<'e>(event: &'e Event<'_>, index: usize) -> Option<Cow<'e, str>> {
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
