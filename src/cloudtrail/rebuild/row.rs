//! A record from a row of a table whose columns a query has chosen: Athena, `CloudTrail` Lake, or what
//! Kibana exports.
//!
//! The case of the names is not told apart, as Athena knows lower case only. Empty cells are absent.

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::value::RawValue;

use super::{
    Draft, LARGEST, Members, Rebuilt, from_document, nested, string,
    structure::{identity, respelled, spelled},
    time,
};

/// What a cell of a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Time,
    Boolean,
    /// An object or array as JSON text, if it is that.
    Nested,
    Identity,
}

/// The columns that are members of a record.
const KNOWN: [(&str, Kind); 33] = [
    ("eventVersion", Kind::Text),
    ("userIdentity", Kind::Identity),
    ("eventTime", Kind::Time),
    ("eventSource", Kind::Text),
    ("eventName", Kind::Text),
    ("awsRegion", Kind::Text),
    ("sourceIPAddress", Kind::Text),
    ("userAgent", Kind::Text),
    ("errorCode", Kind::Text),
    ("errorMessage", Kind::Text),
    ("requestParameters", Kind::Nested),
    ("responseElements", Kind::Nested),
    ("additionalEventData", Kind::Nested),
    ("requestID", Kind::Text),
    ("eventID", Kind::Text),
    ("readOnly", Kind::Boolean),
    ("resources", Kind::Nested),
    ("eventType", Kind::Text),
    ("apiVersion", Kind::Text),
    ("managementEvent", Kind::Boolean),
    ("recipientAccountId", Kind::Text),
    ("sharedEventID", Kind::Text),
    ("annotation", Kind::Text),
    ("vpcEndpointId", Kind::Text),
    ("vpcEndpointAccountId", Kind::Text),
    ("serviceEventDetails", Kind::Nested),
    ("addendum", Kind::Nested),
    ("edgeDeviceDetails", Kind::Nested),
    ("insightDetails", Kind::Nested),
    ("eventCategory", Kind::Text),
    ("tlsDetails", Kind::Nested),
    ("eventContext", Kind::Nested),
    ("sessionCredentialFromConsole", Kind::Text),
];

/// A column: where its cells belong in a record.
#[derive(Debug, Clone)]
struct Column {
    path: Vec<Cow<'static, str>>,
    kind: Kind,
}

/// The columns of a table whose rows are records, or documents of Elasticsearch.
#[derive(Debug, Clone)]
pub enum Columns {
    /// Columns named like the members of a record.
    Members(MemberColumns),
    /// Names of Elasticsearch.
    Document(Vec<String>),
}

/// Columns named like the members of a record.
#[derive(Debug, Clone)]
pub struct MemberColumns {
    columns: Vec<Option<Column>>,
}

/// Columns at most. A wider table is no table of records.
const MOST: usize = 4096;

impl Columns {
    /// The columns of this first row, if a record can be built from rows: they name its event and the
    /// event's source.
    pub fn of<'n>(names: impl Iterator<Item = &'n [u8]>) -> Option<Self> {
        let names: Vec<_> = names.take(MOST).map(|name| String::from_utf8_lossy(name)).collect();
        let names: Vec<_> =
            names.iter().map(|name| name.trim().trim_start_matches('\u{feff}')).collect();
        let has = |wanted: &str| names.iter().any(|name| name.eq_ignore_ascii_case(wanted));
        if has("eventName") && has("eventSource") {
            let columns = names.iter().map(|name| column(name)).collect();
            return Some(Self::Members(MemberColumns { columns }));
        }
        let of_cloudtrail = |name: &&str| name.starts_with("aws.cloudtrail.");
        let document =
            has("event.action") && (has("event.provider") || names.iter().any(of_cloudtrail));
        document.then(|| Self::Document(names.iter().map(|&name| name.to_owned()).collect()))
    }

    /// Whether the cells of the column at `at` are a part of a record, and so are none themselves,
    /// whatever they look like.
    pub fn is_part(&self, at: usize) -> bool {
        match self {
            Self::Members(MemberColumns { columns }) => {
                columns.get(at).is_some_and(Option::is_some)
            }
            Self::Document(names) => {
                names.get(at).is_some_and(|name| name.starts_with("aws.cloudtrail."))
            }
        }
    }

    /// The record that a row was, as JSON; nothing if the row names no event.
    pub fn rebuild<'c>(&self, cells: impl Iterator<Item = &'c [u8]>) -> Option<String> {
        let cells: Vec<_> = cells.take(MOST).map(String::from_utf8_lossy).collect();
        match self {
            Self::Members(MemberColumns { columns }) => {
                let mut draft = Draft::default();
                for (column, cell) in columns.iter().zip(&cells) {
                    if let Some(column) = column {
                        column.put(cell, &mut draft);
                    }
                }
                draft.place("eventName")?;
                Some(draft.finish("columns of a table"))
            }
            Self::Document(names) => {
                let mut members = Vec::new();
                for (name, cell) in names.iter().zip(&cells) {
                    if !matches!(cell.trim(), "" | "-") {
                        let json = nested(cell).map_or_else(|| string(cell), str::to_owned);
                        members.push(format!("{}:{json}", string(name)));
                    }
                }
                match from_document(format!("{{{}}}", members.join(",")).as_bytes()) {
                    Rebuilt::Record(record) => Some(record),
                    // A cell with the record itself is found without this.
                    Rebuilt::Original(_) | Rebuilt::Other | Rebuilt::None => None,
                }
            }
        }
    }
}

/// Names and cells of a row as answers to queries have it: a list of objects that have one member each
/// (`CloudTrail` Lake), or a `field` and its `value` (`CloudWatch` Logs Insights). Nothing if it is
/// anything else.
pub fn named_cells(text: &[u8]) -> Option<Vec<(String, String)>> {
    if text.len() > LARGEST {
        return None;
    }
    let cells: Vec<&RawValue> = serde_json::from_slice(text).ok()?;
    if !(2..=MOST).contains(&cells.len()) {
        return None;
    }
    let cell = |cell: &RawValue| {
        let mut cell: BTreeMap<String, Option<String>> = serde_json::from_str(cell.get()).ok()?;
        let named = cell.remove("field").filter(|_| cell.len() == 1);
        let (name, value) = match named {
            Some(field) => (field?, cell.remove("value")?),
            None if cell.len() == 1 => cell.pop_first()?,
            None => return None,
        };
        Some((name, value.unwrap_or_default()))
    };
    cells.into_iter().map(cell).collect()
}

/// The record that an object was whose members are columns in lower case, as Athena unloads rows.
pub fn from_members(bytes: &[u8]) -> Option<String> {
    if bytes.len() > LARGEST {
        return None;
    }
    let members: Members<'_> = serde_json::from_slice(bytes).ok()?;
    let columns = Columns::of(members.keys().map(String::as_bytes))?;
    let cells: Vec<Cow<'_, str>> = members.values().map(|value| text_of(value)).collect();
    columns.rebuild(cells.iter().map(|cell| cell.as_bytes()))
}

/// The text in a string; of any other value its JSON, of null nothing.
fn text_of(value: &RawValue) -> Cow<'_, str> {
    match value.get() {
        "null" => Cow::Borrowed(""),
        json if json.starts_with('"') => {
            serde_json::from_str(json).map_or(Cow::Borrowed(json), Cow::<str>::Owned)
        }
        json => Cow::Borrowed(json),
    }
}

/// Where the cells of the column with this name belong.
fn column(name: &str) -> Option<Column> {
    let mut segments = name.split('.');
    let first = segments.next()?;
    let (known, kind) = KNOWN.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(first))?;
    let mut path = vec![Cow::Borrowed(known)];
    path.extend(segments.map(|segment| match spelled(segment) {
        Some(segment) if kind == Kind::Identity => Cow::Borrowed(segment),
        _ => Cow::Owned(segment.to_owned()),
    }));
    let kind = match (path.len(), kind) {
        (1, kind) => kind,
        (2..=8, Kind::Identity) => Kind::Text,
        (2..=8, Kind::Nested) => Kind::Nested,
        _ => return None,
    };
    Some(Column { path, kind })
}

impl Column {
    fn put<'a>(&'a self, cell: &'a str, draft: &mut Draft<'a>) {
        if cell.trim().is_empty() {
            return;
        }
        let json = match self.kind {
            Kind::Text => None,
            Kind::Time => Some(string(&time(cell))),
            Kind::Boolean => ["true", "false"]
                .into_iter()
                .find(|word| word.eq_ignore_ascii_case(cell.trim()))
                .map(str::to_owned),
            Kind::Nested if cell.trim() == "null" => Some("null".to_owned()),
            Kind::Nested => nested(cell).map(str::to_owned),
            Kind::Identity => nested(cell).map(respelled).or_else(|| identity(cell)),
        };
        let path: Vec<_> = self.path.iter().map(AsRef::as_ref).collect();
        draft.put(&path, json.unwrap_or_else(|| string(cell)));
    }
}
