//! Runs of base64 in a text, and what they stand for.

/// Characters of the shortest run that may hold a record: three names, packed as well as can be.
pub(in crate::scan) const SHORTEST: usize = 48;

/// Characters after which a line of a run may be broken.
const SHORTEST_LINE: usize = 16;

/// What a character stands for, in the alphabets of MIME and of URLs.
fn value(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// Whether a text is base64 from one end to the other, with or without padding.
pub(in crate::scan) fn is_whole(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    let length = text.iter().rposition(|&byte| byte != b'=').map_or(0, |last| last + 1);
    text[..length].iter().all(|&byte| value(byte).is_some() || byte.is_ascii_whitespace())
}

/// Appends what `run` stands for to `out`; what is no character of base64 is passed over.
pub(in crate::scan) fn decode(run: &[u8], out: &mut Vec<u8>) {
    let (mut bits, mut count) = (0_u32, 0);
    for value in run.iter().filter_map(|&byte| value(byte)) {
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count).to_be_bytes()[3]);
        }
    }
}

/// The runs in a text that are long enough. Lines of one run belong together.
pub(in crate::scan) fn runs(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < text.len() {
            let start = at + text[at..].iter().position(|&byte| value(byte).is_some())?;
            let mut end = line_end(text, start);
            let mut line = end - start;
            at = end;
            while line >= SHORTEST_LINE {
                let blanks = text[end..].iter().take_while(|byte| byte.is_ascii_whitespace());
                let next = end + blanks.count();
                let next_end = line_end(text, next);
                if next == end || next_end == next {
                    break;
                }
                (line, end) = (next_end - next, next_end);
            }
            // A run of several lines is looked at whole; its lines are part of it.
            at = at.max(end);
            if end - start >= SHORTEST {
                return Some(&text[start..end]);
            }
        }
        None
    })
}

/// The index after the characters of base64 from `at` on.
fn line_end(text: &[u8], at: usize) -> usize {
    at + text[at..].iter().take_while(|&&byte| value(byte).is_some()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_found_in_text_and_over_lines() {
        let long = "a".repeat(50);
        let lines = format!("{}\r\n{}\n{}", "b".repeat(20), "c".repeat(20), "d".repeat(12));
        let text = format!("x data={long}, short words here: \"{lines}\"");
        let found: Vec<_> = runs(text.as_bytes()).collect();
        assert_eq!(found, [long.as_bytes(), lines.as_bytes()]);
    }

    #[test]
    fn both_alphabets_are_decoded_with_and_without_padding() {
        for (text, expected) in [
            ("eyJhIjoxfQ==", &b"{\"a\":1}"[..]),
            ("eyJhIjoxfQ", b"{\"a\":1}"),
            ("eyJh\r\nIjoxfQ==\n", b"{\"a\":1}"),
            ("-_-_", b"\xFB\xFF\xBF"),
            ("+/+/", b"\xFB\xFF\xBF"),
        ] {
            let mut out = Vec::new();
            decode(text.as_bytes(), &mut out);
            assert_eq!(out, expected, "{text}");
            assert!(is_whole(text.as_bytes()), "{text}");
        }
        assert!(!is_whole(b"no {base64}"));
    }
}
