//! Parser and Event: the meaning of one record.
//!
//! A record is parsed by simd-json into a flat tape of nodes. What simd-json refuses although it is
//! JSON (integers beyond 64 bits, `1e400`, lone surrogates, great depth, bytes that are not UTF-8)
//! goes to the tolerant reader, whose tape has the same layout, so that the rest of the program
//! sees one kind of event. Of duplicate keys in an object the last counts.

use std::{
    cell::OnceCell,
    collections::{HashMap, HashSet},
};

use simd_json::{Buffers, INPUT_PADDING, StaticNode, tape};

use super::{
    json::{BrokenRecord, Node},
    tolerant::{self, TolerantTape},
};

/// Parses records, one at a time, in buffers it keeps.
#[derive(Default)]
pub struct Parser {
    copy: Vec<u8>,
    buffers: Buffers,
    tape: Vec<tape::Node<'static>>,
    tolerant: TolerantTape,
}

impl std::fmt::Debug for Parser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parser").finish_non_exhaustive()
    }
}

impl Parser {
    /// Parses `record` and hands the event to `with`.
    ///
    /// simd-json unescapes in place, so the record is copied first: its bytes stay evidence.
    pub fn parse<R>(
        &mut self,
        record: &[u8],
        with: impl FnOnce(&Event<'_>) -> R,
    ) -> Result<R, BrokenRecord> {
        let length = record.len();
        self.copy.clear();
        self.copy.reserve(length + INPUT_PADDING);
        self.copy.extend_from_slice(record);
        self.copy.resize(length + INPUT_PADDING, 0);
        let mut tape = tape::Tape(std::mem::take(&mut self.tape)).reset();
        let parsed =
            simd_json::fill_tape_padded(&mut self.copy, length, &mut self.buffers, &mut tape);
        if parsed.is_ok() {
            let event =
                Event { bytes: record, tape: Tape::Simd(&tape.0), spelled: OnceCell::new() };
            let result = with(&event);
            self.tape = tape.reset().0;
            return Ok(result);
        }
        self.tape = tape.reset().0;
        tolerant::read(record, &mut self.tolerant)?;
        let event =
            Event { bytes: record, tape: Tape::Tolerant(&self.tolerant), spelled: OnceCell::new() };
        Ok(with(&event))
    }
}

#[derive(Debug)]
enum Tape<'p> {
    Simd(&'p [tape::Node<'p>]),
    Tolerant(&'p TolerantTape),
}

/// A parsed record. Values are named by their index in the tape; the record itself is 0.
#[derive(Debug)]
pub struct Event<'p> {
    bytes: &'p [u8],
    tape: Tape<'p>,
    /// The tolerant tape of the same bytes, made when the spelling of numbers is asked for.
    spelled: OnceCell<Option<TolerantTape>>,
}

impl<'p> Event<'p> {
    /// The record's bytes as they stand in the file.
    pub fn bytes(&self) -> &'p [u8] {
        self.bytes
    }

    /// The record holds bytes that are not UTF-8.
    pub fn is_lossy(&self) -> bool {
        match &self.tape {
            Tape::Simd(_) => false,
            Tape::Tolerant(tape) => tape.is_lossy(),
        }
    }

    /// The node at `index`, which must be within the tape.
    #[inline]
    pub fn node(&self, index: usize) -> Node<'_> {
        match &self.tape {
            Tape::Simd(nodes) => match nodes[index] {
                tape::Node::String(text) => Node::String(text),
                tape::Node::Object { count, .. } => Node::Object { nodes: count },
                tape::Node::Array { count, .. } => Node::Array { nodes: count },
                tape::Node::Static(StaticNode::Null) => Node::Null,
                tape::Node::Static(StaticNode::Bool(value)) => Node::Bool(value),
                tape::Node::Static(StaticNode::I64(value)) => Node::Int(value),
                tape::Node::Static(StaticNode::U64(value)) => Node::UInt(value),
                tape::Node::Static(StaticNode::F64(value)) => Node::Float(value),
            },
            Tape::Tolerant(tape) => tape.node(index),
        }
    }

    /// The index after the value at `index` and all below it.
    #[inline]
    pub fn after(&self, index: usize) -> usize {
        match self.node(index) {
            Node::Object { nodes } | Node::Array { nodes } => index + 1 + nodes,
            _ => index + 1,
        }
    }

    /// The record is a JSON object.
    pub fn is_object(&self) -> bool {
        matches!(self.node(0), Node::Object { .. })
    }

    /// The members of the object at `index`, in record order, overridden duplicates included; none
    /// if it is no object.
    pub fn members(&self, index: usize) -> Members<'_, 'p> {
        let end = match self.node(index) {
            Node::Object { nodes } => index + 1 + nodes,
            _ => index + 1,
        };
        Members { event: self, next: index + 1, end }
    }

    /// The value of `key` in the object at `index`: the last one, if the key is repeated.
    #[inline]
    pub fn get(&self, index: usize, key: &str) -> Option<usize> {
        self.members(index).filter(|&(name, _)| name == key).last().map(|(_, value)| value)
    }

    /// The text of a string reached from the top by single keys.
    pub fn string_at(&self, path: &[&str]) -> Option<&str> {
        let index = path.iter().try_fold(0, |index, key| self.get(index, key))?;
        match self.node(index) {
            Node::String(text) => Some(text),
            _ => None,
        }
    }

    /// Calls `each` with every scalar at or below `index`, in record order; values that a later
    /// duplicate key overrides do not exist. Stops when `each` says so, and returns whether it did.
    pub fn any_scalar(&self, index: usize, each: &mut dyn FnMut(usize) -> bool) -> bool {
        let end = self.after(index);
        let mut keys = KeyWalk::default();
        let mut at = index;
        while at < end {
            if let Some(overridden) = keys.step(self, at) {
                at = overridden;
                continue;
            }
            let is_scalar =
                !matches!(self.node(at), Node::Object { .. } | Node::Array { .. } | Node::Null);
            if is_scalar && !keys.at_key && each(at) {
                return true;
            }
            at += 1;
        }
        false
    }

    /// Appends the compact JSON of the value at `index`: members in record order, no blanks, numbers
    /// as written, strings escaped only where JSON must. Of duplicate keys the last value stands in
    /// the place of the first.
    pub fn write_json(&self, index: usize, out: &mut String) {
        // Numbers with a fraction and containers need the spelling of the record; nothing else does.
        match self.node(index) {
            Node::String(text) => return tolerant::write_string(text, out),
            Node::Null => return out.push_str("null"),
            Node::Bool(value) => return out.push_str(if value { "true" } else { "false" }),
            Node::UInt(value) => return out.push_str(&value.to_string()),
            _ => {}
        }
        let spelled = match &self.tape {
            Tape::Tolerant(tape) => Some(*tape),
            Tape::Simd(_) => self
                .spelled
                .get_or_init(|| {
                    let mut tape = TolerantTape::default();
                    tolerant::read(self.bytes, &mut tape).ok().map(|()| tape)
                })
                .as_ref(),
        };
        if let Some(tape) = spelled {
            tolerant::write_json(tape, index, out);
        }
    }

    /// The compact JSON of the value at `index`; see [`Self::write_json`].
    pub fn json_of(&self, index: usize) -> String {
        let mut text = String::new();
        self.write_json(index, &mut text);
        text
    }
}

/// Iterator over the members of an object: key, index of the value.
#[derive(Debug)]
pub struct Members<'e, 'p> {
    event: &'e Event<'p>,
    next: usize,
    end: usize,
}

impl<'e> Iterator for Members<'e, '_> {
    type Item = (&'e str, usize);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let Node::String(key) = self.event.node(self.next) else { return None };
        let value = self.next + 1;
        self.next = self.event.after(value);
        Some((key, value))
    }
}

/// Tells keys from values on a linear walk over a tape, and finds overridden members.
#[derive(Default)]
struct KeyWalk {
    /// Open containers: end of the container, and whether it is an object.
    open: Vec<(usize, bool)>,
    /// The next node of the innermost object is a key.
    expects_key: bool,
    at_key: bool,
    overridden: HashSet<usize>,
}

impl KeyWalk {
    /// Looks at the node at `at`. Gives the index to go on at if `at` is the key of a member that a
    /// later one overrides.
    fn step(&mut self, event: &Event<'_>, at: usize) -> Option<usize> {
        while self.open.last().is_some_and(|&(end, _)| at >= end) {
            self.open.pop();
            self.expects_key = self.open.last().is_some_and(|&(_, object)| object);
        }
        self.at_key = self.expects_key && self.open.last().is_some_and(|&(_, object)| object);
        if self.at_key {
            if self.overridden.contains(&at) {
                return Some(event.after(at + 1));
            }
            self.expects_key = false;
            return None;
        }
        match event.node(at) {
            Node::Object { nodes } => {
                self.open.push((at + 1 + nodes, true));
                self.expects_key = true;
                note_overridden(event, at, &mut self.overridden);
            }
            Node::Array { nodes } => {
                self.open.push((at + 1 + nodes, false));
                self.expects_key = false;
            }
            _ => self.expects_key = self.open.last().is_some_and(|&(_, object)| object),
        }
        None
    }
}

/// Adds the key indices of members of the object at `index` that a later member overrides.
fn note_overridden(event: &Event<'_>, index: usize, overridden: &mut HashSet<usize>) {
    let mut last = HashMap::new();
    for (key, value) in event.members(index) {
        if let Some(earlier) = last.insert(key, value - 1) {
            overridden.insert(earlier);
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn scalars(json: &str) -> Vec<String> {
        Parser::default()
            .parse(json.as_bytes(), |event| {
                let mut found = Vec::new();
                event.any_scalar(0, &mut |index| {
                    found.push(format!("{:?}", event.node(index)));
                    false
                });
                found
            })
            .unwrap()
    }

    #[test]
    fn keys_are_not_scalars_and_overridden_members_do_not_exist() {
        let json =
            r#"{"a":{"x":1,"y":["p",{"q":"r"}]},"b":"old","c":[[],{}],"b":{"z":true},"d":null}"#;
        assert_eq!(scalars(json), ["UInt(1)", "String(\"p\")", "String(\"r\")", "Bool(true)"]);
    }

    #[test]
    fn last_duplicate_counts() {
        let json = br#"{"a":1,"b":2,"a":"three"}"#;
        let text = Parser::default()
            .parse(json, |event| event.string_at(&["a"]).map(str::to_owned))
            .unwrap();
        assert_eq!(text.as_deref(), Some("three"));
    }

    #[test]
    fn both_tapes_tell_the_same() {
        let json =
            r#"{"a":[1,-2,3.5,{"b":"A\n"}],"c":{"d":true,"e":null},"f":18446744073709551615}"#;
        let simd = scalars(json);
        // A lone surrogate sends the record to the tolerant reader.
        let tolerant = scalars(&json.replace("{\"a\"", "{\"x\":\"\\ud800\",\"a\""));
        assert_eq!(simd.len() + 1, tolerant.len());
        assert!(tolerant[4].contains("A\\n"), "{tolerant:?}");
    }

    #[test]
    fn what_simd_json_refuses_is_read() {
        for json in
            ["{\"a\":123456789012345678901234567890}", "{\"a\":1e400}", "{\"a\":\"\\ud800\"}"]
        {
            assert_eq!(scalars(json).len(), 1, "{json}");
        }
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(5000), "]".repeat(5000));
        assert_eq!(scalars(&deep).len(), 1);
    }

    #[test]
    fn compact_json_keeps_spelling_and_drops_blanks() {
        let json =
            "{ \"a\" : { \"n\" : 1.50e1, \"s\":\"x\\u0041\\/\\n\", \"n\" : [ 2.0 , null ] } }";
        let text = Parser::default()
            .parse(json.as_bytes(), |event| event.json_of(event.get(0, "a").unwrap()))
            .unwrap();
        assert_eq!(text, "{\"n\":[2.0,null],\"s\":\"xA/\\n\"}");
    }
}
