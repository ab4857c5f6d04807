//! A panic in a file is that file's alone.

use std::num::NonZeroUsize;

use super::*;
use crate::{
    engine::Engine,
    hunt::{Bounds, Duplicates},
    ruleset::RuleSet,
    sink::{FormatKind, TableStyle, format},
    source::{Access, ListOptions, Packed, Place, SourceError},
};

/// Panics for a file named `panic`, and has `{"Records":[]}` for any other.
struct Moody;

impl Source for Moody {
    fn fetch<'b>(
        &self,
        file: &LogFile,
        buffer: &'b mut Vec<u8>,
    ) -> Result<Packed<'b>, SourceError> {
        assert!(file.name.display != "panic", "of all files {}", file.name.display);
        buffer.clear();
        buffer.extend_from_slice(br#"{"Records":[]}"#);
        Ok(Packed::Bytes(buffer))
    }
}

struct Blind;

impl Progress for Blind {
    fn listed(&self, _files: u64) {}
    fn listing_done(&self) {}
    fn file_done(&self, _packed: u64, _inflated: u64) {}
    fn findings(&self, _written: u64) {}
    fn told(&self, _name: &FileName, _outcome: &Outcome) {}
}

fn options() -> Options {
    Options {
        inputs: Vec::new(),
        listing: ListOptions::default(),
        bounds: Bounds::default(),
        sample: None,
        threads: NonZeroUsize::MIN,
        access: Access::Auto,
        max_inflated: 1 << 20,
        no_prefilter: false,
        detail: Detail::None,
        duplicates: Duplicates::Drop,
        sort: Sort::File,
        evidence: None,
        limit: None,
        command: std::collections::BTreeMap::new(),
    }
}

#[test]
fn a_panic_fails_its_file_and_no_other() {
    let options = options();
    let engine = Engine::compile(&RuleSet::default());
    let scanner = Scanner::new(&engine, options.scan()).expect("no rules are no trouble");
    let format = format(FormatKind::Ndjson, TableStyle { color: false, width: 80, unicode: false });
    let shop = Shop {
        options: &options,
        source: &Moody,
        scanner: &scanner,
        format: &*format,
        progress: &Blind,
        work: Work::Hunt,
    };
    let mut worker = Worker::new(&shop);
    let mut outcome = |seq, name: &str| {
        let name = FileName { display: name.to_owned(), raw_hex: None };
        let report = worker.work(Job {
            seq,
            file: LogFile { place: Place::Stdin, name: name.clone(), named: true },
        });
        assert_eq!((report.seq, report.name), (seq, name));
        report.outcome
    };
    assert_eq!(outcome(0, "before"), Outcome::Read);
    assert_eq!(
        outcome(1, "panic"),
        Outcome::Failed("internal error: of all files panic".to_owned())
    );
    assert_eq!(outcome(2, "after"), Outcome::Read);
}
