//! Keys that every text is searched for, and how to recognize them from few of their bytes.

use crate::simd::Filter;

/// The key with the name of an event, with its quotes.
pub(super) const ANCHOR_KEY: &[u8] = b"\"eventName\"";

/// The key with the category of an event.
pub(super) const CATEGORY_KEY: &[u8] = b"\"eventCategory\"";

/// The key that a record of AWS begins with.
pub(super) const VERSION_KEY: &[u8] = b"\"eventVersion\"";

/// The key of the marker that replaces parameters that AWS left out.
pub(super) const OMITTED_KEY: &[u8] = b"\"omitted\"";

/// Where the fingerprint of a key of events begins, after its quote: with its `N`, `C` or `V` next,
/// after which few other strings go on like this.
const FINGERPRINT: usize = 4;

/// The byte of a key that is compared: few other strings have a `v` there.
const COMPARED: usize = 2;

/// The byte that tells which byte to expect there: an `a`, an `e` or a `d`.
const INDEX: usize = 7;

/// Buckets that [`add_keys`] uses. Literals share none of them, as a mixture of both would look like
/// either.
pub(super) const BUCKETS: usize = 2;

/// A filter for these keys alone.
pub(super) fn keys() -> Filter {
    Filter::keys(&[ANCHOR_KEY, CATEGORY_KEY, VERSION_KEY, OMITTED_KEY], COMPARED, INDEX)
}

/// Adds these keys to a filter for literals, in the buckets from `bucket` on.
pub(super) fn add_keys(filter: &mut Filter, bucket: usize) {
    for key in [ANCHOR_KEY, CATEGORY_KEY, VERSION_KEY] {
        filter.add(&key[FINGERPRINT..], bucket);
    }
    filter.add(OMITTED_KEY, bucket + 1);
}

/// Where the key begins that may have been found at a place of a filter: the filter has fingerprints
/// of keys, or not.
#[inline]
pub(super) fn start(place: usize, fingerprints: bool) -> usize {
    if fingerprints { place.wrapping_sub(FINGERPRINT) } else { place }
}

#[cfg(test)]
mod tests {
    use memchr::memmem;

    use super::*;
    use crate::{scan::fingerprints::USUAL, simd};

    #[test]
    fn the_key_is_that_of_the_event_name() {
        assert_eq!(ANCHOR_KEY, format!("\"{}\"", crate::engine::ANCHOR).as_bytes());
    }

    #[test]
    fn few_other_strings_look_like_keys() {
        let needles = [ANCHOR_KEY, CATEGORY_KEY, VERSION_KEY, OMITTED_KEY, b"\\u", b"\\/"];
        let sought: usize = needles.iter().map(|key| memmem::find_iter(USUAL, key).count()).sum();
        let filter = keys();
        let instance = simd::selected().expect("there is an instance");
        let mut rows = simd::Rows::new(instance, USUAL, &filter, false);
        let mut places = 0;
        while let Some(row) = rows.next_row() {
            places += std::iter::from_fn(|| row.next_place()).count();
        }
        assert!(sought > 20 && (sought..sought * 6 / 5).contains(&places), "{places} of {sought}");
    }
}
