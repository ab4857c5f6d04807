//! Keys, told by one map of bits and one comparison.
//!
//! A linear map over the bits of a byte takes the byte of each key at [`TELLING`] to the one at [`THIRD`]. A string in which
//! one is not what the map makes of the other is no key. What the map makes of other letters is free, and was
//! chosen by trial: of the strings in public and in made-up trails that are no keys, fewer than one in 4,000 pass.

use super::super::{BEHIND, THIRD};

/// The other byte of a key that is looked at: that of an `N`, a `C`, a `V` or an `e`.
pub(super) const TELLING: usize = 6;

/// Such a map, as `gf2p8affineqb` takes it: a matrix whose rows are the bytes of a word, the first row the highest byte.
pub(super) type Map = i64;

/// The map of the keys that are looked for in each text.
pub(super) const KEYS: Map = i64::from_be_bytes([0xf9, 0x02, 0xc0, 0x30, 0x39, 0x57, 0xeb, 0x3c]);

/// The same with versions.
pub(super) const KEYS_AND_VERSIONS: Map =
    i64::from_be_bytes([0x27, 0xdc, 0xc7, 0xc2, 0x5c, 0x25, 0xa5, 0x3c]);

const _: () = assert!(THIRD <= BEHIND && TELLING <= BEHIND);

#[cfg(test)]
mod tests {
    use super::{
        super::super::{ANCHOR_KEY, CATEGORY_KEY, OMITTED_KEY, VERSION_KEY, WRAPPED_KEY},
        *,
    };

    /// What a map makes of a byte, as the instruction is specified.
    fn image(map: Map, byte: u8) -> u8 {
        let rows = map.to_be_bytes().into_iter().enumerate();
        rows.fold(0, |image, (bit, row)| {
            let odd = (row & byte).count_ones() % 2 == 1;
            image | u8::from(odd) << bit
        })
    }

    fn tells(map: Map, key: &[u8]) -> bool {
        image(map, key[TELLING]) == key[THIRD]
    }

    #[test]
    fn maps_tell_all_keys() {
        for key in [ANCHOR_KEY, WRAPPED_KEY, CATEGORY_KEY, OMITTED_KEY] {
            assert!(tells(KEYS, key) && tells(KEYS_AND_VERSIONS, key));
        }
        assert!(tells(KEYS_AND_VERSIONS, VERSION_KEY) && !tells(KEYS, VERSION_KEY));
    }
}
