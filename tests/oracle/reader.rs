//! A plain JSON reader that keeps numbers as written.
//!
//! It reads everything the grammar allows, in one pass, recursively, into owned values: slow and easy
//! to check by eye. Of duplicate keys the last value counts, at the place of the first. It also cuts a
//! log file into its records, so that the scanner's record numbers have something to be compared with.

use std::ops::Range;

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    /// The literal as written.
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads one value with nothing but blanks around it.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut reader = Reader { text, at: 0 };
        let value = reader.value()?;
        reader.blanks();
        (reader.at == text.len()).then_some(value)
    }

    /// The value of a key of an object.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The JSON text without blanks: members in record order, numbers as written, strings escaped
    /// only where JSON must.
    pub(crate) fn compact(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(truth) => truth.to_string(),
            Self::Number(literal) => literal.clone(),
            Self::Text(text) => quoted(text),
            Self::List(items) => {
                format!("[{}]", items.iter().map(Self::compact).collect::<Vec<_>>().join(","))
            }
            Self::Object(members) => {
                let member =
                    |(key, value): &(String, Self)| format!("{}:{}", quoted(key), value.compact());
                format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
            }
        }
    }
}

/// A string with the escapes that JSON cannot do without.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The records of a log file, each with its place: the elements of every top-level `Records` array, or
/// of a top-level array, or the top-level values one after another. `None` if it is not JSON.
pub(crate) fn records(text: &str) -> Option<Vec<(Range<usize>, Json)>> {
    let mut reader = Reader { text, at: 0 };
    let mut found = Vec::new();
    reader.blanks();
    match reader.peek()? {
        b'[' => reader.elements(&mut found)?,
        b'{' if wraps_records(text) => {
            reader.at += 1;
            while let Some(key) = reader.next_key()? {
                reader.blanks();
                if key == "Records" && reader.peek()? == b'[' {
                    reader.elements(&mut found)?;
                } else {
                    reader.value()?;
                }
            }
        }
        _ => {
            while reader.at < text.len() {
                let start = reader.at;
                let value = reader.value()?;
                found.push((start..reader.at, value));
                reader.blanks();
            }
        }
    }
    reader.blanks();
    (reader.at == text.len()).then_some(found)
}

fn wraps_records(text: &str) -> bool {
    Json::read(text).is_some_and(|whole| whole.get("Records").is_some())
}

/// The text without the blanks between its tokens.
pub(crate) fn squeezed(text: &str) -> String {
    let (mut inside, mut escaped) = (false, false);
    text.chars()
        .filter(|&c| {
            let keep = inside || !matches!(c, ' ' | '\t' | '\n' | '\r');
            inside ^= c == '"' && !escaped;
            escaped = inside && c == '\\' && !escaped;
            keep
        })
        .collect()
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, word: &str) -> Option<()> {
        self.text[self.at..].starts_with(word).then(|| self.at += word.len())
    }

    fn value(&mut self) -> Option<Json> {
        self.blanks();
        match self.peek()? {
            b'n' => self.eat("null").map(|()| Json::Null),
            b't' => self.eat("true").map(|()| Json::Bool(true)),
            b'f' => self.eat("false").map(|()| Json::Bool(false)),
            b'"' => self.string().map(Json::Text),
            b'[' => {
                let mut items = Vec::new();
                self.elements(&mut items)?;
                Some(Json::List(items.into_iter().map(|(_, item)| item).collect()))
            }
            b'{' => {
                self.at += 1;
                let mut members: Vec<(String, Json)> = Vec::new();
                while let Some(key) = self.next_key()? {
                    let value = self.value()?;
                    match members.iter_mut().find(|(name, _)| *name == key) {
                        Some(member) => member.1 = value,
                        None => members.push((key, value)),
                    }
                }
                Some(Json::Object(members))
            }
            _ => {
                let length = number_length(&self.text[self.at..])?;
                let literal = self.text[self.at..self.at + length].to_owned();
                self.at += length;
                Some(Json::Number(literal))
            }
        }
    }

    /// The elements of the array that begins here, with their places.
    fn elements(&mut self, found: &mut Vec<(Range<usize>, Json)>) -> Option<()> {
        self.eat("[")?;
        self.blanks();
        if self.eat("]").is_some() {
            return Some(());
        }
        loop {
            self.blanks();
            let start = self.at;
            let value = self.value()?;
            found.push((start..self.at, value));
            self.blanks();
            if self.eat("]").is_some() {
                return Some(());
            }
            self.eat(",")?;
        }
    }

    /// The next key of an object and its colon; `Some(None)` once the object is closed.
    #[expect(
        clippy::option_option,
        reason = "the outer one is a syntax error, the inner one the end"
    )]
    fn next_key(&mut self) -> Option<Option<String>> {
        self.blanks();
        if self.eat("}").is_some() {
            return Some(None);
        }
        let first = self.text[..self.at].trim_end().ends_with('{');
        if self.eat(",").is_some() == first {
            return None;
        }
        self.blanks();
        let key = self.string()?;
        self.blanks();
        self.eat(":")?;
        Some(Some(key))
    }

    fn string(&mut self) -> Option<String> {
        self.eat("\"")?;
        let mut units = Vec::new();
        loop {
            let c = self.text[self.at..].chars().next()?;
            self.at += c.len_utf8();
            match c {
                '"' => return Some(String::from_utf16_lossy(&units)),
                '\\' => units.push(self.escape()?),
                c if c < ' ' => return None,
                c => units.extend_from_slice(c.encode_utf16(&mut [0; 2])),
            }
        }
    }

    fn escape(&mut self) -> Option<u16> {
        let letter = self.peek()?;
        self.at += 1;
        Some(match letter {
            b'"' | b'\\' | b'/' => u16::from(letter),
            b'b' => 8,
            b'f' => 12,
            b'n' => 10,
            b'r' => 13,
            b't' => 9,
            b'u' => {
                let digits = self.text.get(self.at..self.at + 4)?;
                self.at += 4;
                digits
                    .bytes()
                    .all(|b| b.is_ascii_hexdigit())
                    .then(|| u16::from_str_radix(digits, 16).ok())??
            }
            _ => return None,
        })
    }
}

/// The length of the JSON number literal at the start of `text`.
pub(crate) fn number_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut at = usize::from(bytes.first() == Some(&b'-'));
    let whole = digits(at);
    at += if bytes.get(at) == Some(&b'0') { 1 } else { (whole > 0).then_some(whole)? };
    if bytes.get(at) == Some(&b'.') {
        let fraction = digits(at + 1);
        at += 1 + (fraction > 0).then_some(fraction)?;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        let exponent = digits(at + 1 + sign);
        at += 1 + sign + (exponent > 0).then_some(exponent)?;
    }
    Some(at)
}

mod tests {
    //! The reader is held to `serde_json` where both can read.

    use super::{Json, records, squeezed};

    fn same(ours: &Json, theirs: &serde_json::Value) -> bool {
        use serde_json::Value;
        match (ours, theirs) {
            (Json::Null, Value::Null) => true,
            (Json::Bool(a), Value::Bool(b)) => a == b,
            (Json::Number(a), Value::Number(b)) => a.parse::<f64>().ok() == b.as_f64(),
            (Json::Text(a), Value::String(b)) => a == b,
            (Json::List(a), Value::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
            }
            (Json::Object(a), Value::Object(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.0 == *b.0 && same(&a.1, b.1))
            }
            _ => false,
        }
    }

    #[test]
    fn the_reader_reads_what_serde_json_reads() {
        for text in [
            r#"{"a":1,"b":[1.5e3,-0,true,null,{"c":"\u0041\/\ud83d\ude00\n"}],"a":"last"}"#,
            " [ ] ",
            r#"{"a":{}}"#,
            "01",
            "[1,]",
            r#"{"a":1,}"#,
            r#"{,"a":1}"#,
            "1.",
            "-",
            "\"\t\"",
            r#"{"a" 1}"#,
            "1e+",
            "nul",
        ] {
            let theirs = serde_json::from_str::<serde_json::Value>(text).ok();
            match (Json::read(text), theirs) {
                (Some(ours), Some(theirs)) => assert!(same(&ours, &theirs), "{text}: {ours:?}"),
                (ours, theirs) => assert_eq!(ours.is_some(), theirs.is_some(), "{text}"),
            }
        }
    }

    #[test]
    fn records_are_cut_in_every_wrapping() {
        let count = |text: &str| records(text).map(|found| found.len());
        assert_eq!(count(r#"{"x":[1], "Records":[{},null,{}],"Records":[{}]}"#), Some(4));
        assert_eq!(count("[{},{}]"), Some(2));
        assert_eq!(count("{\"a\":1}\n{\"a\":2}\n"), Some(2));
        assert_eq!(count(r#"{"Records":[{}"#), None);
        assert_eq!(squeezed(" { \"a b\" : [ 1 , \"\\\" c\" ] }"), r#"{"a b":[1,"\" c"]}"#);
    }
}
