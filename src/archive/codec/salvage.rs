//! The text right before damage in a deflate or bzip2 stream.
//!
//! A decoder does not tell how much it wrote in the call that met the damage, and with a large
//! buffer that is all there is. So that text is inflated again in steps, from the start of the stream:
//! twice, and only for damaged streams, so the time stays in proportion to their length.

/// Bytes of text in a step, before single ones.
const STEP: usize = 256;

/// A decoder that can begin anew.
pub(super) trait Anew {
    /// Forgets all it was given.
    fn anew(&mut self);

    /// Bytes taken and given since.
    fn totals(&self) -> (u64, u64);

    /// Decodes once. Gives whether the stream ended; `None` if it is damaged.
    fn step(&mut self, data: &[u8], out: &mut [u8]) -> Option<bool>;
}

impl Anew for flate2::Decompress {
    fn anew(&mut self) {
        self.reset(false);
    }

    fn totals(&self) -> (u64, u64) {
        (self.total_in(), self.total_out())
    }

    fn step(&mut self, data: &[u8], out: &mut [u8]) -> Option<bool> {
        let status = self.decompress(data, out, flate2::FlushDecompress::None).ok()?;
        Some(status == flate2::Status::StreamEnd)
    }
}

impl Anew for ::bzip2::Decompress {
    fn anew(&mut self) {
        *self = Self::new(false);
    }

    fn totals(&self) -> (u64, u64) {
        (self.total_in(), self.total_out())
    }

    fn step(&mut self, data: &[u8], out: &mut [u8]) -> Option<bool> {
        Some(self.decompress(data, out).ok()? == ::bzip2::Status::StreamEnd)
    }
}

/// Puts the text of the damaged stream `data` into `out` that stands behind its first `known` bytes,
/// and gives its length.
pub(super) fn salvage(data: &[u8], known: u64, decoder: &mut impl Anew, out: &mut [u8]) -> usize {
    let made = text(data, known, STEP, decoder, out);
    let end = out.len().min(made + STEP);
    made + text(data, known + made as u64, 1, decoder, &mut out[made..end])
}

/// The text behind the first `skip` bytes, up to the step that fails.
fn text(data: &[u8], skip: u64, step: usize, decoder: &mut impl Anew, out: &mut [u8]) -> usize {
    decoder.anew();
    let mut passed = [0; 1 << 12];
    let mut made = 0;
    loop {
        let before = decoder.totals();
        let left = skip.saturating_sub(before.1);
        let space = if left > 0 {
            let length = usize::try_from(left).map_or(passed.len(), |left| left.min(passed.len()));
            &mut passed[..length]
        } else {
            let end = out.len().min(made + step);
            &mut out[made..end]
        };
        if space.is_empty() {
            return made;
        }
        let rest = usize::try_from(before.0).ok().and_then(|at| data.get(at..)).unwrap_or_default();
        let Some(ended) = decoder.step(rest, space) else { return made };
        let now = decoder.totals();
        made = usize::try_from(now.1.saturating_sub(skip)).unwrap_or(made);
        if ended || now == before {
            return made;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, Decompress, FlushDecompress, write::DeflateEncoder};

    use super::*;

    /// What a decoder gives that is asked for one byte at a time.
    fn by_bytes(data: &[u8], most: usize) -> Vec<u8> {
        let mut inflater = Decompress::new(false);
        let mut out = vec![0; most];
        let made = text(data, 0, 1, &mut inflater, &mut out);
        out.truncate(made);
        out
    }

    #[test]
    fn all_text_before_the_damage_is_given_whatever_was_known() {
        let lines = (0..400).map(|n| format!("{{\"eventID\":\"{}\"}},", n * n * 7919));
        let whole = lines.collect::<String>().into_bytes();
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&whole).expect("a vector takes all");
        let data = encoder.finish().expect("a vector takes all");
        let mut damaged = 0;
        for at in (data.len() / 2..data.len() - 20).step_by(3) {
            let mut data = data.clone();
            data[at..at + 8].fill(0xFF);
            let mut inflater = Decompress::new(false);
            let mut out = vec![0; 2 * whole.len()];
            if inflater.decompress(&data, &mut out, FlushDecompress::None).is_ok() {
                continue;
            }
            damaged += 1;
            let expected = by_bytes(&data, out.len());
            assert!(expected.len() > whole.len() / 3, "{at}");
            assert_eq!(expected[..whole.len() / 3], whole[..whole.len() / 3], "{at}");
            for known in [0, 1, 300, expected.len()] {
                let made = salvage(&data, known as u64, &mut inflater, &mut out);
                assert_eq!(out[..made], expected[known..], "{at} {known}");
            }
        }
        assert!(damaged > 5, "{damaged}");
    }
}
