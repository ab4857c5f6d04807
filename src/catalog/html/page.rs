//! A page being written. Only what stands in this program goes out as it is; every other text is
//! escaped.

use std::fmt::Write as _;

use crate::text::escape;

/// What a page may load: its own styles and script, and nothing else.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; script-src 'self'; base-uri 'none'; form-action 'none'";

/// The text of a page.
#[derive(Debug, Default)]
pub(super) struct Page {
    out: String,
}

impl Page {
    /// A page with that title; `root` is the way to the folder of the catalogue.
    pub(super) fn new(title: &str, root: &'static str) -> Self {
        let mut page = Self::default();
        page.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        page.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"")
            .raw(POLICY)
            .raw("\">\n");
        page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        page.raw("<meta name=\"color-scheme\" content=\"light dark\">\n");
        page.raw("<meta name=\"referrer\" content=\"no-referrer\">\n");
        page.raw("<title>").text(title).raw("</title>\n");
        page.raw("<link rel=\"stylesheet\" href=\"").raw(root).raw("assets/catalog.css\">\n");
        page.raw("<script src=\"").raw(root).raw("assets/rules.js\" defer></script>\n");
        page.raw("<script src=\"").raw(root).raw("assets/catalog.js\" defer></script>\n");
        page.raw("</head>\n<body data-root=\"").raw(root).raw("\">\n");
        page.raw("<a class=\"skip\" href=\"#main\">To the content</a>\n");
        page
    }

    /// What is written as it is.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.out.push_str(markup);
        self
    }

    /// A text, in an element or in a quoted attribute.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        escape::html(text, &mut self.out);
        self
    }

    /// A number.
    pub(super) fn number(&mut self, number: usize) -> &mut Self {
        self.out.push_str(&number.to_string());
        self
    }

    /// A count and what is counted, in the number it asks for.
    pub(super) fn count(
        &mut self,
        count: usize,
        one: &'static str,
        many: &'static str,
    ) -> &mut Self {
        self.number(count).raw(" ").raw(if count == 1 { one } else { many })
    }

    /// A text as the value of a search, for an address.
    pub(super) fn query(&mut self, text: &str) -> &mut Self {
        for byte in text.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                self.out.push(char::from(byte));
            } else {
                // Writing to a string cannot fail.
                let _ = write!(self.out, "%{byte:02X}");
            }
        }
        self
    }

    /// A text as code.
    pub(super) fn code(&mut self, text: &str) -> &mut Self {
        self.raw("<code>").text(text).raw("</code>")
    }

    /// The end of every page.
    pub(super) fn finish(mut self) -> String {
        self.raw("<footer><p>Written by backtrail ").raw(env!("CARGO_PKG_VERSION"));
        self.raw(". ATT&amp;CK is a registered trademark of The MITRE Corporation.</p></footer>\n");
        self.raw("</body>\n</html>\n");
        self.out
    }
}
