//! Bytes that come once and are needed at will: kept in an unnamed temporary file.

use std::io::{self, Write};

use crate::{
    archive::{Damage, Pieces, StoreError, Stored},
    platform::MappedFile,
};

/// Bytes moved at once.
const PIECE: usize = 1 << 20;

/// Keeps `head` and all that follows it in `pieces`, and gives it with what is wrong with it.
/// More than `room` bytes are refused.
pub fn spool(
    head: Vec<u8>,
    pieces: &mut dyn Pieces,
    room: u64,
) -> Result<(Stored<'static>, Vec<Damage>), StoreError> {
    let mut file = tempfile::tempfile().map_err(StoreError::Spool)?;
    let mut piece = head;
    let mut length = 0_u64;
    while !piece.is_empty() {
        length = length.saturating_add(piece.len() as u64);
        if length > room {
            let reason = format!("more than the {room} bytes that it may take");
            return Err(StoreError::Spool(io::Error::new(io::ErrorKind::FileTooLarge, reason)));
        }
        file.write_all(&piece).map_err(StoreError::Spool)?;
        piece.clear();
        pieces.read(&mut piece, PIECE);
    }
    let map = MappedFile::new(&file).map_err(StoreError::Spool)?;
    Ok((Stored::Mapped(map), pieces.damage().to_vec()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::archive::{Inflated, Limits, TextBuffer, inflate};

    #[test]
    fn what_comes_in_pieces_is_kept_whole_or_refused_by_its_size() {
        let text = [vec![7; 3 * PIECE], b"the end".to_vec()].concat();
        let kept = |room: usize| {
            let mut buffer = TextBuffer::default();
            let limits = Limits { max_inflated: 0 };
            let Ok(Inflated::Stream(mut stream)) = inflate(&text, limits, &mut buffer) else {
                panic!("no stream")
            };
            let mut head = Vec::new();
            stream.read(&mut head, 512);
            spool(head, &mut stream, room as u64)
        };
        let (packed, damage) = kept(text.len()).unwrap();
        assert!(packed.bytes() == text && damage.is_empty());
        let refused = kept(text.len() - 1).unwrap_err().to_string();
        assert!(refused.contains("more than the 3145734 bytes that it may take"), "{refused}");
    }
}
