//! What one run of a hunt needs beside its rules: the spec, and what was resolved from it.

use std::{collections::BTreeMap, num::NonZeroUsize};

use super::{
    sample::Sample,
    spec::{Detail, HuntSpec},
};
use crate::{
    archive::{Access, Input, Limits, ListOptions},
    scan::ScanOptions,
    verify::Evidence,
};

/// The options of one run. The caller resolves them; nothing is looked up later.
#[derive(Debug)]
pub struct Options {
    /// What the hunt is. Paths and rules in it are as named; `inputs` and `listing` are in force.
    pub spec: HuntSpec,
    /// What to search, in this order.
    pub inputs: Vec<Input>,
    /// How folders are walked, and what is left out of them.
    pub listing: ListOptions,
    /// Open only a part of these files, to learn what all would cost.
    pub sample: Option<Sample>,
    /// Worker threads.
    pub threads: NonZeroUsize,
    /// How files are opened.
    pub access: Access,
    /// The digests to verify each file against.
    pub evidence: Option<Evidence>,
    /// All options by name, for the coverage report.
    pub command: BTreeMap<String, serde_json::Value>,
}

impl Options {
    /// A hunt through `inputs` with every default, on one thread.
    pub fn over(inputs: Vec<Input>) -> Self {
        Self {
            spec: HuntSpec::default(),
            inputs,
            listing: ListOptions::default(),
            sample: None,
            threads: NonZeroUsize::MIN,
            access: Access::Auto,
            evidence: None,
            command: BTreeMap::new(),
        }
    }

    /// Whether the coverage report names every file, with its SHA-256: a run bundle needs that.
    pub(super) fn names_every_file(&self) -> bool {
        self.spec.output.bundle.is_some() || self.spec.output.coverage_detail == Detail::All
    }

    /// The part of the options that bounds decompression.
    pub(super) fn limits(&self) -> Limits {
        Limits { max_inflated: self.spec.max_inflated }
    }

    /// The part of the options that the scanner needs.
    pub(super) fn scan(&self) -> ScanOptions {
        ScanOptions {
            no_prefilter: self.spec.no_prefilter,
            parse_all: self.spec.output.coverage_detail == Detail::All,
            event_times: self.spec.output.coverage_detail != Detail::None,
            from: self.spec.bounds.from,
            to: self.spec.bounds.to,
        }
    }
}
