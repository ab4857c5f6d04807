//! Bzip2 streams, one after another, decoded piece by piece.
//!
//! Each block and each stream has a checksum, which the decoder verifies; it does not tell a wrong
//! one from other broken data, so both are corrupt here. The text before the break is given, and
//! nothing behind it: where a next stream begins cannot be known then.

use bzip2::{Decompress, Status};

use super::{Damage, damage::DamageList, salvage::salvage};

const MAGIC: [u8; 3] = *b"BZh";
/// Where a stream says what follows: behind the magic bytes and the size.
const MARKS_AT: usize = 4;
/// What stands behind the magic bytes and the size: the begin of a block, or the end of a stream.
const MARKS: [[u8; 6]; 2] =
    [[0x31, 0x41, 0x59, 0x26, 0x53, 0x59], [0x17, 0x72, 0x45, 0x38, 0x50, 0x90]];

/// `packed` begins with a stream, or is cut within the bytes that begin one, four at the least.
pub(super) fn begins(packed: &[u8]) -> bool {
    let Some(rest) = packed.strip_prefix(&MAGIC) else { return false };
    let Some((b'1'..=b'9', rest)) = rest.split_first() else { return false };
    let mark = &rest[..rest.len().min(MARKS[0].len())];
    MARKS.iter().any(|known| known.starts_with(mark))
}

/// Decodes the streams of a file.
pub(super) struct Streams<'p> {
    packed: &'p [u8],
    at: usize,
    /// The stream that is being decoded.
    decoder: Option<Decompress>,
    /// Where it begins.
    begun: usize,
    done: bool,
    damage: DamageList,
}

impl<'p> Streams<'p> {
    pub(super) fn new(packed: &'p [u8]) -> Self {
        Self { packed, at: 0, begun: 0, decoder: None, done: false, damage: DamageList::default() }
    }

    /// Puts text into `out`, which is not empty, and gives its length; 0 only at the end.
    pub(super) fn fill(&mut self, out: &mut [u8]) -> usize {
        while !self.done {
            let Some(decoder) = &mut self.decoder else {
                self.begin();
                continue;
            };
            let (taken, known) = (decoder.total_in(), decoder.total_out());
            let rest = &self.packed[self.at..];
            let result = decoder.decompress(rest, out);
            let taken = difference(decoder.total_in(), taken).min(rest.len());
            let made = if result.is_err() {
                salvage(&self.packed[self.begun..], known, decoder, out)
            } else {
                difference(decoder.total_out(), known).min(out.len())
            };
            self.at += taken;
            match result {
                Ok(Status::StreamEnd) => self.decoder = None,
                Ok(_) if taken > 0 || made > 0 => {}
                Ok(_) if self.at == self.packed.len() => self.finish(Some(Damage::Cut)),
                Ok(_) | Err(_) => self.finish(Some(Damage::Corrupt)),
            }
            if made > 0 {
                return made;
            }
        }
        0
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
        let rest = &self.packed[self.at..];
        if let Some(checksum) = rest.get(MARKS_AT..).and_then(|rest| rest.strip_prefix(&MARKS[1]))
            && begins(rest)
        {
            self.pass_empty(checksum.first_chunk());
        } else if begins(rest) {
            self.decoder = Some(Decompress::new(false));
            self.begun = self.at;
        } else if rest.iter().all(|byte| *byte == 0) {
            self.finish(None);
        } else {
            self.finish(Some(Damage::Trailing { bytes: rest.len() as u64 }));
        }
    }

    /// Passes over a stream without a block, whose checksum is 0. A decoder would make room for a
    /// block first, which takes longer than decoding many.
    fn pass_empty(&mut self, checksum: Option<&[u8; 4]>) {
        match checksum {
            Some([0, 0, 0, 0]) => self.at += MARKS_AT + MARKS[1].len() + 4,
            Some(_) => self.finish(Some(Damage::Corrupt)),
            None => self.finish(Some(Damage::Cut)),
        }
    }

    fn finish(&mut self, damage: Option<Damage>) {
        if let Some(damage) = damage {
            self.damage.note(damage);
        }
        self.at = self.packed.len();
        self.decoder = None;
        self.done = true;
    }
}

fn difference(now: u64, before: u64) -> usize {
    usize::try_from(now.saturating_sub(before)).unwrap_or(usize::MAX)
}
