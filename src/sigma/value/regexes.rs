//! Regular expressions: read, filled in and known to compile.

use super::alternatives::{check_product, combine, count};
use crate::{
    rule::{Diagnostic, RegexError, RegexFlags, RegexTest, Test},
    sigma::{
        Modifier,
        placeholder::{self, Piece},
        reader::{Reader, wrong_kind},
        yaml::{self, Node},
    },
};

/// Reads the expression and checks that it compiles, once for each way its placeholders can be filled.
pub(super) fn regexes(
    node: &Node,
    modifiers: &[Modifier],
    reader: &mut Reader,
) -> Result<Vec<Test>, Diagnostic> {
    let Some(source) = node.as_text() else {
        return Err(wrong_kind(node, Modifier::Re, "text", "put the expression in single quotes"));
    };
    let mut sources = vec![source.to_owned()];
    if modifiers.contains(&Modifier::Expand) {
        let pieces = placeholder::pieces(source, node.span, reader.text, reader.placeholders)?;
        check_product(pieces.iter().map(count), node.span, Modifier::Expand)?;
        sources = vec![String::new()];
        for piece in pieces {
            let parts: Vec<String> = match piece {
                Piece::Text(text) => vec![text],
                Piece::Values(values) => {
                    values.iter().map(|value| regex_syntax::escape(value)).collect()
                }
            };
            sources = combine(&sources, &parts, |before, part| format!("{before}{part}"));
        }
    }
    let has = |modifier| modifiers.contains(&modifier);
    let flags = RegexFlags {
        ignore_case: has(Modifier::IgnoreCase),
        multi_line: has(Modifier::MultiLine),
        dot_all: has(Modifier::DotAll),
    };
    let mut tests = Vec::with_capacity(sources.len());
    for source in sources {
        tests.push(Test::Regex(compiled(&source, flags, node, reader)?));
    }
    Ok(tests)
}

fn compiled(
    source: &str,
    flags: RegexFlags,
    node: &Node,
    reader: &mut Reader,
) -> Result<RegexTest, Diagnostic> {
    let error = match reader.regexes.compile(source, flags) {
        Ok(test) => return Ok(test),
        Err(error) => error,
    };
    let too_big = |help: &str| {
        Err(Diagnostic::error("regex-too-big", node.span, error.to_string()).help(help))
    };
    match error {
        RegexError::TooBig => too_big(
            "use smaller repetition counts, several expressions, or `[0-9A-Za-z_]` for `\\w`",
        ),
        RegexError::TooMany => too_big(
            "use fewer or simpler expressions, or values with `contains`; or run the rules in several hunts",
        ),
        RegexError::Other(_) => Err(ill_formed(source, flags, node, reader)
            .unwrap_or_else(|| Diagnostic::error("bad-regex", node.span, error.to_string()))),
    }
}

/// What is wrong with the text of an expression, and where.
fn ill_formed(source: &str, flags: RegexFlags, node: &Node, reader: &Reader) -> Option<Diagnostic> {
    use regex_syntax::ast::ErrorKind::{UnsupportedBackreference, UnsupportedLookAround};
    let parsed = regex_syntax::ParserBuilder::new()
        .case_insensitive(flags.ignore_case)
        .multi_line(flags.multi_line)
        .dot_matches_new_line(flags.dot_all)
        .build()
        .parse(source);
    let (what, span, help) = match parsed {
        Err(regex_syntax::Error::Parse(error)) => {
            let help = match error.kind() {
                UnsupportedLookAround => {
                    "use a second item or selection with `not` instead of look-around"
                }
                UnsupportedBackreference => {
                    "write the repeated text out; expressions have no back-references"
                }
                _ => "check the expression; a backslash makes the next character plain",
            };
            (error.kind().to_string(), *error.span(), help)
        }
        Err(regex_syntax::Error::Translate(error)) => (
            error.kind().to_string(),
            *error.span(),
            "check the expression; a backslash makes the next character plain",
        ),
        Ok(_) | Err(_) => return None,
    };
    let place = yaml::part(reader.text, node.span, source, span.start.offset..span.end.offset);
    let problem = Diagnostic::error(
        "bad-regex",
        place,
        format!("this regular expression cannot be used: {what}"),
    );
    Some(problem.help(help))
}
