//! One value of an item: from YAML, under its modifiers, to the tests it stands for.

use std::net::IpAddr;

use super::{
    CidrNet, Comparison, Diagnostic, Field, FieldRef, Modifier, Pattern, RegexTest, Relation, Span,
    Test, TimePart, Token, encoding,
    placeholder::{self, Piece},
    selection::Reader,
    yaml::{self, Data, Node},
};

pub(super) use super::detection::Value;

/// At most this many alternatives may come out of one value by combination.
const MAX_ALTERNATIVES: usize = 10_000;

/// The dashes that stand for one another under `windash`.
const DASHES: [char; 5] = ['-', '/', '\u{2013}', '\u{2014}', '\u{2015}'];

/// Reads one value.
pub(super) fn read(
    node: &Node,
    modifiers: &[Modifier],
    keyword: bool,
    reader: &Reader,
) -> Result<Value, Diagnostic> {
    let Some(text) = node.scalar_text() else {
        let message = format!("a value must be a scalar, this is {}", node.kind());
        let help = "fields below a field are written with dots: `parent.child: value`";
        return Err(Diagnostic::error("value-not-scalar", node.span, message).help(help));
    };
    let text = match &node.data {
        // A number is shown as it is spelled in the rule.
        Data::Number(..) => {
            reader.text.get(node.span.start..node.span.end).map_or(text, str::to_owned)
        }
        _ => text,
    };
    let tests = tests(node, modifiers, keyword, reader)?;
    Ok(Value { tests, text, span: node.span })
}

fn tests(
    node: &Node,
    modifiers: &[Modifier],
    keyword: bool,
    reader: &Reader,
) -> Result<Vec<Test>, Diagnostic> {
    for modifier in modifiers {
        if let Some(part) = time_part(*modifier) {
            return time(node, part, *modifier).map(|test| vec![test]);
        }
        if let Some(comparison) = comparison(*modifier) {
            return match node.data {
                Data::Number(number, _) => Ok(vec![Test::Compare(comparison, number)]),
                _ => Err(wrong_kind(node, *modifier, "a number", "write a number without quotes")),
            };
        }
        match modifier {
            Modifier::Re => return regexes(node, modifiers, reader),
            Modifier::Cidr => return cidr(node, reader).map(|net| vec![Test::Cidr(net)]),
            Modifier::FieldRef => {
                return field_ref(node, modifiers).map(|reference| vec![Test::FieldRef(reference)]);
            }
            Modifier::Exists => {
                return match node.data {
                    Data::Bool(value) => Ok(vec![Test::Exists(value)]),
                    _ => Err(Diagnostic::error(
                        "bad-exists",
                        node.span,
                        "exists needs true or false",
                    )
                    .help("write true or false, without quotes")),
                };
            }
            _ => {}
        }
    }
    if keyword || modifiers.iter().any(|modifier| modifier.wants_text()) {
        return patterns(node, modifiers, keyword, reader);
    }
    Ok(vec![match &node.data {
        Data::Null => Test::Null,
        Data::Bool(value) => Test::Bool(*value),
        Data::Number(number, _) => Test::Number(*number),
        _ => Test::Text(Pattern::parse(node.as_text().unwrap_or_default(), false)),
    }])
}

fn wrong_kind(node: &Node, modifier: Modifier, wanted: &str, help: &str) -> Diagnostic {
    let message = format!("{} needs {wanted}, this is {}", modifier.as_str(), node.kind());
    Diagnostic::error("wrong-kind-of-value", node.span, message).help(help)
}

fn comparison(modifier: Modifier) -> Option<Comparison> {
    Some(match modifier {
        Modifier::Lt => Comparison::Lt,
        Modifier::Lte => Comparison::Lte,
        Modifier::Gt => Comparison::Gt,
        Modifier::Gte => Comparison::Gte,
        _ => return None,
    })
}

fn time_part(modifier: Modifier) -> Option<TimePart> {
    Some(match modifier {
        Modifier::Minute => TimePart::Minute,
        Modifier::Hour => TimePart::Hour,
        Modifier::Day => TimePart::Day,
        Modifier::Week => TimePart::Week,
        Modifier::Month => TimePart::Month,
        Modifier::Year => TimePart::Year,
        _ => return None,
    })
}

fn time(node: &Node, part: TimePart, modifier: Modifier) -> Result<Test, Diagnostic> {
    match &node.data {
        // What does not fit is no part of any time, and neither is the greatest number.
        Data::Number(_, Some(digits)) => {
            Ok(Test::TimePart(part, digits.parse().unwrap_or(i64::MAX)))
        }
        _ => Err(wrong_kind(node, modifier, "an integer", "write the number without quotes")),
    }
}

/// The text of a value under modifiers that compare text.
fn text_of(node: &Node, keyword: bool) -> Result<String, Diagnostic> {
    match &node.data {
        Data::Text(text) => Ok(text.clone()),
        Data::Bool(_) | Data::Number(_, Some(_)) => Ok(node.scalar_text().unwrap_or_default()),
        Data::Number(_, None) => {
            let message = "a decimal number cannot be searched as text: its spelling is lost when the file is read";
            Err(Diagnostic::error("decimal-as-text", node.span, message)
                .help("put the value in quotes"))
        }
        _ => {
            let message =
                if keyword { "null is no keyword" } else { "null has no text to compare" };
            Err(Diagnostic::error("null-as-text", node.span, message)
                .help("write `field: null` without modifiers, or quote \"null\" if it is text"))
        }
    }
}

/// Everything that ends in a comparison with patterns.
fn patterns(
    node: &Node,
    modifiers: &[Modifier],
    keyword: bool,
    reader: &Reader,
) -> Result<Vec<Test>, Diagnostic> {
    let has = |modifier| modifiers.contains(&modifier);
    let cased = has(Modifier::Cased);
    let text = text_of(node, keyword)?;
    let mut alternatives = if has(Modifier::Expand) {
        expand(&text, node.span, cased, reader)?
    } else {
        vec![Pattern::parse(&text, cased)]
    };
    if has(Modifier::Windash) {
        alternatives = windash(&alternatives, node.span)?;
    }
    if modifiers.iter().any(|modifier| modifier.is_encoding()) {
        alternatives = encode(&alternatives, modifiers, node.span)?;
    }
    let anywhere = has(Modifier::Contains)
        || (keyword && !modifiers.iter().any(|modifier| modifier.is_substring()));
    let (start, end) = (anywhere || has(Modifier::EndsWith), anywhere || has(Modifier::StartsWith));
    Ok(alternatives.into_iter().map(|pattern| Test::Text(pattern.open(start, end))).collect())
}

fn too_many(span: Span, modifier: Modifier) -> Diagnostic {
    let message = format!(
        "{} makes more than {MAX_ALTERNATIVES} alternatives of this value",
        modifier.as_str()
    );
    Diagnostic::error("too-many-alternatives", span, message)
        .help("write a shorter value, or several of them")
}

/// Refuses a product of alternatives. One list alone may be as long as it was given.
fn check_product(
    counts: impl Iterator<Item = usize>,
    span: Span,
    modifier: Modifier,
) -> Result<(), Diagnostic> {
    let (mut product, mut greatest) = (1_usize, 1);
    for count in counts {
        product = product.saturating_mul(count);
        greatest = greatest.max(count);
    }
    if product > greatest.max(MAX_ALTERNATIVES) { Err(too_many(span, modifier)) } else { Ok(()) }
}

/// Puts the values of placeholders in their place; every combination is an alternative.
fn expand(
    value: &str,
    span: Span,
    cased: bool,
    reader: &Reader,
) -> Result<Vec<Pattern>, Diagnostic> {
    let pieces = placeholder::pieces(value, span, reader.text, reader.placeholders)?;
    check_product(pieces.iter().map(count), span, Modifier::Expand)?;
    let mut alternatives = vec![Pattern::plain("", cased)];
    for piece in pieces {
        let parts: Vec<Pattern> = match &piece {
            Piece::Text(text) => vec![Pattern::parse(text, cased)],
            Piece::Values(values) => {
                values.iter().map(|value| Pattern::parse(value, cased)).collect()
            }
        };
        alternatives = combine(&alternatives, &parts, |before, part| {
            let mut whole = before.clone();
            part.tokens.iter().for_each(|token| whole.push(token.clone()));
            whole
        });
    }
    Ok(alternatives)
}

fn count(piece: &Piece<'_>) -> usize {
    match piece {
        Piece::Text(_) => 1,
        Piece::Values(values) => values.len(),
    }
}

fn combine<T>(before: &[T], parts: &[T], join: impl Fn(&T, &T) -> T) -> Vec<T> {
    before
        .iter()
        .flat_map(|before| parts.iter().map(|part| join(before, part)).collect::<Vec<_>>())
        .collect()
}

/// One character of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Char(char),
    One,
    Any,
}

/// Each dash that begins a word after something that is none stands for every dash.
fn windash(patterns: &[Pattern], span: Span) -> Result<Vec<Pattern>, Diagnostic> {
    let mut out = Vec::new();
    for pattern in patterns {
        let units: Vec<Unit> = pattern
            .tokens
            .iter()
            .flat_map(|token| match token {
                Token::Literal(text) => text.chars().map(Unit::Char).collect(),
                Token::One => vec![Unit::One],
                Token::Any => vec![Unit::Any],
            })
            .collect();
        let places: Vec<usize> =
            (0..units.len()).filter(|at| is_option_dash(&units, *at)).collect();
        check_product(places.iter().map(|_| DASHES.len()), span, Modifier::Windash)?;
        let variants = DASHES.len().pow(u32::try_from(places.len()).unwrap_or(u32::MAX));
        if patterns.len() > 1 && out.len() + variants > MAX_ALTERNATIVES.max(patterns.len()) {
            return Err(too_many(span, Modifier::Windash));
        }
        for mut variant in 0..variants {
            let mut units = units.clone();
            for place in &places {
                units[*place] = Unit::Char(DASHES[variant % DASHES.len()]);
                variant /= DASHES.len();
            }
            out.push(collect(&units, pattern.cased));
        }
    }
    Ok(out)
}

fn is_option_dash(units: &[Unit], at: usize) -> bool {
    let is_word = |unit: Option<&Unit>| matches!(unit, Some(Unit::Char(char)) if char.is_alphanumeric() || *char == '_');
    matches!(units[at], Unit::Char(char) if DASHES.contains(&char))
        && !is_word(at.checked_sub(1).and_then(|before| units.get(before)))
        && is_word(units.get(at + 1))
}

fn collect(units: &[Unit], cased: bool) -> Pattern {
    let mut pattern = Pattern::plain("", cased);
    for unit in units {
        match unit {
            Unit::Char(char) => pattern.push_char(*char),
            Unit::One => pattern.push(Token::One),
            Unit::Any => pattern.push(Token::Any),
        }
    }
    pattern
}

/// The encoded forms of plain patterns.
fn encode(
    patterns: &[Pattern],
    modifiers: &[Modifier],
    span: Span,
) -> Result<Vec<Pattern>, Diagnostic> {
    let mut out = Vec::new();
    for pattern in patterns {
        let Some(text) = pattern.as_plain() else {
            return Err(Diagnostic::error(
                "encoded-wildcard",
                span,
                "a wildcard cannot be encoded",
            )
            .help("write \\* or \\? for the plain character, or leave the wildcard to contains"));
        };
        out.extend(
            encoding::encoded(text, modifiers)
                .iter()
                .map(|form| Pattern::plain(form, pattern.cased)),
        );
    }
    Ok(out)
}

/// Reads the expression and checks that it compiles, once for each way its placeholders can be filled.
fn regexes(node: &Node, modifiers: &[Modifier], reader: &Reader) -> Result<Vec<Test>, Diagnostic> {
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
        .help("use smaller repetition counts, or several expressions"),
        Err(error) => Diagnostic::error(
            "bad-regex",
            span,
            format!("this regular expression cannot be used: {error}"),
        ),
    };
    Err(problem)
}

/// `address/length`, or one address alone.
fn cidr(node: &Node, reader: &Reader) -> Result<CidrNet, Diagnostic> {
    let help = "write address/length, such as 10.0.0.0/8 or 2001:db8::/32";
    let Some(text) = node.as_text() else {
        return Err(wrong_kind(node, Modifier::Cidr, "text", help));
    };
    let bad = |range: std::ops::Range<usize>, message: String| {
        Diagnostic::error("bad-cidr", yaml::part(reader.text, node.span, text, range), message)
            .help(help)
    };
    let (address, length) =
        text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
    let address_end = address.len();
    let Ok(address) = address.parse::<IpAddr>() else {
        return Err(bad(0..address_end, format!("{address:?} is not an IP address")));
    };
    let bits = if address.is_ipv4() { 32 } else { 128 };
    let prefix = match length {
        None => bits,
        Some(digits) => {
            let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            let length = digits.parse::<u8>().ok().filter(|length| plain && *length <= bits);
            length.ok_or_else(|| {
                bad(
                    address_end + 1..text.len(),
                    format!("{digits:?} is not a length from 0 to {bits}"),
                )
            })?
        }
    };
    let network = network(address, prefix);
    if network != address {
        return Err(bad(
            0..address_end,
            format!("{address} has bits set beyond the first {prefix}"),
        )
        .help(format!(
            "write {network}/{prefix} for the network, or {address}/{bits} for the address"
        )));
    }
    Ok(CidrNet { address, prefix })
}

/// `address` with the bits beyond the prefix cleared.
fn network(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(ip) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V4((u32::from(ip) & mask).into())
        }
        IpAddr::V6(ip) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(prefix)).unwrap_or(0);
            IpAddr::V6((u128::from(ip) & mask).into())
        }
    }
}

fn field_ref(node: &Node, modifiers: &[Modifier]) -> Result<FieldRef, Diagnostic> {
    let Some(text) = node.as_text() else {
        return Err(wrong_kind(
            node,
            Modifier::FieldRef,
            "the name of a field",
            "put the name in quotes",
        ));
    };
    let pattern = Pattern::parse(text, true);
    let Some(name) = pattern.as_plain().filter(|name| !name.is_empty()) else {
        return Err(Diagnostic::error(
            "bad-fieldref",
            node.span,
            "fieldref needs the name of one field",
        )
        .help("write the whole name, without wildcards; \\* is a plain star"));
    };
    let relation = modifiers.iter().find_map(|modifier| match modifier {
        Modifier::Contains => Some(Relation::Contains),
        Modifier::StartsWith => Some(Relation::StartsWith),
        Modifier::EndsWith => Some(Relation::EndsWith),
        _ => None,
    });
    Ok(FieldRef {
        field: Field::new(name),
        relation: relation.unwrap_or(Relation::Equal),
        cased: modifiers.contains(&Modifier::Cased),
    })
}

#[cfg(test)]
mod tests;
