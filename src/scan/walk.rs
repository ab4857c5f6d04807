//! Walk: from the first byte of a JSON value to the byte after its last.
//!
//! The walk knows strings and brackets and a little of the grammar around them, just enough to see
//! that a record is broken close to where it is: a string must be followed by a comma, a colon, a
//! closing bracket or a blank; a bracket must close what was opened; a bracket may open only where
//! a value may stand. It can be stopped at the end of a text and go on in the next piece of it.

use crate::simd;

/// A walk through one value.
#[derive(Debug, Clone, Default)]
pub(super) struct Walk {
    /// Open containers, one bit each, innermost last: set for an object.
    objects: Vec<u64>,
    depth: usize,
    /// The last byte outside strings that is no blank; a quote stands for a string.
    before: u8,
    inside: Inside,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
enum Inside {
    #[default]
    Start,
    Tokens,
    String,
    /// A string has just ended: the next byte decides whether it was one.
    StringEnd,
    /// A bare word or number that is the whole value.
    Bare,
}

/// Where a walk got to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Walked {
    /// The value ends before this index.
    End(usize),
    /// The text ended first; go on at this index when there is more.
    More(usize),
    /// The value is broken here.
    Broken(usize),
}

impl Walk {
    /// Makes the walk ready for another value.
    pub(super) fn reset(&mut self) {
        self.objects.clear();
        self.depth = 0;
        self.before = 0;
        self.inside = Inside::Start;
    }

    /// Walks on in `text` from `at`. With `last`, the end of the text ends a bare value.
    pub(super) fn run(&mut self, text: &[u8], at: usize, last: bool) -> Walked {
        if self.inside == Inside::Start
            && matches!(text.get(at), Some(b'{' | b'['))
            && let Some(end) = simd::selected().ok().and_then(|simd| simd.skip_value(text, at))
        {
            return Walked::End(end);
        }
        self.run_bytewise(text, at, last)
    }

    /// The walk itself, which skipping a value may spare.
    pub(super) fn run_bytewise(&mut self, text: &[u8], mut at: usize, last: bool) -> Walked {
        loop {
            match self.inside {
                Inside::String => match string_end(text, at) {
                    Ok(end) => {
                        if self.depth == 0 {
                            return Walked::End(end);
                        }
                        at = end;
                        self.inside = Inside::StringEnd;
                    }
                    Err(resume) => return Walked::More(resume),
                },
                Inside::StringEnd => {
                    let Some(&next) = text.get(at) else { return Walked::More(at) };
                    if !matches!(next, b',' | b':' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t') {
                        return Walked::Broken(at);
                    }
                    self.before = b'"';
                    self.inside = Inside::Tokens;
                }
                Inside::Bare => {
                    return match text[at..].iter().position(|&byte| ends_bare(byte)) {
                        Some(length) => Walked::End(at + length),
                        None if last => Walked::End(text.len()),
                        None => Walked::More(text.len()),
                    };
                }
                Inside::Start => {
                    let Some(&first) = text.get(at) else { return Walked::More(at) };
                    self.inside = match first {
                        b'{' | b'[' => Inside::Tokens,
                        b'"' => Inside::String,
                        _ => Inside::Bare,
                    };
                    if first == b'"' {
                        at += 1;
                    }
                }
                Inside::Tokens => match self.tokens(text, at) {
                    Ok(string) => at = string,
                    Err(walked) => return walked,
                },
            }
        }
    }

    /// Walks over tokens to the inside of the next string, whose first byte it gives.
    fn tokens(&mut self, text: &[u8], mut at: usize) -> Result<usize, Walked> {
        while let Some(&byte) = text.get(at) {
            match byte {
                b'"' => {
                    self.inside = Inside::String;
                    return Ok(at + 1);
                }
                b'{' | b'[' => {
                    if self.depth > 0 && !self.value_may_stand_here() {
                        return Err(Walked::Broken(at));
                    }
                    self.push(byte == b'{');
                }
                b'}' | b']' => {
                    if self.in_object() != (byte == b'}') {
                        return Err(Walked::Broken(at));
                    }
                    self.depth -= 1;
                    if self.depth == 0 {
                        return Err(Walked::End(at + 1));
                    }
                }
                b' ' | b'\n' | b'\r' | b'\t' => {
                    at += 1;
                    continue;
                }
                _ => {}
            }
            self.before = byte;
            at += 1;
        }
        Err(Walked::More(at))
    }

    fn value_may_stand_here(&self) -> bool {
        if self.in_object() { self.before == b':' } else { matches!(self.before, b'[' | b',') }
    }

    fn push(&mut self, object: bool) {
        let (word, bit) = (self.depth / 64, self.depth % 64);
        if word == self.objects.len() {
            self.objects.push(0);
        }
        self.objects[word] = (self.objects[word] & !(1 << bit)) | (u64::from(object) << bit);
        self.depth += 1;
    }

    /// The innermost open container is an object. Call it only within one.
    fn in_object(&self) -> bool {
        let innermost = self.depth - 1;
        self.objects[innermost / 64] >> (innermost % 64) & 1 == 1
    }
}

/// The index after the quote that closes the string whose inside `at` is in, or where to go on when
/// there is more text.
fn string_end(text: &[u8], mut at: usize) -> Result<usize, usize> {
    while let Some(found) = text.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += found;
        if text[at] == b'"' {
            return Ok(at + 1);
        }
        if at + 1 >= text.len() {
            return Err(at);
        }
        at += 2;
    }
    Err(text.len())
}

fn ends_bare(byte: u8) -> bool {
    matches!(byte, b',' | b']' | b'}' | b' ' | b'\n' | b'\r' | b'\t' | b'{' | b'[' | b'"' | b':')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> Walked {
        Walk::default().run(text.as_bytes(), 0, true)
    }

    #[test]
    fn a_value_ends_after_its_last_byte() {
        for value in [r#"{"a":[1,{"b":"}]\""}],"c":null}"#, "[]", r#""x\\""#, "12.5", "true"] {
            assert_eq!(whole(&format!("{value},")), Walked::End(value.len()), "{value}");
        }
    }

    #[test]
    fn it_goes_on_after_a_cut_anywhere() {
        let text = br#"{"a":[1,{"b":"}]\\\""}],"c": null, "d" : [ ] }"#;
        for cut in 1..text.len() {
            let mut walk = Walk::default();
            let Walked::More(at) = walk.run(&text[..cut], 0, false) else { panic!("cut at {cut}") };
            assert_eq!(walk.run(text, at, true), Walked::End(text.len()), "cut at {cut}");
        }
    }

    #[test]
    fn a_missing_quote_or_bracket_is_seen_before_the_next_record_ends() {
        let next = r#",{"eventVersion":"1.08","x":"y"}]}"#;
        for broken in [
            r#"{"a":"x,"b":"y"}"#,
            r#"{"a":x","b":"y"}"#,
            r#"{"a":{"b":1,"c":2}"#,
            r#"{"a":[1,2,"b":3}"#,
            r#"{"a":"b","userId"#,
        ] {
            let text = format!("{broken}{next}");
            assert!(
                matches!(whole(&text), Walked::Broken(at) if at <= broken.len() + 5),
                "{broken}: {:?}",
                whole(&text)
            );
        }
    }
}
