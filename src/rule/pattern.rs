//! Wildcards and escapes: the text of a value as a sequence of tokens.

/// A text to compare with: literal runs and wildcards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// The tokens in order. Neighbouring literals are merged and neighbouring [`Token::Any`] are
    /// one, so that a plain value is at most one `Literal`. Empty for the empty string.
    pub tokens: Vec<Token>,
    /// Compare code points exactly. Otherwise both sides are mapped with Unicode simple case
    /// folding first; the literals here are kept as written.
    pub cased: bool,
}

/// A piece of a [`Pattern`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// These characters.
    Literal(String),
    /// `?`: exactly one Unicode scalar value.
    One,
    /// `*`: any run of characters, also none, also line feeds.
    Any,
}

impl Pattern {
    /// Reads a value: `*` and `?` are wildcards, `\*`, `\?` and `\\` are the plain character, and a
    /// backslash before anything else, or at the end, is itself.
    pub fn parse(text: &str, cased: bool) -> Self {
        let mut pattern = Self { tokens: Vec::new(), cased };
        let mut chars = text.chars().peekable();
        while let Some(char) = chars.next() {
            match char {
                '\\' => pattern.push_char(
                    chars.next_if(|next| matches!(next, '*' | '?' | '\\')).unwrap_or('\\'),
                ),
                '*' => pattern.push(Token::Any),
                '?' => pattern.push(Token::One),
                _ => pattern.push_char(char),
            }
        }
        pattern
    }

    /// A text without wildcards, taken as it is.
    pub fn plain(text: &str, cased: bool) -> Self {
        let tokens =
            if text.is_empty() { Vec::new() } else { vec![Token::Literal(text.to_owned())] };
        Self { tokens, cased }
    }

    /// The text, if there is no wildcard in it.
    pub fn as_plain(&self) -> Option<&str> {
        match self.tokens.as_slice() {
            [] => Some(""),
            [Token::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// Adds a token and keeps the promise that neighbours are merged.
    pub(crate) fn push(&mut self, token: Token) {
        match (self.tokens.last_mut(), token) {
            (Some(Token::Any), Token::Any) => {}
            (Some(Token::Literal(before)), Token::Literal(text)) => before.push_str(&text),
            (_, token) => self.tokens.push(token),
        }
    }

    /// Adds one plain character.
    pub(crate) fn push_char(&mut self, char: char) {
        if let Some(Token::Literal(before)) = self.tokens.last_mut() {
            before.push(char);
        } else {
            self.tokens.push(Token::Literal(char.to_string()));
        }
    }

    /// The pattern with [`Token::Any`] added at the start, the end or both.
    pub(crate) fn open(mut self, start: bool, end: bool) -> Self {
        if start && self.tokens.first() != Some(&Token::Any) {
            self.tokens.insert(0, Token::Any);
        }
        if end {
            self.push(Token::Any);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<Token> {
        Pattern::parse(text, false).tokens
    }

    fn literal(text: &str) -> Token {
        Token::Literal(text.to_owned())
    }

    #[test]
    fn a_backslash_escapes_only_wildcards_and_itself() {
        assert_eq!(tokens(r"a\*b"), [literal("a*b")]);
        assert_eq!(tokens(r"a\?b"), [literal("a?b")]);
        assert_eq!(tokens(r"C:\Windows\"), [literal(r"C:\Windows\")]);
        assert_eq!(tokens(r"\\*"), [literal(r"\"), Token::Any]);
        assert_eq!(tokens(r"\\\*"), [literal(r"\*")]);
        assert_eq!(tokens(r"\\\"), [literal(r"\\")]);
        assert_eq!(tokens(r"\\\\"), [literal(r"\\")]);
    }

    #[test]
    fn neighbours_are_merged() {
        assert_eq!(
            tokens("**a**?*"),
            [Token::Any, literal("a"), Token::Any, Token::One, Token::Any]
        );
        assert_eq!(tokens("??"), [Token::One, Token::One]);
        assert_eq!(tokens(""), []);
        assert_eq!(Pattern::parse("", false).open(true, true).tokens, [Token::Any]);
        assert_eq!(
            Pattern::parse("*a*", false).open(true, true).tokens,
            [Token::Any, literal("a"), Token::Any]
        );
    }

    #[test]
    fn only_a_value_without_wildcards_is_plain() {
        assert_eq!(Pattern::parse(r"a\*", false).as_plain(), Some("a*"));
        assert_eq!(Pattern::parse("", false).as_plain(), Some(""));
        assert_eq!(Pattern::parse("a*", false).as_plain(), None);
        assert_eq!(Pattern::plain("a*", true).as_plain(), Some("a*"));
    }
}
