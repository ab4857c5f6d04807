//! Compares the findings of a second hunt with those of the bundle, as they come.
//!
//! Nothing is stored while both are the same. From the first difference on, findings go to an unnamed
//! temporary file, and 16 bytes of hash for each finding show at the end which are missing or new.

use std::{
    cell::RefCell,
    collections::HashMap,
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write},
    path::PathBuf,
    rc::Rc,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::BundleError;
use crate::sink::{Sink, SinkError};

/// At most so many differing findings are listed, of each kind.
const SHOWN: usize = 10;

/// How the findings of two hunts differ.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FindingsCompared {
    /// Findings of the first hunt.
    pub before: u64,
    /// Findings of the second hunt.
    pub now: u64,
    /// Findings of the first hunt only.
    pub missing: u64,
    /// Findings of the second hunt only.
    pub new: u64,
    /// Both have the same findings in another order.
    pub reordered: bool,
    /// The first of the missing ones.
    pub first_missing: Vec<Brief>,
    /// The first of the new ones.
    pub first_new: Vec<Brief>,
}

impl FindingsCompared {
    /// Both are the same bytes.
    pub fn is_same(&self) -> bool {
        self.missing == 0 && self.new == 0 && !self.reordered
    }
}

/// What a person recognizes a finding by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Brief {
    /// Its time.
    pub time: Option<String>,
    /// The level of its rule.
    pub level: Option<String>,
    /// The id of its rule.
    pub rule_id: Option<String>,
    /// The title of its rule.
    pub rule_title: String,
    /// The id of the event.
    pub event_id: Option<String>,
    /// The file; null for a correlation.
    pub file: Option<String>,
    /// The record in the file.
    pub record: Option<u64>,
}

impl Brief {
    /// Reads a line of NDJSON; any other line becomes the title.
    fn of(line: &[u8]) -> Self {
        serde_json::from_slice(line).unwrap_or_else(|_| Self {
            rule_title: String::from_utf8_lossy(line).trim_end().to_owned(),
            ..Self::default()
        })
    }
}

/// Compares findings. Its sinks take NDJSON, one finding with each call.
#[derive(Debug)]
pub struct Comparing {
    state: Rc<RefCell<State>>,
}

#[derive(Debug)]
struct State {
    bundled: BufReader<File>,
    /// Bytes of the bundled findings that are the same, and the findings in them.
    same_bytes: u64,
    same: u64,
    /// The findings of the second hunt from the first difference on.
    tail: Option<BufWriter<File>>,
    line: Vec<u8>,
}

impl Comparing {
    pub(super) fn new(bundled: File) -> Self {
        let bundled = BufReader::new(bundled);
        let state = State { bundled, same_bytes: 0, same: 0, tail: None, line: Vec::new() };
        Self { state: Rc::new(RefCell::new(state)) }
    }

    /// The sink of the second hunt.
    pub fn sink(&self) -> Box<dyn Sink> {
        Box::new(Compared { state: Rc::clone(&self.state) })
    }

    /// The differences, after the second hunt.
    pub fn conclude(self) -> Result<FindingsCompared, BundleError> {
        self.state.borrow_mut().conclude().map_err(BundleError::Spill)
    }
}

struct Compared {
    state: Rc<RefCell<State>>,
}

impl Sink for Compared {
    fn write(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        let mut state = self.state.borrow_mut();
        let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
        lines.try_for_each(|line| state.take(line)).map_err(SinkError::Write)
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        Ok(())
    }

    fn abandon(self: Box<Self>) -> Option<PathBuf> {
        None
    }
}

impl State {
    fn take(&mut self, found: &[u8]) -> io::Result<()> {
        if let Some(tail) = &mut self.tail {
            return tail.write_all(found);
        }
        self.line.clear();
        self.bundled.read_until(b'\n', &mut self.line)?;
        if self.line == found {
            self.same += 1;
            self.same_bytes += found.len() as u64;
            return Ok(());
        }
        let mut tail = BufWriter::new(tempfile::tempfile()?);
        tail.write_all(found)?;
        self.tail = Some(tail);
        Ok(())
    }

    fn conclude(&mut self) -> io::Result<FindingsCompared> {
        let mut found = match self.tail.take() {
            Some(tail) => tail.into_inner().map_err(io::IntoInnerError::into_error)?,
            None => tempfile::tempfile()?,
        };
        let mut compared =
            FindingsCompared { before: self.same, now: self.same, ..FindingsCompared::default() };
        let mut more: HashMap<[u8; 16], u64> = HashMap::new();
        found.seek(SeekFrom::Start(0))?;
        lines(&mut found, |line| {
            compared.now += 1;
            *more.entry(hash(line)).or_default() += 1;
        })?;
        self.bundled.seek(SeekFrom::Start(self.same_bytes))?;
        lines(&mut self.bundled, |line| {
            compared.before += 1;
            if !take_one(&mut more, line) {
                compared.missing += 1;
                if compared.first_missing.len() < SHOWN {
                    compared.first_missing.push(Brief::of(line));
                }
            }
        })?;
        found.seek(SeekFrom::Start(0))?;
        let tail = compared.now > self.same;
        lines(&mut found, |line| {
            if take_one(&mut more, line) {
                compared.new += 1;
                if compared.first_new.len() < SHOWN {
                    compared.first_new.push(Brief::of(line));
                }
            }
        })?;
        compared.reordered = tail && compared.missing == 0 && compared.new == 0;
        Ok(compared)
    }
}

/// Takes one like `line` away; whether there was one.
fn take_one(lines: &mut HashMap<[u8; 16], u64>, line: &[u8]) -> bool {
    match lines.get_mut(&hash(line)) {
        Some(count) if *count > 0 => {
            *count -= 1;
            true
        }
        _ => false,
    }
}

fn lines(from: &mut dyn Read, mut each: impl FnMut(&[u8])) -> io::Result<()> {
    let mut reader = BufReader::new(from);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        each(&line);
        line.clear();
    }
    Ok(())
}

fn hash(line: &[u8]) -> [u8; 16] {
    let mut short = [0; 16];
    for (to, from) in short.iter_mut().zip(Sha256::digest(line)) {
        *to = from;
    }
    short
}
