//! The catalogue as pages for a browser: `index.html`, a page for each rule, and what they share.
//!
//! Nothing is fetched when they are looked at, from a server or from elsewhere: styles, script and the
//! words to search in are files beside the pages, and a policy in each page forbids all else.

mod correlation;
mod overview;
mod page;
mod parts;
mod rule;
mod yaml;

use super::{File, model::Model};

const STYLE: &str = include_str!("html/catalog.css");
const SCRIPT: &str = include_str!("html/catalog.js");

/// All files, the overview first.
pub(super) fn files<'m>(model: &'m Model<'_>) -> impl Iterator<Item = File> + 'm {
    let file = |path: String, text: String| File { path, bytes: text.into_bytes() };
    let shared = std::iter::once_with(move || file("index.html".to_owned(), overview::page(model)))
        .chain(std::iter::once_with(move || {
            file("assets/catalog.css".to_owned(), STYLE.to_owned())
        }))
        .chain(std::iter::once_with(move || {
            file("assets/catalog.js".to_owned(), SCRIPT.to_owned())
        }))
        .chain(std::iter::once_with(move || File {
            path: "assets/rules.js".to_owned(),
            bytes: overview::words(model),
        }));
    let rules = model
        .rules
        .iter()
        .map(move |it| file(format!("rules/{}.html", it.page), rule::page(model, it)));
    let correlations = model
        .correlations
        .iter()
        .map(move |it| file(format!("rules/{}.html", it.page), correlation::page(model, it)));
    shared.chain(rules).chain(correlations)
}
