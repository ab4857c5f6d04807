//! Archives of any size, file after file.
//!
//! Each file depends on the seed and its number alone, so a corpus can be made in any order and a
//! larger one begins with the files of a smaller one. Nothing is repeated: every record is made anew,
//! which costs less than compressing it.

use std::fmt;
use std::io::{self, Write as _};
use std::path::Path;

use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};

use super::clock::{self, Parts};
use super::random::Random;
use super::record::Catalog;
use super::signin::SignIn;
use super::stream::Stream;
use super::world::{REGIONS, World};

/// How large the files of an archive are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// About 2 KB gz, ten records: what most real archives consist of.
    Small,
    /// About 100 KB gz.
    Medium,
    /// About 5 MB gz, near the 50 MB that AWS allows before compression.
    Large,
    /// Files of many gzip members, about 32 MB inflated: in turn many documents, each its own member,
    /// as `cat` makes them, and one document cut into members, as parallel compressors make them.
    Multi,
    /// Of a hundred files one large, nine medium, ninety small.
    Mixed,
}

/// What to make.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    /// Sizes of the files.
    pub(crate) class: Class,
    /// Inflated bytes of all files together; the last file ends within a record of it.
    pub(crate) bytes: u64,
    /// Records of a million that the seed rule matches; as many again are its harmless twins.
    pub(crate) hits: u32,
    /// The seed.
    pub(crate) seed: u64,
}

/// One file.
#[derive(Debug)]
pub(crate) struct Made {
    /// Its key, from `AWSLogs/` on.
    pub(crate) key: String,
    /// Its inflated bytes.
    pub(crate) text: String,
    /// Where its gzip members end in `text`; the last one is the end.
    pub(crate) members: Vec<usize>,
    /// What is in it.
    pub(crate) tally: Tally,
}

/// Sums over files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Files.
    pub(crate) files: u64,
    /// Bytes as stored.
    pub(crate) packed: u64,
    /// Bytes after inflating.
    pub(crate) inflated: u64,
    /// Records.
    pub(crate) records: u64,
    /// Records that the seed rule matches.
    pub(crate) matches: u64,
    /// Sign-ins by a portal, which it lets pass.
    pub(crate) benign: u64,
}

impl Tally {
    /// Adds another sum.
    pub(crate) fn add(&mut self, other: Self) {
        self.files += other.files;
        self.packed += other.packed;
        self.inflated += other.inflated;
        self.records += other.records;
        self.matches += other.matches;
        self.benign += other.benign;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { files, packed, inflated, records, matches, benign } = self;
        write!(
            f,
            "{files} files, {packed} bytes packed, {inflated} inflated, {records} records, "
        )?;
        write!(f, "{matches} matches, {benign} benign sign-ins")
    }
}

/// The files of a corpus, in order.
#[derive(Debug)]
pub(crate) struct Corpus {
    options: Options,
    catalog: Catalog,
    worlds: [World; 2],
    next: u64,
    left: u64,
}

impl Corpus {
    /// The corpus of these options.
    pub(crate) fn new(options: Options) -> Self {
        let left = options.bytes;
        Self {
            options,
            catalog: Catalog::new(),
            worlds: [World::new(0), World::new(1)],
            next: 0,
            left,
        }
    }

    /// File number `number`, with `most` inflated bytes or little more.
    fn file(&self, number: u64, most: u64) -> Made {
        let mut random = Random::new(self.options.seed, number);
        let world = &self.worlds[(number % 2) as usize];
        let region = REGIONS[(number / 2 % 3) as usize];
        // Each account and region gets a file every five minutes.
        let delivered = clock::BEGIN + 600 + number / 6 * 300 + random.below(60);
        let class = match (self.options.class, number % 100) {
            (Class::Mixed, 50) => Class::Large,
            (Class::Mixed, place) if place % 11 == 5 => Class::Medium,
            (Class::Mixed, _) => Class::Small,
            (class, _) => class,
        };
        let (documents, records, sessions) = match class {
            Class::Small => (1, random.around(8), 2 + random.index(3)),
            Class::Medium => (1, random.around(640), 6 + random.index(10)),
            Class::Large => (1, 33_000 + random.below(3_000), 40),
            _ if number.is_multiple_of(2) => (1_600 + random.below(400), random.around(12), 6),
            _ => (1, 24_000, 30),
        };
        let mut stream =
            Stream::new(&self.catalog, world, region, sessions, delivered, &mut random);
        let mut made = Made {
            key: key(world.account, region, delivered, &mut random),
            text: String::new(),
            members: Vec::new(),
            tally: Tally { files: 1, ..Tally::default() },
        };
        for _ in 0..documents {
            self.document(&mut made, &mut stream, records, delivered, most, &mut random);
            if made.text.len() as u64 >= most {
                break;
            }
        }
        if class == Class::Multi && documents == 1 {
            made.members = (1 << 20..made.text.len()).step_by(1 << 20).collect();
            made.members.push(made.text.len());
        }
        made.tally.inflated = made.text.len() as u64;
        made
    }

    fn document(
        &self,
        made: &mut Made,
        stream: &mut Stream<'_>,
        records: u64,
        delivered: u64,
        most: u64,
        random: &mut Random,
    ) {
        made.text.push_str(r#"{"Records":["#);
        for record in 0..records {
            if record > 0 {
                if made.text.len() as u64 >= most {
                    break;
                }
                made.text.push(',');
            }
            // From nine minutes to one before delivery, not quite in order.
            let time = delivered - 540 + record * 450 / records + random.below(30);
            made.tally.records += 1;
            match random.small(1_000_000) {
                lot if lot < self.options.hits => {
                    made.tally.matches += 1;
                    stream.plant(&mut made.text, SignIn::Script, time, random);
                }
                lot if lot < self.options.hits.saturating_mul(2) => {
                    made.tally.benign += 1;
                    stream.plant(&mut made.text, SignIn::Portal, time, random);
                }
                _ => stream.next(&mut made.text, time, random),
            }
        }
        made.text.push_str("]}");
        made.members.push(made.text.len());
    }
}

impl Iterator for Corpus {
    type Item = Made;

    fn next(&mut self) -> Option<Made> {
        if self.left == 0 {
            return None;
        }
        let made = self.file(self.next, self.left);
        self.next += 1;
        self.left = self.left.saturating_sub(made.tally.inflated);
        Some(made)
    }
}

impl Made {
    /// The file as it is stored: gzip, level 6, without name or time.
    ///
    /// The same text may give other bytes with another version of the compressor; inflated, they are
    /// the same.
    pub(crate) fn pack(&self) -> io::Result<Vec<u8>> {
        let mut packed = Vec::with_capacity(self.text.len() / 6);
        let mut start = 0;
        for &end in &self.members {
            packed = member(packed, &self.text.as_bytes()[start..end])?;
            start = end;
        }
        Ok(packed)
    }
}

/// Appends `bytes` to `packed` as one gzip member.
pub(crate) fn member(packed: Vec<u8>, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder: GzEncoder<Vec<u8>> = GzBuilder::new().write(packed, Compression::new(6));
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// The key of a file that is delivered at this time.
pub(crate) fn key(account: &str, region: &str, delivered: u64, random: &mut Random) -> String {
    let Parts { year, month, day, hour, minute, .. } = Parts::of(delivered);
    let mut unique = String::new();
    random.letters(
        &mut unique,
        16,
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
    );
    format!(
        "AWSLogs/{account}/CloudTrail/{region}/{year}/{month:02}/{day:02}/\
         {account}_CloudTrail_{region}_{year}{month:02}{day:02}T{hour:02}{minute:02}Z_{unique}.json.gz"
    )
}

/// Writes a corpus below `dir`.
pub(crate) fn write(options: Options, dir: &Path) -> io::Result<Tally> {
    let mut total = Tally::default();
    for made in Corpus::new(options) {
        let packed = made.pack()?;
        total.add(Tally { packed: packed.len() as u64, ..made.tally });
        put(&dir.join(&made.key), &packed)?;
    }
    Ok(total)
}

/// Writes a file and the folders above it.
pub(crate) fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, bytes)
}
