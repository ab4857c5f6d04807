//! To a sink in pieces.

use std::io::{self, BufWriter, Write};

use super::{Sink, SinkError};

/// Bytes of a piece.
const PIECE: usize = 64 << 10;

/// Gives a sink what `write` writes, in pieces: the whole is never held. An error of `write` itself is
/// one of writing.
pub fn stream(
    sink: &mut dyn Sink,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), SinkError> {
    let mut pieces = Pieces { sink, refused: None };
    let mut out = BufWriter::with_capacity(PIECE, &mut pieces);
    let written = write(&mut out).and_then(|()| out.flush());
    // After an error what is left in it is not wanted any more.
    let _ = out.into_parts();
    pieces.refused.map_or(written.map_err(SinkError::Write), Err)
}

/// A sink as a writer.
struct Pieces<'s> {
    sink: &'s mut dyn Sink,
    /// Why the sink took no more.
    refused: Option<SinkError>,
}

impl Write for Pieces<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.sink.write(bytes).map(|()| bytes.len()).map_err(|error| {
            self.refused = Some(error);
            io::Error::other("the sink takes no more")
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
