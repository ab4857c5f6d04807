//! The catalogue of rules: what each means, what it looks for, what it leaves out, and who else looks.
//!
//! Rule sets go in, the bytes of files come out; nothing is read or written here. Every text of a rule
//! goes through `text::escape` on its way, as rules may come from anyone. The same sets give the same
//! bytes. Rules that load and do not run have no page; they are counted.

mod actions;
mod asks;
mod attack;
mod build;
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
mod text;

pub use actions::{Action, actions};
pub use attack::{is_within, technique, techniques};
pub use model::NamedSet;
pub use navigator::layer;
pub use paths::File;

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

/// The pages of some rule sets.
#[derive(Debug)]
pub struct Catalog<'s> {
    model: model::Model<'s>,
}

impl<'s> Catalog<'s> {
    /// Looks at every rule and correlation that runs.
    pub fn new(sets: &[NamedSet<'s>]) -> Self {
        Self { model: build::model(sets) }
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
