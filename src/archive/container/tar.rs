//! Tar archives (POSIX ustar and pax, GNU, and the form before both), in one pass.
//!
//! An archive is read from bytes that are all there, or from a stream of which a block is held at a
//! time. Only files are given: folders, links and devices hold no text. A broken header is told and
//! the next sound one looked for; an archive that ends early gives what came before.

mod header;
mod input;

pub(super) use self::header::begins;
pub use self::input::TarContent;
use self::{
    header::{Header, Kind, parse_pax},
    input::Input,
};
use super::super::Pieces;
use crate::cloudtrail::envelope::Traces;

/// The unit of a tar archive.
pub(super) const BLOCK: usize = 512;

/// Long names and extended headers that are larger are passed over.
const LARGEST_HEADER: u64 = 1 << 20;

/// A longer name is cut: no path is that long, and zip has no room for a longer one either.
const LONGEST_NAME: usize = u16::MAX as usize;

/// A file inside a tar archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TarFile {
    /// Its name, as it stands there.
    pub name: Vec<u8>,
    /// The archive ends inside it.
    pub cut: bool,
    /// Why it cannot be read.
    pub refused: Option<&'static str>,
}

/// Goes through the files of a tar archive, in its order.
#[derive(Debug)]
pub struct Tar<'t> {
    input: Input<'t>,
    /// What headers before a file say of it.
    said: Said,
    state: State,
    trouble: Vec<String>,
}

/// What an extended header or a long name says of the next file.
#[derive(Debug, Default)]
struct Said {
    name: Option<Vec<u8>>,
    size: Option<u64>,
    sparse: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Headers follow.
    Files,
    /// A header was broken; the next sound one is looked for.
    Lost,
    /// A block of zeros was met, which ends an archive. Another one may be behind it.
    Zeros,
    Done,
}

impl<'t> Tar<'t> {
    /// An archive that is all there.
    pub fn in_bytes(bytes: &'t [u8]) -> Self {
        Self::of(Input::bytes(bytes))
    }

    /// An archive of `length` bytes that comes in pieces.
    pub fn in_pieces(pieces: &'t mut dyn Pieces, length: u64) -> Self {
        Self::of(Input::pieces(pieces, length))
    }

    fn of(input: Input<'t>) -> Self {
        Self { input, said: Said::default(), state: State::Files, trouble: Vec::new() }
    }

    /// What is wrong with the archive itself, known so far; complete once there is no next file.
    pub fn trouble(&self) -> &[String] {
        &self.trouble
    }

    /// Bytes of the archive read so far.
    pub fn reached(&self) -> u64 {
        self.input.at()
    }

    /// The next file. Whatever was not read of the one before is passed over.
    #[expect(clippy::should_implement_trait, reason = "an iterator cannot lend the content")]
    pub fn next(&mut self) -> Option<TarFile> {
        let mut padding = Vec::new();
        while self.state != State::Done {
            padding.clear();
            self.input.pass_member(&mut padding);
            // Old programs leave there what was in their buffers, which is no damage.
            self.look(&padding, "there may be records in the padding behind a file");
            let at = self.input.at();
            match self.input.block() {
                Ok(block) => {
                    if let Some(file) = self.block(&block, at) {
                        return Some(file);
                    }
                }
                Err(left) => self.ended(left),
            }
        }
        None
    }

    /// The bytes of the file that [`next`](Self::next) gave last: where they stand, in `buffer` if
    /// they come from a stream and are no more than `hold`, or else as a stream.
    pub fn content<'c>(&'c mut self, buffer: &'c mut Vec<u8>, hold: usize) -> TarContent<'c> {
        self.input.content(buffer, hold)
    }

    /// The archive ends, `left` bytes after its last block.
    fn ended(&mut self, left: usize) {
        match self.state {
            State::Files => self.tell("it ends early: the mark of its end is missing".to_owned()),
            State::Zeros | State::Lost if left > 0 => {
                self.tell(format!("{left} bytes of other data behind it"));
            }
            _ => {}
        }
        self.state = State::Done;
    }

    /// Reports traces of records where no file is.
    fn look(&mut self, data: &[u8], told: &str) {
        if data.iter().any(|byte| *byte != 0) {
            let mut traces = Traces::default();
            traces.look(data);
            if traces.tell() {
                self.tell(told.to_owned());
            }
        }
    }

    /// Each kind of trouble is told once or twice, not a million times.
    fn tell(&mut self, trouble: String) {
        const MOST: usize = 8;
        if self.trouble.len() < MOST && self.trouble.last() != Some(&trouble) {
            self.trouble.push(trouble);
        }
    }

    fn block(&mut self, block: &[u8; BLOCK], at: u64) -> Option<TarFile> {
        if block.iter().all(|byte| *byte == 0) {
            if self.state == State::Files {
                self.state = State::Zeros;
            }
            return None;
        }
        match Header::read(block) {
            Some(header) => {
                self.state = State::Files;
                self.header(header)
            }
            None if self.state == State::Zeros => {
                let behind = self.input.length() - at;
                self.tell(format!("{behind} bytes of other data behind it"));
                self.state = State::Done;
                None
            }
            None => {
                if self.state == State::Files {
                    self.tell(format!("the header at byte {at} is broken"));
                }
                self.said = Said::default();
                self.state = State::Lost;
                None
            }
        }
    }

    fn header(&mut self, header: Header) -> Option<TarFile> {
        match header.kind {
            Kind::LongName => {
                if let Some(mut name) = self.small(header.size) {
                    let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
                    name.truncate(end);
                    self.said.name = Some(name);
                }
                None
            }
            Kind::Extended => {
                if let Some(records) = self.small(header.size) {
                    let said = &mut self.said;
                    parse_pax(&records, |key, value| match key {
                        b"path" if !said.sparse => said.name = Some(value.to_vec()),
                        b"GNU.sparse.name" => {
                            (said.name, said.sparse) = (Some(value.to_vec()), true);
                        }
                        b"size" => said.size = header::decimal(value),
                        _ if key.starts_with(b"GNU.sparse.") => said.sparse = true,
                        _ => {}
                    });
                }
                None
            }
            Kind::Passed => {
                self.small(header.size);
                None
            }
            Kind::NoFile => {
                self.said = Said::default();
                None
            }
            Kind::File | Kind::Sparse | Kind::Continued => self.file(header),
        }
    }

    fn file(&mut self, header: Header) -> Option<TarFile> {
        let said = std::mem::take(&mut self.said);
        let sparse = said.sparse || header.kind == Kind::Sparse;
        // The map of a sparse file may go on in further blocks, which are no part of its size.
        let mut goes_on = header.map_goes_on;
        while goes_on {
            let Ok(block) = self.input.block() else { break };
            goes_on = header::map_goes_on(&block);
        }
        let mut name = said.name.unwrap_or(header.name);
        name.truncate(LONGEST_NAME);
        let size = said.size.unwrap_or(header.size);
        let cut = self.input.begin_member(size);
        // A folder has no data, whatever it is called.
        if name.ends_with(b"/") && size == 0 {
            return None;
        }
        if cut {
            self.tell("it ends early".to_owned());
            // Nothing stands behind it, so nothing else is missing.
            self.state = State::Zeros;
        }
        let refused = match header.kind {
            _ if sparse => Some("sparse files in a tar are not supported; unpack it first"),
            Kind::Continued => Some("it begins in another archive"),
            _ => None,
        };
        Some(TarFile { name, cut, refused })
    }

    /// Data that says something of a file to come.
    fn small(&mut self, size: u64) -> Option<Vec<u8>> {
        let cut = self.input.begin_member(size);
        if size > LARGEST_HEADER || cut {
            self.tell("a long name or extended header cannot be read".to_owned());
            return None;
        }
        let mut data = Vec::new();
        self.input.take_member(&mut data);
        self.look(&data, "there may be records in a header of it");
        Some(data)
    }
}

#[cfg(test)]
pub(super) mod tests;
