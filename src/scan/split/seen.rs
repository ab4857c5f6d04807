//! What kinds of things a text held, and how they are told apart.

use super::Damage;
use crate::scan::Content;

/// What kinds of things a text held.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is something that was met or was not")]
pub(in crate::scan) struct Seen {
    /// `Records` arrays.
    pub(in crate::scan) containers: u64,
    /// Records in them, as they are.
    pub(in crate::scan) plain: u64,
    /// Records in top-level arrays or on their own, that look like records.
    pub(in crate::scan) loose_records: u64,
    /// Records that were taken out of wrappings, and broken ones met there.
    pub(in crate::scan) unwrapped: u64,
    /// Broken records, those inside items included.
    pub(in crate::scan) broken: u64,
    /// Of these, records that were built again from a document or a row.
    pub(in crate::scan) rebuilt: u64,
    /// Documents of Elasticsearch of other data, which are foreign.
    pub(in crate::scan) other_documents: u64,
    /// Items and lines that are no records and hold none.
    pub(in crate::scan) foreign: u64,
    /// Of these, elements of a top-level array.
    pub(in crate::scan) elements: u64,
    /// Events of other AWS services.
    pub(in crate::scan) foreign_events: u64,
    /// Of the foreign items, such events.
    pub(in crate::scan) foreign_event_items: u64,
    /// Lines that are no JSON, in a text that is not known to be a log with records on its lines.
    pub(in crate::scan) stranger_lines: u64,
    /// What the first of these was.
    pub(in crate::scan) first_line: Option<String>,
    /// The text is a log with records on its lines.
    pub(in crate::scan) stamped: bool,
    /// Events of another schema, which no rule for records applies to.
    pub(in crate::scan) aggregated: u64,
    /// Objects that hold an array of wrapped records.
    pub(in crate::scan) holders: u64,
    /// Of these, messages without data.
    pub(in crate::scan) control: u64,
    /// What a text without a record in it is known to be.
    pub(in crate::scan) known: Option<&'static str>,
    /// Lines that are no JSON were met.
    pub(in crate::scan) prose: bool,
    /// It ends before its last value does.
    pub(in crate::scan) cut: bool,
    /// It has traces of records in it.
    pub(in crate::scan) resembles: bool,
    /// The names of the columns, if the text is a table.
    pub(in crate::scan) columns: Option<String>,
    /// Top-level values that are neither, and what the first of them was.
    pub(in crate::scan) strangers: u64,
    /// What the first stranger was.
    pub(in crate::scan) first_stranger: Option<String>,
}

impl Seen {
    /// Whether nothing was met that holds records, or is known to hold none.
    pub(in crate::scan) fn is_not_understood(&self) -> bool {
        self.containers + self.loose_records + self.unwrapped == 0 && self.known.is_none()
    }

    /// Whether all of it is data of another kind: a table, or JSON in which nothing wraps records. What
    /// is cut may be what was left of a log.
    pub(in crate::scan) fn is_other_data(&self) -> bool {
        let wrapped = self.foreign - self.elements + self.holders + self.containers;
        !self.prose && !self.cut && wrapped + self.aggregated == 0
    }

    pub(super) fn stranger(&mut self, what: impl FnOnce() -> String) {
        if self.first_stranger.is_none() {
            self.first_stranger = Some(what());
        }
        self.strangers += 1;
    }
    /// What a text of `records` records was, and what was wrong with it.
    pub(in crate::scan) fn verdict(
        mut self,
        mut damage: Damage,
        records: u64,
    ) -> (Content, Vec<String>) {
        if !self.stamped && self.stranger_lines > 0 {
            self.strangers += self.stranger_lines;
            self.first_stranger = self.first_line.take().or(self.first_stranger);
        }
        let hides = damage.hides();
        if self.aggregated > 0 && self.aggregated == self.foreign && records == 0 && !hides {
            return (Content::Stranger("aggregated events"), Vec::new());
        }
        let found = self.plain + self.loose_records + self.unwrapped;
        let container = self.containers > 0 && (self.foreign == 0 || !damage.is_empty());
        let nothing = records + self.foreign == 0;
        let empty = self.holders > 0 && nothing && self.strangers == 0 && damage.is_empty();
        if found > 0 || container || (empty && self.control == 0) {
            if self.strangers > 0 {
                let first = self.first_stranger.unwrap_or_default();
                damage.add(format!("{} top-level values are no records: {first}", self.strangers));
            }
            if self.aggregated > 0 {
                damage.add(format!("{} aggregated events are not searched", self.aggregated));
            }
            return (Content::Trail, damage.into_reasons());
        }
        if let Some(stranger) = self.stranger_text().filter(|_| !hides) {
            return (Content::Stranger(stranger), Vec::new());
        }
        let why = if let Some(columns) = self.columns {
            Some(format!("a table without event JSON in it; its columns are {columns}"))
        } else if self.foreign == 1 {
            Some("its only item holds no CloudTrail record".to_owned())
        } else if self.foreign > 0 {
            Some(format!("none of its {} items holds a CloudTrail record", self.foreign))
        } else {
            self.first_stranger.or_else(|| damage.into_reasons().into_iter().next())
        };
        // Then it is no bystander, whatever its name.
        let told = if self.resembles || hides {
            vec!["there may be records in it".to_owned()]
        } else {
            Vec::new()
        };
        (why.map_or(Content::Trail, Content::Unknown), told)
    }

    /// What a text is in which no record was found, if it is known to hold none.
    fn stranger_text(&self) -> Option<&'static str> {
        let alone = self.strangers == 0;
        if alone && self.other_documents > 0 && self.other_documents == self.foreign {
            return Some("Elasticsearch documents of other data");
        }
        let notifications = self.foreign_events > 0 && self.foreign_event_items == self.foreign;
        let control = self.control > 0 && self.control == self.holders;
        self.known
            .or_else(|| {
                (alone && notifications).then_some("event notifications of other AWS services")
            })
            .or_else(|| (alone && control).then_some("CloudWatch Logs control message"))
    }
}
