//! What happens while a hunt goes on: files that change after they were listed, an interrupt in the
//! middle of a bundle.
//!
//! The library is hunted with here, not the program: its progress tells when a file is done, and
//! the one worker waits there until everything has been listed.

use std::{
    fs,
    sync::{
        Condvar, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use backtrail::{
    archive::{Access, Input},
    cloudtrail::FileName,
    coverage::{Coverage, Outcome},
    engine::Engine,
    hunt::{self, Detail, HuntSpec, Options, Progress, Task},
    ruleset::{Choice, RuleSet, RuleSource},
    sigma::Placeholders,
    sink::{FormatKind, Output, TableStyle, format},
};

use crate::{
    Bench, event, log_text,
    pack::{STORED, Zip},
};

/// Changes files once all are listed and the first has been read.
struct Meddler<'m> {
    listed: Mutex<bool>,
    all: Condvar,
    done: AtomicU64,
    interrupt: &'m AtomicBool,
    meddle: &'m Meddle<'m>,
}

/// What is done then; it may interrupt the hunt.
type Meddle<'m> = dyn Fn(&AtomicBool) + Sync + 'm;

impl Progress for Meddler<'_> {
    fn listed(&self, _files: u64) {}

    fn listing_done(&self) {
        *self.listed.lock().unwrap() = true;
        self.all.notify_all();
    }

    fn file_done(&self, _packed: u64, _inflated: u64) {
        if self.done.fetch_add(1, Ordering::Relaxed) == 0 {
            let listed = self.listed.lock().unwrap();
            drop(self.all.wait_while(listed, |listed| !*listed).unwrap());
            (self.meddle)(self.interrupt);
        }
    }

    fn findings(&self, _written: u64) {}

    fn told(&self, _name: &FileName, _outcome: &Outcome) {}
}

/// Hunts through `logs` with one worker.
fn hunt(bench: &Bench, access: Access, meddle: &Meddle<'_>) -> Coverage {
    let interrupt = AtomicBool::new(false);
    let sources = [RuleSource::Path(bench.path("rules"))];
    let rules = RuleSet::load(&sources, &Choice::default(), &Placeholders::new()).unwrap();
    let mut spec = HuntSpec { max_inflated: 1 << 20, ..HuntSpec::default() };
    spec.output.coverage_detail = Detail::All;
    let options = Options { spec, access, ..Options::over(vec![Input::Path(bench.path("logs"))]) };
    let style = TableStyle { color: false, width: 0, unicode: false, events: false };
    let progress = Meddler {
        listed: Mutex::new(false),
        all: Condvar::new(),
        done: AtomicU64::new(0),
        interrupt: &interrupt,
        meddle,
    };
    let task = Task {
        rules: &rules,
        engine: &Engine::compile(&rules.rules),
        format: &*format(FormatKind::Ndjson, style),
        progress: &progress,
        interrupt: &interrupt,
    };
    let sink = Box::new(Output::writer(Box::new(std::io::sink())));
    let hunted = hunt::run(options, task, sink, None);
    let hunted = hunted.unwrap();
    assert!(hunted.failure.is_none());
    hunted.coverage
}

#[test]
fn files_that_vanish_shrink_or_turn_into_folders_after_they_were_listed_are_told() {
    for access in [Access::Auto, Access::Mmap, Access::Read] {
        let bench = Bench::new();
        let records: Vec<_> = (0..20).map(|id| event("StopLogging", id)).collect();
        let text = log_text(&records);
        for name in ["a", "cut", "emptied", "gone", "turned", "z"] {
            bench.file(format!("logs/{name}.json"), &text);
        }
        let coverage = hunt(&bench, access, &|_| {
            bench.file("logs/cut.json", &text[..text.len() / 2]);
            bench.file("logs/emptied.json", "");
            fs::remove_file(bench.path("logs/gone.json")).unwrap();
            fs::remove_file(bench.path("logs/turned.json")).unwrap();
            fs::create_dir(bench.path("logs/turned.json")).unwrap();
        });
        let files: Vec<_> = coverage.files.iter().map(Result::unwrap).collect();
        let told: Vec<_> = files
            .iter()
            .map(|file| {
                let name = file.name.rsplit('/').next().unwrap();
                (name, &*file.outcome, file.reasons.first().map_or("", String::as_str))
            })
            .collect();
        let outcomes: Vec<_> = told.iter().map(|(name, outcome, _)| (*name, *outcome)).collect();
        assert_eq!(
            outcomes,
            [
                ("a.json", "read"),
                ("cut.json", "salvaged"),
                ("emptied.json", "failed"),
                ("gone.json", "failed"),
                ("turned.json", "failed"),
                ("z.json", "read"),
            ],
            "{access:?}"
        );
        assert!(told[3].2.starts_with("cannot open it"), "{told:?}");
        assert_eq!(told[4].2, "not a regular file");
        assert_eq!(coverage.totals.files, 6);
        assert_eq!(coverage.outcomes.values().sum::<u64>(), 6);
        assert_eq!(coverage.totals.findings, 20, "copies are one");
    }
}

#[test]
fn an_interrupt_ends_a_bundle_after_the_file_in_flight() {
    let bench = Bench::new();
    let mut zip = Zip::default();
    for id in 0..100 {
        let text = log_text(&[event("StopLogging", id)]);
        zip.file(format!("{id}.json"), text.as_bytes(), STORED).unwrap();
    }
    bench.file("logs/a.zip", zip.finish());
    bench.file("logs/b.json", log_text(&[event("StopLogging", 1)]));
    let coverage =
        hunt(&bench, Access::Auto, &|interrupt| interrupt.store(true, Ordering::Relaxed));
    assert!(coverage.interrupted);
    assert_eq!((coverage.totals.files, coverage.totals.findings), (1, 1));
    let files: Vec<_> = coverage.files.iter().map(Result::unwrap).collect();
    let names: Vec<_> = files.iter().map(|file| (&*file.name, &*file.outcome)).collect();
    assert!(matches!(names[..], [(name, "read")] if name.ends_with("a.zip!0.json")), "{names:?}");
}
