//! What a hunt is asked to do, with every default filled in.

use std::{collections::BTreeMap, num::NonZeroUsize};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::memory::Memory;
use super::{Journal, Sample};
use crate::{
    archive::{Access, Input, Limits, ListOptions},
    scan::ScanOptions,
    verify::Evidence,
};

/// The options of one hunt. The edge resolves them; nothing is looked up later.
#[derive(Debug)]
pub struct Options {
    /// What to search, in this order.
    pub inputs: Vec<Input>,
    /// How folders are walked, and what is left out of them.
    pub listing: ListOptions,
    /// Which files are opened, by what their names say.
    pub bounds: Bounds,
    /// Open only a part of these files, to learn what all would cost.
    pub sample: Option<Sample>,
    /// Worker threads.
    pub threads: NonZeroUsize,
    /// How files are opened.
    pub access: Access,
    /// Bytes of inflated text that one worker holds; a larger file is streamed.
    pub max_inflated: usize,
    /// Evaluate every rule on every record.
    pub no_prefilter: bool,
    /// How closely the coverage record looks.
    pub detail: Detail,
    /// The coverage record names every file with its SHA-256, also without full detail.
    pub hash_files: bool,
    /// What becomes of a record that was found before.
    pub duplicates: Duplicates,
    /// The order of the findings.
    pub sort: Sort,
    /// The digests to hold each file against, if that is wanted.
    pub evidence: Option<Evidence>,
    /// Stop after that many findings.
    pub limit: Option<u64>,
    /// What may be held in memory beside texts; what is more waits on disk.
    pub memory: Memory,
    /// Where the hunt keeps what it has done, so that it can go on; the inputs were listed there.
    pub journal: Option<Journal>,
    /// The options as the coverage record tells them.
    pub command: BTreeMap<String, serde_json::Value>,
}

impl Options {
    /// What a hunt over `inputs` is asked to do if nothing else is said: by one thread, holding texts of up to 64 MiB.
    pub fn over(inputs: Vec<Input>) -> Self {
        Self {
            inputs,
            listing: ListOptions::default(),
            bounds: Bounds::default(),
            sample: None,
            threads: NonZeroUsize::MIN,
            access: Access::Auto,
            max_inflated: 64 << 20,
            no_prefilter: false,
            detail: Detail::None,
            hash_files: false,
            duplicates: Duplicates::Drop,
            sort: Sort::File,
            evidence: None,
            limit: None,
            memory: Memory::default(),
            journal: None,
            command: BTreeMap::new(),
        }
    }

    /// Whether the coverage record names every file, with its SHA-256.
    pub(super) fn names_every_file(&self) -> bool {
        self.hash_files || self.detail == Detail::All
    }

    /// The part of the options that bounds decompression.
    pub(super) fn limits(&self) -> Limits {
        Limits { max_inflated: self.max_inflated }
    }

    /// The part of the options that the scanner needs.
    pub(super) fn scan(&self) -> ScanOptions {
        ScanOptions {
            no_prefilter: self.no_prefilter,
            parse_all: self.detail == Detail::All,
            event_times: self.detail != Detail::None,
            from: self.bounds.from,
            to: self.bounds.to,
        }
    }
}

/// Bounds on event time and on what a file's key says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bounds {
    /// Earliest event time wanted.
    pub from: Option<Timestamp>,
    /// First event time no longer wanted.
    pub to: Option<Timestamp>,
    /// Days that a file may be delivered after its events.
    pub late_days: u32,
    /// Accounts wanted; all if empty.
    pub accounts: Vec<String>,
    /// Regions wanted; all if empty.
    pub regions: Vec<String>,
}

/// How closely the coverage record looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Detail {
    /// Files by outcome; only those that are not plainly read are named.
    #[default]
    None,
    /// Also the first and last event time of each day.
    Times,
    /// Also every file with its SHA-256, and records counted exactly.
    All,
}

/// What becomes of a record that was found before by the same rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Duplicates {
    /// It is dropped and counted.
    #[default]
    Drop,
    /// It is written again.
    Keep,
}

/// The order of the findings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sort {
    /// File, record, rule.
    #[default]
    File,
    /// Event time, event id, rule id; findings without a readable time come last.
    Time,
}
