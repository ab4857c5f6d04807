//! What a match carries for correlations, as the bytes it travels in.

use sha2::{Digest, Sha256};

use super::spec::Duplicates;
use crate::finding::Finding;

/// What tells a record from others with the same id, or from others without one.
///
/// Where copies are dropped, the id says which event it is, and the bytes do where there is none.
/// Where they are kept, each record counts for itself: `place` is that of its file in the listing and
/// within a bundle there.
pub(super) fn identity(
    duplicates: Duplicates,
    place: (u64, u64),
    finding: &Finding<'_>,
) -> [u8; 16] {
    let mut identity = [0; 16];
    if duplicates == Duplicates::Keep {
        // Enough bytes of each for more than can be listed or written.
        identity[..5].copy_from_slice(&place.0.to_be_bytes()[3..]);
        identity[5..10].copy_from_slice(&place.1.to_be_bytes()[3..]);
        identity[10..].copy_from_slice(&finding.record.to_be_bytes()[2..]);
    } else if finding.event_id.as_deref().is_none_or(str::is_empty) {
        let hash = Sha256::digest(finding.event.as_bytes());
        for (to, from) in identity.iter_mut().zip(hash) {
            *to = from;
        }
    }
    identity
}

/// Appends identity and texts to `out`.
pub(super) fn write(identity: [u8; 16], texts: &[Option<String>], out: &mut Vec<u8>) {
    out.extend_from_slice(&identity);
    for text in texts {
        let length = text.as_ref().map_or(u64::MAX, |text| text.len() as u64);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(text.as_deref().unwrap_or_default().as_bytes());
    }
}

/// Reads what [`write`] wrote; `None` if it is garbled.
pub(super) fn read(mut bytes: &[u8]) -> Option<([u8; 16], Vec<Option<&str>>)> {
    let (identity, rest) = bytes.split_first_chunk()?;
    bytes = rest;
    let mut texts = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk() {
        bytes = rest;
        let length = u64::from_le_bytes(*length);
        if length == u64::MAX {
            texts.push(None);
            continue;
        }
        let (text, rest) = bytes.split_at_checked(usize::try_from(length).ok()?)?;
        texts.push(Some(std::str::from_utf8(text).ok()?));
        bytes = rest;
    }
    Some((*identity, texts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_as_they_went_in() {
        let texts = [Some("a".to_owned()), None, Some(String::new()), Some("\u{0}é".to_owned())];
        let mut bytes = Vec::new();
        write([7; 16], &texts, &mut bytes);
        let wanted: Vec<_> = texts.iter().map(Option::as_deref).collect();
        assert_eq!(read(&bytes), Some(([7; 16], wanted)));
        assert_eq!(read(&bytes[..20 + 4]), None);
        assert_eq!(read(&bytes[..3]), None);
    }
}
