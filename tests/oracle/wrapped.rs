//! Records inside other things: what is found does not depend on what they are wrapped in.
//!
//! Each generated record is put into layers of wrappings, as strings with any escapes or as objects,
//! and these into a file of any form, with foreign items between them. The scanner must find what the
//! slow evaluator finds in the bare records, whole and in pieces, with gates and without.

use backtrail::{
    cloudtrail::FileName,
    engine::Engine,
    scan::{Content, Origin, ScanOptions, Scanned, Scanner},
};
use serde_json::{Value, json};

use crate::{
    choices::Choices,
    generate::{Case, Grammar},
    generated::search,
    reader::{records, squeezed},
    trial::{Hit, by_hand, rule_set},
};

/// The forms of files.
const FORMS: [&str; 9] =
    ["lines", "array", "documents", "Events", "hits", "results", "logEvents", "export", "table"];

/// A file of wrapped records, and the index of each.
struct Wrapped {
    file: Vec<u8>,
    form: &'static str,
    indices: Vec<u64>,
    /// Bytes of the largest item.
    largest: usize,
}

/// The records of a case that are objects, each with what a record must have at the least.
fn marked(case: &Case) -> Vec<String> {
    let all = records(&case.file).unwrap_or_default();
    let texts = all.into_iter().map(|(place, _)| &case.file[place]);
    let marked = texts.filter_map(|text| {
        let members = text.strip_prefix('{')?;
        let comma = if members.trim_start().starts_with('}') { "" } else { "," };
        Some(format!("{{\"eventVersion\":\"1.08\",\"eventID\":\"w\"{comma}{members}"))
    });
    marked.collect()
}

/// A JSON string of this text, escaped as the tape decides.
fn string(choices: &mut Choices<'_>, text: &str) -> String {
    let odd = choices.pick(&[0, 0, 3, 30]);
    let mut out = String::from("\"");
    for c in text.chars() {
        let more = odd > 0 && choices.chance(odd);
        match c {
            '"' if !more => out += "\\\"",
            '\\' if !more => out += "\\\\",
            '/' if more => out += "\\/",
            '\n' if !more => out += "\\n",
            '\r' if !more => out += "\\r",
            '\t' if !more => out += "\\t",
            c if more || c < ' ' => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    out += &format!("\\u{unit:04x}");
                }
            }
            c => out.push(c),
        }
    }
    out + "\""
}

/// One more layer around the JSON `text`, and the steps it takes to get through it.
fn layer(choices: &mut Choices<'_>, text: &str) -> (String, u8) {
    let kind = choices.below(9);
    let inner = if matches!(kind, 1 | 4) { text.to_owned() } else { string(choices, text) };
    let blank = choices.of(&["", " ", "\n  "]);
    match kind {
        0 => (format!("{{\"EventId\":\"x\",{blank}\"CloudTrailEvent\":{blank}{inner}}}"), 1),
        1 => (
            format!(
                "{{\"detail-type\":\"AWS API Call via CloudTrail\",\"detail\":{inner}{blank}}}"
            ),
            1,
        ),
        2 => (
            format!("{{\"_source\":{{\"event\":{{\"kind\":\"event\",\"original\":{inner}}}}}}}"),
            3,
        ),
        3 => (format!("{{\"_index\":\"i\",\"_source\":{{\"event.original\":{inner}}}}}"), 2),
        4 => (format!("{{\"_source\":{inner},{blank}\"_id\":\"1\"}}"), 1),
        5 => (
            format!("{{\"preview\":false,\"result\":{{\"_raw\":{inner},\"eventName\":\"Put\"}}}}"),
            2,
        ),
        6 => (format!("{{\"_raw\":{inner},\"eventSource\":\"s3.amazonaws.com\"}}"), 1),
        7 => (format!("{{{blank}\"message\":{inner}}}"), 1),
        _ => {
            let batch = format!("{{\"logEvents\":[{{\"message\":{inner}}}]}}");
            (format!("{{\"_raw\":{}}}", string(choices, &batch)), 3)
        }
    }
}

/// The records in layers, and these in a file.
fn wrap(choices: &mut Choices<'_>, marked: &[String]) -> Wrapped {
    let form = choices.of(&FORMS);
    let (mut items, mut indices) = (Vec::new(), Vec::new());
    for record in marked {
        if choices.chance(15) {
            items.push(match form {
                "export" | "table" => "START of something".to_owned(),
                _ => "{\"message\":\"START of something\"}".to_owned(),
            });
        }
        indices.push(items.len() as u64);
        let mut text = record.clone();
        let mut room = 8;
        for _ in 0..choices.below(4) {
            let (more, steps) = layer(choices, &text);
            if steps > room {
                break;
            }
            room -= steps;
            text = more;
        }
        items.push(match form {
            "export" | "table" => squeezed(&text),
            _ => text,
        });
    }
    let file = match form {
        "array" => format!("[{}]", items.join(",")),
        "documents" => items.concat(),
        "Events" => format!("{{\"Events\":[{}],\"NextToken\":\"x\"}}", items.join(", ")),
        "hits" => {
            format!("{{\"took\":1,\"hits\":{{\"total\":2,\"hits\":[\n{}]}}}}", items.join(",\n"))
        }
        "results" => format!("{{\"preview\":false,\"results\":[{}]}}", items.join(",")),
        "logEvents" => {
            format!("{{\"messageType\":\"DATA_MESSAGE\",\"logEvents\":[{}]}}", items.join(","))
        }
        "export" => items.iter().map(|item| format!("2026-03-05T02:14:09.000Z {item}\n")).collect(),
        "table" => {
            let row = |item: &String| format!("7,\"{}\"\r\n", item.replace('"', "\"\""));
            format!("id,event\r\n{}", items.iter().map(row).collect::<String>())
        }
        _ => items.join("\n") + "\n",
    };
    let largest = items.iter().map(String::len).max().unwrap_or(0) + 64;
    let (file, largest) = match choices.below(8) {
        1 => (file.encode_utf16().flat_map(u16::to_be_bytes).collect(), 2 * largest),
        2 => (
            ["\u{feff}", &file].concat().encode_utf16().flat_map(u16::to_le_bytes).collect(),
            2 * largest,
        ),
        _ => (file.into_bytes(), largest),
    };
    Wrapped { file, form, indices, largest }
}

/// What a scan of the file finds and tells; `pieces`: bytes at once, and held at most.
pub(crate) fn scanned(
    engine: &Engine,
    options: ScanOptions,
    file: &[u8],
    pieces: Option<(usize, usize)>,
) -> (Vec<Hit>, Scanned) {
    let scanner = Scanner::new(engine, options).expect("the gates can be built");
    let name = FileName { display: "case.json".to_owned(), raw_hex: None };
    let origin = Origin { name: &name, integrity: None };
    let mut hits = Vec::new();
    let mut found = |rule: usize, finding: &backtrail::finding::Finding<'_>| {
        hits.push((finding.record, rule, finding.event.to_string()));
    };
    let told = match pieces {
        None => scanner.scan(origin, file, &mut scanner.scratch(), &mut found),
        Some((step, window)) => {
            let mut rest = file;
            let mut read = |buffer: &mut Vec<u8>, room: usize| {
                let (now, later) = rest.split_at(room.min(step).min(rest.len()));
                buffer.extend_from_slice(now);
                rest = later;
                now.len()
            };
            scanner.scan_stream(origin, &mut read, window, &mut scanner.scratch(), &mut found)
        }
    };
    (hits, told)
}

/// The form of the file, and how many matches there are in it.
fn check(case: &Case, tape: &[u16]) -> Result<(&'static str, usize), String> {
    let marked = marked(case);
    if marked.is_empty() {
        return Ok(("none", 0));
    }
    let set = rule_set(&case.rules)?;
    let bare = format!("{{\"Records\":[{}]}}", marked.join(","));
    let engine = Engine::compile(&set.rules);
    let mut choices = Choices::new(tape);
    let wrapped = wrap(&mut choices, &marked);
    let place = |at: u64| wrapped.indices[usize::try_from(at).expect("a small number")];
    let expected: Vec<Hit> = by_hand(&set, &bare)
        .ok_or("the records are not JSON")?
        .into_iter()
        .map(|(at, rule, text)| (place(at), rule, text))
        .collect();
    let plain = ScanOptions::default();
    let slow = ScanOptions { no_prefilter: true, parse_all: true, ..plain };
    let step = choices.between(1, 400);
    for (options, pieces) in [
        (plain, None),
        (slow, None),
        (plain, Some((step, wrapped.largest))),
        (slow, Some((step, wrapped.largest + step))),
    ] {
        let (hits, told) = scanned(&engine, options, &wrapped.file, pieces);
        let way = || {
            let file = String::from_utf8_lossy(&wrapped.file);
            format!("{} with {options:?} {pieces:?}: {told:?}\n{file}", wrapped.form)
        };
        if hits != expected {
            return Err(format!("found {hits:#?}\nnot {expected:#?}\n{}", way()));
        }
        let clean = told.content == Content::Trail && told.damage.is_empty();
        if !clean || told.records != marked.len() as u64 {
            return Err(format!("{} records, or damage\n{}", marked.len(), way()));
        }
    }
    Ok((wrapped.form, expected.len()))
}

/// A tape that decides on the wrapping. It is drawn from the case, so that a case is all there is.
fn tape_of(case: &Case) -> Vec<u16> {
    let seed = case.file.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let next = |state: &u64| {
        let mut state = *state;
        state ^= state << 13;
        state ^= state >> 7;
        Some(state ^ (state << 17))
    };
    std::iter::successors(Some(seed | 1), next)
        .map(|state| u16::try_from(state >> 24 & 0xFFFF).expect("16 bits"))
        .take(8000)
        .collect()
}

#[test]
fn what_wraps_a_record_does_not_matter() {
    let matches = std::cell::RefCell::new(std::collections::BTreeMap::new());
    let outcome = search(Grammar::Full, crate::generated::cases() / 4, |case| {
        let (form, found) = check(case, &tape_of(case))?;
        *matches.borrow_mut().entry(form).or_insert(0) += found;
        Ok(())
    });
    if let Err(difference) = outcome {
        panic!("{difference}");
    }
    let matches = matches.into_inner();
    for form in FORMS {
        let found = matches.get(form).copied().unwrap_or(0);
        assert!(found > 20, "only {found} matches in {form}: {matches:?}");
    }
}

/// Damage anywhere: with gates and without the same is found, whole and in the same pieces.
#[test]
fn damage_in_wrappings_is_met_alike_with_gates_and_without() {
    let outcome = search(Grammar::Gate, crate::generated::cases() / 8, |case| {
        let (tape, marked) = (tape_of(case), marked(case));
        let mut choices = Choices::new(&tape);
        let mut wrapped = wrap(&mut choices, &marked);
        for _ in 0..choices.between(1, 4) {
            if wrapped.file.is_empty() {
                break;
            }
            let at = choices.below(wrapped.file.len());
            match choices.below(3) {
                0 => wrapped.file.truncate(at + 1),
                1 => drop(wrapped.file.remove(at)),
                _ => wrapped.file[at] = *choices.of(&[&b'"', &b'\\', &b'{', &b']', &b',', &b'\n']),
            }
        }
        let engine = Engine::compile(&rule_set(&case.rules)?.rules);
        let plain = ScanOptions::default();
        let slow = ScanOptions { no_prefilter: true, ..plain };
        let step = choices.between(1, 400);
        for pieces in [None, Some((step, wrapped.largest)), Some((step, 300))] {
            let gated = scanned(&engine, plain, &wrapped.file, pieces);
            let ungated = scanned(&engine, slow, &wrapped.file, pieces);
            if gated.0 != ungated.0 || gated.1.records != ungated.1.records {
                let file = String::from_utf8_lossy(&wrapped.file);
                return Err(format!("{gated:#?}\n{ungated:#?}\n{pieces:?}\n{file}"));
            }
        }
        Ok(())
    });
    if let Err(difference) = outcome {
        panic!("{difference}");
    }
}

/// What Elastic makes of a record, with dots for some of the objects and lists of one for some values.
fn document(choices: &mut Choices<'_>, record: &Value) -> Value {
    let names = [
        ("eventTime", "@timestamp"),
        ("eventSource", "event.provider"),
        ("eventName", "event.action"),
        ("eventID", "event.id"),
        ("awsRegion", "cloud.region"),
        ("sourceIPAddress", "source.address"),
        ("userAgent", "user_agent.original"),
        ("errorCode", "aws.cloudtrail.error_code"),
        ("requestParameters", "aws.cloudtrail.flattened.request_parameters"),
    ];
    let mut document =
        json!({"data_stream": {"dataset": "aws.cloudtrail"}, "event.action": "None"});
    for (member, field) in names {
        let Some(value) = record.get(member) else { continue };
        // A document without an action is none of an event.
        let is_text = value.as_str().is_some_and(|text| !text.is_empty());
        if member == "eventName" && !is_text {
            continue;
        }
        let value = if choices.chance(20) { json!([value]) } else { value.clone() };
        let mut at = &mut document;
        let mut rest = field;
        while let Some((head, tail)) = rest.split_once('.').filter(|_| choices.chance(60)) {
            at = &mut at[head];
            rest = tail;
        }
        at[rest] = value;
    }
    document
}

/// What is built again goes through the gates like any record: with them and without, whole and in
/// pieces, the same is found.
#[test]
fn documents_are_rebuilt_alike_with_gates_and_without() {
    let found = std::cell::Cell::new(0);
    let outcome = search(Grammar::Full, crate::generated::cases() / 8, |case| {
        let tape = tape_of(case);
        let mut choices = Choices::new(&tape);
        let documents: Vec<_> = marked(case)
            .iter()
            .filter_map(|record| serde_json::from_str(record).ok())
            .map(|record| document(&mut choices, &record).to_string())
            .collect();
        let file = match choices.below(3) {
            0 => documents.join("\n"),
            1 => format!("[{}]", documents.join(",")),
            _ => {
                let hits: Vec<_> =
                    documents.iter().map(|it| format!("{{\"_source\":{it}}}")).collect();
                format!("{{\"hits\":{{\"hits\":[{}]}}}}", hits.join(","))
            }
        };
        let engine = Engine::compile(&rule_set(&case.rules)?.rules);
        let plain = ScanOptions::default();
        let slow = ScanOptions { no_prefilter: true, parse_all: true, ..plain };
        let step = choices.between(1, 400);
        let (hits, told) = scanned(&engine, slow, file.as_bytes(), None);
        for (options, pieces) in
            [(plain, None), (plain, Some((step, 1 << 20))), (slow, Some((step, 1 << 20)))]
        {
            let other = scanned(&engine, options, file.as_bytes(), pieces);
            let same = (&other.0, other.1.rebuilt_records) == (&hits, told.rebuilt_records);
            if !same || told.rebuilt_records != documents.len() as u64 {
                return Err(format!("{other:#?}\n{hits:#?}\n{told:#?}\n{pieces:?}\n{file}"));
            }
        }
        found.set(found.get() + hits.len());
        Ok(())
    });
    if let Err(difference) = outcome {
        panic!("{difference}");
    }
    assert!(found.get() > 20, "only {} matches", found.get());
}
