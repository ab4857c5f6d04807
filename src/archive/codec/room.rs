//! Room for a text: memory that is zeroed once and kept from file to file.
//!
//! Room is mapped on its own unless it is small. So a text begins at a line of the cache, and who looks
//! at it 64 bytes at a time finds them in one line, not in parts of two.
//!
//! Large room is asked for in huge pages. A text of many megabytes in pages of four kilobytes spends
//! a good part of its time on faults and address translation, in a virtual machine above all.

use memmap2::MmapMut;

/// Bytes from which room is mapped on its own.
const MAPPED: usize = 64 << 10;

/// Bytes from which it is asked for in huge pages.
const LARGE: usize = 4 << 20;

/// Memory that is all there is or will be of a text.
#[derive(Debug)]
pub(super) enum Room {
    Small(Vec<u8>),
    Mapped(MmapMut),
}

impl Default for Room {
    fn default() -> Self {
        Self::Small(Vec::new())
    }
}

impl Room {
    /// Zeroed room for so many bytes. Zeroed memory comes from the system, and pages of it that are
    /// never touched cost nothing.
    pub(super) fn new(bytes: usize) -> Self {
        if bytes >= MAPPED
            && let Ok(map) = MmapMut::map_anon(bytes)
        {
            // Advice that is not taken changes nothing but time.
            #[cfg(target_os = "linux")]
            if bytes >= LARGE {
                let _ = map.advise(memmap2::Advice::HugePage);
            }
            return Self::Mapped(map);
        }
        Self::Small(vec![0; bytes])
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Small(bytes) => bytes,
            Self::Mapped(map) => map,
        }
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        match self {
            Self::Small(bytes) => bytes,
            Self::Mapped(map) => map,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.bytes().len()
    }
}
