//! A share of the files, chosen by their names: the same names give the same sample.

use sha2::{Digest, Sha256};

/// A whole, in the unit of [`Sample`].
const WHOLE: u64 = 1_000_000;

/// Chooses a share of all names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    millionths: u32,
}

impl Sample {
    /// That many millionths of the files; a million and more is all of them.
    pub fn new(millionths: u32) -> Self {
        Self { millionths }
    }

    /// The share, in millionths.
    pub fn millionths(self) -> u32 {
        self.millionths
    }

    /// Whether the file of that name is in the sample.
    pub(super) fn takes(self, name: &str) -> bool {
        let hash = Sha256::digest(name.as_bytes());
        let first = hash.iter().take(8).fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
        first % WHOLE < u64::from(self.millionths)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_near_its_share_and_grows_with_it() {
        let names: Vec<_> = (0..10_000).map(|at| format!("a/{at}.json.gz")).collect();
        let taken = |millionths| {
            let sample = Sample::new(millionths);
            names.iter().filter(|name| sample.takes(name)).collect::<Vec<_>>()
        };
        let (tenth, fifth) = (taken(100_000), taken(200_000));
        assert!((900..1_100).contains(&tenth.len()), "{}", tenth.len());
        assert!(tenth.iter().all(|name| fifth.contains(name)), "a larger sample holds a smaller");
        assert_eq!((taken(0).len(), taken(1_000_000).len()), (0, names.len()));
    }
}
