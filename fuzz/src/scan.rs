//! Records and the built-in rules: the gates find what the slow path finds.
//!
//! The first byte says what is made of the rest: a text as it is, records of a trail file, or those
//! of a file so large that the bounds of its records are found while it is searched.

use std::sync::LazyLock;

use backtrail::{
    engine::Engine,
    ruleset::{Choice, RuleSet, RuleSource},
    sigma::Placeholders,
};

use super::ways::Ways;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let set = RuleSet::load(&[RuleSource::Builtin], &Choice::default(), &Placeholders::new());
    Engine::compile(&set.expect("they are built in").rules)
});

static WAYS: LazyLock<Ways<'static>> =
    LazyLock::new(|| Ways::of(&ENGINE).expect("the built-in rules fit the gates"));

/// A record that is long and matches nothing.
static LONG: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let filling = "x, {\\\"y\\\": [z]} ".repeat(2400);
    format!("{{\"eventName\":\"Nothing\",\"of\":\"{filling}\"}}").into_bytes()
});

/// Scans the input.
pub fn check(data: &[u8]) {
    let Some((&form, rest)) = data.split_first() else { return };
    let text = match form % 8 {
        0 => rest.to_vec(),
        1..=4 => [b"{\"Records\":[", rest, b"]}"].concat(),
        5 => [b"{\"Records\":[", rest, b",\n", rest, b"]}"].concat(),
        6 => [b"{\"Records\":[", rest, b",", &LONG, b",", &LONG, b"]}"].concat(),
        _ => [b"{\"Records\":[", &**LONG, b",", rest, b",", &LONG, b"]}"].concat(),
    };
    WAYS.agree(&text, None);
    if text.len() < 4 << 10 {
        WAYS.agree(&text, Some((64, 2 << 10)));
    }
}
