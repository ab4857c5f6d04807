//! Findings rendered twice: as they are shown, and as the record keeps them.
//!
//! The collector hands a sink what one call of a format rendered, so the two texts travel as one:
//! the length of the first, the first, the second. Where both are the same there is one only.

use std::path::PathBuf;

use crate::{
    coverage::Coverage,
    finding::{CorrelationFinding, Finding},
    sink::{Format, Sink, SinkError},
};

/// Bytes of the length.
const HEAD: usize = 8;

/// Renders both.
pub(super) struct Twin {
    pub(super) shown: Box<dyn Format>,
    pub(super) kept: Box<dyn Format>,
}

impl Twin {
    fn both(&self, out: &mut Vec<u8>, render: impl Fn(&dyn Format, &mut Vec<u8>)) {
        let start = out.len();
        out.extend_from_slice(&[0; HEAD]);
        render(&*self.shown, out);
        let length = (out.len() - start - HEAD) as u64;
        out[start..start + HEAD].copy_from_slice(&length.to_le_bytes());
        render(&*self.kept, out);
    }
}

impl Format for Twin {
    fn header(&self, out: &mut Vec<u8>) {
        self.both(out, |format, out| format.header(out));
    }

    fn render(&self, finding: &Finding<'_>, out: &mut Vec<u8>) {
        self.both(out, |format, out| format.render(finding, out));
    }

    fn render_correlation(&self, finding: &CorrelationFinding<'_>, out: &mut Vec<u8>) {
        self.both(out, |format, out| format.render_correlation(finding, out));
    }

    fn footer(&self, coverage: &Coverage, out: &mut Vec<u8>) {
        self.both(out, |format, out| format.footer(coverage, out));
    }
}

/// Writes what is kept to the record, and what is shown where it was asked for.
pub(super) struct Tee {
    pub(super) shown: Box<dyn Sink>,
    pub(super) kept: Box<dyn Sink>,
    /// What comes was rendered by a [`Twin`].
    pub(super) twins: bool,
}

impl Sink for Tee {
    fn write(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        let (shown, kept) = if self.twins { parted(bytes) } else { (bytes, bytes) };
        self.kept.write(kept)?;
        self.shown.write(shown)
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        self.shown.finish()?;
        self.kept.finish()
    }

    fn abandon(self: Box<Self>) -> Option<PathBuf> {
        self.kept.abandon();
        self.shown.abandon()
    }

    fn discard(self: Box<Self>) {
        self.kept.discard();
        self.shown.discard();
    }
}

/// The two texts that travel as one.
fn parted(bytes: &[u8]) -> (&[u8], &[u8]) {
    let Some((length, texts)) = bytes.split_first_chunk::<HEAD>() else { return (bytes, bytes) };
    let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
    texts.split_at(length.min(texts.len()))
}
