//! The tolerant reader: every JSON text there is, also what faster readers refuse.
//!
//! It keeps numbers as they are spelled, reads any depth without recursion, puts U+FFFD where a
//! surrogate stands alone or bytes are not UTF-8, and lets control characters stand in strings.
//! Everything else is held to RFC 8259. Its tape has the layout of simd-json's: a container is
//! followed by its nodes, keys and values in turn.

use std::ops::Range;

use super::json::{BrokenRecord, Node};

/// A tape that owns its texts.
#[derive(Debug, Default)]
pub(super) struct TolerantTape {
    nodes: Vec<Kept>,
    texts: String,
    lossy: bool,
}

#[derive(Debug)]
enum Kept {
    Null,
    Bool(bool),
    Number(Range<usize>),
    String(Range<usize>),
    Object(usize),
    Array(usize),
}

impl TolerantTape {
    pub(super) fn is_lossy(&self) -> bool {
        self.lossy
    }

    pub(super) fn node(&self, index: usize) -> Node<'_> {
        match &self.nodes[index] {
            Kept::Null => Node::Null,
            Kept::Bool(value) => Node::Bool(*value),
            Kept::Number(range) => Node::Spelled(&self.texts[range.clone()]),
            Kept::String(range) => Node::String(&self.texts[range.clone()]),
            Kept::Object(nodes) => Node::Object { nodes: *nodes },
            Kept::Array(nodes) => Node::Array { nodes: *nodes },
        }
    }

    fn after(&self, index: usize) -> usize {
        match &self.nodes[index] {
            Kept::Object(nodes) | Kept::Array(nodes) => index + 1 + nodes,
            _ => index + 1,
        }
    }
}

/// What the grammar allows next.
#[derive(Clone, Copy, PartialEq)]
enum Expect {
    Value,
    ValueOrEnd,
    KeyOrEnd,
    Key,
    CommaOrEnd,
}

/// Reads `bytes`, one JSON value with blanks around it, into `tape`.
pub(super) fn read(bytes: &[u8], tape: &mut TolerantTape) -> Result<(), BrokenRecord> {
    tape.nodes.clear();
    tape.texts.clear();
    tape.lossy = false;
    let mut reader = Reader { bytes, at: 0, tape };
    let mut open: Vec<usize> = Vec::new();
    let mut expect = Expect::Value;
    loop {
        reader.skip_blanks();
        let Some(&byte) = bytes.get(reader.at) else {
            return Err(reader.broken("it ends too early"));
        };
        expect = match (expect, byte) {
            (Expect::KeyOrEnd | Expect::CommaOrEnd, b'}') if reader.innermost_is_object(&open) => {
                reader.close(&mut open)
            }
            (Expect::ValueOrEnd | Expect::CommaOrEnd, b']')
                if !open.is_empty() && !reader.innermost_is_object(&open) =>
            {
                reader.close(&mut open)
            }
            (Expect::KeyOrEnd | Expect::Key, b'"') => {
                reader.string()?;
                reader.skip_blanks();
                if bytes.get(reader.at) != Some(&b':') {
                    return Err(reader.broken("a colon is missing after a key"));
                }
                reader.at += 1;
                Expect::Value
            }
            (Expect::CommaOrEnd, b',') => {
                reader.at += 1;
                if reader.innermost_is_object(&open) { Expect::Key } else { Expect::Value }
            }
            (Expect::Value | Expect::ValueOrEnd, b'{' | b'[') => {
                open.push(reader.tape.nodes.len());
                reader.tape.nodes.push(if byte == b'{' { Kept::Object(0) } else { Kept::Array(0) });
                reader.at += 1;
                if byte == b'{' { Expect::KeyOrEnd } else { Expect::ValueOrEnd }
            }
            (Expect::Value | Expect::ValueOrEnd, _) => {
                reader.scalar(byte)?;
                Expect::CommaOrEnd
            }
            _ => return Err(reader.broken("something else was expected here")),
        };
        if open.is_empty() {
            reader.skip_blanks();
            return if reader.at == bytes.len() {
                Ok(())
            } else {
                Err(reader.broken("text after its end"))
            };
        }
    }
}

struct Reader<'r> {
    bytes: &'r [u8],
    at: usize,
    tape: &'r mut TolerantTape,
}

impl Reader<'_> {
    fn broken(&self, reason: &'static str) -> BrokenRecord {
        BrokenRecord { offset: self.at, reason }
    }

    fn skip_blanks(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn innermost_is_object(&self, open: &[usize]) -> bool {
        open.last().is_some_and(|&index| matches!(self.tape.nodes[index], Kept::Object(_)))
    }

    fn close(&mut self, open: &mut Vec<usize>) -> Expect {
        self.at += 1;
        if let Some(index) = open.pop() {
            let below = self.tape.nodes.len() - index - 1;
            match &mut self.tape.nodes[index] {
                Kept::Object(nodes) | Kept::Array(nodes) => *nodes = below,
                _ => {}
            }
        }
        Expect::CommaOrEnd
    }

    fn scalar(&mut self, first: u8) -> Result<(), BrokenRecord> {
        match first {
            b'"' => self.string(),
            b't' => self.word("true", Kept::Bool(true)),
            b'f' => self.word("false", Kept::Bool(false)),
            b'n' => self.word("null", Kept::Null),
            b'-' | b'0'..=b'9' => self.number(),
            _ => Err(self.broken("no value begins like this")),
        }
    }

    fn word(&mut self, word: &str, node: Kept) -> Result<(), BrokenRecord> {
        if !self.bytes[self.at..].starts_with(word.as_bytes()) {
            return Err(self.broken("no value begins like this"));
        }
        self.at += word.len();
        self.tape.nodes.push(node);
        Ok(())
    }

    fn digits(&mut self) -> usize {
        let from = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        self.at - from
    }

    fn number(&mut self) -> Result<(), BrokenRecord> {
        let from = self.at;
        if self.bytes[self.at] == b'-' {
            self.at += 1;
        }
        let leading_zero = self.bytes.get(self.at) == Some(&b'0');
        let whole = self.digits();
        if whole == 0 || (leading_zero && whole > 1) {
            return Err(self.broken("not a number"));
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(self.broken("not a number"));
            }
        }
        if matches!(self.bytes.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.bytes.get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(self.broken("not a number"));
            }
        }
        let start = self.tape.texts.len();
        for &byte in &self.bytes[from..self.at] {
            self.tape.texts.push(char::from(byte));
        }
        self.tape.nodes.push(Kept::Number(start..self.tape.texts.len()));
        Ok(())
    }

    /// Reads a string; `at` is on its opening quote.
    fn string(&mut self) -> Result<(), BrokenRecord> {
        let start = self.tape.texts.len();
        self.at += 1;
        loop {
            let rest = &self.bytes[self.at..];
            let Some(plain) = memchr::memchr2(b'"', b'\\', rest) else {
                return Err(self.broken("a string is not closed"));
            };
            self.push_lossy(plain);
            if rest[plain] == b'"' {
                self.at += 1;
                break;
            }
            self.escape()?;
        }
        self.tape.nodes.push(Kept::String(start..self.tape.texts.len()));
        Ok(())
    }

    /// Appends the next `length` bytes as text.
    fn push_lossy(&mut self, length: usize) {
        if let Ok(text) = std::str::from_utf8(&self.bytes[self.at..self.at + length]) {
            self.tape.texts.push_str(text);
            self.at += length;
            return;
        }
        for chunk in self.bytes[self.at..self.at + length].utf8_chunks() {
            self.tape.texts.push_str(chunk.valid());
            if !chunk.invalid().is_empty() {
                self.tape.lossy = true;
                self.tape.texts.push(char::REPLACEMENT_CHARACTER);
            }
        }
        self.at += length;
    }

    /// Reads an escape; `at` is on its backslash.
    fn escape(&mut self) -> Result<(), BrokenRecord> {
        let Some(&kind) = self.bytes.get(self.at + 1) else {
            return Err(self.broken("a string is not closed"));
        };
        let plain = match kind {
            b'"' | b'\\' | b'/' => char::from(kind),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => return self.unicode_escape(),
            _ => return Err(self.broken("no such escape")),
        };
        self.tape.texts.push(plain);
        self.at += 2;
        Ok(())
    }

    fn unicode_escape(&mut self) -> Result<(), BrokenRecord> {
        let unit = self.hex4(self.at + 2).ok_or_else(|| self.broken("no such escape"))?;
        self.at += 6;
        let pair = (0xD800..0xDC00).contains(&unit)
            && self.bytes.get(self.at) == Some(&b'\\')
            && self.bytes.get(self.at + 1) == Some(&b'u');
        if let Some(low) = pair
            .then(|| self.hex4(self.at + 2))
            .flatten()
            .filter(|low| (0xDC00..0xE000).contains(low))
        {
            self.at += 6;
            let code = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
            self.tape.texts.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        } else {
            self.tape.texts.push(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        Ok(())
    }

    fn hex4(&self, from: usize) -> Option<u32> {
        let digits = self.bytes.get(from..from + 4)?;
        digits
            .iter()
            .try_fold(0, |value, &digit| Some(value << 4 | char::from(digit).to_digit(16)?))
    }
}

/// One step of writing JSON: a value to write, or bytes between values.
enum Step {
    Value(usize),
    Text(&'static str),
    Key(usize),
}

/// Appends the compact JSON of the value at `index`.
pub(super) fn write_json(tape: &TolerantTape, index: usize, out: &mut String) {
    let mut steps = vec![Step::Value(index)];
    while let Some(step) = steps.pop() {
        match step {
            Step::Text(text) => out.push_str(text),
            Step::Key(key) => {
                write_scalar(tape, key, out);
                out.push(':');
            }
            Step::Value(value) => match tape.nodes[value] {
                Kept::Object(nodes) => {
                    out.push('{');
                    steps.push(Step::Text("}"));
                    push_members(tape, value + 1..value + 1 + nodes, &mut steps);
                }
                Kept::Array(nodes) => {
                    out.push('[');
                    steps.push(Step::Text("]"));
                    let from = steps.len();
                    let mut item = value + 1;
                    while item < value + 1 + nodes {
                        if steps.len() > from {
                            steps.push(Step::Text(","));
                        }
                        steps.push(Step::Value(item));
                        item = tape.after(item);
                    }
                    steps[from..].reverse();
                }
                _ => write_scalar(tape, value, out),
            },
        }
    }
}

/// Pushes the steps for the members within `nodes`, first on top. Of duplicate keys the last value
/// stands in the place of the first.
fn push_members(tape: &TolerantTape, nodes: Range<usize>, steps: &mut Vec<Step>) {
    let mut members: Vec<(usize, usize)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    let mut key = nodes.start;
    while key < nodes.end {
        if let Node::String(name) = tape.node(key) {
            let place = *places.entry(name).or_insert(members.len());
            match members.get_mut(place) {
                Some(member) => member.1 = key + 1,
                None => members.push((key, key + 1)),
            }
        }
        key = tape.after(key + 1);
    }
    for (place, &(key, value)) in members.iter().enumerate().rev() {
        steps.push(Step::Value(value));
        steps.push(Step::Key(key));
        if place > 0 {
            steps.push(Step::Text(","));
        }
    }
}

fn write_scalar(tape: &TolerantTape, index: usize, out: &mut String) {
    match tape.node(index) {
        Node::Bool(true) => out.push_str("true"),
        Node::Bool(false) => out.push_str("false"),
        Node::Spelled(text) => out.push_str(text),
        Node::String(text) => write_string(text, out),
        _ => out.push_str("null"),
    }
}

/// Appends `text` as a JSON string, escaped only where JSON must.
pub(super) fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c < ' ' || c == '"' || c == '\\') {
        out.push_str(&rest[..at]);
        push_escaped(rest.as_bytes()[at], out);
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

/// Appends the escape of a byte that may not stand in a JSON string as it is.
pub(super) fn push_escaped(byte: u8, out: &mut String) {
    match byte {
        b'"' => out.push_str("\\\""),
        b'\\' => out.push_str("\\\\"),
        b'\n' => out.push_str("\\n"),
        b'\r' => out.push_str("\\r"),
        b'\t' => out.push_str("\\t"),
        0x8 => out.push_str("\\b"),
        0xC => out.push_str("\\f"),
        _ => {
            const HEX: &[u8; 16] = b"0123456789abcdef";
            out.push_str("\\u00");
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}
