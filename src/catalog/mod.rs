//! The catalogue of rules: what each means, what it looks for, what it leaves out, and who else looks.
//!
//! Rule sets go in, the bytes of files come out; nothing is read or written here. Every text of a rule
//! goes through `text::escape` on its way, as rules may come from anyone. The same sets give the same
//! bytes. Rules that load and do not run have no page; they are counted.

mod actions;
mod asks;
mod attack;
mod corpus;
mod html;
mod json;
mod markdown;
mod model;
mod navigator;
mod overview;
mod paths;
#[cfg(test)]
mod tests;

pub use actions::{Action, actions};
pub use attack::{is_within, technique, techniques};
pub use navigator::layer;

use std::path::Path;

use crate::ruleset::RuleSet;

/// A rule set and what it is called.
#[derive(Debug, Clone, Copy)]
pub struct NamedSet<'s> {
    /// What it is called in the catalogue; no two sets share a name.
    pub name: &'s str,
    /// The folder or file it was loaded from. Pages name files relative to it, so that they say nothing of the machine
    /// where they were written.
    pub root: &'s Path,
    /// The rules.
    pub rules: &'s RuleSet,
}

impl<'s> NamedSet<'s> {
    /// The name of a rule file in this set; empty if there is no such file.
    fn file(&self, at: usize) -> &'s str {
        let Some(file) = self.rules.files.get(at) else { return "" };
        let path = Path::new(&file.name);
        let inside = path.strip_prefix(self.root).ok().filter(|rest| !rest.as_os_str().is_empty());
        let single = || path.file_name().map(Path::new);
        let shown = if path == self.root { single() } else { inside };
        shown.and_then(Path::to_str).unwrap_or(&file.name)
    }
}

/// How a catalogue is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Pages for a browser, with search.
    Html,
    /// The same pages as Markdown.
    Markdown,
    /// All of it in `catalog.json`.
    Json,
}

/// A file of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its place in the catalogue's folder: lower-case ASCII letters, digits and `-._/`, safe on every
    /// file system.
    pub path: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// The pages of some rule sets.
#[derive(Debug)]
pub struct Catalog<'s> {
    model: model::Model<'s>,
}

impl<'s> Catalog<'s> {
    /// Looks at every rule and correlation that runs.
    pub fn new(sets: &[NamedSet<'s>]) -> Self {
        Self { model: model::Model::new(sets) }
    }

    /// How many rules have a page.
    pub fn rules(&self) -> usize {
        self.model.rules.len()
    }

    /// How many correlations have a page.
    pub fn correlations(&self) -> usize {
        self.model.correlations.len()
    }

    /// The files of one form, one after another, so that not all of them are held at once.
    pub fn files(&self, form: Form) -> Box<dyn Iterator<Item = File> + '_> {
        match form {
            Form::Html => Box::new(html::files(&self.model)),
            Form::Markdown => Box::new(markdown::files(&self.model)),
            Form::Json => Box::new(std::iter::once_with(|| json::file(&self.model))),
        }
    }
}
