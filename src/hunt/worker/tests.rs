//! A panic in a file is that file's alone.

use std::sync::atomic::AtomicBool;

use crossbeam_channel::unbounded;
use globset::GlobSet;

use super::*;
use crate::{
    archive::{ObjectRef, Place, Store, StoreError, Stored},
    cloudtrail::FileName,
    coverage::{Coverage, Outcome},
    engine::Engine,
    finding::{CorrelationFinding, Finding},
    hunt::{options::Options, plan::Pruner, progress::Progress, spec::HuntSpec},
    scan::Scanner,
    sink::Format,
};

/// Panics for a file named `panic`, has a tar with four files for `bundle`, and `{"Records":[]}` for
/// any other.
struct Moody;

/// Panics for a finding in a file of that name.
struct Touchy;

impl Format for Touchy {
    fn header(&self, _out: &mut Vec<u8>) {}

    fn render(&self, finding: &Finding<'_>, _out: &mut Vec<u8>) {
        assert!(!finding.file.display.ends_with("panic"), "not {}", finding.file.display);
    }

    fn render_correlation(&self, _finding: &CorrelationFinding<'_>, _out: &mut Vec<u8>) {}

    fn footer(&self, _coverage: &Coverage, _out: &mut Vec<u8>) {}
}

const HIT: &str = r#"{"Records":[{"eventName":"StopLogging"}]}"#;

fn bundle() -> Vec<u8> {
    let mut bytes = Vec::new();
    for name in ["a.json", "panic", "b", "c.json"] {
        let mut block = [0; 512];
        block[..name.len()].copy_from_slice(name.as_bytes());
        let text = if name == "b" { "no data" } else { HIT };
        block[124..135].copy_from_slice(format!("{:011o}", text.len()).as_bytes());
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        bytes.extend(block);
        bytes.extend(text.as_bytes());
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

impl Store for Moody {
    fn open<'b>(
        &self,
        file: &ObjectRef,
        buffer: &'b mut Vec<u8>,
    ) -> Result<Stored<'b>, StoreError> {
        assert!(file.name.display != "panic", "of all files {}", file.name.display);
        buffer.clear();
        if file.name.display == "bundle" {
            buffer.extend(bundle());
        } else {
            buffer.extend_from_slice(br#"{"Records":[]}"#);
        }
        Ok(Stored::Bytes(buffer))
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
        spec: HuntSpec { max_inflated: 1 << 20, ..HuntSpec::default() },
        ..Options::over(Vec::new())
    }
}

/// What becomes of the files of these names, each on its way through one worker.
fn reports(names: &[&str]) -> Vec<FileReport> {
    let options = options();
    let parsed = crate::sigma::parse(
        "title: Stopped\nlogsource: {product: aws, service: cloudtrail}\n\
         detection: {sel: {eventName: StopLogging}, condition: sel}",
        &crate::sigma::Placeholders::new(),
    );
    let rules = parsed.documents.iter().filter_map(|document| match document {
        crate::rule::Document::Rule(rule) => Some(&**rule),
        _ => None,
    });
    let engine = Engine::from_rules(rules);
    let scanner = Scanner::new(&engine, options.scan()).expect("one rule is no trouble");
    let context = WorkerContext {
        options: &options,
        pruner: &Pruner::new(&options.spec.bounds, None),
        exclude: &GlobSet::empty(),
        store: &Moody,
        scanner: &scanner,
        format: &Touchy,
        progress: &Blind,
        work: crate::hunt::context::Work::Hunt,
    };
    let mut worker = Worker::new(&context);
    let (reports, taken) = unbounded();
    let signal = Signal { interrupt: &AtomicBool::new(false), halt: AtomicBool::new(false) };
    let gate = Gate::default();
    let mut outlet = Outlet::new(&reports, &gate, &signal);
    for (seq, name) in (0..).zip(names) {
        let file =
            ObjectRef { place: Place::Stdin, name: FileName::of(name.as_bytes()), named: true };
        assert!(worker.work(Job { seq, file, only_inner: false, position: None }, &mut outlet));
    }
    assert!(outlet.hand_over());
    taken.try_iter().flatten().collect()
}

#[test]
fn a_panic_fails_its_file_and_no_other() {
    let reports = reports(&["before", "panic", "after"]);
    let told: Vec<_> =
        reports.iter().map(|report| (report.seq, &*report.name.display, report.last)).collect();
    assert_eq!(told, [(0, "before", true), (1, "panic", true), (2, "after", true)]);
    let outcomes: Vec<_> = reports.into_iter().map(|report| report.outcome).collect();
    let failed = Outcome::Failed("internal error: of all files panic".to_owned());
    assert_eq!(outcomes, [Outcome::Read, failed, Outcome::Read]);
}

#[test]
fn a_panic_inside_a_bundle_fails_that_file_and_no_other() {
    let reports = reports(&["bundle", "after"]);
    let places: Vec<_> = reports
        .iter()
        .map(|report| (report.seq, report.part, report.last, report.listed))
        .collect();
    assert_eq!(
        places,
        [
            (0, 0, false, true),
            (0, 1, false, true),
            (0, 2, false, true),
            (0, 3, false, true),
            (0, 4, true, false),
            (1, 0, true, true)
        ]
    );
    let told: Vec<_> =
        reports.iter().map(|report| (&*report.name.display, report.outcome.as_str())).collect();
    assert_eq!(
        told[..4],
        [
            ("bundle!a.json", "read"),
            ("bundle!panic", "failed"),
            ("bundle!b", "skipped"),
            ("bundle!c.json", "read")
        ]
    );
    assert!(!reports[3].findings.is_empty(), "what follows the panic is hunted");
    assert_eq!((told[5], reports[4].packed), (("after", "read"), bundle().len() as u64));
}
