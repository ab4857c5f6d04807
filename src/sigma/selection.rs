//! From YAML to selections: blocks, items and their keys.

use super::{
    Modifier, modifier,
    reader::Reader,
    value,
    yaml::{self, Data, Entry, Node},
};
use crate::rule::{Block, Diagnostic, Field, Item, Quantifier, Selection, Span, Value};

/// At most this many tests may come out of one document: what multiplies values stops here.
const MAX_TESTS: usize = 200_000;

impl Reader<'_> {
    /// Reads one selection. `None` if something is wrong with it, which is then told.
    pub(super) fn selection(&mut self, entry: &Entry) -> Option<Selection> {
        let block = self.block(&entry.value, entry.key_span, true)?;
        Some(Selection { name: entry.key.clone(), block, span: entry.key_span })
    }

    /// Reads a map, a list of maps and keywords (only where `list_allowed`), or one keyword.
    fn block(&mut self, node: &Node, key_span: Span, list_allowed: bool) -> Option<Block> {
        match &node.data {
            Data::Null => self.empty(key_span),
            Data::Map(entries) if entries.is_empty() => self.empty(key_span),
            Data::List(nodes) if nodes.is_empty() => self.empty(key_span),
            Data::Map(entries) => {
                // Every item is read before giving up, so that all problems are told at once.
                let items: Vec<_> = entries.iter().map(|entry| self.item(entry)).collect();
                items.into_iter().collect::<Option<_>>().map(Block::All)
            }
            Data::List(_) if !list_allowed => {
                let problem =
                    Diagnostic::error("nested-list", node.span, "a list stands inside a list");
                self.refuse(problem.help("write all entries in one list"))
            }
            Data::List(nodes) if nodes.iter().all(is_keyword) => {
                let nodes: Vec<&Node> = nodes.iter().collect();
                self.keywords(&nodes, key_span).map(|item| Block::All(vec![item]))
            }
            Data::List(nodes) => {
                let blocks: Vec<_> =
                    nodes.iter().map(|node| self.block(node, node.span, false)).collect();
                blocks.into_iter().collect::<Option<_>>().map(Block::Any)
            }
            Data::Bool(_) | Data::Number(..) | Data::Text(_) => {
                self.keywords(&[node], key_span).map(|item| Block::All(vec![item]))
            }
        }
    }

    fn empty<T>(&mut self, span: Span) -> Option<T> {
        let problem = Diagnostic::error("empty-selection", span, "this selection asks for nothing");
        self.refuse(
            problem.help("give it `field: value` lines, or take it out of the condition too"),
        )
    }

    fn refuse<T>(&mut self, problem: Diagnostic) -> Option<T> {
        self.problems.push(problem);
        None
    }

    /// Plain keywords: any of them, anywhere.
    fn keywords(&mut self, nodes: &[&Node], span: Span) -> Option<Item> {
        let values = self.values(nodes, &[], true)?;
        Some(Item {
            field: None,
            operator: Vec::new(),
            values,
            quantifier: Quantifier::Any,
            negated: false,
            reads_objects: false,
            span,
        })
    }

    /// Reads one `field|modifier: values` line.
    fn item(&mut self, entry: &Entry) -> Option<Item> {
        let before = self.problems.len();
        let (field, modifiers) = self.key(entry);
        if self.problems.len() > before {
            return None;
        }
        let has = |modifier| modifiers.contains(&modifier);
        let nodes = self.value_nodes(entry, &modifiers)?;
        let values = self.values(&nodes, &modifiers, field.is_none())?;
        Some(Item {
            field,
            values,
            quantifier: if has(Modifier::All) { Quantifier::All } else { Quantifier::Any },
            negated: has(Modifier::Neq),
            reads_objects: has(Modifier::Contains) || has(Modifier::Re),
            operator: modifiers.iter().filter_map(|modifier| modifier.operator()).collect(),
            span: entry.key_span,
        })
    }

    /// Splits a key into its field and its modifiers and checks that they go together.
    fn key(&mut self, entry: &Entry) -> (Option<Field>, Vec<Modifier>) {
        let mut names = Vec::new();
        let mut start = 0;
        for name in entry.key.split('|') {
            let range = start..start + name.len();
            start = range.end + 1;
            names.push((name, yaml::part(self.text, entry.key_span, &entry.key, range)));
        }
        let (field, names) =
            names.split_first().map_or(("", &[][..]), |((field, _), rest)| (*field, rest));
        if field.is_empty() && names.is_empty() {
            let problem =
                Diagnostic::error("empty-field", entry.key_span, "there is no field name here");
            self.problems.push(problem.help("name a field, or write keywords as a plain list"));
        }
        let modifiers = modifier::read(names, &mut self.problems);
        modifier::check(&modifiers, field.is_empty(), &mut self.problems);
        let field = (!field.is_empty()).then(|| Field::new(field));
        (field, modifiers.into_iter().map(|(modifier, _)| modifier).collect())
    }

    /// The values of an item as YAML, if their number is right.
    fn value_nodes<'n>(
        &mut self,
        entry: &'n Entry,
        modifiers: &[Modifier],
    ) -> Option<Vec<&'n Node>> {
        let Data::List(nodes) = &entry.value.data else {
            if modifiers.contains(&Modifier::All) {
                return self.all_needs_values(entry);
            }
            return Some(vec![&entry.value]);
        };
        if modifiers.contains(&Modifier::Exists) {
            let problem = Diagnostic::error(
                "bad-exists",
                entry.value.span,
                "exists takes one value, not a list",
            );
            return self.refuse(problem.help("write true or false"));
        }
        if nodes.is_empty() {
            let problem =
                Diagnostic::error("empty-values", entry.key_span, "this list of values is empty");
            return self.refuse(
                problem.help("give it values; a field that is missing or null is `field: null`"),
            );
        }
        if nodes.len() > 1
            && let Some(null) = nodes.iter().find(|node| node.is_null())
        {
            let problem = Diagnostic::error(
                "null-in-list",
                null.span,
                "null cannot be one of several values",
            );
            return self.refuse(problem.help(
                "write a second selection with `field: null`; quote \"null\" if it is text",
            ));
        }
        if nodes.len() < 2 && modifiers.contains(&Modifier::All) {
            return self.all_needs_values(entry);
        }
        Some(nodes.iter().collect())
    }

    fn all_needs_values<T>(&mut self, entry: &Entry) -> Option<T> {
        let problem =
            Diagnostic::error("all-needs-values", entry.key_span, "all needs more than one value");
        self.refuse(problem.help("leave all out, or give it a list of two or more values"))
    }

    fn values(
        &mut self,
        nodes: &[&Node],
        modifiers: &[Modifier],
        keyword: bool,
    ) -> Option<Vec<Value>> {
        let mut values = Vec::with_capacity(nodes.len());
        for node in nodes {
            match value::read(node, modifiers, keyword, self) {
                Ok(value) => {
                    self.tests += value.tests.len();
                    if self.tests > MAX_TESTS {
                        let message = format!(
                            "the values of this document stand for more than {MAX_TESTS} comparisons"
                        );
                        let problem =
                            Diagnostic::error("too-many-alternatives", node.span, message);
                        return self.refuse(
                            problem.help("use fewer placeholders or dashes, or split the rule"),
                        );
                    }
                    values.push(value);
                }
                Err(problem) => self.problems.push(problem),
            }
        }
        (values.len() == nodes.len()).then_some(values)
    }
}

/// Keywords are scalars; null is none.
fn is_keyword(node: &Node) -> bool {
    matches!(node.data, Data::Bool(_) | Data::Number(..) | Data::Text(_))
}
