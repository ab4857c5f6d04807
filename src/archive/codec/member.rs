//! The data of one file inside a zip archive, as it is packed there.
//!
//! Its checksum and length stand beside it, in the archive's directory. They are compared once all
//! of it has been given.

use std::fmt;

use flate2::{Crc, Decompress, FlushDecompress, Status};
use ruzstd::decoding::FrameDecoder;

use super::{Damage, bzip2::Streams, damage::DamageList, salvage::salvage, zstd::Frames};

/// How the data is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// As it is.
    Stored,
    /// A deflate stream without a header.
    Deflate,
    /// A bzip2 stream.
    Bzip2,
    /// A zstd frame.
    Zstd,
}

/// What the data must come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promise {
    /// CRC-32 of the file.
    pub checksum: u32,
    /// Its length in bytes.
    pub length: u64,
}

/// One file inside a zip archive, still packed.
#[derive(Clone, Copy)]
pub struct Member<'z> {
    /// Its data; shorter than promised if the archive ends inside it.
    pub data: &'z [u8],
    /// How it is packed.
    pub method: Method,
    /// What it must come to, if that is known. If not, the data ends by itself and other things
    /// follow it.
    pub promise: Option<Promise>,
    /// The archive ends inside the data.
    pub cut: bool,
}

impl<'z> Member<'z> {
    /// The file as it stands in the archive and what is wrong with it, if it is not packed.
    pub fn as_stored(&self) -> Option<(&'z [u8], Vec<Damage>)> {
        if self.method != Method::Stored {
            return None;
        }
        Some((self.data, self.damage(self.data)))
    }

    /// What is wrong with the member, if that is all of its text.
    pub(super) fn damage(&self, text: &[u8]) -> Vec<Damage> {
        let mut checksum = Crc::new();
        checksum.update(text);
        let mut damage = DamageList::default();
        self.judge(checksum.sum(), text.len() as u64, &mut damage);
        damage.into_vec()
    }

    /// Notes what is wrong with a file of that checksum and length.
    fn judge(&self, checksum: u32, length: u64, damage: &mut DamageList) {
        match self.promise {
            _ if self.cut => damage.note(Damage::Ends),
            _ if !damage.as_slice().is_empty() => {}
            None => damage.note(Damage::NoChecksum),
            Some(promise) if promise.checksum != checksum => damage.note(Damage::Checksum),
            Some(promise) if promise.length != length => damage.note(Damage::Length),
            Some(_) => {}
        }
    }
}

impl fmt::Debug for Member<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { data, method, promise, cut } = self;
        write!(f, "Member {{ {} bytes, {method:?}, {promise:?}, cut: {cut} }}", data.len())
    }
}

/// Unpacks one member.
pub(super) struct Unpacking<'m> {
    member: Member<'m>,
    decoder: Decoder<'m>,
    checksum: Crc,
    length: u64,
    ended: bool,
    damage: DamageList,
}

enum Decoder<'m> {
    Stored(&'m [u8]),
    Deflate { at: usize, ended: bool, inflater: &'m mut Decompress },
    Bzip2(Streams<'m>),
    Zstd(Frames<'m>),
}

impl<'m> Unpacking<'m> {
    pub(super) fn new(
        member: Member<'m>,
        inflater: &'m mut Decompress,
        zstd: &'m mut FrameDecoder,
        max: usize,
    ) -> Self {
        let decoder = match member.method {
            Method::Stored => Decoder::Stored(member.data),
            Method::Deflate => {
                inflater.reset(false);
                Decoder::Deflate { at: 0, ended: false, inflater }
            }
            Method::Bzip2 => Decoder::Bzip2(Streams::new(member.data)),
            Method::Zstd => Decoder::Zstd(Frames::new(member.data, zstd, max)),
        };
        Self {
            member,
            decoder,
            checksum: Crc::new(),
            length: 0,
            ended: false,
            damage: DamageList::default(),
        }
    }

    /// Starts anew.
    pub(super) fn rewind(&mut self) {
        match &mut self.decoder {
            Decoder::Stored(rest) => *rest = self.member.data,
            Decoder::Deflate { at, ended, inflater } => {
                inflater.reset(false);
                (*at, *ended) = (0, false);
            }
            Decoder::Bzip2(streams) => *streams = Streams::new(self.member.data),
            Decoder::Zstd(frames) => frames.rewind(),
        }
        (self.length, self.ended) = (0, false);
        self.checksum.reset();
        self.damage = DamageList::default();
    }

    /// Puts text into `out`, which is not empty, and gives its length; 0 only at the end.
    pub(super) fn fill(&mut self, out: &mut [u8]) -> usize {
        let made = match &mut self.decoder {
            Decoder::Stored(rest) => {
                let (now, later) = rest.split_at(out.len().min(rest.len()));
                out[..now.len()].copy_from_slice(now);
                *rest = later;
                now.len()
            }
            Decoder::Deflate { at, ended, inflater } => {
                inflate(self.member.data, at, ended, inflater, out, &mut self.damage)
            }
            Decoder::Bzip2(streams) => streams.fill(out),
            Decoder::Zstd(frames) => frames.fill(out),
        };
        self.checksum.update(&out[..made]);
        self.length += made as u64;
        if made == 0 && !self.ended {
            self.ended = true;
            self.end();
        }
        made
    }

    pub(super) fn consumed(&self) -> usize {
        match &self.decoder {
            Decoder::Stored(rest) => self.member.data.len() - rest.len(),
            Decoder::Deflate { at, .. } => *at,
            Decoder::Bzip2(streams) => streams.consumed(),
            Decoder::Zstd(frames) => frames.consumed(),
        }
    }

    pub(super) fn damage(&self) -> &[Damage] {
        self.damage.as_slice()
    }

    pub(super) fn into_damage(self) -> Vec<Damage> {
        self.damage.into_vec()
    }

    fn end(&mut self) {
        let met = match &self.decoder {
            Decoder::Bzip2(streams) => streams.damage(),
            Decoder::Zstd(frames) => frames.damage(),
            Decoder::Stored(_) | Decoder::Deflate { .. } => &[],
        };
        // Data that ends by itself has other things behind it.
        let open = self.member.promise.is_none();
        for damage in met.iter().filter(|met| !(open && matches!(met, Damage::Trailing { .. }))) {
            self.damage.note(*damage);
        }
        if self.member.cut {
            // What a decoder says of that is the same in other words.
            self.damage = DamageList::default();
        }
        self.member.judge(self.checksum.sum(), self.length, &mut self.damage);
        // A stream ends by itself: something else can be behind it, in the place of the same file.
        if let Decoder::Deflate { at, .. } = self.decoder
            && !open
            && let Some(rest) = self.member.data.get(at..)
            && rest.iter().any(|byte| *byte != 0)
        {
            self.damage.note(Damage::Trailing { bytes: rest.len() as u64 });
        }
    }
}

/// Inflates until there is text or the data ends.
fn inflate(
    data: &[u8],
    at: &mut usize,
    ended: &mut bool,
    inflater: &mut Decompress,
    out: &mut [u8],
    damage: &mut DamageList,
) -> usize {
    while !*ended {
        let (taken, known) = (inflater.total_in(), inflater.total_out());
        let result = inflater.decompress(&data[*at..], out, FlushDecompress::None);
        let taken = difference(inflater.total_in(), taken).min(data.len() - *at);
        let made = if result.is_err() {
            salvage(data, known, inflater, out)
        } else {
            difference(inflater.total_out(), known).min(out.len())
        };
        *at += taken;
        match result {
            Ok(Status::StreamEnd) => *ended = true,
            Ok(Status::Ok | Status::BufError) if taken > 0 || made > 0 => {}
            Ok(_) if *at == data.len() => {
                damage.note(Damage::Cut);
                *ended = true;
            }
            Ok(_) | Err(_) => {
                damage.note(Damage::Corrupt);
                *ended = true;
            }
        }
        if made > 0 {
            return made;
        }
    }
    0
}

fn difference(now: u64, before: u64) -> usize {
    usize::try_from(now.saturating_sub(before)).unwrap_or(usize::MAX)
}
