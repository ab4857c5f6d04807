//! Any text: whole and in pieces of any size it has the same records.
//!
//! The rule has no gate and matches every object, so what is found are all records there are.

use std::sync::LazyLock;

use backtrail::engine::Engine;

use super::ways::{Ways, rules};

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let (_, rules) = rules(
        "title: Any record\n\
         logsource: {product: aws, service: cloudtrail}\n\
         detection: {sel: {none.of.these: null}, condition: sel}",
    );
    assert_eq!(rules.len(), 1);
    Engine::from_rules(&rules)
});

static WAYS: LazyLock<Ways<'static>> =
    LazyLock::new(|| Ways::of(&ENGINE).expect("one rule fits the gates"));

/// Splits a text in every way.
pub fn check(data: &[u8]) {
    WAYS.streamed(data);
    WAYS.agree(data, None);
    WAYS.agree(data, Some((7, 100)));
}
