//! Zstandard frames, one after another (RFC 8878), decoded block by block.
//!
//! Skippable frames are skipped, checksums verified where there are any. A frame that asks for more
//! memory than allowed, or for a dictionary, is refused with a reason.

use std::io::Read;

use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder, errors::FrameDecoderError};

use super::{Damage, damage::DamageList};

const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const BLOCK_HEADER: usize = 3;
const CHECKSUM: usize = 4;

/// Every decoder has to support windows of this size (RFC 8878, section 3.1.1.1.2).
const MIN_WINDOW_LIMIT: u64 = 8 << 20;
/// No larger window is accepted, whatever the limit on text: it is held beside the text.
const MAX_WINDOW_LIMIT: u64 = 128 << 20;

/// `packed` begins with a frame, or is cut within the bytes that begin one.
pub(super) fn begins(packed: &[u8]) -> bool {
    let magic = &packed[..packed.len().min(MAGIC.len())];
    !magic.is_empty() && (MAGIC.starts_with(magic) || is_skippable(packed))
}

fn is_skippable(packed: &[u8]) -> bool {
    matches!(packed, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

/// Decodes the frames of a file.
pub(super) struct Frames<'p> {
    packed: &'p [u8],
    rest: &'p [u8],
    state: State,
    decoder: &'p mut FrameDecoder,
    window_limit: u64,
    /// Text of the present frame that was given.
    given: u64,
    has_checksum: bool,
    damage: DamageList,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Between,
    /// Further blocks follow.
    Inside,
    /// All blocks are decoded; what they gave is not all taken yet.
    Ended,
    /// The same, and nothing behind it will be read.
    Broken,
    Done,
}

impl<'p> Frames<'p> {
    pub(super) fn new(packed: &'p [u8], decoder: &'p mut FrameDecoder, max: usize) -> Self {
        let window_limit = (max as u64).clamp(MIN_WINDOW_LIMIT, MAX_WINDOW_LIMIT);
        decoder.set_max_window_size(window_limit);
        Self {
            packed,
            rest: packed,
            state: State::Between,
            decoder,
            window_limit,
            given: 0,
            has_checksum: false,
            damage: DamageList::default(),
        }
    }

    /// Puts text into `out`, which is not empty, and gives its length; 0 only at the end.
    pub(super) fn fill(&mut self, out: &mut [u8]) -> usize {
        loop {
            if self.state == State::Done {
                return 0;
            }
            if self.state == State::Between {
                self.begin();
                continue;
            }
            // Reading from the decoder's own buffer does not fail; if it ever did, nothing more
            // could be had from it.
            let made = self.decoder.read(out).unwrap_or(0);
            self.given += made as u64;
            if made > 0 {
                return made;
            }
            match self.state {
                State::Inside => self.block(),
                State::Ended => self.end(),
                _ => self.state = State::Done,
            }
        }
    }

    /// Starts anew.
    pub(super) fn rewind(&mut self) {
        self.rest = self.packed;
        self.state = State::Between;
        self.damage = DamageList::default();
    }

    pub(super) fn consumed(&self) -> usize {
        self.packed.len() - self.rest.len()
    }

    pub(super) fn damage(&self) -> &[Damage] {
        self.damage.as_slice()
    }

    pub(super) fn into_damage(self) -> Vec<Damage> {
        self.damage.into_vec()
    }

    fn begin(&mut self) {
        if self.rest.iter().all(|byte| *byte == 0) {
            self.state = State::Done;
        } else if is_skippable(self.rest) {
            let length =
                self.rest[MAGIC.len()..].first_chunk().map(|size| u32::from_le_bytes(*size));
            let behind = length
                .and_then(|length| usize::try_from(length).ok()?.checked_add(MAGIC.len() + 4))
                .and_then(|behind| self.rest.get(behind..));
            match behind {
                Some(behind) => self.rest = behind,
                None => self.give_up(Damage::Cut),
            }
        } else if begins(self.rest) {
            self.begin_frame();
        } else {
            self.give_up(Damage::Trailing { bytes: self.rest.len() as u64 });
        }
    }

    fn begin_frame(&mut self) {
        let Some(&descriptor) = self.rest.get(MAGIC.len()) else {
            return self.give_up(Damage::Cut);
        };
        if self.rest.len() < header_length(descriptor) {
            return self.give_up(Damage::Cut);
        }
        self.has_checksum = descriptor & 0b100 != 0;
        self.given = 0;
        match self.decoder.reset(&mut self.rest) {
            Ok(()) => self.state = State::Inside,
            Err(FrameDecoderError::WindowSizeTooBig { requested, .. }) => {
                self.give_up(Damage::Window { bytes: requested, limit: self.window_limit });
            }
            Err(FrameDecoderError::DictNotProvided { .. }) => self.give_up(Damage::Dictionary),
            Err(_) => self.give_up(Damage::Corrupt),
        }
    }

    fn block(&mut self) {
        if !self.has_whole_block() {
            return self.break_off(Damage::Cut);
        }
        match self.decoder.decode_blocks(&mut self.rest, BlockDecodingStrategy::UptoBlocks(1)) {
            Ok(true) => self.state = State::Ended,
            Ok(false) => {}
            Err(FrameDecoderError::FailedToReadChecksum(_)) => self.break_off(Damage::Cut),
            Err(_) => self.break_off(Damage::Corrupt),
        }
    }

    /// The decoder reads from a slice and would tell a cut from corrupt data only by luck.
    fn has_whole_block(&self) -> bool {
        let Some((&[b0, b1, b2], body)) = self.rest.split_first_chunk::<BLOCK_HEADER>() else {
            return false;
        };
        let repeats_one_byte = (b0 >> 1) & 0b11 == 1;
        let size = u32::from_le_bytes([b0, b1, b2, 0]) >> 3;
        let stored = if repeats_one_byte { 1 } else { size as usize };
        stored <= body.len()
    }

    fn end(&mut self) {
        let expected = self.decoder.content_size();
        let stored = self.decoder.get_checksum_from_data();
        if stored.is_some() && stored != self.decoder.get_calculated_checksum() {
            self.damage.note(Damage::Checksum);
        } else if expected != 0 && expected != self.given {
            self.damage.note(Damage::Length);
        }
        self.state = State::Between;
    }

    /// Leaves a frame whose blocks cannot be decoded further. The decoder keeps a window of text
    /// back for as long as it expects more, so it is told that nothing follows: by a last block
    /// that is empty, and a checksum that nobody compares.
    fn break_off(&mut self, damage: Damage) {
        const LAST_BLOCK: [u8; BLOCK_HEADER + CHECKSUM] = [1, 0, 0, 0, 0, 0, 0];

        self.damage.note(damage);
        self.rest = &[];
        let closed = self.decoder.is_finished()
            || self.decoder.decode_blocks(&LAST_BLOCK[..], BlockDecodingStrategy::All).is_ok();
        self.state = if closed { State::Broken } else { State::Done };
    }

    fn give_up(&mut self, damage: Damage) {
        self.damage.note(damage);
        self.rest = &[];
        self.state = State::Done;
    }
}

/// The length of a frame's header, from its magic bytes on (RFC 8878, section 3.1.1.1.1).
fn header_length(descriptor: u8) -> usize {
    let single_segment = descriptor & 0b10_0000 != 0;
    let content_size = match descriptor >> 6 {
        0 => usize::from(single_segment),
        power => 1 << power,
    };
    let dictionary = [0, 1, 2, 4][usize::from(descriptor & 0b11)];
    MAGIC.len() + 1 + usize::from(!single_segment) + dictionary + content_size
}
