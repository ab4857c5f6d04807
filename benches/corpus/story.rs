//! The committed test archive: eight quiet days of two accounts, and what someone did on two of them.
//!
//! The quiet part comes from the same tables as every corpus, the story from the table in `steps.rs`. Ids
//! of the story are fixed, so tests and texts can name them.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use super::archive::{self, member, put};
use super::clock::{BEGIN, DAY};
use super::random::Random;
use super::record::Catalog;
use super::session::{PEOPLE, Session};
use super::signin::{self, PORTAL};
use super::steps::{self, DUPLICATED};
use super::stream::Stream;
use super::world::{ACCOUNTS, REGIONS, World};

const SEED: u64 = 20_260_302;

/// The first day of the archive, and how many there are.
const DAYS: (u64, u64) = (BEGIN + DAY, 8);

/// Account, region and day (from 0) for which there is no file.
const HOLE: (usize, usize, u64) = (1, 2, 3);

/// The harmless sign-ins: account, region, seconds since the first day, person.
const PORTALS: &[(usize, usize, u64, usize)] = &[
    (0, 0, 28_512, 0),
    (0, 1, 31_007, 1),
    (1, 0, DAY + 27_950, 2),
    (0, 0, DAY + 32_401, 3),
    (0, 1, 2 * DAY + 29_333, 4),
    (1, 1, 2 * DAY + 50_118, 5),
    (0, 0, 3 * DAY + 8_140, 6),
    (0, 0, 3 * DAY + 30_629, 0),
    (1, 1, 4 * DAY + 33_274, 7),
    (0, 2, 4 * DAY + 81_002, 1),
    (1, 2, 7 * DAY + 2_911, 2),
    (0, 1, 7 * DAY + 34_560, 4),
];

/// One file of the archive.
#[derive(Debug)]
pub(crate) struct File {
    /// Its key, from `AWSLogs/` on.
    pub(crate) key: String,
    /// Its inflated bytes.
    pub(crate) text: String,
}

/// `eventID` of the harmless sign-in with this number.
pub(crate) fn benign(number: usize) -> String {
    format!("0b1ade00-0000-4000-8000-{number:012}")
}

/// How many harmless sign-ins there are.
pub(crate) const BENIGN: usize = PORTALS.len();

/// Account, region and time of delivery of a file.
type Place = (usize, usize, u64);

/// The archive, in the order of account, region and time.
pub(crate) fn archive() -> Vec<File> {
    let mut book = Book::new();
    book.quiet();
    for (number, &(account, region, second, person)) in PORTALS.iter().enumerate() {
        book.portal((account, region, DAYS.0 + second), person, number + 1);
    }
    for step in steps::all() {
        let time = DAYS.0 + step.day * DAY + step.second;
        let record = step.record(&book.worlds[step.account], time, SEED);
        book.file((step.account, step.region, delivery(time))).push(record);
    }
    book.repeat();
    book.files
        .into_iter()
        .enumerate()
        .map(|(number, (at, records))| file(number as u64, at, &records))
        .collect()
}

/// Writes the archive below `dir`.
pub(crate) fn write(dir: &Path) -> io::Result<()> {
    for File { key, text } in archive() {
        put(&dir.join(key), &member(Vec::new(), text.as_bytes())?)?;
    }
    Ok(())
}

/// A file is delivered some minutes after its events, on a full five minutes.
fn delivery(time: u64) -> u64 {
    (time + 180).next_multiple_of(300)
}

/// The files while they are being filled.
struct Book {
    catalog: Catalog,
    worlds: [World; 2],
    files: BTreeMap<Place, Vec<String>>,
}

impl Book {
    fn new() -> Self {
        Self {
            catalog: Catalog::new(),
            worlds: [World::new(0), World::new(1)],
            files: BTreeMap::new(),
        }
    }

    /// Days on which nothing happens.
    fn quiet(&mut self) {
        for day in 0..DAYS.1 {
            for (account, region) in [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)] {
                if (account, region, day) == HOLE {
                    continue;
                }
                let mut random = Random::new(SEED, day << 8 | (account << 4 | region) as u64);
                for part in 0..if region == 0 { 4 } else { 3 } {
                    let time = DAYS.0 + day * DAY + part * 21_000 + random.below(20_000);
                    let at = (account, region, delivery(time));
                    let records = self.background(at, random.around(9));
                    self.files.insert(at, records);
                }
            }
        }
    }

    /// So many ordinary records for the file at this place.
    fn background(&self, at: Place, count: u64) -> Vec<String> {
        let (account, region, delivered) = at;
        let world = &self.worlds[account];
        let mut random = Random::new(SEED, delivered << 8 | (account << 4 | region) as u64);
        let sessions = 2 + random.index(3);
        let mut stream = Stream::new(
            &self.catalog,
            world,
            REGIONS[region],
            sessions,
            delivered - 500,
            &mut random,
        );
        let mut records = Vec::new();
        for number in 0..count {
            let mut record = String::new();
            let time = delivered - 400 + number * 300 / count + random.below(40);
            stream.next(&mut record, time, &mut random);
            records.push(record);
        }
        records
    }

    /// The records of the file at this place, which gets some ordinary ones if it is new.
    fn file(&mut self, at: Place) -> &mut Vec<String> {
        if !self.files.contains_key(&at) {
            let records = self.background(at, 5);
            self.files.insert(at, records);
        }
        self.files.entry(at).or_default()
    }

    /// A person comes in through the portal.
    fn portal(&mut self, at: Place, person: usize, number: usize) {
        let (account, region, time) = at;
        let mut random = Random::new(SEED, time);
        let mut session = Session::nobody();
        session.person(&mut random, &self.worlds[account], PEOPLE[person], time);
        PORTAL.clone_into(&mut session.agent);
        let mut record = String::new();
        let id = benign(number);
        signin::token(
            &mut record,
            &session,
            &self.worlds[account],
            REGIONS[region],
            time,
            &id,
            &mut random,
        );
        self.file((account, region, delivery(time))).push(record);
    }

    /// Trails deliver an event twice now and then: some records stand in the next file of their place
    /// again, and so does one match.
    fn repeat(&mut self) {
        let places: Vec<Place> = self.files.keys().copied().collect();
        let mut copies = Vec::new();
        for (number, pair) in places.windows(2).enumerate() {
            let records = &self.files[&pair[0]];
            let twice = records.iter().find(|record| record.contains(DUPLICATED));
            let twice = twice.or(records.first().filter(|_| number % 23 == 7));
            if (pair[0].0, pair[0].1) == (pair[1].0, pair[1].1) {
                copies.extend(twice.map(|record| (pair[1], record.clone())));
            }
        }
        for (place, copy) in copies {
            self.files.entry(place).or_default().push(copy);
        }
    }
}

fn file(number: u64, (account, region, delivered): Place, records: &[String]) -> File {
    let mut random = Random::new(SEED ^ 0x6b65_7973, number);
    File {
        key: archive::key(ACCOUNTS[account], REGIONS[region], delivered, &mut random),
        text: format!(r#"{{"Records":[{}]}}"#, records.join(",")),
    }
}
