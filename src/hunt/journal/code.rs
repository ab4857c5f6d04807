//! Numbers and texts as bytes, and back. What is garbled gives nothing and never panics.

/// Appends to a block.
#[derive(Debug, Default)]
pub(super) struct Encoder {
    pub(super) bytes: Vec<u8>,
    /// The last name: the next one is told by where it differs.
    name: Vec<u8>,
}

impl Encoder {
    /// Begins another block.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.name.clear();
    }

    /// Seven bits at a time, the low ones first.
    pub(super) fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(low(number) | 0x80);
            number >>= 7;
        }
        self.bytes.push(low(number));
    }

    pub(super) fn flag(&mut self, flag: bool) {
        self.bytes.push(flag.into());
    }

    pub(super) fn slice(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.slice(text.as_bytes());
    }

    pub(super) fn optional(&mut self, text: Option<&str>) {
        self.flag(text.is_some());
        if let Some(text) = text {
            self.text(text);
        }
    }

    /// A name like the one before, mostly.
    pub(super) fn name(&mut self, name: &[u8]) {
        let same = self.name.iter().zip(name).take_while(|(a, b)| a == b).count();
        self.number(same as u64);
        self.slice(&name[same..]);
        self.name.truncate(same);
        self.name.extend_from_slice(&name[same..]);
    }
}

fn low(number: u64) -> u8 {
    u8::try_from(number & 0x7F).unwrap_or(0)
}

/// Reads a block.
#[derive(Debug, Default)]
pub(super) struct Decoder<'b> {
    pub(super) bytes: &'b [u8],
    name: Vec<u8>,
}

impl<'b> Decoder<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, name: Vec::new() }
    }

    /// Goes on with a block that was left with that name.
    pub(super) fn resumed(bytes: &'b [u8], name: Vec<u8>) -> Self {
        Self { bytes, name }
    }

    /// The last name.
    pub(super) fn into_name(self) -> Vec<u8> {
        self.name
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        self.byte().map(|byte| byte == 1)
    }

    pub(super) fn slice(&mut self) -> Option<&'b [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (slice, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(slice)
    }

    pub(super) fn text(&mut self) -> Option<String> {
        String::from_utf8(self.slice()?.to_vec()).ok()
    }

    /// A text that may be none.
    #[expect(clippy::option_option, reason = "garbled is not the same as none")]
    pub(super) fn optional(&mut self) -> Option<Option<String>> {
        if self.flag()? { self.text().map(Some) } else { Some(None) }
    }

    pub(super) fn name(&mut self) -> Option<&[u8]> {
        let same = usize::try_from(self.number()?).ok()?;
        let rest = self.slice()?;
        if same > self.name.len() {
            return None;
        }
        self.name.truncate(same);
        self.name.extend_from_slice(rest);
        Some(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out() {
        let mut encoder = Encoder::default();
        for number in [0, 1, 127, 128, 300, u64::MAX] {
            encoder.number(number);
        }
        for name in ["a/b/1.gz", "a/b/2.gz", "", "a/c"] {
            encoder.name(name.as_bytes());
        }
        encoder.optional(Some("é"));
        encoder.optional(None);
        let mut decoder = Decoder::new(&encoder.bytes);
        for number in [0, 1, 127, 128, 300, u64::MAX] {
            assert_eq!(decoder.number(), Some(number));
        }
        for name in ["a/b/1.gz", "a/b/2.gz", "", "a/c"] {
            assert_eq!(decoder.name(), Some(name.as_bytes()));
        }
        assert_eq!(decoder.optional(), Some(Some("é".to_owned())));
        assert_eq!(decoder.optional(), Some(None));
        assert_eq!(decoder.byte(), None);
    }

    #[test]
    fn what_is_garbled_gives_nothing() {
        assert_eq!(Decoder::new(&[0x80; 11]).number(), None);
        assert_eq!(Decoder::new(&[0x80]).number(), None);
        assert_eq!(Decoder::new(&[5, b'a']).slice(), None);
        assert_eq!(Decoder::new(&[1, 0]).name(), None, "no name before has a byte");
        assert_eq!(Decoder::new(&[1, 0xFF]).text(), None);
    }
}
