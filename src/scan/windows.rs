//! Windows: a few bytes of each literal, looked for all at once.
//!
//! The search for literals goes by these. From each literal the few bytes are chosen that a trail holds
//! least often, in any case of letters. They are put into eight buckets; a small table for each place
//! says which buckets a byte can stand in there. Where all places leave a bucket, one of its windows may
//! stand. How much of a byte the tables go by, and so how many bytes a window needs, depends on
//! what a processor can look up at once.

use std::sync::LazyLock;

/// Bytes of a window at most. Shorter literals have windows in which what follows may be anything.
pub(super) const MOST: usize = 8;

/// Bytes of most windows.
pub(super) const WIDTH: usize = 4;

/// Where each bucket has one window at most, so many bytes tell enough, and are looked at faster.
pub(super) const NARROW: usize = 3;

/// Windows that a bit of a byte stands for are one bucket.
const BUCKETS: usize = 8;

/// Buckets for windows that are looked for with those of literals.
const MORE: usize = 2;

/// Records as trails hold them, made up: what is rare in them is rare in trails.
const USUAL: &[u8] = include_bytes!("literal_gate/usual.jsonl");

/// One place in so many may be that of a window before windows of more bytes are tried.
const SELDOM: usize = 1024;

/// What a search goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Telling {
    /// The [`class`] of a byte.
    Class,
    /// Its lower six bits, by which few windows look alike.
    Six,
    /// Its lower four bits, by which more windows look alike, so these have more bytes.
    Nibble,
}

impl Telling {
    /// How many bytes windows of so many literals may have, fewest first.
    fn widths(self, literals: usize) -> &'static [usize] {
        match self {
            Self::Class if literals <= self.buckets() => &[NARROW],
            Self::Six if literals <= self.buckets() => &[NARROW, WIDTH],
            Self::Six => &[WIDTH, MOST],
            Self::Nibble if literals > self.buckets() => &[WIDTH, 6, MOST],
            Self::Class | Self::Nibble => &[WIDTH],
        }
    }

    /// How many buckets literals are put into. Where those of keys are looked for with them, these have buckets of
    /// their own, as much looks alike.
    fn buckets(self) -> usize {
        match self {
            Self::Class => BUCKETS,
            Self::Six | Self::Nibble => BUCKETS - MORE,
        }
    }

    /// As much of a text in lower case as the search goes by.
    fn seen(self, text: &[u8]) -> Vec<u8> {
        match self {
            Self::Class => text.to_vec(),
            Self::Six => text.iter().map(|byte| byte & 0x3F).collect(),
            Self::Nibble => text.iter().map(|byte| byte & 0xF).collect(),
        }
    }

    fn usual(self) -> &'static Usual {
        static BY_CLASS: LazyLock<Usual> = LazyLock::new(|| Usual::new(Telling::Class));
        static BY_SIX: LazyLock<Usual> = LazyLock::new(|| Usual::new(Telling::Six));
        static BY_NIBBLE: LazyLock<Usual> = LazyLock::new(|| Usual::new(Telling::Nibble));
        match self {
            Self::Class => &BY_CLASS,
            Self::Six => &BY_SIX,
            Self::Nibble => &BY_NIBBLE,
        }
    }
}

/// The tables, and the windows of each bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Windows {
    /// For each place, the buckets by the lower four bits of a byte.
    pub(super) nibbles: [[u8; 16]; MOST],
    /// The same by its lower six bits.
    pub(super) sixes: [[u8; 64]; MOST],
    /// The same by its [`class`].
    classes: [[u8; 64]; MOST],
    /// For each bucket, its literals and where in each the window begins.
    buckets: [Vec<(usize, usize)>; BUCKETS],
    /// Bytes of a window.
    pub(super) width: usize,
}

impl Windows {
    /// The windows of literals in lower case, none of them empty.
    pub(super) fn new<'l>(literals: impl IntoIterator<Item = &'l [u8]>, telling: Telling) -> Self {
        let literals: Vec<&[u8]> = literals.into_iter().collect();
        let seen: Vec<_> = literals.iter().map(|literal| telling.seen(literal)).collect();
        let (last, shorter) = telling.widths(literals.len()).split_last().unwrap_or((&MOST, &[]));
        let of_width = |&width| Self::of_width(&literals, &seen, telling, width);
        let seldom = shorter.iter().map(of_width).find(|windows| windows.are_seldom(telling));
        seldom.unwrap_or_else(|| of_width(last))
    }

    /// The same, of at most so many bytes.
    fn of_width(literals: &[&[u8]], seen: &[Vec<u8>], telling: Telling, width: usize) -> Self {
        let usual = telling.usual();
        let mut chosen: Vec<(&[u8], usize, usize)> = Vec::new();
        for (index, seen) in seen.iter().enumerate() {
            let windows = seen.windows(seen.len().min(width)).enumerate();
            let best = windows.min_by_key(|(_, window)| usual.cost(window, width));
            chosen.extend(best.map(|(offset, window)| (window, index, offset)));
        }
        // Neighbours in order begin alike, which leaves the tables of a bucket few bytes.
        chosen.sort_unstable();
        let mut windows = Self { width, ..Self::default() };
        for place in 0..width {
            windows.nibbles[place] = [0; 16];
            windows.sixes[place] = [0; 64];
            windows.classes[place] = [0; 64];
        }
        let count = chosen.len();
        for (number, (window, index, offset)) in chosen.into_iter().enumerate() {
            let bucket = number * telling.buckets() / count;
            windows.buckets[bucket].push((index, offset));
            let bytes = &literals[index][offset..offset + window.len()];
            for place in 0..width {
                windows.allow(place, bytes.get(place).copied(), 1 << bucket);
            }
        }
        windows
    }

    /// The same with more windows, of which is told where they may stand and not which they are.
    pub(super) fn with(&self, more: &[Vec<&[u8]>; MORE]) -> Self {
        let mut windows = self.clone();
        for (bucket, more) in (BUCKETS - MORE..).zip(more) {
            for window in more {
                for place in 0..self.width {
                    windows.allow(place, window.get(place).copied(), 1 << bucket);
                }
            }
        }
        windows
    }

    /// Lets a byte, or any, stand in a place of the windows of some buckets.
    fn allow(&mut self, place: usize, byte: Option<u8>, buckets: u8) {
        let Self { nibbles, sixes, classes, .. } = self;
        let (nibbles, sixes, classes) =
            (&mut nibbles[place], &mut sixes[place], &mut classes[place]);
        match byte {
            None => {
                let all = nibbles.iter_mut().chain(sixes).chain(classes);
                all.for_each(|entry| *entry |= buckets);
            }
            Some(byte) => {
                nibbles[usize::from(byte & 0xF)] |= buckets;
                for either in [byte, byte.to_ascii_uppercase()] {
                    sixes[usize::from(either & 0x3F)] |= buckets;
                }
                classes[class(byte)] |= buckets;
            }
        }
    }

    /// Whether few places of a usual trail may be those of a window.
    fn are_seldom(&self, telling: Telling) -> bool {
        let usual = &telling.usual().text;
        let places = usual.windows(self.width).filter(|bytes| {
            let stands = |(place, byte): (usize, &u8)| match telling {
                Telling::Class => self.classes[place][class(*byte)],
                Telling::Six => self.sixes[place][usize::from(*byte)],
                Telling::Nibble => self.nibbles[place][usize::from(*byte)],
            };
            bytes.iter().enumerate().map(stands).fold(u8::MAX, |all, buckets| all & buckets) != 0
        });
        places.count() * SELDOM <= usual.len()
    }

    /// All literals, and where in each its window begins.
    pub(super) fn all(&self) -> impl Iterator<Item = (usize, usize)> {
        self.buckets.iter().flatten().copied()
    }

    /// The literals whose windows may stand at `at`, and where in each the window begins.
    #[inline]
    pub(super) fn at(&self, text: &[u8], at: usize) -> impl Iterator<Item = (usize, usize)> {
        let mut buckets = (0..self.width).fold(u8::MAX, |buckets, place| {
            let byte = text.get(at + place).copied().unwrap_or(b' ');
            buckets & self.classes[place][class(byte)]
        });
        std::iter::from_fn(move || {
            let bucket = buckets.trailing_zeros() as usize;
            buckets &= buckets.wrapping_sub(1);
            self.buckets.get(bucket)
        })
        .flatten()
        .copied()
    }

    /// Whether one may stand where a text begins so, whatever follows.
    pub(super) fn may_begin(&self, text: &[u8]) -> bool {
        let tables = self.classes[..self.width].iter().zip(text);
        tables.fold(u8::MAX, |buckets, (table, &byte)| buckets & table[class(byte)]) != 0
    }
}

impl Default for Windows {
    /// Of no literal: in each place anything may stand, as in those behind the width of others.
    fn default() -> Self {
        Self {
            nibbles: [[u8::MAX; 16]; MOST],
            sixes: [[u8::MAX; 64]; MOST],
            classes: [[u8::MAX; 64]; MOST],
            buckets: std::array::from_fn(|_| Vec::new()),
            width: 0,
        }
    }
}

/// Whether each of some literals in lower case has a few bytes that are met in no usual trail.
pub(super) fn are_rare<'l>(literals: &[impl AsRef<[u8]> + 'l]) -> bool {
    let telling = Telling::Class;
    let width = telling.widths(literals.len())[0];
    literals.iter().all(|literal| {
        let mut windows = literal.as_ref().windows(literal.as_ref().len().min(width));
        windows.any(|window| telling.usual().met(window) == 0)
    })
}

/// The class of a byte: it has this bit and that, but not the one in which letters differ by case, nor
/// the one that ASCII leaves empty.
fn class(byte: u8) -> usize {
    usize::from(byte & 0x1F | (byte & 0x40) >> 1)
}

/// How often things are met in a trail.
struct Usual {
    text: Vec<u8>,
    bytes: [usize; 256],
}

impl Usual {
    fn new(telling: Telling) -> Self {
        let text = telling.seen(&USUAL.to_ascii_lowercase());
        let mut bytes = [0; 256];
        for &byte in &text {
            bytes[usize::from(byte)] += 1;
        }
        Self { text, bytes }
    }

    fn met(&self, window: &[u8]) -> usize {
        memchr::memmem::find_iter(&self.text, window).count()
    }

    /// How often a window promises to be met; short ones, then those met, then those of usual bytes.
    fn cost(&self, window: &[u8], width: usize) -> (usize, usize, usize) {
        let bytes = window.iter().map(|&byte| self.bytes[usize::from(byte)]).sum();
        (width - window.len().min(width), self.met(window), bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TELLINGS: [Telling; 3] = [Telling::Class, Telling::Six, Telling::Nibble];

    #[test]
    fn every_place_of_a_literal_is_among_what_may_stand_there() {
        let literals: Vec<Vec<u8>> =
            (0..200).map(|number| format!("tool-{number}x").into_bytes()).collect();
        for telling in TELLINGS {
            let windows = Windows::new(literals.iter().map(Vec::as_slice), telling);
            for (index, literal) in literals.iter().enumerate() {
                for text in [literal.clone(), literal.to_ascii_uppercase()] {
                    let seen = (0..text.len())
                        .any(|at| windows.at(&text, at).any(|found| found == (index, at)));
                    assert!(seen, "{}", String::from_utf8_lossy(&text));
                }
            }
        }
    }

    #[test]
    fn a_short_literal_is_seen_at_the_end_of_a_text() {
        for telling in TELLINGS {
            let windows = Windows::new([b"abc".as_slice()], telling);
            assert_eq!(windows.at(b"xxABc", 2).collect::<Vec<_>>(), [(0, 0)]);
            assert_eq!(windows.at(b"xxABd", 2).count(), 0);
        }
    }

    #[test]
    fn what_all_trails_hold_is_no_window() {
        let literal = b".amazonaws.com/qzv-tool";
        for telling in TELLINGS {
            let windows = Windows::new([literal.as_slice()], telling);
            let ends: Vec<_> = windows.all().map(|(_, at)| at + windows.width).collect();
            assert!(ends.len() == 1 && ends[0] > ".amazonaws.com/".len(), "{ends:?}");
        }
    }

    #[test]
    fn windows_of_many_literals_by_half_their_bytes_are_longer() {
        let few = Windows::new([b"aws_consoler".as_slice()], Telling::Nibble);
        assert!(few.width < MOST && few.are_seldom(Telling::Nibble));
        let many: Vec<String> = (0..90)
            .map(|number| {
                ["user-", "bucket/", "role."][number % 3].to_owned() + &number.to_string()
            })
            .collect();
        let many = Windows::new(many.iter().map(String::as_bytes), Telling::Nibble);
        assert!(many.width > few.width);
    }

    #[test]
    fn windows_beside_those_of_literals_change_nothing_of_them() {
        let literals: Vec<Vec<u8>> =
            (0..30).map(|number| format!("tool-{number}x").into_bytes()).collect();
        let literals = literals.iter().map(Vec::as_slice);
        let windows = Windows::new(literals, Telling::Nibble);
        let more = windows.with(&[vec![b"ntName", b"xyz"], vec![b"\"omitted\""]]);
        let text = b"tool-7x, \"eventName\", xyz, \"omitted\", TOOL-29X";
        for at in 0..text.len() {
            assert!(more.at(text, at).eq(windows.at(text, at)), "{at}");
            let beside = [b"ntName".as_slice(), b"xyz", b"\"omitted\""];
            let stands = beside.iter().any(|window| text[at..].starts_with(window));
            assert!(!stands || more.may_begin(&text[at..]) && !windows.may_begin(&text[at..]));
        }
    }

    #[test]
    fn literals_are_rare_if_each_has_bytes_that_no_usual_trail_has() {
        assert!(are_rare(&["aws_consoler", ".amazonaws.com/qzv"]));
        assert!(!are_rare(&["aws_consoler", "us-east-1"]));
    }
}
