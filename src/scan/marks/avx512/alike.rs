//! Bytes that are alike: an affine map over their bits takes them, and few others, to zero.

/// Such a map, as `gf2p8affineqb` takes it: a matrix whose rows are the bytes of a word, the first row the highest byte,
/// and a bit for each row that is added.
#[derive(Debug)]
pub(super) struct Alike {
    pub(super) matrix: i64,
    pub(super) constant: u8,
}

impl Alike {
    /// The map that takes the fewest other bytes to zero with these.
    pub(super) const fn to(bytes: &[u8]) -> Self {
        let (mut matrix, mut constant, mut rows) = (0_u64, 0, 0);
        // What the rows so far are when some of them are put together.
        let mut spanned = [false; 256];
        spanned[0] = true;
        let mut row = u8::MAX;
        while row > 0 {
            if !spanned[row as usize] && is_same(row, bytes) {
                // Bits are counted from the lowest, rows of the matrix from the highest byte.
                matrix |= (row as u64) << (56 - 8 * rows);
                constant |= odd(row & bytes[0]) << rows;
                rows += 1;
                let before = spanned;
                let mut other = 0;
                while other < before.len() {
                    spanned[other ^ row as usize] |= before[other];
                    other += 1;
                }
            }
            row -= 1;
        }
        Self { matrix: matrix.cast_signed(), constant }
    }

    /// What is added, as the instruction takes it if it does not change.
    pub(super) const fn immediate(&self) -> i32 {
        i32::from_le_bytes([self.constant, 0, 0, 0])
    }
}

/// Whether each of the bytes has the same parity of the bits that a row asks for.
const fn is_same(row: u8, bytes: &[u8]) -> bool {
    let mut index = 1;
    while index < bytes.len() {
        if odd(row & (bytes[0] ^ bytes[index])) == 1 {
            return false;
        }
        index += 1;
    }
    true
}

const fn odd(bits: u8) -> u8 {
    bits.count_ones().to_le_bytes()[0] % 2
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes that a map takes to zero, as the instruction is specified.
    fn alike(to: &[u8]) -> Vec<u8> {
        let Alike { matrix, constant } = Alike::to(to);
        let rows = matrix.cast_unsigned().to_be_bytes();
        let bit = |row: usize, byte: u8| odd(rows[row] & byte) ^ constant >> row & 1;
        let is_zero = |byte: &u8| (0..8).all(|row| bit(row, *byte) == 0);
        (0..=u8::MAX).filter(is_zero).collect()
    }

    #[test]
    fn bytes_are_alike_by_the_differences_between_those_asked_for() {
        assert_eq!(alike(b"N"), b"N");
        assert_eq!(alike(b"eo"), b"eo");
        assert_eq!(alike(b"NCe"), b"CNeh");
        assert_eq!(alike(b"NCVe"), b"CNV[ehp}");
    }
}
