//! Regular expressions: read, filled in and known to compile.

use super::{
    alternatives::{check_product, combine, count},
    wrong_kind,
};
use crate::sigma::{
    Diagnostic, Modifier, RegexTest, Span, Test,
    placeholder::{self, Piece},
    selection::Reader,
    yaml::{self, Node},
};

/// Reads the expression and checks that it compiles, once for each way its placeholders can be filled.
pub(super) fn regexes(
    node: &Node,
    modifiers: &[Modifier],
    reader: &Reader,
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
                Piece::Values(values) => values.iter().map(|value| regex::escape(value)).collect(),
            };
            sources = combine(&sources, &parts, |before, part| format!("{before}{part}"));
        }
    }
    let has = |modifier| modifiers.contains(&modifier);
    let mut tests = Vec::with_capacity(sources.len());
    for source in sources {
        let test = RegexTest {
            source,
            ignore_case: has(Modifier::IgnoreCase),
            multi_line: has(Modifier::MultiLine),
            dot_all: has(Modifier::DotAll),
        };
        check_regex(&test, node, reader)?;
        tests.push(Test::Regex(test));
    }
    Ok(tests)
}

fn check_regex(test: &RegexTest, node: &Node, reader: &Reader) -> Result<(), Diagnostic> {
    use regex_syntax::ast::ErrorKind::{UnsupportedBackreference, UnsupportedLookAround};
    let parsed = regex_syntax::ParserBuilder::new()
        .case_insensitive(test.ignore_case)
        .multi_line(test.multi_line)
        .dot_matches_new_line(test.dot_all)
        .build()
        .parse(&test.source);
    let (what, span, help) = match parsed {
        Ok(_) => return check_compiles(test, node.span),
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
        Err(error) => return Err(Diagnostic::error("bad-regex", node.span, error.to_string())),
    };
    let place =
        yaml::part(reader.text, node.span, &test.source, span.start.offset..span.end.offset);
    Err(Diagnostic::error(
        "bad-regex",
        place,
        format!("this regular expression cannot be used: {what}"),
    )
    .help(help))
}

/// An expression that is well formed can still be too big.
fn check_compiles(test: &RegexTest, span: Span) -> Result<(), Diagnostic> {
    let problem = match test.compile() {
        Ok(_) => return Ok(()),
        Err(regex::Error::CompiledTooBig(limit)) => Diagnostic::error(
            "regex-too-big",
            span,
            format!("this regular expression needs more than {limit} bytes"),
        )
        .help("use smaller repetition counts, several expressions, or `[0-9A-Za-z_]` for `\\w`"),
        Err(error) => Diagnostic::error(
            "bad-regex",
            span,
            format!("this regular expression cannot be used: {error}"),
        ),
    };
    Err(problem)
}
