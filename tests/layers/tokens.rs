//! Rust source cut into names and marks, as far as paths need it.
//!
//! Comments, strings and character literals are blanked out first. This is no full lexer: numbers and
//! lifetimes come out as names, which no path begins with.

pub(crate) struct Token<'t> {
    pub(crate) text: &'t str,
    pub(crate) line: usize,
}

pub(crate) fn is(tokens: &[Token<'_>], at: usize, text: &str) -> bool {
    tokens.get(at).is_some_and(|token| token.text == text)
}

/// Names, `::` and single characters.
pub(crate) fn tokens(code: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut line = 1;
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let length = if word > 0 {
            word
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        if !first.is_whitespace() {
            tokens.push(Token { text: &rest[..length], line });
        }
        line += usize::from(first == '\n');
        rest = &rest[length..];
    }
    tokens
}

/// Leaves out every item that stands under `#[cfg(test)]`: up to its `;`, or its closing brace.
pub(crate) fn without_test_items(tokens: Vec<Token<'_>>) -> Vec<Token<'_>> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut depth = None;
    let mut skip = 0;
    let texts: Vec<&str> = tokens.iter().map(|token| token.text).collect();
    for (at, token) in tokens.into_iter().enumerate() {
        if skip > 0 {
            skip -= 1;
        } else if let Some(open) = &mut depth {
            match token.text {
                "{" => *open += 1,
                "}" if *open <= 1 => depth = None,
                "}" => *open -= 1,
                ";" if *open == 0 => depth = None,
                _ => {}
            }
        } else if texts[at..].starts_with(&MARK) {
            depth = Some(0_usize);
            skip = MARK.len() - 1;
        } else {
            kept.push(token);
        }
    }
    kept
}

/// The text with comments, strings and character literals replaced by blanks; lines stay lines.
pub(crate) fn blanked(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    let mut in_word = false;
    while let Some(first) = rest.chars().next() {
        let dead = if in_word { 0 } else { dead_length(rest) };
        let length = if dead > 0 { dead } else { first.len_utf8() };
        let (piece, after) = rest.split_at(length);
        if dead > 0 {
            code.extend(piece.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        } else {
            code.push_str(piece);
        }
        in_word = dead == 0
            && (first.is_alphanumeric() || first == '_')
            && !after.starts_with(['"', '\'']);
        rest = after;
    }
    code
}

/// How many bytes at the start of `rest` are comment or literal.
fn dead_length(rest: &str) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return comment_length(rest);
    }
    let raw = rest.strip_prefix('b').unwrap_or(rest);
    if let Some(after) = raw.strip_prefix('r') {
        let hashes = after.len() - after.trim_start_matches('#').len();
        if after[hashes..].starts_with('"') {
            let open = rest.len() - after.len() + hashes + 1;
            let close = format!("\"{}", "#".repeat(hashes));
            return rest[open..].find(&close).map_or(rest.len(), |at| open + at + close.len());
        }
    }
    if raw.starts_with('"') {
        return rest.len() - raw.len() + quoted_length(raw, '"');
    }
    let mut letters = rest.chars().skip(1);
    let is_char =
        rest.starts_with('\'') && (letters.next() == Some('\\') || letters.next() == Some('\''));
    if is_char { quoted_length(rest, '\'') } else { 0 }
}

fn quoted_length(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        if c == quote && !escaped {
            return at + c.len_utf8();
        }
        escaped = c == '\\' && !escaped;
    }
    rest.len()
}

fn comment_length(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}
