//! Mapped files.
//!
//! One of the few places with `unsafe`. A map shows the file as it is on disk, so the file must not
//! be truncated while it is mapped: touching a page behind the new end raises `SIGBUS`, which ends
//! the process, and nothing here can turn that into an error. `--access read` never maps files of the
//! archive: it is for archives that are still written to, or on network file systems.

use std::{fs::File, io};

/// A file, mapped read-only; unmapped when dropped.
#[derive(Debug)]
pub struct MappedFile {
    map: memmap2::Mmap,
}

impl MappedFile {
    /// Maps the whole of `file` as long as it is now. The map outlives the open file.
    #[expect(unsafe_code, reason = "a file map is only as constant as the file")]
    pub(crate) fn new(file: &File) -> io::Result<Self> {
        // SAFETY: The map is read-only and nothing here writes to the file, so the slice is as
        // constant as the file is. What remains is another process that changes the file while it
        // is mapped, which no program that maps files can rule out: overwriting it changes bytes
        // under a reader, and truncating it ends an access in `SIGBUS`. The contract of the module
        // doc puts that burden on who starts the hunt: archives are not written to while hunted,
        // or are read with `--access read`. Decoders here treat every byte as hostile anyway.
        let map = unsafe { memmap2::Mmap::map(file)? };
        Ok(Self { map })
    }

    /// Lets the pages before `end` go from memory: a file larger than memory can be read through a
    /// map of it. They are read again if they are touched again.
    #[expect(unsafe_code, reason = "giving up pages is only harmless for a map such as this one")]
    pub(crate) fn release(&self, end: usize) {
        let length = end.min(self.map.len());
        // SAFETY: The map is read-only and shows a file, so no page holds anything that is not in
        // the file as well, and a page that was given up is read from there when it is touched.
        // Advice that the system does not take changes nothing.
        let _ = unsafe {
            self.map.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, 0, length)
        };
    }

    /// The bytes of the file.
    pub fn bytes(&self) -> &[u8] {
        &self.map
    }
}
