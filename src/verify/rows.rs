//! Files that are not valid: on disk where they are many, counted by what they are.

use std::{
    collections::BTreeMap,
    io::{self, BufRead},
};

use serde::{
    Deserialize, Serialize, Serializer,
    ser::{Error, SerializeSeq},
};

use super::{Verdict, spill::Spill};
use crate::cloudtrail::FileName;

/// Bytes of rows that stay in memory.
const HELD: usize = 4 << 20;

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A digest, or a file among the digests.
    Digest,
    /// A log file, or any other file.
    Log,
    /// The signature of a `CloudTrail` Lake query.
    Query,
    /// A result of such a query.
    Result,
}

/// One file that is not valid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// What it is.
    pub kind: Kind,
    /// Its name; of a missing one, the key AWS gave it.
    pub name: String,
    /// Its raw name in hex, if that is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name_raw: Option<String>,
    /// What is known of it.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
    /// The digest that names it.
    pub digest: Option<String>,
}

impl Row {
    pub(super) fn new(kind: Kind, name: &FileName, verdict: Verdict, reason: String) -> Self {
        let FileName { display, raw_hex } = name.clone();
        Self { kind, name: display, name_raw: raw_hex, verdict, reason, digest: None }
    }
}

/// Rows in the order they were pushed. Serializes as a list of them.
#[derive(Debug)]
pub struct Rows {
    /// One JSON text a line.
    lines: Spill,
    counts: BTreeMap<(Kind, Verdict), u64>,
}

impl Default for Rows {
    fn default() -> Self {
        Self { lines: Spill::new(HELD), counts: BTreeMap::new() }
    }
}

impl Rows {
    pub(super) fn push(&mut self, row: &Row) -> io::Result<()> {
        let mut line = serde_json::to_vec(row)?;
        line.push(b'\n');
        self.lines.push(&line)?;
        *self.counts.entry((row.kind, row.verdict)).or_default() += 1;
        Ok(())
    }

    /// Rows of that kind and verdict.
    pub fn count(&self, kind: Kind, verdict: Verdict) -> u64 {
        self.counts.get(&(kind, verdict)).copied().unwrap_or(0)
    }

    /// Whether there is a row with such a verdict.
    pub fn any(&self, verdict: impl Fn(Verdict) -> bool) -> bool {
        self.counts.keys().any(|(_, of)| verdict(*of))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The rows, read back one at a time. An error is one of the temporary file.
    pub fn iter(&self) -> impl Iterator<Item = io::Result<Row>> {
        self.lines.reader().split(b'\n').map(|line| Ok(serde_json::from_slice(&line?)?))
    }
}

impl Serialize for Rows {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut list = to.serialize_seq(None)?;
        for row in self.iter() {
            list.serialize_element(&row.map_err(S::Error::custom)?)?;
        }
        list.end()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    #[test]
    fn rows_come_back_in_order_also_from_disk() {
        let mut rows = Rows { lines: Spill::new(100), ..Rows::default() };
        let row = |number: u32| {
            let name = FileName::of(format!("{number}\n\"\u{2028}").as_bytes());
            Row::new(Kind::Log, &name, Verdict::Unlisted, "no digest lists it".to_owned())
        };
        for number in 0..100 {
            rows.push(&row(number)).unwrap();
        }
        let back: Vec<_> = rows.iter().map(Result::unwrap).collect();
        assert_eq!(back, (0..100).map(row).collect::<Vec<_>>());
        assert_eq!(rows.count(Kind::Log, Verdict::Unlisted), 100);
        assert_eq!(rows.count(Kind::Digest, Verdict::Unlisted), 0);
        assert_eq!(serde_json::to_value(&rows).unwrap().as_array().unwrap().len(), 100);
    }
}
