//! Findings in order of time, however many there are.
//!
//! An external merge sort: what memory holds is sorted and written as a run to a temporary file;
//! runs of one size are merged into a larger one before there are too many to keep open. Equal
//! findings stay in file order.

use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
    fs::File,
    io::{self, BufReader, BufWriter, Seek, SeekFrom, Write},
};

use super::spool::Frame;

/// Bytes of findings sorted at once in memory.
const MEMORY: usize = 64 << 20;

/// Runs merged at once: so many files are open per level.
const FAN_IN: usize = 32;

/// Sorts frames by time, event id and rule id.
#[derive(Debug)]
pub(super) struct Sorter {
    /// Position of each rule in the order of rule ids.
    ranks: Vec<usize>,
    memory_limit: usize,
    memory: Vec<Frame>,
    bytes: usize,
    /// Runs by level, older ones first; those of a higher level are older than those below.
    levels: Vec<Vec<File>>,
}

impl Sorter {
    /// A sorter for rules with these ids.
    pub(super) fn new<'r>(rule_ids: impl Iterator<Item = Option<&'r str>>) -> Self {
        let ids: Vec<_> = rule_ids.collect();
        let mut order: Vec<usize> = (0..ids.len()).collect();
        order.sort_by_key(|&rule| ids[rule]);
        let mut ranks = vec![0; ids.len()];
        for (rank, rule) in order.into_iter().enumerate() {
            ranks[rule] = rank;
        }
        Self { ranks, memory_limit: MEMORY, memory: Vec::new(), bytes: 0, levels: Vec::new() }
    }

    /// Takes one finding.
    pub(super) fn push(&mut self, mut frame: Frame) -> io::Result<()> {
        frame.body.shrink_to_fit();
        self.bytes += frame.size();
        self.memory.push(frame);
        if self.bytes < self.memory_limit {
            return Ok(());
        }
        self.sort_memory();
        let mut run = BufWriter::new(tempfile::tempfile()?);
        for frame in self.memory.drain(..) {
            frame.write(&mut run)?;
        }
        self.bytes = 0;
        let run = run.into_inner().map_err(io::IntoInnerError::into_error)?;
        self.keep(run, 0)
    }

    /// Files a run and merges its level when that is full.
    fn keep(&mut self, mut run: File, mut level: usize) -> io::Result<()> {
        loop {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            self.levels[level].push(run);
            if self.levels[level].len() < FAN_IN {
                return Ok(());
            }
            let runs = std::mem::take(&mut self.levels[level]);
            let mut merged = BufWriter::new(tempfile::tempfile()?);
            merge(runs, Vec::new(), &self.ranks, &mut |frame| {
                frame.write(&mut merged).map(|()| true)
            })?;
            merged.flush()?;
            run = merged.into_inner().map_err(io::IntoInnerError::into_error)?;
            level += 1;
        }
    }

    fn sort_memory(&mut self) {
        let ranks = &self.ranks;
        self.memory.sort_by(|a, b| compare(a, b, ranks));
    }

    /// Gives every finding in order, until `emit` answers `false`.
    pub(super) fn finish(
        mut self,
        emit: &mut dyn FnMut(&Frame) -> io::Result<bool>,
    ) -> io::Result<()> {
        self.sort_memory();
        let runs = self.levels.into_iter().rev().flatten().collect();
        merge(runs, self.memory, &self.ranks, emit)
    }
}

fn compare(a: &Frame, b: &Frame, ranks: &[usize]) -> Ordering {
    let rank =
        |frame: &Frame| usize::try_from(frame.mark.rule).ok().and_then(|rule| ranks.get(rule));
    (a.mark.time, &a.event_id, rank(a)).cmp(&(b.mark.time, &b.event_id, rank(b)))
}

/// The first frame of a run; of equal ones, that of the older run is less.
struct Front<'r> {
    frame: Frame,
    run: usize,
    ranks: &'r [usize],
}

impl Ord for Front<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(&self.frame, &other.frame, self.ranks).then(self.run.cmp(&other.run))
    }
}

impl PartialOrd for Front<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Front<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Front<'_> {}

/// A sorted run: on disk, or the rest that never left memory.
enum Run {
    Filed(BufReader<File>),
    Held(std::vec::IntoIter<Frame>),
}

impl Run {
    /// Puts the next frame into `frame`; `false` at the end.
    fn advance(&mut self, frame: &mut Frame) -> io::Result<bool> {
        match self {
            Self::Filed(reader) => frame.read(reader),
            Self::Held(frames) => Ok(frames.next().map(|next| *frame = next).is_some()),
        }
    }
}

/// Merges `runs`, oldest first, and then `memory`, which is sorted, until `emit` answers `false`.
fn merge(
    runs: Vec<File>,
    memory: Vec<Frame>,
    ranks: &[usize],
    emit: &mut dyn FnMut(&Frame) -> io::Result<bool>,
) -> io::Result<()> {
    let mut open = Vec::with_capacity(runs.len() + 1);
    for mut file in runs {
        file.seek(SeekFrom::Start(0))?;
        open.push(Run::Filed(BufReader::with_capacity(1 << 16, file)));
    }
    open.push(Run::Held(memory.into_iter()));
    let mut fronts = BinaryHeap::new();
    for (index, run) in open.iter_mut().enumerate() {
        let mut frame = Frame::default();
        if run.advance(&mut frame)? {
            fronts.push(Reverse(Front { frame, run: index, ranks }));
        }
    }
    while let Some(Reverse(mut front)) = fronts.pop() {
        if !emit(&front.frame)? {
            return Ok(());
        }
        if open[front.run].advance(&mut front.frame)? {
            fronts.push(Reverse(front));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{super::spool::Mark, *};

    fn frame(time: i128, id: &str, rule: u32, body: &str) -> Frame {
        Frame {
            mark: Mark { rule, time, ..Mark::default() },
            event_id: id.into(),
            body: body.into(),
        }
    }

    fn sorted(sorter: Sorter) -> io::Result<Vec<String>> {
        let mut out = Vec::new();
        sorter.finish(&mut |frame| {
            out.push(String::from_utf8_lossy(&frame.body).into_owned());
            Ok(true)
        })?;
        Ok(out)
    }

    #[test]
    fn the_order_is_time_then_event_id_then_rule_id() -> io::Result<()> {
        let mut sorter = Sorter::new([Some("b"), Some("a"), None].into_iter());
        for frame in [
            frame(i128::MAX, "x", 0, "no time"),
            frame(2, "y", 0, "later"),
            frame(1, "y", 0, "rule b"),
            frame(1, "y", 1, "rule a"),
            frame(1, "y", 2, "no rule id"),
            frame(1, "x", 0, "first id"),
        ] {
            sorter.push(frame)?;
        }
        assert_eq!(
            sorted(sorter)?,
            ["first id", "no rule id", "rule a", "rule b", "later", "no time"]
        );
        Ok(())
    }

    #[test]
    fn runs_on_disk_give_what_memory_gives() -> io::Result<()> {
        let mut held = Sorter::new([None].into_iter());
        let mut filed = Sorter::new([None].into_iter());
        // One frame in each run, so that two levels of merging are needed.
        filed.memory_limit = 1;
        for index in 0..(FAN_IN * FAN_IN + 5) {
            // Few distinct times, so that equal ones meet across runs and must keep their order.
            let frame =
                frame(i128::try_from(index * 7919 % 13).unwrap_or(0), "", 0, &index.to_string());
            held.push(frame.clone())?;
            filed.push(frame)?;
        }
        assert!(filed.memory.is_empty());
        assert_eq!(sorted(filed)?, sorted(held)?);
        Ok(())
    }

    #[test]
    fn the_reader_may_stop_early() -> io::Result<()> {
        let mut sorter = Sorter::new([None].into_iter());
        for time in 0..5 {
            sorter.push(frame(time, "", 0, ""))?;
        }
        let mut seen = 0;
        sorter.finish(&mut |_| {
            seen += 1;
            Ok(seen < 2)
        })?;
        assert_eq!(seen, 2);
        Ok(())
    }
}
