//! What 10, 100 and 1,000 rules cost: to read, to compile, and to scan with.
//!
//! The rules are generated: of ten, seven pin the event name, one pins it to a list and looks at a
//! parameter, one needs a text in the user agent, one a regular expression. One in fifty can match.

use std::{fmt::Write as _, time::Duration};

use backtrail::{
    cloudtrail::FileName,
    engine::Engine,
    rule::{Document, LoadedRule},
    ruleset::RuleSet,
    scan::{Origin, ScanOptions, Scanner},
    sigma::{self, Placeholders},
};
use corpus::archive::{Class, Corpus, Options};
use criterion::{BenchmarkId, Criterion, Throughput};

#[path = "corpus/mod.rs"]
#[expect(dead_code, reason = "only a part of the generator is used here")]
mod corpus;

const SIZES: [u32; 3] = [10, 100, 1_000];

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    reading(&mut criterion);
    compiling(&mut criterion);
    scanning(&mut criterion);
    criterion.final_summary();
}

/// The text of so many rules, one document each.
fn text(rules: u32) -> String {
    let mut text = String::new();
    for number in 0..rules {
        let selection = match number % 10 {
            _ if number % 50 == 0 => "eventName: GetSigninToken".to_owned(),
            7 => format!(
                "eventName: [PutThing{number}, UpdateThing{number}]\n    requestParameters.thing.name|startswith: prod-{number}-"
            ),
            8 => format!("userAgent|contains: tool-number-{number}"),
            9 => format!("userIdentity.arn|re: ':user/robot-{number}-[0-9a-f]{{8}}$'"),
            _ => format!(
                "eventSource: service{number}.amazonaws.com\n    eventName: DeleteThing{number}"
            ),
        };
        let _ = write!(
            text,
            "---\ntitle: Rule {number}\nlogsource: {{product: aws, service: cloudtrail}}\n\
             detection:\n  a:\n    {selection}\n  condition: a\n"
        );
    }
    text
}

fn read(text: &str) -> RuleSet {
    let parsed = sigma::parse(text, &Placeholders::new());
    let rules = parsed.documents.into_iter().filter_map(|document| match document {
        Document::Rule(rule) => Some(LoadedRule::new(*rule, 0)),
        _ => None,
    });
    RuleSet { rules: rules.collect(), ..RuleSet::default() }
}

/// The rules of each size, all of them sound.
fn sets() -> impl Iterator<Item = (u32, RuleSet)> {
    SIZES.into_iter().map(|size| {
        let set = read(&text(size));
        assert_eq!(set.rules.len(), size as usize);
        (size, set)
    })
}

fn reading(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("read rules");
    for size in SIZES {
        let text = text(size);
        group.throughput(Throughput::Elements(size.into()));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter(|| read(&text).rules.len());
        });
    }
}

fn compiling(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("compile rules");
    for (size, set) in sets() {
        group.throughput(Throughput::Elements(size.into()));
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter(|| {
                let engine = Engine::compile(&set.rules);
                Scanner::new(&engine, ScanOptions::default()).expect("the gates can be built");
                engine.len()
            });
        });
    }
}

fn scanning(criterion: &mut Criterion) {
    let options = Options { class: Class::Large, bytes: 4 << 20, hits: 1_000, seed: 7 };
    let log = Corpus::new(options).next().expect("a file of at least one record");
    let name = FileName { display: "log.json.gz".to_owned(), raw_hex: None };
    let mut group = criterion.benchmark_group("scan with rules");
    group.throughput(Throughput::Bytes(log.text.len() as u64));
    for (size, set) in sets() {
        let engine = Engine::compile(&set.rules);
        let scanner = Scanner::new(&engine, ScanOptions::default()).expect("gates can be built");
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter(|| {
                let mut findings = 0;
                scanner.scan(
                    Origin { name: &name, integrity: None },
                    log.text.as_bytes(),
                    &mut scanner.scratch(),
                    &mut |_, _| findings += 1,
                );
                findings
            });
        });
    }
}
