//! Records in what other tools make of them: the gates find what the slow path finds.
//!
//! The first byte says how many layers, a byte for each says which, and the rest is wrapped in them. Of
//! a text without a layer the rest is the file itself.

use std::sync::LazyLock;

use backtrail::engine::Engine;

use super::ways::{Ways, rules};

/// Short names are met often. One rule looks elsewhere, one needs an escape, one has no gate.
const RULES: [&str; 6] = [
    "{eventName: Put}",
    "{eventName|startswith: Put, eventSource|contains: s3}",
    "{eventName: [A, B, PutKey], errorCode: Denied}",
    "{userAgent|contains: curl}",
    "{requestParameters.path|endswith: '/x'}",
    "{readOnly: false, awsRegion: null}",
];

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let text: Vec<String> = RULES
        .iter()
        .map(|selection| {
            format!(
                "title: {selection:?}\nlogsource: {{product: aws, service: cloudtrail}}\n\
                 detection: {{sel: {selection}, condition: sel}}\n"
            )
        })
        .collect();
    let (parsed, rules) = rules(&text.join("---\n"));
    assert_eq!(rules.len(), RULES.len(), "{:?}", parsed.diagnostics);
    Engine::from_rules(&rules)
});

/// The same without the rule that has no gate.
static GATED: LazyLock<Engine> = LazyLock::new(|| {
    let (_, rules) = rules(
        "title: Put\nlogsource: {product: aws, service: cloudtrail}\n\
         detection: {sel: {eventName: [Put, PutKey]}, condition: sel}",
    );
    assert_eq!(rules.len(), 1);
    Engine::from_rules(&rules)
});

static WAYS: LazyLock<[Ways<'static>; 2]> =
    LazyLock::new(|| [&*ENGINE, &GATED].map(|engine| Ways::of(engine).expect("few rules")));

/// More layers than the scanner goes through.
const MOST_LAYERS: usize = 10;

/// Wraps the input and scans it.
pub fn check(data: &[u8]) {
    let Some((&layers, rest)) = data.split_first() else { return };
    let layers = usize::from(layers).min(MOST_LAYERS).min(rest.len());
    let (kinds, inner) = rest.split_at(layers);
    let mut text = inner.to_vec();
    for kind in kinds {
        if text.len() > 64 << 10 {
            break;
        }
        text = wrap(*kind, &text);
    }
    for ways in &*WAYS {
        ways.agree(&text, None);
        ways.agree(&text, Some((50, 700)));
    }
    WAYS[0].streamed(&text);
}

/// The text in one more layer.
fn wrap(kind: u8, text: &[u8]) -> Vec<u8> {
    let around = |before: &str, inner: &[u8], after: &str| {
        [before.as_bytes(), inner, after.as_bytes()].concat()
    };
    let string = || escaped(text);
    let lines = || text.split(|&byte| byte == b'\n');
    match kind % 16 {
        0 => around("{\"Events\":[{\"EventId\":\"x\",\"CloudTrailEvent\":", &string(), "}]}"),
        1 => around("{\"detail-type\":\"AWS API Call via CloudTrail\",\"detail\":", text, "}"),
        2 => around("{\"_source\":{\"event\":{\"original\":", &string(), "}}}"),
        3 => around("{\"hits\":{\"hits\":[{\"_source\":", text, "},{\"_id\":1}]}}"),
        4 => around("{\"preview\":false,\"result\":{\"_raw\":", &string(), "}}"),
        5 => around(
            "{\"messageType\":\"DATA_MESSAGE\",\"logEvents\":[{\"message\":",
            &string(),
            "}]}",
        ),
        6 => around("{\"Records\":[", text, "]}"),
        7 => around("[", text, "]"),
        8 => around("{\"results\":[{\"_raw\":", &string(), "}]}"),
        9 => around("{\"message\":", &string(), "}"),
        10 => lines()
            .map(|line| around("2026-03-05T02:14:09.000Z ", line, "\n"))
            .collect::<Vec<_>>()
            .concat(),
        11 => {
            let row = |line: &[u8]| [&b"7,"[..], &quoted(line), b"\r\n"].concat();
            [b"id,event\r\n".to_vec(), lines().map(row).collect::<Vec<_>>().concat()].concat()
        }
        12 => around("{\"Records\":[{\"eventName\":\"Get\"}]}\n", text, "\n"),
        13 => around("", text, "\n{\"Records\":[{\"eventVersion\":\"1\",\"eventName\":\"Put\"}]}"),
        14 => text.iter().flat_map(|&byte| [byte, 0]).collect(),
        _ => [text, b",", text].concat(),
    }
}

/// A JSON string of these bytes.
fn escaped(text: &[u8]) -> Vec<u8> {
    let mut out = vec![b'"'];
    for &byte in text {
        match byte {
            b'"' | b'\\' => out.extend([b'\\', byte]),
            b'\n' => out.extend(b"\\n"),
            0..b' ' => out.extend(format!("\\u{byte:04x}").bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
    out
}

/// A cell of a table.
fn quoted(text: &[u8]) -> Vec<u8> {
    let mut out = vec![b'"'];
    for &byte in text {
        out.extend(std::iter::repeat_n(byte, 1 + usize::from(byte == b'"')));
    }
    out.push(b'"');
    out
}
