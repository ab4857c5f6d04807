//! What records say of the logging itself: a trail that was stopped, deleted, started again or told
//! to log less.
//!
//! Such records are looked for whatever the rules ask, as what follows them may never have been
//! written. They are few; a text that is full of them is not kept whole, and says so. A call that
//! failed changed nothing and is left out.

use crate::{
    cloudtrail::{Event, EventTime, Node},
    engine::{ANCHOR, Place},
};

/// The calls that change what is logged.
const CALLS: [&str; 5] =
    ["StopLogging", "StartLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors"];

/// Changes that are kept of one text.
const MOST: usize = 64;

/// Characters that are kept of a name.
const LONGEST: usize = 160;

/// Literals for gate A: a record without one of these as its event's name changes no logging.
pub(super) fn literals() -> Vec<(Place, String)> {
    CALLS.iter().map(|call| (Place::Whole, call.to_ascii_lowercase())).collect()
}

/// What was told of the logging in a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Logging {
    /// Each change, in the order of the records.
    pub changes: Vec<LoggingChange>,
    /// Changes that are not among them: there were too many, or their time cannot be read.
    pub more: u64,
}

/// A change of one trail's logging. Ordered by time first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LoggingChange {
    /// When, by `eventTime`.
    pub time: jiff::Timestamp,
    /// The trail.
    pub trail: Trail,
    /// What.
    pub change: Change,
}

/// Which trail.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trail {
    /// Its account; empty if that is not told.
    pub account: String,
    /// Its region; empty if that is not told.
    pub region: String,
    /// Its name; empty if that is not told.
    pub name: String,
}

/// What changed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// It was stopped or deleted, by the call of this name.
    Stopped(&'static str),
    /// It logs less, or elsewhere, since the call of this name; and in which ways.
    Narrowed(&'static str, Vec<String>),
    /// It was started.
    Started,
}

impl Change {
    /// The call of that name, if it changes the logging of a trail.
    pub fn call(name: &str) -> Option<&'static str> {
        CALLS.into_iter().find(|call| *call == name)
    }
}

impl Logging {
    /// Notes a record, if it tells of a change.
    pub(super) fn note(&mut self, event: &Event<'_>) {
        let Some((trail, change)) = change(event) else { return };
        match EventTime::of(event).at {
            Some(time) if self.changes.len() < MOST => {
                self.changes.push(LoggingChange { time, trail, change });
            }
            _ => self.more += 1,
        }
    }
}

fn change(event: &Event<'_>) -> Option<(Trail, Change)> {
    let name = event.string_at(&[ANCHOR])?;
    let call = Change::call(name)?;
    let source = event.string_at(&["eventSource"])?;
    let failed =
        event.string_at(&["errorCode"]).is_some_and(|code| !matches!(code, "" | "Success"));
    if failed || source != "cloudtrail.amazonaws.com" {
        return None;
    }
    let change = match call {
        "StartLogging" => Change::Started,
        "UpdateTrail" => narrowed(call, narrowed_trail(event))?,
        "PutEventSelectors" => narrowed(call, narrowed_selectors(event))?,
        call => Change::Stopped(call),
    };
    Some((trail(event), change))
}

/// A trail is named by its ARN or by its name alone; then it is one of the record's account and region.
fn trail(event: &Event<'_>) -> Trail {
    let parameter = |name| event.string_at(&["requestParameters", name]);
    let named = parameter("name").or_else(|| parameter("trailName")).unwrap_or_default();
    let account = event
        .string_at(&["recipientAccountId"])
        .or_else(|| event.string_at(&["userIdentity", "accountId"]));
    let region = event.string_at(&["awsRegion"]);
    let mut parts = named.splitn(6, ':').skip(3);
    let (account, region, name) = match (parts.next(), parts.next(), parts.next()) {
        (Some(region), Some(account), Some(trail)) if named.starts_with("arn:") => {
            (Some(account), Some(region), trail.strip_prefix("trail/").unwrap_or(trail))
        }
        _ => (account, region, named),
    };
    let kept = |text: &str| text.chars().take(LONGEST).collect();
    Trail {
        account: kept(account.unwrap_or_default()),
        region: kept(region.unwrap_or_default()),
        name: kept(name),
    }
}

fn narrowed(call: &'static str, ways: Vec<String>) -> Option<Change> {
    (!ways.is_empty()).then_some(Change::Narrowed(call, ways))
}

fn narrowed_trail(event: &Event<'_>) -> Vec<String> {
    let parameter = |name| event.get(event.get(0, "requestParameters")?, name);
    let off = |name| {
        parameter(name).is_some_and(|value| match event.node(value) {
            Node::Bool(on) => !on,
            Node::String(text) => text == "false",
            _ => false,
        })
    };
    let mut ways = Vec::new();
    for (flag, way) in [
        ("isMultiRegionTrail", "one region only"),
        ("includeGlobalServiceEvents", "without events of global services"),
        ("isOrganizationTrail", "without the other accounts of the organization"),
        ("enableLogFileValidation", "without digests"),
    ] {
        if off(flag) {
            ways.push(way.to_owned());
        }
    }
    if let Some(bucket) = event.string_at(&["requestParameters", "s3BucketName"]) {
        // The record does not say which it was before.
        let bucket: String = bucket.chars().take(LONGEST).collect();
        ways.push(format!("into bucket {bucket}, which may be the one it had"));
    }
    ways
}

/// Selectors narrow unless one of them has every management event.
fn narrowed_selectors(event: &Event<'_>) -> Vec<String> {
    let list = |name| {
        let list = event.get(event.get(0, "requestParameters")?, name)?;
        matches!(event.node(list), Node::Array { .. }).then_some(list)
    };
    let whole = match (list("eventSelectors"), list("advancedEventSelectors")) {
        (Some(basic), _) if elements(event, basic).next().is_some() => {
            elements(event, basic).any(|selector| is_whole_basic(event, selector))
        }
        (_, Some(advanced)) => {
            elements(event, advanced).any(|selector| is_whole_advanced(event, selector))
        }
        // What was chosen is not told.
        _ => return vec!["events chosen by selectors that the record does not show".to_owned()],
    };
    if whole { Vec::new() } else { vec!["not every management event".to_owned()] }
}

fn is_whole_basic(event: &Event<'_>, selector: usize) -> bool {
    let member = |name| event.get(selector, name).map(|value| event.node(value));
    let all = !matches!(member("readWriteType"), Some(Node::String(kind)) if kind != "All");
    let management = !matches!(member("includeManagementEvents"), Some(Node::Bool(false)));
    let excluded = event
        .get(selector, "excludeManagementEventSources")
        .is_some_and(|list| elements(event, list).next().is_some());
    all && management && !excluded
}

/// One field alone says which category is logged; any other field makes it less than all.
fn is_whole_advanced(event: &Event<'_>, selector: usize) -> bool {
    let Some(fields) = event.get(selector, "fieldSelectors") else { return false };
    let mut fields = elements(event, fields);
    let (Some(only), None) = (fields.next(), fields.next()) else { return false };
    let text = |at| match event.node(at) {
        Node::String(text) => Some(text),
        _ => None,
    };
    event.get(only, "field").and_then(text) == Some("eventCategory")
        && event.get(only, "equals").is_some_and(|equals| {
            elements(event, equals).any(|value| text(value) == Some("Management"))
        })
}

/// The elements of an array; none of anything else.
fn elements<'e>(event: &'e Event<'_>, array: usize) -> impl Iterator<Item = usize> + 'e {
    let end = match event.node(array) {
        Node::Array { nodes } => array + 1 + nodes,
        _ => array + 1,
    };
    std::iter::successors(Some(array + 1), move |&at| (at < end).then(|| event.after(at)))
        .take_while(move |&at| at < end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloudtrail::Parser;

    /// What a call with these parameters changes.
    fn changed(call: &str, parameters: &str) -> Option<LoggingChange> {
        let record = format!(
            r#"{{"eventTime":"2026-01-02T03:04:05Z","eventSource":"cloudtrail.amazonaws.com","eventName":"{call}","awsRegion":"r","recipientAccountId":"1"{parameters}}}"#
        );
        let mut logging = Logging::default();
        Parser::default().parse(record.as_bytes(), |event| logging.note(event)).expect("JSON");
        logging.changes.pop()
    }

    fn ways(call: &str, parameters: &str) -> Vec<String> {
        match changed(call, &format!(r#","requestParameters":{parameters}"#)) {
            Some(LoggingChange { change: Change::Narrowed(_, ways), .. }) => ways,
            None => Vec::new(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_trail_is_the_same_by_name_and_by_arn() {
        let by_name = changed("StopLogging", r#","requestParameters":{"name":"t"}"#);
        let arn = r#","requestParameters":{"name":"arn:aws-cn:cloudtrail:r:1:trail/t"}"#;
        let by_arn = changed("StartLogging", arn);
        let (stopped, started) = (by_name.expect("stopped"), by_arn.expect("started"));
        assert_eq!(stopped.trail, started.trail);
        assert_eq!(
            (stopped.change, started.change),
            (Change::Stopped("StopLogging"), Change::Started)
        );
        assert_eq!(stopped.trail.name, "t");
    }

    #[test]
    fn what_failed_or_is_something_else_changes_nothing() {
        assert_eq!(changed("StopLogging", r#","errorCode":"AccessDenied""#), None);
        assert!(changed("StopLogging", r#","errorCode":null"#).is_some());
        assert_eq!(changed("DescribeTrails", ""), None);
        assert_eq!(changed("stoplogging", ""), None);
        assert_eq!(changed("StopLogging", r#","eventSource":"else.amazonaws.com""#), None);
    }

    #[test]
    fn an_update_narrows_where_it_turns_something_off() {
        assert!(ways("UpdateTrail", r#"{"name":"t","isMultiRegionTrail":true}"#).is_empty());
        assert_eq!(
            ways("UpdateTrail", r#"{"isMultiRegionTrail":false,"s3BucketName":"b"}"#),
            ["one region only", "into bucket b, which may be the one it had"]
        );
    }

    #[test]
    fn selectors_narrow_unless_one_has_every_management_event() {
        let whole = [
            r#"{"eventSelectors":[{"includeManagementEvents":true,"readWriteType":"All","excludeManagementEventSources":[]}]}"#,
            r#"{"advancedEventSelectors":[{"fieldSelectors":[{"field":"eventCategory","equals":["Data"]}]},{"fieldSelectors":[{"field":"eventCategory","equals":["Management"]}]}]}"#,
        ];
        for parameters in whole {
            assert!(ways("PutEventSelectors", parameters).is_empty(), "{parameters}");
        }
        let less = [
            r#"{"eventSelectors":[{"includeManagementEvents":false}]}"#,
            r#"{"eventSelectors":[{"readWriteType":"ReadOnly"}]}"#,
            r#"{"eventSelectors":[{"excludeManagementEventSources":["kms.amazonaws.com"]}]}"#,
            r#"{"advancedEventSelectors":[]}"#,
            r#"{"advancedEventSelectors":[{"fieldSelectors":[{"field":"eventCategory","equals":["Management"]},{"field":"readOnly","equals":["true"]}]}]}"#,
        ];
        for parameters in less {
            assert_eq!(ways("PutEventSelectors", parameters), ["not every management event"]);
        }
        assert_eq!(ways("PutEventSelectors", "null").len(), 1);
    }

    #[test]
    fn a_flood_is_counted_and_not_kept() {
        let record = br#"{"eventTime":"2026-01-02T03:04:05Z","eventSource":"cloudtrail.amazonaws.com","eventName":"StopLogging"}"#;
        let (mut logging, mut parser) = (Logging::default(), Parser::default());
        for _ in 0..1000 {
            parser.parse(record, |event| logging.note(event)).expect("JSON");
        }
        assert_eq!((logging.changes.len(), logging.more), (MOST, 1000 - MOST as u64));
    }
}
