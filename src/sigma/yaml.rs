//! YAML to a tree with source spans.
//!
//! The tree follows the core schema of YAML 1.2 as Sigma narrows it: only `true` and `false` are
//! booleans, numbers have no leading zero, keys are text and unique. `<<` merges, and a key written
//! out wins over a merged one. Depth and the work that aliases can cause are bounded, so a small
//! file cannot ask for much memory. Spans are bytes of the text.

mod node;
mod places;
mod schema;

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use saphyr_parser::{Event, Parser, ScalarStyle};

pub(super) use self::node::{Data, Entry, Node};
use self::places::Places;
use crate::rule::{Diagnostic, Span};

/// How deep lists and mappings may stand in one another.
const MAX_DEPTH: usize = 64;

/// How much all aliases of a file may copy, in bytes, with a cost for each node.
const MAX_COPIED: usize = 32 << 20;

/// One YAML document.
#[derive(Debug)]
pub(super) struct Document {
    /// Its content; `None` if it could not be read to its end.
    pub(super) root: Option<Node>,
    /// Place of the content.
    pub(super) span: Span,
    /// What is wrong with it as YAML. All of these are errors.
    pub(super) problems: Vec<Diagnostic>,
}

/// The place of a part of a scalar: `range` are bytes of its `value`, `span` is the scalar in
/// `text`. Where escapes or folding hide the part, the whole scalar is the answer.
pub(super) fn part(text: &str, span: Span, value: &str, range: Range<usize>) -> Span {
    match text.get(span.start..span.end).and_then(|source| source.find(value)) {
        Some(at) => Span::new(span.start + at + range.start, span.start + at + range.end),
        None => span,
    }
}

/// Reads every document of `text`.
///
/// After something that is not YAML nothing more can be told apart, so the document it stands in
/// is the last one.
pub(super) fn read(text: &str) -> Vec<Document> {
    let mut reader = Reader { places: Places::new(text), ..Reader::default() };
    if let Some(problem) = control_character(text) {
        reader.fail(problem);
        return reader.documents;
    }
    let mut parser = Parser::new_from_str(&text[reader.places.skipped..]);
    while let Some(event) = parser.next_event() {
        let done = match event {
            Ok((event, span)) => {
                let span = Span::new(reader.places.byte(span.start), reader.places.byte(span.end));
                reader.event(event, span)
            }
            Err(error) => {
                let start = reader.places.byte(*error.marker());
                if let Some(problem) = tab_in_indentation(text, start) {
                    reader.fail(problem);
                    break;
                }
                let end =
                    text[start..].chars().next().map_or(start, |char| start + char.len_utf8());
                Err(Diagnostic::error(
                    "yaml-syntax",
                    Span::new(start, end),
                    format!("this is not YAML: {}", error.info()),
                )
                .help(
                    "check the indentation, and quote values that begin with a special character",
                ))
            }
        };
        if let Err(problem) = done {
            reader.fail(problem);
            break;
        }
    }
    reader.documents
}

/// A tab in the indentation of the line at `at` or of the one after it, which the parser stumbles over.
fn tab_in_indentation(text: &str, at: usize) -> Option<Diagnostic> {
    let at = text.floor_char_boundary(at.min(text.len()));
    let begin = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let number = text[..begin].matches('\n').count() + 1;
    let mut offset = begin;
    for (line, content) in text[begin..].split_inclusive('\n').take(2).enumerate() {
        let indent = content.len() - content.trim_start_matches([' ', '\t']).len();
        if let Some(tab) = content[..indent].find('\t') {
            let span = Span::new(offset + tab, offset + tab + 1);
            let message =
                format!("line {} is indented with a tab; YAML allows only spaces", number + line);
            return Some(
                Diagnostic::error("yaml-syntax", span, message).help("replace the tab with spaces"),
            );
        }
        offset += content.len();
    }
    None
}

/// YAML allows few control characters, and the parser takes a NUL for the end of the text.
fn control_character(text: &str) -> Option<Diagnostic> {
    let (at, char) = text.char_indices().find(|&(_, char)| {
        (char.is_control() && !matches!(char, '\t' | '\n' | '\r' | '\u{85}'))
            || matches!(char, '\u{FFFE}' | '\u{FFFF}')
    })?;
    let span = Span::new(at, at + char.len_utf8());
    Some(
        Diagnostic::error(
            "yaml-syntax",
            span,
            format!("the control character U+{:04X} is not allowed in YAML", char as u32),
        )
        .help("save the file as UTF-8 text, and write the character as an escape in double quotes"),
    )
}

/// A list or mapping that has begun.
#[derive(Debug)]
struct Open {
    anchor: usize,
    start: usize,
    inside: Inside,
}

#[derive(Debug)]
enum Inside {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, seen: HashSet<String>, merged: Vec<Node>, key: Option<Key> },
}

/// A key whose value has not come yet.
#[derive(Debug)]
enum Key {
    Name(String, Span),
    /// `<<`
    Merge(Span),
    /// A key that is no text and has been reported.
    Bad,
}

/// Builds the tree from the parser's events.
#[derive(Debug, Default)]
struct Reader<'t> {
    places: Places<'t>,
    documents: Vec<Document>,
    open: Vec<Open>,
    root: Option<Node>,
    problems: Vec<Diagnostic>,
    anchors: HashMap<usize, Node>,
    copied: usize,
}

impl Reader<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Diagnostic> {
        match event {
            Event::DocumentStart(_) => self.anchors.clear(),
            Event::DocumentEnd => self.finish(),
            Event::Alias(id) => {
                let node = self.alias(id, span)?;
                self.place(node, false);
            }
            Event::Scalar(value, style, anchor, tag) => {
                let merge = style == ScalarStyle::Plain && tag.is_none() && value == "<<";
                let (data, problem) = schema::scalar(&value, style, tag.as_deref(), span);
                self.problems.extend(problem);
                let span = self.places.scalar(span, style);
                let node = Node { data, span };
                self.remember(anchor, &node, span)?;
                self.place(node, merge);
            }
            Event::SequenceStart(anchor, tag) => {
                self.problems.extend(schema::check_tag(tag.as_deref(), "seq", span));
                self.begin(anchor, span, Inside::List(Vec::new()))?;
            }
            Event::MappingStart(anchor, tag) => {
                self.problems.extend(schema::check_tag(tag.as_deref(), "map", span));
                let inside = Inside::Map {
                    entries: Vec::new(),
                    seen: HashSet::new(),
                    merged: Vec::new(),
                    key: None,
                };
                self.begin(anchor, span, inside)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span)?,
            Event::Nothing | Event::StreamStart | Event::StreamEnd => {}
        }
        Ok(())
    }

    /// A document is whole.
    fn finish(&mut self) {
        let root = self.root.take();
        let span = root.as_ref().map(|node| node.span).unwrap_or_default();
        self.documents.push(Document { root, span, problems: std::mem::take(&mut self.problems) });
    }

    /// A document cannot be read to its end.
    fn fail(&mut self, problem: Diagnostic) {
        let start = self.open.first().map_or(problem.span.start, |open| open.start);
        let span = Span::new(start.min(problem.span.start), problem.span.end);
        self.problems.push(problem);
        self.documents.push(Document {
            root: None,
            span,
            problems: std::mem::take(&mut self.problems),
        });
    }

    fn begin(&mut self, anchor: usize, span: Span, inside: Inside) -> Result<(), Diagnostic> {
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep(span));
        }
        self.open.push(Open { anchor, start: span.start, inside });
        Ok(())
    }

    fn end(&mut self, span: Span) -> Result<(), Diagnostic> {
        let Some(Open { anchor, start, inside }) = self.open.pop() else { return Ok(()) };
        let (data, last) = match inside {
            Inside::List(nodes) => {
                let last = nodes.last().map(|node| node.span.end);
                (Data::List(nodes), last)
            }
            Inside::Map { entries, merged, .. } => {
                let last = entries.last().map(|entry| entry.value.span.end.max(entry.key_span.end));
                (Data::Map(merge(entries, merged)), last)
            }
        };
        // The end of a block is reported where the next token stands; only a bracket has a width.
        let end = if span.end > span.start { span.end } else { last.unwrap_or(start) };
        let node = Node { data, span: Span::new(start, end.max(start)) };
        self.remember(anchor, &node, node.span)?;
        self.place(node, false);
        Ok(())
    }

    /// Puts a whole node where it belongs.
    fn place(&mut self, node: Node, is_merge: bool) {
        match self.open.last_mut().map(|open| &mut open.inside) {
            None => self.root = Some(node),
            Some(Inside::List(nodes)) => nodes.push(node),
            Some(Inside::Map { entries, seen, merged, key }) => match key.take() {
                None => *key = Some(read_key(node, is_merge, seen, &mut self.problems)),
                Some(Key::Name(name, span)) => {
                    entries.push(Entry { key: name, key_span: span, value: node });
                }
                Some(Key::Merge(span)) => collect_merged(node, span, merged, &mut self.problems),
                Some(Key::Bad) => {}
            },
        }
    }

    /// Keeps an anchored node for its aliases.
    fn remember(&mut self, anchor: usize, node: &Node, span: Span) -> Result<(), Diagnostic> {
        if anchor != 0 {
            self.charge(node, span)?;
            self.anchors.insert(anchor, node.clone());
        }
        Ok(())
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<Node, Diagnostic> {
        let Some(node) = self.anchors.get(&id).cloned() else {
            let message = "this alias has no anchor that is whole before it in the same document";
            return Err(Diagnostic::error("undefined-alias", span, message));
        };
        self.charge(&node, span)?;
        if self.open.len() + node.height() > MAX_DEPTH {
            return Err(too_deep(span));
        }
        Ok(node)
    }

    /// Counts a copy before it is kept.
    fn charge(&mut self, node: &Node, span: Span) -> Result<(), Diagnostic> {
        self.copied = self.copied.saturating_add(node.cost());
        if self.copied > MAX_COPIED {
            return Err(Diagnostic::error(
                "too-many-aliases",
                span,
                "anchors and aliases copy too much",
            )
            .help("write the values out, or split the file"));
        }
        Ok(())
    }
}

fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::error(
        "yaml-too-deep",
        span,
        format!("more than {MAX_DEPTH} levels of lists and mappings"),
    )
}

fn read_key(
    node: Node,
    is_merge: bool,
    seen: &mut HashSet<String>,
    problems: &mut Vec<Diagnostic>,
) -> Key {
    if is_merge {
        return Key::Merge(node.span);
    }
    let kind = node.kind();
    let Data::Text(name) = node.data else {
        problems.push(
            Diagnostic::error(
                "key-not-text",
                node.span,
                format!("a key must be text, this is {kind}"),
            )
            .help("put the key in quotes"),
        );
        return Key::Bad;
    };
    if seen.contains(&name) {
        problems.push(
            Diagnostic::error(
                "duplicate-key",
                node.span,
                format!("the key {name:?} stands here a second time"),
            )
            .help("give both values as one list, or use a second selection"),
        );
    } else {
        seen.insert(name.clone());
    }
    Key::Name(name, node.span)
}

/// Takes what stands under `<<`.
fn collect_merged(node: Node, span: Span, merged: &mut Vec<Node>, problems: &mut Vec<Diagnostic>) {
    match node.data {
        Data::Map(_) => merged.push(node),
        Data::List(nodes) if nodes.iter().all(|node| matches!(node.data, Data::Map(_))) => {
            merged.extend(nodes);
        }
        _ => problems.push(
            Diagnostic::error("bad-merge", span, "<< merges a mapping or a list of mappings")
                .help("write `<<: *anchor`, or quote \"<<\" if it is a key"),
        ),
    }
}

/// Adds merged entries before the own ones. A key that is there already is not taken again.
fn merge(own: Vec<Entry>, merged: Vec<Node>) -> Vec<Entry> {
    if merged.is_empty() {
        return own;
    }
    let mut seen: HashSet<String> = own.iter().map(|entry| entry.key.clone()).collect();
    let mut entries = Vec::new();
    for node in merged {
        let Data::Map(others) = node.data else { continue };
        entries.extend(others.into_iter().filter(|entry| seen.insert(entry.key.clone())));
    }
    entries.extend(own);
    entries
}

#[cfg(test)]
mod tests;
