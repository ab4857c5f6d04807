//! Each stage of the river on its own, on generated archives.
//!
//! `cargo bench --bench stages` measures, `cargo bench --bench stages -- --test` only runs everything
//! once. Bytes are bytes of text unless the stage is about stored ones.

use std::{hint::black_box, path::Path, time::Duration};

use backtrail::{
    archive::{
        Access, Inflated, Input, Limits, ListOptions, Listed, Listing, LocalStore, ObjectRef,
        Place, Store, TextBuffer, inflate,
    },
    cloudtrail::{FileName, Parser},
    engine::{Engine, EvalScratch},
    rule::{Document, LoadedRule},
    ruleset::{Choice, RuleSet, RuleSource},
    scan::{Origin, ScanOptions, Scanner},
    sigma::{self, Placeholders},
    sink::{FormatKind, TableStyle, format},
};
use corpus::archive::{Class, Corpus, Made, Options};
use criterion::{BenchmarkGroup, Criterion, Throughput, measurement::WallTime};

#[path = "corpus/mod.rs"]
#[expect(dead_code, reason = "only a part of the generator is used here")]
mod corpus;

/// A rule for gate A that no generated record matches.
const NAMED: &str = "{eventName: [StopNothing, DeleteNothing]}";
/// A rule for gate B that no generated record matches.
const ANYWHERE: &str = "{userAgent|contains: [no-such-tool, no-other-tool]}";
/// A rule that every record matches.
const EVERY: &str = "{eventName|exists: true}";

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    walk(&mut criterion);
    fetch(&mut criterion);
    inflating(&mut criterion);
    scanning(&mut criterion);
    evaluating(&mut criterion);
    rendering(&mut criterion);
    criterion.final_summary();
}

/// One log file of about so many bytes; one record in a hundred is a match of the seed rule.
fn log(bytes: u64) -> Made {
    let options = Options { class: Class::Large, bytes, hits: 10_000, seed: 7 };
    Corpus::new(options).next().expect("a file of at least one record")
}

/// The engine of one rule with this selection.
fn engine(selection: &str) -> Engine {
    let text = format!(
        "title: t\nlogsource: {{product: aws, service: cloudtrail}}\ndetection:\n  a: {selection}\n  condition: a\n"
    );
    let parsed = sigma::parse(&text, &Placeholders::new());
    let Some(Document::Rule(rule)) = parsed.documents.into_iter().next() else {
        panic!("{:?}", parsed.diagnostics)
    };
    Engine::compile(&[LoadedRule::new(*rule, 0)])
}

fn builtin() -> Engine {
    let rules = RuleSet::load(&[RuleSource::Builtin], &Choice::default(), &Placeholders::new());
    Engine::compile(&rules.expect("the rules of the program can be read").rules)
}

fn name() -> FileName {
    FileName { display: "log.json.gz".to_owned(), raw_hex: None }
}

/// A scan of the whole text; gives the number of findings.
fn scan(scanner: &Scanner<'_>, text: &str) -> u64 {
    let name = name();
    let mut findings = 0;
    scanner.scan(
        Origin { name: &name, integrity: None },
        text.as_bytes(),
        &mut scanner.scratch(),
        &mut |_, _| findings += 1,
    );
    findings
}

fn walk(criterion: &mut Criterion) {
    const FILES: u64 = 2_000;
    let root = tempfile::tempdir().expect("a folder");
    for number in 0..FILES {
        let file = format!("{:02}/{number:06}.json.gz", number % 20);
        corpus::archive::put(&root.path().join(file), b"").expect("a file");
    }
    let mut group = criterion.benchmark_group("walk");
    group.throughput(Throughput::Elements(FILES));
    group.bench_function("files", |bencher| {
        bencher.iter(|| {
            let inputs = vec![Input::Path(root.path().to_owned())];
            let listing = Listing::new(inputs, ListOptions::default());
            assert_eq!(listing.filter(|listed| matches!(listed, Listed::File(_))).count(), 2_000);
        });
    });
}

fn fetch(criterion: &mut Criterion) {
    let root = tempfile::tempdir().expect("a folder");
    for (size, bytes) in [("small", 16 << 10), ("large", 16 << 20)] {
        let packed = log(bytes).pack().expect("it packs");
        let path = root.path().join(size);
        corpus::archive::put(&path, &packed).expect("a file");
        let mut group = criterion.benchmark_group(format!("fetch {size}"));
        group.throughput(Throughput::Bytes(packed.len() as u64));
        bench_fetch(&mut group, "read", Access::Read, &path);
        bench_fetch(&mut group, "mmap", Access::Mmap, &path);
    }
}

fn bench_fetch(group: &mut BenchmarkGroup<'_, WallTime>, id: &str, access: Access, path: &Path) {
    let file = ObjectRef { place: Place::Path(path.to_owned()), name: name(), named: true };
    let (source, mut buffer) = (LocalStore::new(access), Vec::new());
    group.bench_function(id, |bencher| {
        bencher.iter(|| {
            let packed = source.open(&file, &mut buffer).expect("it can be read");
            // A map costs nothing until its pages are touched.
            packed.bytes().iter().step_by(4096).map(|byte| u64::from(*byte)).sum::<u64>()
        });
    });
}

fn inflating(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("inflate");
    for (size, bytes) in [("small", 16 << 10), ("large", 4 << 20)] {
        let log = log(bytes);
        let packed = log.pack().expect("it packs");
        let mut buffer = TextBuffer::default();
        group.throughput(Throughput::Bytes(log.text.len() as u64));
        group.bench_function(size, |bencher| {
            bencher.iter(|| {
                let limits = Limits { max_inflated: 64 << 20 };
                match inflate(&packed, limits, &mut buffer) {
                    Ok(Inflated::Whole { text, .. }) => text.len(),
                    other => panic!("{other:?}"),
                }
            });
        });
    }
}

/// The gates where they see nothing, the split of everything, and all our rules with their hits.
fn scanning(criterion: &mut Criterion) {
    let log = log(4 << 20);
    let mut group = criterion.benchmark_group("scan");
    group.throughput(Throughput::Bytes(log.text.len() as u64));
    let split = ScanOptions { parse_all: true, ..ScanOptions::default() };
    for (id, engine, options, any) in [
        ("gate A", engine(NAMED), ScanOptions::default(), false),
        ("gate B", engine(ANYWHERE), ScanOptions::default(), false),
        ("split and parse", engine(NAMED), split, false),
        ("builtin rules", builtin(), ScanOptions::default(), true),
    ] {
        let scanner = Scanner::new(&engine, options).expect("the gates can be built");
        assert_eq!(scan(&scanner, &log.text) > 0, any, "{id}");
        group.bench_function(id, |bencher| bencher.iter(|| scan(&scanner, &log.text)));
    }
}

/// Each record of a log file, on one line.
fn records(log: &Made) -> Vec<String> {
    let (engine, name) = (engine(EVERY), name());
    let scanner = Scanner::new(&engine, ScanOptions::default()).expect("the gates can be built");
    let mut records = Vec::new();
    scanner.scan(
        Origin { name: &name, integrity: None },
        log.text.as_bytes(),
        &mut scanner.scratch(),
        &mut |_, finding| records.push(finding.event.to_string()),
    );
    assert_eq!(records.len() as u64, log.tally.records);
    records
}

fn evaluating(criterion: &mut Criterion) {
    let records = records(&log(1 << 20));
    let engine = builtin();
    let (mut parser, mut scratch) = (Parser::default(), EvalScratch::default());
    let mut group = criterion.benchmark_group("record");
    group.throughput(Throughput::Elements(records.len() as u64));
    group.bench_function("parse", |bencher| {
        bencher.iter(|| {
            let mut nodes = 0;
            for record in &records {
                let parsed = parser.parse(record.as_bytes(), |event| event.after(0));
                nodes += parsed.expect("a record");
            }
            nodes
        });
    });
    group.bench_function("parse and evaluate", |bencher| {
        bencher.iter(|| {
            let mut matches = 0;
            for record in &records {
                let parsed = parser.parse(record.as_bytes(), |event| {
                    (0..engine.len())
                        .filter(|&rule| engine.matches(rule, event, &mut scratch))
                        .count()
                });
                matches += parsed.expect("a record");
            }
            matches
        });
    });
}

/// A finding lives only while the scanner shows it, so it is there that it is rendered.
fn rendering(criterion: &mut Criterion) {
    let log = log(1 << 20);
    let (engine, name) = (builtin(), name());
    let scanner = Scanner::new(&engine, ScanOptions::default()).expect("the gates can be built");
    let mut group = criterion.benchmark_group("render");
    group.throughput(Throughput::Elements(1));
    let mut shown = false;
    scanner.scan(
        Origin { name: &name, integrity: None },
        log.text.as_bytes(),
        &mut scanner.scratch(),
        &mut |_, finding| {
            if std::mem::replace(&mut shown, true) {
                return;
            }
            for (id, kind) in [
                ("ndjson", FormatKind::Ndjson),
                ("csv", FormatKind::Csv),
                ("table", FormatKind::Table),
            ] {
                let style = TableStyle { color: true, width: 160, unicode: true, events: false };
                let (format, mut out) = (format(kind, style), Vec::new());
                group.bench_function(id, |bencher| {
                    bencher.iter(|| {
                        out.clear();
                        format.render(black_box(finding), &mut out);
                        out.len()
                    });
                });
            }
        },
    );
    assert!(shown, "the log file holds a match");
}
