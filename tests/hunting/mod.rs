//! A whole hunt, by the library, for tests that look at what it finds.

use std::{
    num::NonZeroUsize,
    path::PathBuf,
    sync::{Arc, Mutex, atomic::AtomicBool},
};

use backtrail::{
    archive::Input,
    cloudtrail::FileName,
    coverage::Outcome,
    engine::Engine,
    hunt::{self, Duplicates, HuntSpec, Memory, Options, Progress, Task},
    ruleset::RuleSet,
    sink::{FormatKind, Sink, SinkError, TableStyle, format},
};

/// Takes what a hunt writes.
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Sink for Kept {
    fn write(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        self.0.lock().expect("nobody panicked").extend_from_slice(bytes);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        Ok(())
    }

    fn abandon(self: Box<Self>) -> Option<PathBuf> {
        None
    }
}

struct Unwatched;

impl Progress for Unwatched {
    fn listed(&self, _files: u64) {}
    fn listing_done(&self) {}
    fn file_done(&self, _packed: u64, _inflated: u64) {}
    fn findings(&self, _written: u64) {}
    fn told(&self, name: &FileName, outcome: &Outcome) {
        panic!("{name:?}: {outcome:?}");
    }
}

/// What a hunt through the files finds, as NDJSON. All of them are read whole. It runs on so many threads and
/// may hold so many bytes.
pub(crate) fn hunted(
    set: &RuleSet,
    files: &[PathBuf],
    duplicates: Duplicates,
    (threads, memory): (usize, usize),
) -> String {
    let mut spec =
        HuntSpec { max_inflated: 1 << 20, memory: Memory(memory), ..HuntSpec::default() };
    spec.output.duplicates = duplicates;
    let options = Options {
        spec,
        threads: NonZeroUsize::new(threads).expect("some"),
        ..Options::over(files.iter().cloned().map(Input::Path).collect())
    };
    let style = TableStyle { color: false, width: 80, unicode: true, events: false };
    let kept = Arc::new(Mutex::new(Vec::new()));
    let task = Task {
        rules: set,
        engine: &Engine::compile(&set.rules),
        format: &*format(FormatKind::Ndjson, style),
        progress: &Unwatched,
        interrupt: &AtomicBool::new(false),
    };
    let hunted =
        hunt::run(options, task, Box::new(Kept(Arc::clone(&kept))), None).expect("the hunt runs");
    let all_ran = hunted.coverage.correlations.ran || set.correlations.is_empty();
    assert!(hunted.failure.is_none() && all_ran, "{hunted:?}");
    String::from_utf8(std::mem::take(&mut *kept.lock().expect("nobody panicked"))).expect("UTF-8")
}
