//! Searched: the records that were searched in an item, by their bytes.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, HashSet},
};

use serde::Deserialize;
use serde_json::Value;

use crate::{cloudtrail::envelope::RECORD_KEYS, scan::unwrap::Bound};

/// The records of an item that were searched.
#[derive(Debug)]
pub(in crate::scan) struct Searched<'s> {
    lines: &'s [u8],
    bounds: &'s [Bound],
    by_bytes: OnceCell<HashSet<&'s [u8]>>,
    heads: OnceCell<Vec<(Head, &'s [u8])>>,
}

/// More records than this are put into a set.
const FEW: usize = 8;

impl<'s> Searched<'s> {
    /// The records at these places in `lines`.
    pub(in crate::scan) fn new(lines: &'s [u8], bounds: &'s [Bound]) -> Self {
        Self { lines, bounds, by_bytes: OnceCell::new(), heads: OnceCell::new() }
    }

    /// None.
    pub(in crate::scan) fn nothing() -> Self {
        Self::new(&[], &[])
    }

    fn records(&self) -> impl Iterator<Item = &'s [u8]> {
        let lines = self.lines;
        self.bounds.iter().map(move |bound| &lines[bound.start..bound.end])
    }

    /// Whether a record with these bytes was searched.
    pub(in crate::scan) fn has(&self, bytes: &[u8]) -> bool {
        if self.bounds.len() <= FEW {
            return self.records().any(|record| record == bytes);
        }
        self.by_bytes.get_or_init(|| self.records().collect()).contains(bytes)
    }

    /// Whether a trace only repeats members of a record that was searched, as tools do that put columns
    /// beside the record: it is the same event, and says nothing else of it.
    pub(super) fn is_shown_by(&self, trace: &[u8]) -> bool {
        if self.bounds.is_empty() {
            return false;
        }
        let Some(shown) = Head::of(trace) else { return false };
        let heads = self.heads.get_or_init(|| {
            let mut heads: Vec<_> = self
                .records()
                .filter_map(|record| Head::of(record).map(|head| (head, record)))
                .collect();
            heads.sort();
            heads
        });
        let first = heads.partition_point(|(head, _)| head.event() < shown.event());
        let same = heads[first..].iter().take_while(|(head, _)| head.event() == shown.event());
        // Of many records of one event, the first ones are enough: what is not found is searched again.
        same.take(1024)
            .filter(|(head, _)| shown.may_be(head))
            .take(FEW)
            .any(|(_, record)| repeats(trace, record))
    }
}

/// Whether a trace says of a record what the record says itself. Members that no record has are the
/// tool's own.
fn repeats(trace: &[u8], record: &[u8]) -> bool {
    type Object = BTreeMap<String, Value>;
    let objects =
        (serde_json::from_slice::<Object>(trace), serde_json::from_slice::<Object>(record));
    let (Ok(trace), Ok(record)) = objects else { return false };
    trace.iter().all(|(name, value)| match record.get(name) {
        Some(own) => value == own || text(value).is_some_and(|value| text(own) == Some(value)),
        None => !RECORD_KEYS.contains(&name.as_str()),
    })
}

/// What says which event a record is.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Head {
    version: String,
    source: String,
    name: String,
    id: Option<String>,
    time: Option<String>,
}

#[derive(Deserialize)]
struct Members {
    #[serde(rename = "eventVersion")]
    version: Value,
    #[serde(rename = "eventSource")]
    source: Value,
    #[serde(rename = "eventName")]
    name: Value,
    #[serde(rename = "eventID")]
    id: Option<Value>,
    #[serde(rename = "eventTime")]
    time: Option<Value>,
}

impl Head {
    fn of(bytes: &[u8]) -> Option<Self> {
        let members: Members = serde_json::from_slice(bytes).ok()?;
        Some(Self {
            version: text(&members.version)?,
            source: text(&members.source)?,
            name: text(&members.name)?,
            id: members.id.as_ref().and_then(text),
            time: members.time.as_ref().and_then(text),
        })
    }

    fn event(&self) -> [&str; 3] {
        [&self.version, &self.source, &self.name]
    }

    /// Whether this may be a view of the record `other`.
    fn may_be(&self, other: &Self) -> bool {
        let same = |mine: &Option<String>, other: &Option<String>| {
            mine.is_none() || mine.as_ref() == other.as_ref()
        };
        same(&self.id, &other.id) && same(&self.time, &other.time)
    }
}

/// The text of a scalar, or of all values of a list, if they are the same.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Array(values) => {
            let first = values.first()?;
            values.iter().all(|value| value == first).then(|| text(first))?
        }
        _ => None,
    }
}
