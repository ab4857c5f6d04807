//! What kinds of things a text held, and how they are told apart.

use memchr::memmem;

use super::Damage;
use crate::{cloudtrail::envelope::RECORD_KEYS, scan::Content};

/// What kinds of things a text held.
#[derive(Debug, Clone, Default)]
pub(in crate::scan) struct Seen {
    /// `Records` arrays.
    pub(in crate::scan) containers: u64,
    /// Records in top-level arrays or on their own, that look like records.
    pub(in crate::scan) loose_records: u64,
    /// Records that were taken out of wrappings, and broken ones met there.
    pub(in crate::scan) unwrapped: u64,
    /// Of these, records that were built again from a document or a row.
    pub(in crate::scan) rebuilt: u64,
    /// Documents of Elasticsearch of other data, which are foreign.
    pub(in crate::scan) other_documents: u64,
    /// Wrapped things that are no records.
    pub(in crate::scan) foreign: u64,
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
    /// Notes whether an element of a top-level array looks like a record.
    pub(in crate::scan) fn look_at_element(&mut self, value: &[u8]) {
        if RECORD_KEYS
            .iter()
            .any(|key| memmem::find(value, format!("\"{key}\"").as_bytes()).is_some())
        {
            self.loose_records += 1;
        } else {
            self.stranger(|| "an array of objects without the keys of a record".to_owned());
        }
    }

    /// Notes what became of an item: whether a record was found in it.
    pub(in crate::scan) fn note_item(&mut self, found: bool) {
        if found {
            self.unwrapped += 1;
        } else {
            self.foreign += 1;
        }
    }

    /// Whether nothing was met that holds records, or is known to hold none.
    pub(in crate::scan) fn is_not_understood(&self) -> bool {
        self.containers + self.loose_records + self.unwrapped == 0 && self.known.is_none()
    }

    /// Whether all of it is data of another kind: a table, or JSON in which nothing wraps records.
    pub(in crate::scan) fn is_other_data(&self) -> bool {
        !self.prose && self.foreign + self.holders + self.aggregated == 0
    }

    pub(super) fn stranger(&mut self, what: impl FnOnce() -> String) {
        if self.first_stranger.is_none() {
            self.first_stranger = Some(what());
        }
        self.strangers += 1;
    }
    /// What a text of `records` records was, and what was wrong with it.
    pub(in crate::scan) fn verdict(
        self,
        mut damage: Damage,
        records: u64,
    ) -> (Content, Vec<String>) {
        if self.aggregated > 0 && self.aggregated == records {
            return (Content::Stranger("aggregated events"), Vec::new());
        }
        let found = self.containers + self.loose_records + self.unwrapped;
        let empty = self.holders > 0 && records == 0 && self.strangers == 0 && damage.is_empty();
        if found > 0 || (empty && self.control == 0) {
            if self.strangers > 0 {
                let first = self.first_stranger.unwrap_or_default();
                damage.add(format!("{} top-level values are no records: {first}", self.strangers));
            }
            if self.aggregated > 0 {
                damage.add(format!("{} aggregated events are not searched", self.aggregated));
            }
            return (Content::Trail, damage.into_reasons());
        }
        if self.other_documents > 0 && self.other_documents == self.foreign && self.strangers == 0 {
            return (Content::Stranger("Elasticsearch documents of other data"), Vec::new());
        }
        if let Some(known) = self.known {
            return (Content::Stranger(known), Vec::new());
        }
        if self.control > 0 && self.control == self.holders && self.strangers == 0 {
            return (Content::Stranger("CloudWatch Logs control message"), Vec::new());
        }
        let why = if let Some(columns) = self.columns {
            Some(format!("a table without event JSON in it; its columns are {columns}"))
        } else if self.foreign > 0 {
            Some(format!("no CloudTrail record in any of its {} items", self.foreign))
        } else {
            self.first_stranger.or_else(|| damage.into_reasons().into_iter().next())
        };
        // Then it is no bystander, whatever its name.
        let told =
            if self.resembles { vec!["there may be records in it".to_owned()] } else { Vec::new() };
        (why.map_or(Content::Trail, Content::Unknown), told)
    }
}
