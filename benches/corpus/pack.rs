//! Writes zip and tar archives, sound ones and wrong ones: every number in them can be chosen.

use std::io::{self, Write as _};

use bzip2::write::BzEncoder;
use flate2::Crc;
use flate2::write::{DeflateEncoder, GzEncoder};

/// The method of a file in a zip.
pub(crate) const STORED: u16 = 0;
pub(crate) const DEFLATE: u16 = 8;
pub(crate) const BZIP2: u16 = 12;
pub(crate) const ZSTD: u16 = 93;

/// Flag of a zip entry: checksum and sizes follow the data.
pub(crate) const FOLLOWS: u16 = 1 << 3;

/// What the headers of a file in a zip say.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) name: Vec<u8>,
    pub(crate) flags: u16,
    pub(crate) method: u16,
    pub(crate) checksum: u32,
    pub(crate) length: u32,
    pub(crate) packed: u32,
    /// Mode of the file, as Unix has it.
    pub(crate) mode: u32,
    pub(crate) data: Vec<u8>,
}

impl Entry {
    /// A file, packed by a method that is known here.
    pub(crate) fn new(name: impl AsRef<[u8]>, content: &[u8], method: u16) -> io::Result<Self> {
        let data = match method {
            DEFLATE => deflate(content)?,
            BZIP2 => bzip2(content)?,
            ZSTD => zstd(content),
            _ => content.to_vec(),
        };
        let mut checksum = Crc::new();
        checksum.update(content);
        Ok(Self {
            name: name.as_ref().to_vec(),
            flags: 0,
            method,
            checksum: checksum.sum(),
            length: short(content.len()),
            packed: short(data.len()),
            mode: 0o10_0644,
            data,
        })
    }
}

/// A zip archive that grows.
#[derive(Debug, Default)]
pub(crate) struct Zip {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    count: usize,
}

impl Zip {
    /// A sound file.
    pub(crate) fn file(
        &mut self,
        name: impl AsRef<[u8]>,
        content: &[u8],
        method: u16,
    ) -> io::Result<&mut Self> {
        Ok(self.entry(&Entry::new(name, content, method)?))
    }

    /// A file as it is said to be.
    pub(crate) fn entry(&mut self, entry: &Entry) -> &mut Self {
        let at = self.bytes.len();
        self.points_to(at, entry);
        let Entry { name, flags, method, checksum, length, packed, data, .. } = entry;
        let follows = flags & FOLLOWS != 0;
        let now = |number: u32| if follows { 0 } else { number };
        self.bytes.extend(b"PK\x03\x04\x14\0");
        self.bytes.extend([flags.to_le_bytes(), method.to_le_bytes()].concat());
        self.bytes.extend([0; 4]);
        for number in [*checksum, *packed, *length].map(now) {
            self.bytes.extend(number.to_le_bytes());
        }
        self.bytes.extend([short_16(name.len()).to_le_bytes(), [0; 2]].concat());
        self.bytes.extend(name);
        self.bytes.extend(data);
        if follows {
            self.bytes.extend(b"PK\x07\x08");
            for number in [*checksum, *packed, *length] {
                self.bytes.extend(number.to_le_bytes());
            }
        }
        self
    }

    /// Another entry of the directory for the file that stands at `at`.
    pub(crate) fn points_to(&mut self, at: usize, entry: &Entry) -> &mut Self {
        let Entry { name, flags, method, checksum, length, packed, mode, .. } = entry;
        // Made by Unix, so that the mode counts.
        self.directory.extend(b"PK\x01\x02\x14\x03\x14\0");
        self.directory.extend([flags.to_le_bytes(), method.to_le_bytes()].concat());
        self.directory.extend([0; 4]);
        for number in [*checksum, *packed, *length] {
            self.directory.extend(number.to_le_bytes());
        }
        self.directory.extend(short_16(name.len()).to_le_bytes());
        self.directory.extend([0; 8]);
        self.directory.extend((mode << 16).to_le_bytes());
        self.directory.extend(short(at).to_le_bytes());
        self.directory.extend(name);
        self.count += 1;
        self
    }

    /// The archive without its directory.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The whole archive.
    pub(crate) fn finish(&self) -> Vec<u8> {
        let count = short_16(self.count & 0xffff).to_le_bytes();
        [
            &self.bytes[..],
            &self.directory,
            b"PK\x05\x06\0\0\0\0",
            &count,
            &count,
            &short(self.directory.len()).to_le_bytes(),
            &short(self.bytes.len()).to_le_bytes(),
            &[0, 0],
        ]
        .concat()
    }
}

/// A tar archive that grows.
#[derive(Debug, Default)]
pub(crate) struct Tar {
    bytes: Vec<u8>,
}

impl Tar {
    /// A sound file, with a long name in the form of GNU if it needs one.
    pub(crate) fn file(&mut self, name: impl AsRef<[u8]>, content: &[u8]) -> &mut Self {
        let name = name.as_ref();
        if name.len() > 100 {
            self.header(b"././@LongLink", name.len() + 1, b'L');
            self.data(&[name, b"\0"].concat());
        }
        self.header(&name[..name.len().min(100)], content.len(), b'0').data(content)
    }

    /// An extended header for the next file.
    pub(crate) fn extended(&mut self, key: &str, value: &[u8]) -> &mut Self {
        let body = [format!(" {key}=").as_bytes(), value, b"\n"].concat();
        // The length counts its own digits.
        let mut length = body.len() + 1;
        while length != body.len() + length.to_string().len() {
            length += 1;
        }
        let record = [length.to_string().as_bytes(), &body].concat();
        self.header(b"PaxHeaders/x", record.len(), b'x').data(&record)
    }

    /// A header of the common form, and nothing behind it.
    pub(crate) fn header(&mut self, name: &[u8], size: usize, kind: u8) -> &mut Self {
        let mut block = [0; 512];
        block[..name.len()].copy_from_slice(name);
        block[100..108].copy_from_slice(b"0000644\0");
        block[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
        block[136..148].copy_from_slice(b"00000000000\0");
        block[156] = kind;
        block[257..265].copy_from_slice(b"ustar\x0000");
        self.block(block)
    }

    /// A header, whose checksum is set here.
    pub(crate) fn block(&mut self, mut block: [u8; 512]) -> &mut Self {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        self.raw(&block)
    }

    /// Data, padded to a whole block.
    pub(crate) fn data(&mut self, data: &[u8]) -> &mut Self {
        self.raw(data);
        let padded = self.bytes.len().next_multiple_of(512);
        self.bytes.resize(padded, 0);
        self
    }

    /// Whatever is given.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend(bytes);
        self
    }

    /// The archive without the mark of its end.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The whole archive.
    pub(crate) fn finish(&self) -> Vec<u8> {
        [&self.bytes[..], &[0; 1024]].concat()
    }
}

pub(crate) fn gzip(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(content)?;
    encoder.finish()
}

pub(crate) fn bzip2(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = BzEncoder::new(Vec::new(), bzip2::Compression::best());
    encoder.write_all(content)?;
    encoder.finish()
}

pub(crate) fn zstd(content: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(content, ruzstd::encoding::CompressionLevel::Fastest)
}

fn deflate(content: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(content)?;
    encoder.finish()
}

/// The archives made here are small.
fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn short_16(number: usize) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}
