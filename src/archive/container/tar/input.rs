//! Where the blocks of a tar archive come from: bytes that are all there, or a stream.

use std::fmt;

use super::{
    super::super::{Damage, Pieces},
    BLOCK,
};

/// Bytes passed over at once.
const PIECE: usize = 1 << 20;

/// A tar archive, read from its start on.
pub(super) struct Input<'t> {
    from: From<'t>,
    at: u64,
    length: u64,
    /// Bytes of the present member, and of the padding behind it, that were not read.
    member: u64,
    padding: u64,
}

enum From<'t> {
    Bytes(&'t [u8]),
    Pieces(&'t mut dyn Pieces),
}

/// The bytes of a file in a tar archive.
pub enum TarContent<'c> {
    /// All of them.
    Bytes(&'c [u8]),
    /// Too many to hold.
    Pieces(TarPieces<'c>),
}

/// A file in a tar archive, in pieces.
pub struct TarPieces<'c>(&'c mut dyn Pieces);

impl<'t> Input<'t> {
    pub(super) fn bytes(bytes: &'t [u8]) -> Self {
        let length = bytes.len() as u64;
        Self { from: From::Bytes(bytes), at: 0, length, member: 0, padding: 0 }
    }

    pub(super) fn pieces(pieces: &'t mut dyn Pieces, length: u64) -> Self {
        Self { from: From::Pieces(pieces), at: 0, length, member: 0, padding: 0 }
    }

    pub(super) fn at(&self) -> u64 {
        self.at
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// The next block, or how many bytes there are instead.
    pub(super) fn block(&mut self) -> Result<[u8; BLOCK], usize> {
        if let From::Bytes(bytes) = self.from {
            let rest = usize::try_from(self.at).ok().and_then(|at| bytes.get(at..));
            let rest = rest.unwrap_or_default();
            let block = *rest.first_chunk().ok_or(rest.len())?;
            self.at += BLOCK as u64;
            return Ok(block);
        }
        let mut block = Vec::with_capacity(BLOCK);
        self.take(&mut block, BLOCK);
        <[u8; BLOCK]>::try_from(block).map_err(|short| short.len())
    }

    /// A member of that size follows; whether the archive ends inside it.
    pub(super) fn begin_member(&mut self, size: u64) -> bool {
        let there = self.length.saturating_sub(self.at);
        self.member = size.min(there);
        let padding = (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
        self.padding = padding.min(there - self.member);
        size > there
    }

    /// Goes to the end of the present member, and takes the padding behind it.
    pub(super) fn pass_member(&mut self, padding: &mut Vec<u8>) {
        let mut left = std::mem::take(&mut self.member);
        if let From::Bytes(_) = self.from {
            self.at += left;
            left = 0;
        }
        let mut passed = Vec::new();
        while left > 0 {
            passed.clear();
            let want = usize::try_from(left).unwrap_or(usize::MAX).min(PIECE);
            let took = self.take(&mut passed, want);
            if took == 0 {
                break;
            }
            left -= took as u64;
        }
        let want = usize::try_from(std::mem::take(&mut self.padding)).unwrap_or(BLOCK);
        self.take(padding, want);
    }

    /// Takes all of the present member.
    pub(super) fn take_member(&mut self, into: &mut Vec<u8>) {
        let size = usize::try_from(self.member).unwrap_or(usize::MAX);
        let taken = self.take(into, size);
        self.member -= taken as u64;
    }

    pub(super) fn content<'c>(
        &'c mut self,
        buffer: &'c mut Vec<u8>,
        hold: usize,
    ) -> TarContent<'c> {
        if let From::Bytes(bytes) = self.from {
            let start = usize::try_from(self.at).unwrap_or(usize::MAX).min(bytes.len());
            let size = usize::try_from(self.member).unwrap_or(usize::MAX);
            let end = start.saturating_add(size).min(bytes.len());
            return TarContent::Bytes(&bytes[start..end]);
        }
        if self.member > hold as u64 {
            return TarContent::Pieces(TarPieces(self));
        }
        buffer.clear();
        self.take_member(buffer);
        TarContent::Bytes(buffer)
    }

    /// Appends up to `want` bytes, fewer only at the end.
    fn take(&mut self, into: &mut Vec<u8>, want: usize) -> usize {
        let took = match &mut self.from {
            From::Bytes(bytes) => {
                let start = usize::try_from(self.at).unwrap_or(usize::MAX).min(bytes.len());
                let end = start.saturating_add(want).min(bytes.len());
                into.extend_from_slice(&bytes[start..end]);
                end - start
            }
            From::Pieces(pieces) => pieces.read(into, want),
        };
        self.at += took as u64;
        took
    }
}

/// The present member, as a stream.
impl Pieces for Input<'_> {
    fn read(&mut self, into: &mut Vec<u8>, up_to: usize) -> usize {
        let want = usize::try_from(self.member).unwrap_or(usize::MAX).min(up_to);
        let took = self.take(into, want);
        self.member -= took as u64;
        took
    }

    fn damage(&self) -> &[Damage] {
        &[]
    }

    fn packed_consumed(&self) -> u64 {
        self.at
    }

    fn rewind(&mut self) -> bool {
        false
    }
}

impl Pieces for TarPieces<'_> {
    fn read(&mut self, into: &mut Vec<u8>, up_to: usize) -> usize {
        self.0.read(into, up_to)
    }

    fn damage(&self) -> &[Damage] {
        self.0.damage()
    }

    fn packed_consumed(&self) -> u64 {
        self.0.packed_consumed()
    }

    fn rewind(&mut self) -> bool {
        self.0.rewind()
    }
}

impl fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Input").field("at", &self.at).field("length", &self.length).finish()
    }
}
