//! Room for a text: memory that is zeroed once and kept from file to file.
//!
//! Large room is asked for in huge pages. A text of many megabytes in pages of four kilobytes spends
//! a good part of its time on faults and address translation, in a virtual machine above all. All room
//! begins where a line of a cache does: vectors of that size are loaded from one line, not from parts of two.

use memmap2::MmapMut;

/// Bytes from which room is mapped on its own.
const LARGE: usize = 4 << 20;

/// Bytes of a line of a cache.
const LINE: usize = 64;

/// Memory that is all there is or will be of a text.
#[derive(Debug)]
pub(super) enum Room {
    /// The bytes from a line on.
    Small(Vec<u8>, usize),
    Large(MmapMut),
}

impl Default for Room {
    fn default() -> Self {
        Self::Small(Vec::new(), 0)
    }
}

impl Room {
    /// Zeroed room for so many bytes. Zeroed memory comes from the system, and pages of it that are
    /// never touched cost nothing.
    pub(super) fn new(bytes: usize) -> Self {
        if bytes >= LARGE
            && let Ok(map) = MmapMut::map_anon(bytes)
        {
            // Advice that is not taken changes nothing but time.
            #[cfg(target_os = "linux")]
            let _ = map.advise(memmap2::Advice::HugePage);
            return Self::Large(map);
        }
        let mut small = vec![0; bytes + LINE];
        // Where that cannot be told nothing is lost but time.
        let from = small.as_ptr().align_offset(LINE).min(LINE);
        small.truncate(from + bytes);
        Self::Small(small, from)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Small(bytes, from) => &bytes[*from..],
            Self::Large(map) => map,
        }
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        match self {
            Self::Small(bytes, from) => &mut bytes[*from..],
            Self::Large(map) => map,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.bytes().len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_zeroed_and_as_large_as_asked_for_and_begins_at_a_line() {
        for bytes in [1, 63, 64, 1 << 16, LARGE - 1, LARGE] {
            let mut room = Room::new(bytes);
            assert_eq!(room.len(), bytes);
            assert!(room.bytes().iter().all(|&byte| byte == 0));
            assert_eq!(room.bytes_mut().as_ptr().align_offset(LINE), 0, "{bytes}");
        }
        assert_eq!(Room::default().len(), 0);
    }
}
