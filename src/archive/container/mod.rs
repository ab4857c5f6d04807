//! Bundles: files that hold files, zip and tar.
//!
//! What a file is is told by its first bytes. A bundle is read in its own order, one file at a time;
//! nothing of it is extracted to disk, so the names in it are names and nothing else. Bundles are
//! hostile: sizes lie, entries overlap, directories point anywhere. Whatever a bundle says, no byte
//! is read outside it, and its damage is told.

mod spool;
mod tar;
mod zip;

pub use spool::spool;
pub use tar::{Tar, TarContent, TarFile};
pub use zip::{Zip, ZipFile};

#[cfg(test)]
pub(super) use tar::tests::tar_of;

use super::codec::Packing;

/// So many first bytes tell what a file is.
pub const HEAD: usize = tar::BLOCK;

/// What a file is, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A zip archive.
    Zip,
    /// A tar archive.
    Tar,
    /// Packed as a whole: gzip, zstd, bzip2.
    Packed,
    /// Something that is not read and may hold logs; the text names it.
    Foreign(&'static str),
    /// None of these: a text, or something unknown.
    Plain,
}

impl Shape {
    /// What begins with `head`: all of it, or its first [`HEAD`] bytes at least.
    pub fn of(head: &[u8]) -> Self {
        // Packed files and plain JSON are by far the most common.
        if Packing::of(head) != Packing::Plain {
            return Self::Packed;
        }
        match head {
            // What is split, or was to be, has a mark before its first file.
            [b'P', b'K', b'0', b'0', b'P', b'K', 3, 4, ..]
            | [b'P', b'K', 3, 4, ..]
            | [b'P', b'K', 5, 6, ..]
            | [b'P', b'K', 7, 8, ..] => Self::Zip,
            [b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c, ..] => {
                Self::Foreign("7z is not supported; unpack it first")
            }
            [b'R', b'a', b'r', b'!', 0x1a, 7, ..] => {
                Self::Foreign("rar is not supported; unpack it first")
            }
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => {
                Self::Foreign("xz is not supported; unpack it first")
            }
            [4, b'"', b'M', 0x18, ..] => Self::Foreign("lz4 is not supported; unpack it first"),
            [b'P', b'A', b'R', b'1', ..] => {
                Self::Foreign("Parquet is not supported; export it as CSV or JSON first")
            }
            [b'O', b'b', b'j', 1, ..] => {
                Self::Foreign("Avro is not supported; export it as CSV or JSON first")
            }
            [0xff, 0xfe, 0, 0, ..]
            | [0, 0, 0xfe, 0xff, ..]
            | [b'{' | b'[', 0, 0, 0, ..]
            | [0, 0, 0, b'{' | b'[', ..] => {
                Self::Foreign("UTF-32 is not supported; save it as UTF-8 first")
            }
            [0x5d, 0, 0, _, _, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, ..] => {
                Self::Foreign("lzma is not supported; unpack it first")
            }
            [0x1f, 0x9d, ..] => Self::Foreign("packed with compress"),
            [0xff, 6, 0, 0, b's', b'N', b'a', b'P', b'p', b'Y', ..] => {
                Self::Foreign("packed with snappy")
            }
            _ if tar::begins(head) => Self::Tar,
            _ => Self::Plain,
        }
    }

    /// What to do about a format that is not read.
    pub fn unsupported(self) -> Option<&'static str> {
        if let Self::Foreign(what) = self { Some(what) } else { None }
    }

    /// It holds files of its own.
    pub fn is_container(self) -> bool {
        matches!(self, Self::Zip | Self::Tar)
    }
}
