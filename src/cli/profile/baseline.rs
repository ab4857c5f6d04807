//! What a run took as a whole, in words and as data: the baseline, and the head of a profile.

use anyhow::Result;
use backtrail::{
    hunt::Measured,
    text::{bytes, counted, escape},
};
use serde::Serialize;

use super::{Scale, ratio, real};
use crate::cli::args::ProfileFormat;

/// What a run took. Counts and times are scaled up to all files, but for `wall_seconds`.
#[derive(Debug, Serialize)]
pub(super) struct Run {
    files: u64,
    bytes_packed: u64,
    bytes_inflated: u64,
    wall_seconds: f64,
    cpu_seconds: f64,
    /// Inflated bytes that were read, by wall time.
    megabytes_per_second: f64,
    cpu_seconds_per_gigabyte: f64,
    /// Files that were really read, and what the numbers were multiplied by.
    files_read: u64,
    scaled_by: f64,
    interrupted: bool,
}

impl Run {
    pub(super) fn new(measured: &Measured, scale: &Scale) -> Self {
        let totals = &measured.hunted.coverage.totals;
        let inflated = real(totals.bytes_inflated);
        let (wall, cpu) = (measured.spent.wall.as_secs_f64(), scale.cpu(&measured.spent));
        Self {
            files: scale.count(totals.files),
            bytes_packed: scale.count(totals.bytes_packed),
            bytes_inflated: scale.count(totals.bytes_inflated),
            wall_seconds: wall,
            cpu_seconds: cpu,
            megabytes_per_second: ratio(inflated / 1e6, wall),
            cpu_seconds_per_gigabyte: ratio(cpu, inflated * scale.factor() / 1e9),
            files_read: totals.files,
            scaled_by: scale.factor(),
            interrupted: measured.hunted.coverage.interrupted,
        }
    }

    /// Two lines for people.
    pub(super) fn lines(&self) -> String {
        format!(
            "{}: {} as stored, {} of text\n\
             {:.3} s by the clock, {:.3} s of CPU: {:.0} MB/s of text, {:.3} CPU-seconds per GB of text\n",
            counted(self.files, "file"),
            bytes(self.bytes_packed),
            bytes(self.bytes_inflated),
            self.wall_seconds,
            self.cpu_seconds,
            self.megabytes_per_second,
            self.cpu_seconds_per_gigabyte,
        )
    }
}

/// The baseline, as it is printed.
pub(super) fn told(measured: &Measured, scale: &Scale, format: ProfileFormat) -> Result<String> {
    let run = Run::new(measured, scale);
    if format == ProfileFormat::Json {
        return Ok(escape::json_text(&run)?);
    }
    let mut text = String::from(
        "The lower bound of any hunt: files are listed, read and decompressed, nothing more.\n",
    );
    text.push_str(&run.lines());
    text.extend(scale.told().map(|line| line + "\n"));
    Ok(text)
}
