//! Gzip members, one after another (RFC 1952), inflated piece by piece with zlib-rs.
//!
//! This decoder can stop anywhere and always knows why: it gives the text before a break and tells
//! a cut from corrupt data and from a wrong checksum or length, after which it goes on with the
//! next member. Zeros between and after members are padding, other data is told. The optional
//! checksum of a header is not verified, as the header holds nothing that is used.

use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::{Damage, InflateError, damage::DamageList, salvage::salvage};

const MAGIC: [u8; 2] = [0x1f, 0x8b];
const DEFLATE: u8 = 8;
const HEADER: usize = 10;
pub(super) const TRAILER: usize = 8;

const HEADER_CHECKSUM: u8 = 1 << 1;
const EXTRA: u8 = 1 << 2;
const NAME: u8 = 1 << 3;
const COMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0b1110_0000;

/// Deflate gives at most this many bytes for one.
pub(super) const MAX_RATIO: usize = 1032;

/// `packed` begins with a member, or is cut within the two bytes that begin one.
pub(super) fn begins(packed: &[u8]) -> bool {
    packed.starts_with(&MAGIC) || packed == &MAGIC[..1]
}

/// Refuses what only begins like gzip.
pub(super) fn check_start(packed: &[u8]) -> Result<(), InflateError> {
    match (packed.get(2), packed.get(3)) {
        (Some(&method), _) if method != DEFLATE => Err(InflateError::Method(method)),
        (_, Some(&flags)) if flags & RESERVED != 0 => Err(InflateError::Flags(flags & RESERVED)),
        _ => Ok(()),
    }
}

/// The length of the text as the last four bytes state it, if it can be true.
///
/// It is modulo 2^32, describes the last member only and may lie, so it is a hint for capacity and
/// never a bound.
pub(super) fn length_hint(packed: &[u8]) -> Option<usize> {
    let stored = u32::from_le_bytes(*packed.last_chunk::<4>()?);
    let stored = usize::try_from(stored).ok()?;
    (stored <= packed.len().saturating_mul(MAX_RATIO)).then_some(stored)
}

/// What stands at a place where a member may begin.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// The end, perhaps after padding.
    End,
    /// A member, perhaps after padding.
    Member {
        /// Where its header begins.
        at: usize,
    },
    /// Something else.
    Other(Damage),
}

/// What stands at `from`.
pub(super) fn start(packed: &[u8], from: usize) -> Start {
    let rest = packed.get(from..).unwrap_or_default();
    let Some(padding) = rest.iter().position(|byte| *byte != 0) else { return Start::End };
    let rest = &rest[padding..];
    if begins(rest) && check_start(rest).is_ok() {
        Start::Member { at: from + padding }
    } else {
        Start::Other(Damage::Trailing { bytes: rest.len() as u64 })
    }
}

/// The length of the header that `member` begins with; `None` if it is cut.
pub(super) fn header_length(member: &[u8]) -> Option<usize> {
    let flags = *member.first_chunk::<HEADER>()?.get(3)?;
    let mut at = HEADER;
    if flags & EXTRA != 0 {
        let length = u16::from_le_bytes(*member.get(at..)?.first_chunk::<2>()?);
        at += 2 + usize::from(length);
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            at += memchr::memchr(0, member.get(at..)?)? + 1;
        }
    }
    if flags & HEADER_CHECKSUM != 0 {
        at += 2;
    }
    (at <= member.len()).then_some(at)
}

/// Decodes the members of a file.
#[derive(Debug)]
pub(super) struct Members<'p> {
    packed: &'p [u8],
    at: usize,
    /// Where the data of the present member begins.
    begun: usize,
    state: State,
    inflater: &'p mut Decompress,
    checksum: Crc,
    length: u32,
    damage: DamageList,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Between,
    Inside,
    Done,
}

impl<'p> Members<'p> {
    /// Starts at `from`, where a member or the end stands.
    pub(super) fn new(packed: &'p [u8], from: usize, inflater: &'p mut Decompress) -> Self {
        Self {
            packed,
            at: from,
            begun: from,
            state: State::Between,
            inflater,
            checksum: Crc::new(),
            length: 0,
            damage: DamageList::default(),
        }
    }

    /// Puts text into `out`, which is not empty, and gives its length; 0 only at the end.
    pub(super) fn fill(&mut self, out: &mut [u8]) -> usize {
        loop {
            match self.state {
                State::Between => self.begin(),
                State::Inside => {
                    let made = self.step(out);
                    if made > 0 {
                        return made;
                    }
                }
                State::Done => return 0,
            }
        }
    }

    /// Starts anew, at the first byte.
    pub(super) fn rewind(&mut self) {
        self.at = 0;
        self.state = State::Between;
        self.damage = DamageList::default();
    }

    pub(super) fn consumed(&self) -> usize {
        self.at
    }

    pub(super) fn damage(&self) -> &[Damage] {
        self.damage.as_slice()
    }

    pub(super) fn into_damage(self) -> Vec<Damage> {
        self.damage.into_vec()
    }

    fn begin(&mut self) {
        match start(self.packed, self.at) {
            Start::End => self.finish(None),
            Start::Other(damage) => self.finish(Some(damage)),
            Start::Member { at } => match header_length(&self.packed[at..]) {
                Some(header) => {
                    self.at = at + header;
                    self.begun = self.at;
                    self.inflater.reset(false);
                    self.checksum.reset();
                    self.length = 0;
                    self.state = State::Inside;
                }
                None => self.finish(Some(Damage::Cut)),
            },
        }
    }

    /// Inflates once. Each call takes bytes, gives bytes or leaves the member.
    fn step(&mut self, out: &mut [u8]) -> usize {
        let (taken, known) = (self.inflater.total_in(), self.inflater.total_out());
        let rest = &self.packed[self.at..];
        let result = self.inflater.decompress(rest, out, FlushDecompress::None);
        let taken = difference(self.inflater.total_in(), taken).min(rest.len());
        let made = if result.is_err() {
            salvage(&self.packed[self.begun..], known, self.inflater, out)
        } else {
            difference(self.inflater.total_out(), known).min(out.len())
        };
        self.at += taken;
        self.checksum.update(&out[..made]);
        // The stored length is modulo 2^32 as well.
        #[expect(clippy::cast_possible_truncation, reason = "modulo 2^32 is meant")]
        let made_modulo = made as u32;
        self.length = self.length.wrapping_add(made_modulo);
        match result {
            Ok(Status::StreamEnd) => self.end(),
            Ok(Status::Ok | Status::BufError) if taken > 0 || made > 0 => {}
            Ok(_) if self.at == self.packed.len() => self.finish(Some(Damage::Cut)),
            Ok(_) | Err(_) => self.finish(Some(Damage::Corrupt)),
        }
        made
    }

    fn end(&mut self) {
        let Some((trailer, _)) = self.packed[self.at..].split_first_chunk::<TRAILER>() else {
            return self.finish(Some(Damage::Cut));
        };
        let [c0, c1, c2, c3, l0, l1, l2, l3] = *trailer;
        self.at += TRAILER;
        if u32::from_le_bytes([c0, c1, c2, c3]) != self.checksum.sum() {
            self.damage.note(Damage::Checksum);
        } else if u32::from_le_bytes([l0, l1, l2, l3]) != self.length {
            self.damage.note(Damage::Length);
        }
        self.state = State::Between;
    }

    fn finish(&mut self, damage: Option<Damage>) {
        if let Some(damage) = damage {
            self.damage.note(damage);
        }
        self.at = self.packed.len();
        self.state = State::Done;
    }
}

fn difference(now: u64, before: u64) -> usize {
    usize::try_from(now.saturating_sub(before)).unwrap_or(usize::MAX)
}
