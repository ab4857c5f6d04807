//! Findings rendered twice: for the output, and for the run bundle.
//!
//! The collector hands a sink what one call of a format rendered, so both texts travel as one: the
//! length of the first, the first, the second. If both are the same, there is only one.

use std::path::PathBuf;

use crate::{
    coverage::Coverage,
    finding::{CorrelationFinding, Finding},
    sink::{Format, Sink, SinkError},
};

/// Bytes of the length.
const HEAD: usize = 8;

/// Renders a finding in two formats.
pub(super) struct TeeFormat {
    pub(super) shown: Box<dyn Format>,
    pub(super) bundled: Box<dyn Format>,
}

impl TeeFormat {
    fn both(&self, out: &mut Vec<u8>, render: impl Fn(&dyn Format, &mut Vec<u8>)) {
        let start = out.len();
        out.extend_from_slice(&[0; HEAD]);
        render(&*self.shown, out);
        let length = (out.len() - start - HEAD) as u64;
        out[start..start + HEAD].copy_from_slice(&length.to_le_bytes());
        render(&*self.bundled, out);
    }
}

impl Format for TeeFormat {
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

/// Writes findings to the output and to the run bundle.
pub(super) struct TeeSink {
    pub(super) shown: Box<dyn Sink>,
    pub(super) bundled: Box<dyn Sink>,
    /// Findings come from a [`TeeFormat`].
    pub(super) two_texts: bool,
}

impl Sink for TeeSink {
    fn write(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        let (shown, bundled) = if self.two_texts { split(bytes) } else { (bytes, bytes) };
        self.bundled.write(bundled)?;
        self.shown.write(shown)
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        self.shown.finish()?;
        self.bundled.finish()
    }

    fn abandon(self: Box<Self>) -> Option<PathBuf> {
        self.bundled.abandon();
        self.shown.abandon()
    }

    fn discard(self: Box<Self>) {
        self.bundled.discard();
        self.shown.discard();
    }
}

/// The two texts.
fn split(bytes: &[u8]) -> (&[u8], &[u8]) {
    let Some((length, texts)) = bytes.split_first_chunk::<HEAD>() else { return (bytes, bytes) };
    let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
    texts.split_at(length.min(texts.len()))
}
