//! The progress of a hunt or a verification on standard error: files, speed, findings, time left.

use std::{
    fmt::Write as _,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use anyhow::Result;
use backtrail::{
    cloudtrail::FileName,
    coverage::Outcome,
    hunt::Progress,
    sink::{Sink, SinkError},
    verify::Watch,
};
use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use super::{
    args::When,
    render::{self, Voice},
};

/// Counts what the hunt tells, and shows it now and then.
pub(super) struct Bar {
    drawn: ProgressBar,
    counts: Arc<Counts>,
    voice: Voice,
    /// The bar cannot be drawn, so a line is written each second.
    lines: bool,
    /// The last second that a line told of.
    told: AtomicU64,
}

#[derive(Debug, Default)]
struct Counts {
    listed: AtomicU64,
    listing_done: AtomicBool,
    done: AtomicU64,
    inflated: AtomicU64,
    findings: AtomicU64,
    /// There are no findings to tell of.
    finds_nothing: AtomicBool,
}

impl Bar {
    /// A bar where it is wanted and can be seen.
    pub(super) fn new(when: When, voice: Voice) -> Result<Self> {
        let shown = match when {
            When::Auto => render::is_watched() && !voice.is_quiet(),
            When::Always => true,
            When::Never => false,
        };
        let counts = Arc::<Counts>::default();
        let bar = if shown && render::is_watched() {
            ProgressBar::no_length()
        } else {
            ProgressBar::hidden()
        };
        let told = Arc::clone(&counts);
        let line = move |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            // Nothing can be done about a line that cannot be formatted.
            let _ = out.write_str(&told.line(state.elapsed()));
        };
        bar.set_style(ProgressStyle::with_template("{spinner} {line}")?.with_key("line", line));
        // The bar starts a thread, and would panic where none can be started.
        if !bar.is_hidden() && thread::Builder::new().spawn(|| {}).is_ok() {
            bar.enable_steady_tick(Duration::from_millis(100));
        }
        Ok(Self {
            lines: shown && bar.is_hidden(),
            drawn: bar,
            counts,
            voice,
            told: AtomicU64::new(0),
        })
    }

    /// A bar over files that are verified: nothing is found there.
    pub(super) fn verifying(when: When, voice: Voice) -> Result<Self> {
        let bar = Self::new(when, voice)?;
        bar.counts.finds_nothing.store(true, Ordering::Relaxed);
        Ok(bar)
    }

    /// A sink that lets the bar step aside while findings appear on the same terminal.
    pub(super) fn beside(&self, sink: Box<dyn Sink>) -> Box<dyn Sink> {
        if self.drawn.is_hidden() {
            sink
        } else {
            Box::new(Beside { bar: self.drawn.clone(), sink })
        }
    }

    /// Takes the bar away.
    pub(super) fn clear(&self) {
        self.drawn.finish_and_clear();
    }
}

impl Progress for Bar {
    fn listed(&self, files: u64) {
        self.counts.listed.fetch_add(files, Ordering::Relaxed);
    }

    fn listing_done(&self) {
        self.counts.listing_done.store(true, Ordering::Relaxed);
    }

    fn file_done(&self, _packed: u64, inflated: u64) {
        self.counts.done.fetch_add(1, Ordering::Relaxed);
        self.counts.inflated.fetch_add(inflated, Ordering::Relaxed);
        if self.lines {
            let second = self.drawn.elapsed().as_secs();
            if self.told.fetch_max(second, Ordering::Relaxed) < second {
                render::line(&self.counts.line(self.drawn.elapsed()));
            }
        }
    }

    fn findings(&self, written: u64) {
        self.counts.findings.fetch_add(written, Ordering::Relaxed);
    }

    fn told(&self, name: &FileName, outcome: &Outcome) {
        if self.voice.is_verbose() {
            let reasons = match outcome {
                Outcome::Read => return,
                Outcome::Salvaged(reasons) => reasons.join("; "),
                Outcome::Skipped(reason) | Outcome::Failed(reason) => reason.clone(),
            };
            let text = format!("{} {}: {reasons}", outcome.as_str(), name.display);
            self.drawn.suspend(|| self.voice.detail(&text));
        }
    }
}

impl Watch for Bar {
    fn listed(&self) {
        self.counts.listing_done.store(false, Ordering::Relaxed);
        Progress::listed(self, 1);
    }

    fn listing_done(&self) {
        Progress::listing_done(self);
    }

    fn read(&self, packed: u64, inflated: u64) {
        self.file_done(packed, inflated);
    }
}

impl Counts {
    /// The state of the hunt on one line.
    fn line(&self, elapsed: Duration) -> String {
        let [listed, done, inflated, findings] =
            [&self.listed, &self.done, &self.inflated, &self.findings]
                .map(|count| count.load(Ordering::Relaxed));
        let listing_done = self.listing_done.load(Ordering::Relaxed);
        let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX).max(1);
        let more = if listing_done { "" } else { "+" };
        let mut line = format!("{done}/{listed}{more} files, {} MB/s", inflated / 1000 / millis);
        if !self.finds_nothing.load(Ordering::Relaxed) {
            let _ = write!(line, ", {findings} findings");
        }
        if listing_done && done > 0 && done < listed {
            let left = u128::from(millis) * u128::from(listed - done) / u128::from(done) / 1000;
            let _ = write!(line, ", {}:{:02} left", left / 60, left % 60);
        }
        line
    }
}

/// Writes while the bar is out of the way.
struct Beside {
    bar: ProgressBar,
    sink: Box<dyn Sink>,
}

impl Sink for Beside {
    fn write(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        self.bar.suspend(|| self.sink.write(bytes))
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        let Self { bar, sink } = *self;
        bar.suspend(|| sink.finish())
    }

    fn abandon(self: Box<Self>) -> Option<PathBuf> {
        let Self { bar, sink } = *self;
        bar.suspend(|| sink.abandon())
    }

    fn discard(self: Box<Self>) {
        let Self { bar, sink } = *self;
        bar.suspend(|| sink.discard());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_is_told_once_the_listing_has_ended() {
        let counts = Counts::default();
        counts.listed.store(400, Ordering::Relaxed);
        counts.done.store(100, Ordering::Relaxed);
        counts.inflated.store(50_000_000, Ordering::Relaxed);
        let elapsed = Duration::from_secs(25);
        assert_eq!(counts.line(elapsed), "100/400+ files, 2 MB/s, 0 findings");
        counts.listing_done.store(true, Ordering::Relaxed);
        assert_eq!(counts.line(elapsed), "100/400 files, 2 MB/s, 0 findings, 1:15 left");
        counts.done.store(400, Ordering::Relaxed);
        assert_eq!(counts.line(elapsed), "400/400 files, 2 MB/s, 0 findings");
    }
}
