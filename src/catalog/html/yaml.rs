//! A rule's text with its keys and comments told apart. Not a parser: what it does not understand stays
//! plain, and the text is the same whatever it makes of it.

use super::page::Page;

/// Writes the text, line by line.
pub(super) fn write(text: &str, page: &mut Page) {
    page.raw("<pre class=\"yaml\" tabindex=\"0\"><code>");
    // Lines of a block of text are no keys; they are indented deeper than the line that begins it.
    let mut block: Option<usize> = None;
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        if block.is_some_and(|outer| !line.trim().is_empty() && indent <= outer) {
            block = None;
        }
        if block.is_some() {
            page.raw("<span class=\"s\">").text(line).raw("</span>");
        } else {
            plain(line, page);
            let end = line.trim_end();
            let opens = [": |", ": >", ": |-", ": >-", ": |+", ": >+"];
            if opens.iter().any(|opening| end.ends_with(opening)) {
                block = Some(indent);
            }
        }
        page.raw("\n");
    }
    page.raw("</code></pre>\n");
}

/// A line with a key, a dash or a comment at its start.
fn plain(line: &str, page: &mut Page) {
    let rest = line.trim_start();
    page.text(&line[..line.len() - rest.len()]);
    if rest.starts_with('#') {
        page.raw("<span class=\"c\">").text(rest).raw("</span>");
        return;
    }
    let (dash, rest) = match rest.strip_prefix("- ") {
        Some(after) => ("- ", after),
        None => ("", rest),
    };
    if !dash.is_empty() {
        page.raw("<span class=\"p\">- </span>");
    }
    let is_key = |text: &str| {
        !text.is_empty()
            && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '|' | '$'))
    };
    match rest.split_once(':') {
        Some((key, value)) if is_key(key) && (value.is_empty() || value.starts_with(' ')) => {
            page.raw("<span class=\"k\">")
                .text(key)
                .raw("</span><span class=\"p\">:</span>")
                .text(value);
        }
        _ => {
            page.text(rest);
        }
    }
}
