//! How records are wrapped by the tools they pass through, and what only looks like records.
//!
//! The names of keys and the first bytes of lines that tell one form from another live here and
//! nowhere else. Content alone decides, never a file's name. The machinery that takes records out of
//! their wrappings is `scan`'s. When in doubt something is no wrapping: an object is then judged as
//! the record it may be.

mod line;
mod zip_end;

use std::ops::Range;

use memchr::memmem;

pub use line::{LONGEST_TELLING, Stamp, stamp, stranger_line};
pub use zip_end::ZipEnd;

/// A top-level object with one of these keys is a record.
pub const RECORD_KEYS: [&str; 14] = [
    "eventVersion",
    "eventName",
    "eventSource",
    "eventTime",
    "eventID",
    "userIdentity",
    "awsRegion",
    "sourceIPAddress",
    "userAgent",
    "errorCode",
    "errorMessage",
    "requestParameters",
    "responseElements",
    "recipientAccountId",
];

/// Whether an object on a line of its own may be more than a record if it has this key: a wrapping,
/// or the note of an export that wraps nothing.
pub fn may_wrap(key: &str) -> bool {
    const KEYS: [&str; 27] = [
        "CloudTrailEvent",
        // Rows of CloudTrail Lake, beside columns of their own.
        "eventJson",
        "eventjson",
        "event_json",
        // What streams deliver, in base64.
        "awslogs",
        "kinesis",
        "rawData",
        "detail-type",
        "event.original",
        "event",
        "_raw",
        "result",
        "_source",
        "message",
        // What topics and queues deliver.
        "Message",
        "Body",
        // Documents of Elasticsearch that did not keep their record.
        "event.action",
        "event.provider",
        "event.dataset",
        "data_stream",
        "data_stream.dataset",
        "fields",
        // Rows that Athena unloads.
        "eventname",
        // Splunk ends a page with a line that has no result.
        "preview",
        "lastrow",
        // The action lines of the bulk interface of Elasticsearch.
        "index",
        "create",
    ];
    KEYS.contains(&key)
}

/// Whether a top-level array under this key holds wrapped records: `lookup-events`, a subscription
/// of `CloudWatch` Logs, `filter-log-events`, `get-query-results`, the search results of Splunk, hits of Elasticsearch.
pub fn holds_items(key: &str) -> bool {
    matches!(
        key,
        "Events"
            | "logEvents"
            | "events"
            | "results"
            | "hits"
            | "responses"
            | "Messages"
            | QUERY_ROWS
    )
}

/// The array with the rows that a query of `CloudTrail` Lake answers.
pub const QUERY_ROWS: &str = "QueryResultRows";

/// Whether elements of the array under this key may be arrays that hold a record: rows of an answer.
pub fn holds_rows(key: &str) -> bool {
    matches!(key, QUERY_ROWS | "results")
}

/// How the `eventSource` of an event begins that another service delivers (S3, SNS, SQS, Kinesis,
/// `DynamoDB`), in arrays of the same name and with some of the same keys. Such an event is foreign.
pub const FOREIGN_SOURCE: &[u8] = b"aws:";

/// Whether a text begins like JSON or gzip in base64: `{\"`, `{` and a line feed, `[{`, and what every
/// gzip file begins with.
pub fn is_encoded(text: &[u8]) -> bool {
    [&b"eyJ"[..], b"ewo", b"ew0K", b"W3s", b"H4sI"].iter().any(|first| text.starts_with(first))
}

/// How a record begins as AWS writes it.
pub const RECORD_HEAD: &[u8] = b"{\"eventVersion\"";

/// The object that holds the hits of Elasticsearch one level further down.
pub const HITS: &str = "hits";

/// The key by which `CloudWatch` Logs tells data from chatter.
pub const MESSAGE_TYPE: &str = "messageType";

/// The value of [`MESSAGE_TYPE`] for a message that is no data.
pub const CONTROL_MESSAGE: &[u8] = b"\"CONTROL_MESSAGE\"";

/// What stands in every aggregated event, and as a rule nowhere else.
pub const AGGREGATED: &[u8] = b"AwsAggregatedEvent";

/// The key of the array in an AWS Config snapshot, which can be as large as an inventory is.
pub const CONFIG_ITEMS: &str = "configurationItems";

/// What a top-level object with this key is, if it is known to be no event.
pub fn stranger(key: &str) -> Option<&'static str> {
    match key {
        "digestS3Object" | "digestEndTime" => Some("digest"),
        CONFIG_ITEMS | "configSnapshotId" => Some("AWS Config snapshot or history"),
        "hashSignature" | "queryCompleteTime" => Some("signature of a Lake query"),
        "PublicKeyList" => Some("list of public keys"),
        _ => None,
    }
}

/// Whether a member of a top-level object tells that it is an aggregated event.
pub fn is_aggregated(key: &str, value: &[u8]) -> bool {
    match key {
        "eventCategory" => value == b"\"Aggregated\"",
        "eventType" => value == b"\"AwsAggregatedEvent\"",
        _ => false,
    }
}

/// Whether a member says that its object is a foreign event.
pub fn is_foreign(key: &str, value: &[u8]) -> bool {
    // The colon may be escaped, although no service does so.
    matches!(key, "eventSource" | "EventSource")
        && value.strip_prefix(b"\"").is_some_and(|value| {
            value.starts_with(FOREIGN_SOURCE)
                || (value.contains(&b'\\')
                    && serde_json::from_slice::<String>(&[b"\"", value].concat())
                        .is_ok_and(|value| value.as_bytes().starts_with(FOREIGN_SOURCE)))
        })
}

/// Whether a text that cannot be read as JSON may have been a record: its keys are in it, be they
/// escaped or not.
pub fn resembles_record(text: &[u8]) -> bool {
    [&b"eventVersion"[..], b"eventSource", b"eventName"]
        .iter()
        .any(|key| memmem::find(text, key).is_some())
}

/// Whether there may be a whole record in a text: it has the names of an event, of its source and of its
/// version, be they escaped or not.
pub fn may_hold_record(text: &[u8]) -> bool {
    [&b"eventVersion"[..], b"eventSource", b"eventName"]
        .iter()
        .all(|key| memmem::find(text, key).is_some())
}

/// What is in texts that may hold records in a form that is not read, each of these alone or two together.
const TRACES: [(&[u8], &[u8]); 10] = [
    (RECORD_HEAD, b""),
    (b"eventName", b"eventSource"),
    // As tables of Athena and of Sentinel spell them.
    (b"eventname", b"eventsource"),
    (b"EventName", b"EventSource"),
    // The product of an event of OCSF, and the kind of one of Chronicle.
    (b"\"CloudTrail\"", b""),
    (b"AWS_CLOUDTRAIL", b""),
    // `{"eventVersion"`, `{"Records"` and the same indented, in base64.
    (b"eyJldmVudFZlcnNpb24i", b""),
    (b"eyJSZWNvcmRzI", b""),
    (b"ewogICJSZWNvcmRzI", b""),
    // What every gzip file without a name begins with, in base64.
    (b"H4sIA", b""),
];

/// Looks for traces of records in a text that comes in pieces.
#[derive(Debug, Clone, Default)]
pub struct Traces {
    met: [[bool; 2]; TRACES.len()],
    /// The end of the last piece.
    tail: Vec<u8>,
}

impl Traces {
    /// Looks at the next piece.
    pub fn look(&mut self, piece: &[u8]) {
        const KEPT: usize = 32;
        if self.tell() {
            return;
        }
        self.tail.extend_from_slice(&piece[..piece.len().min(KEPT)]);
        for (met, (one, other)) in self.met.iter_mut().zip(TRACES) {
            for (met, trace) in met.iter_mut().zip([one, other]) {
                *met |= memmem::find(piece, trace).is_some()
                    || memmem::find(&self.tail, trace).is_some();
            }
        }
        if piece.len() > KEPT {
            self.tail.clear();
            self.tail.extend_from_slice(&piece[piece.len() - KEPT..]);
        }
        let surplus = self.tail.len().saturating_sub(KEPT);
        self.tail.drain(..surplus);
    }

    /// Whether there may be records in what was looked at.
    pub fn tell(&self) -> bool {
        self.met.iter().any(|met| met == &[true, true])
    }
}

/// What an object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// A `CloudTrail` record.
    Record,
    /// A wrapping around the object at this place in it.
    Object(Range<usize>),
    /// A wrapping around the text in the string at this place, quotes included.
    Text(Range<usize>),
    /// A document of Elasticsearch, or a row of a query, that may be built into a record again.
    Document,
    /// It holds an array of records or of wrapped ones.
    Container,
    /// An aggregated event, which has a schema of its own.
    Aggregated,
    /// None of these.
    Foreign,
}

/// How telling a wrapping is, most telling first: of several in one object the first counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    LookedUp,
    Original,
    Raw,
    Source,
    Fields,
    /// From here on, what is a record itself is that.
    Member,
    Message,
}

/// The shape of an object, as far as its members tell.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key that was met or was not")]
pub struct Shape {
    wrapped: Vec<(Rank, Look)>,
    /// There is a `detail-type`, and whether it is one of those of `CloudTrail`.
    detail_type: Option<bool>,
    detail: Option<Look>,
    version: bool,
    source: bool,
    name: bool,
    identified: bool,
    /// One of its keys is one of [`RECORD_KEYS`].
    known: bool,
    foreign: bool,
    container: bool,
    aggregated: bool,
    document: bool,
}

impl Shape {
    /// Notes one member: its key, its value, and where in the object that stands.
    pub fn note(&mut self, key: &str, value: &[u8], range: Range<usize>) {
        let first = value.first().copied().unwrap_or(0);
        let look = match first {
            b'"' => Some(Look::Text(range)),
            b'{' => Some(Look::Object(range)),
            _ => None,
        };
        let holds = |needle: &[u8]| memmem::find(value, needle).is_some();
        match (key, first) {
            ("CloudTrailEvent" | "eventJson" | "eventjson" | "event_json", b'"' | b'{') => {
                self.wraps(Rank::LookedUp, look);
            }
            ("detail-type", _) => self.detail_type = Some(value.ends_with(b"via CloudTrail\"")),
            ("detail", _) => self.detail = look,
            ("event.original", b'"') => self.wraps(Rank::Original, look),
            ("event", b'{') if holds(b"\"original\"") => self.wraps(Rank::Original, look),
            ("_raw", b'"' | b'{') | ("kinesis", b'{') => self.wraps(Rank::Raw, look),
            ("result", b'{') if holds(b"\"_raw\"") => self.wraps(Rank::Raw, look),
            ("fields", b'{') if holds(b"\"event.") || holds(b"\"data_stream.") => {
                self.wraps(Rank::Fields, look);
            }
            ("_source", b'{') => self.wraps(Rank::Source, look),
            ("original", b'"') => self.wraps(Rank::Member, look),
            ("message" | "Message" | "Body" | "body", b'"' | b'{')
            | ("data" | "Data" | "rawData", b'"')
            | ("Sns" | "awslogs", b'{') => self.wraps(Rank::Message, look),
            ("eventVersion", _) => self.version = true,
            ("eventSource", _) => self.source = true,
            ("eventName", _) => self.name = true,
            ("eventID" | "eventType" | "eventTime" | "userIdentity", _) => self.identified = true,
            ("Records", b'[') | (HITS, b'{') => self.container = true,
            (key, b'[') if holds_items(key) => self.container = true,
            _ => {}
        }
        self.known |= RECORD_KEYS.contains(&key);
        self.foreign |= is_foreign(key, value);
        self.aggregated |= is_aggregated(key, value);
        self.document |= match (key, first) {
            ("event.action" | "event.dataset" | "data_stream.dataset" | "eventname", _) => true,
            ("event", b'{') => holds(b"\"action\"") || holds(b"\"dataset\""),
            ("data_stream", b'{') => holds(b"\"dataset\""),
            _ => false,
        };
    }

    fn wraps(&mut self, rank: Rank, look: Option<Look>) {
        self.wrapped.extend(look.map(|look| (rank, look)));
    }

    /// Whether the object itself is a record, whatever else it may hold.
    ///
    /// Stricter than what is asked of an object in a plain file: a group of logs holds all kinds of
    /// objects with an `errorMessage` or a `userAgent`.
    pub fn is_record(&self) -> bool {
        let versioned = self.version && (self.source || self.name || self.identified);
        !self.aggregated && !self.foreign && (versioned || (self.source && self.name))
    }

    /// Whether it may be a record by the least of its keys, although it does not say which event it is.
    pub fn resembles_record(&self) -> bool {
        self.known && !self.foreign
    }

    /// Whether it is an event of another service; see [`FOREIGN_SOURCE`].
    pub fn is_foreign(&self) -> bool {
        self.foreign
    }

    /// What else the object may wrap beside `first`, most telling first.
    pub fn others<'s>(&'s self, first: &'s Look) -> impl Iterator<Item = &'s Look> {
        let mut others: Vec<_> = self.wrapped.iter().collect();
        others.sort_by_key(|(rank, _)| *rank);
        others.into_iter().map(|(_, look)| look).filter(move |look| *look != first)
    }

    /// Whether it may be a document of Elasticsearch or a row of a query, if it is nothing else.
    pub fn is_document(&self) -> bool {
        self.document
    }

    /// What the object is.
    pub fn look(&self) -> Look {
        // Of two that are alike, the last.
        let first = self.wrapped.iter().rev().min_by_key(|(rank, _)| *rank);
        let wrapped =
            |most: Rank| first.filter(|(rank, _)| *rank <= most).map(|(_, look)| look.clone());
        if let Some(look) = wrapped(Rank::LookedUp) {
            return look;
        }
        if let Some(of_cloudtrail) = self.detail_type
            && let Some(detail) = &self.detail
        {
            return if of_cloudtrail { detail.clone() } else { Look::Foreign };
        }
        if let Some(look) = wrapped(Rank::Fields) {
            return look;
        }
        if self.aggregated {
            return Look::Aggregated;
        }
        if self.is_record() {
            return Look::Record;
        }
        if self.container {
            return Look::Container;
        }
        let otherwise = if self.document { Look::Document } else { Look::Foreign };
        wrapped(Rank::Message).unwrap_or(otherwise)
    }
}

#[cfg(test)]
mod tests;
