//! Windows: a few bytes of each literal, looked for all at once.
//!
//! The packed search of the literals' gate goes by these. From each literal the four bytes are chosen
//! that a trail holds least often, in any case of letters. They are put into eight buckets; two small
//! tables for each of the four places say which buckets a byte can stand in there, by the lower and
//! by the upper half of its bits. Where all four places leave a bucket, one of its windows may stand.

/// Bytes of a window at most. Shorter literals have windows in which what follows may be anything.
pub(super) const WIDTH: usize = 4;

/// Where each bucket has one window at most, so many bytes tell enough, and are looked at faster.
pub(super) const NARROW: usize = 3;

/// Windows that a bit of a byte stands for are one bucket.
const BUCKETS: usize = 8;

/// Records as trails hold them, made up: what is rare in them is rare in trails.
const USUAL: &[u8] = include_bytes!("literal_gate/usual.jsonl");

/// The tables, and the windows of each bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Windows {
    /// For each place, the buckets by the lower four bits of a byte.
    pub(super) low: [[u8; 16]; WIDTH],
    /// For each place, the buckets by the upper four bits of a byte.
    pub(super) high: [[u8; 16]; WIDTH],
    /// For each place, the buckets by the [`class`] of a byte.
    pub(super) classes: [[u8; 64]; WIDTH],
    /// For each bucket, its literals and where in each the window begins.
    buckets: [Vec<(usize, usize)>; BUCKETS],
    rare: bool,
    /// Bytes of a window: [`NARROW`] or [`WIDTH`].
    pub(super) width: usize,
}

impl Windows {
    /// The windows of literals in lower case, none of them empty.
    pub(super) fn new<'l>(literals: impl IntoIterator<Item = &'l [u8]>) -> Self {
        let usual = Usual::new();
        let literals: Vec<&[u8]> = literals.into_iter().collect();
        let width = if literals.len() <= BUCKETS { NARROW } else { WIDTH };
        let mut chosen: Vec<(&[u8], usize, usize)> = Vec::new();
        for (index, literal) in literals.into_iter().enumerate() {
            let windows = literal.windows(literal.len().min(width)).enumerate();
            let best = windows.min_by_key(|(_, window)| usual.cost(window));
            chosen.extend(best.map(|(offset, window)| (window, index, offset)));
        }
        // Neighbours in order begin alike, which leaves the tables of a bucket few bytes.
        chosen.sort_unstable();
        let mut windows = Self {
            low: [[0; 16]; WIDTH],
            high: [[0; 16]; WIDTH],
            classes: [[0; 64]; WIDTH],
            buckets: std::array::from_fn(|_| Vec::new()),
            rare: chosen.iter().all(|(window, ..)| usual.cost(window).1 == 0),
            width,
        };
        let count = chosen.len();
        for (number, (window, index, offset)) in chosen.into_iter().enumerate() {
            let bucket = number * BUCKETS / count;
            windows.buckets[bucket].push((index, offset));
            for place in 0..width {
                windows.allow(place, window.get(place).copied(), 1 << bucket);
            }
        }
        windows
    }

    /// Lets a byte, or any, stand in a place of the windows of some buckets.
    fn allow(&mut self, place: usize, byte: Option<u8>, buckets: u8) {
        let (low, high) = (&mut self.low[place], &mut self.high[place]);
        let classes = &mut self.classes[place];
        match byte {
            None => low.iter_mut().chain(high).chain(classes).for_each(|entry| *entry |= buckets),
            Some(byte) => {
                classes[class(byte)] |= buckets;
                for byte in [byte, byte.to_ascii_uppercase()] {
                    low[usize::from(byte & 0xF)] |= buckets;
                    high[usize::from(byte >> 4)] |= buckets;
                }
            }
        }
    }

    /// Whether none of the windows is usual in trails.
    pub(super) fn are_rare(&self) -> bool {
        self.rare
    }

    /// All literals, and where in each its window begins.
    pub(super) fn all(&self) -> impl Iterator<Item = (usize, usize)> {
        self.buckets.iter().flatten().copied()
    }

    /// The literals whose windows may stand at `at`, and where in each the window begins.
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
    fn new() -> Self {
        let text = USUAL.to_ascii_lowercase();
        let mut bytes = [0; 256];
        for &byte in &text {
            bytes[usize::from(byte)] += 1;
        }
        Self { text, bytes }
    }

    /// How often a window promises to be met; short ones, then those met, then those of usual bytes.
    fn cost(&self, window: &[u8]) -> (usize, usize, usize) {
        let met = memchr::memmem::find_iter(&self.text, window).count();
        let bytes = window.iter().map(|&byte| self.bytes[usize::from(byte)]).sum();
        (WIDTH - window.len().min(WIDTH), met, bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_of_a_literal_is_among_what_may_stand_there() {
        let literals: Vec<Vec<u8>> =
            (0..200).map(|number| format!("tool-{number}x").into_bytes()).collect();
        let windows = Windows::new(literals.iter().map(Vec::as_slice));
        for (index, literal) in literals.iter().enumerate() {
            for text in [literal.clone(), literal.to_ascii_uppercase()] {
                let seen = (0..text.len())
                    .any(|at| windows.at(&text, at).any(|found| found == (index, at)));
                assert!(seen, "{}", String::from_utf8_lossy(&text));
            }
        }
    }

    #[test]
    fn a_short_literal_is_seen_at_the_end_of_a_text() {
        let windows = Windows::new([b"abc".as_slice()]);
        assert_eq!(windows.at(b"xxABc", 2).collect::<Vec<_>>(), [(0, 0)]);
        assert_eq!(windows.at(b"xxABd", 2).count(), 0);
    }

    #[test]
    fn what_all_trails_hold_is_no_window() {
        let literal = b".amazonaws.com/qzv-tool";
        let windows = Windows::new([literal.as_slice()]);
        let chosen: Vec<_> = windows.all().map(|(_, at)| &literal[at..at + NARROW]).collect();
        assert!(
            chosen.iter().all(|window| window.contains(&b'z')) && chosen.len() == 1,
            "{chosen:?}"
        );
    }
}
