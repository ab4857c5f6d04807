//! Forms that no list of wrappings has: what is in them is found, or told, never lost silently.

use serde_json::{Value, json};

use crate::{
    Bench, event, gzip,
    pack::{STORED, Zip},
};

/// Two records that are looked for, and one between them.
fn records() -> [Value; 3] {
    [event("StopLogging", 1), event("Other", 2), event("StopLogging", 3)]
}

fn each(form: impl Fn(&Value) -> String) -> String {
    records().iter().map(form).collect()
}

/// In base64.
fn base64(bytes: impl AsRef<[u8]>) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for bytes in bytes.as_ref().chunks(3) {
        let bits = bytes.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (8 * (3 - bytes.len()));
        for at in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * at) & 63) as usize];
            out.push(if at > bytes.len() { '=' } else { char::from(letter) });
        }
    }
    out
}

/// Hunts a text as a file that was named and as one that was merely lying there, in several ways.
fn ends_as(name: &str, text: &str, found: usize, code: i32) {
    let bench = Bench::new();
    bench.file("logs/evidence", text);
    let plain = bench.hunt(&["logs/evidence"]);
    assert_eq!((plain.findings().len(), plain.code), (found, Some(code)), "{name}: {plain:?}");
    for way in [&["--no-prefilter"][..], &["--max-inflated", "2KiB"], &["--coverage-detail", "all"]]
    {
        for input in ["logs/evidence", "logs"] {
            let (ran, coverage) = bench.coverage(&[&[input], way].concat());
            assert_eq!(ran.code, Some(code), "{name} {way:?} {input}: {coverage}");
            assert_eq!(ran.stdout, plain.stdout, "{name} {way:?} {input}");
        }
    }
}

#[test]
fn records_are_found_in_members_and_elements_of_any_name() {
    let all = json!(records());
    let texts: Vec<_> = records().iter().map(Value::to_string).collect();
    let trail = json!({"Records": all});
    let lines = [
        ("docker", each(|it| format!("{}\n", json!({"log": format!("{it}\n"), "stream": "out"})))),
        ("journald", each(|it| json!({"__CURSOR": "s", "MESSAGE": it.to_string()}).to_string())),
        ("ocsf", each(|it| json!({"class_uid": 6003, "raw_data": it.to_string()}).to_string())),
        ("hec", each(|it| json!({"time": 1, "event": it}).to_string())),
        ("lake", each(|it| json!({"eventID": "e", "eventJson": it.to_string()}).to_string())),
        ("cri", each(|it| format!("2026-03-05T02:14:09.000000001Z stdout F {it}\n"))),
        ("lower case", json!({"records": all}).to_string()),
        ("deeper", json!({"answer": {"page": trail}}).to_string()),
        ("by id", json!({"a": all[0], "b": all[1], "c": all[2]}).to_string()),
        ("array of arrays", json!([[all[0], all[1]], [all[2]]]).to_string()),
        ("array of strings", json!(texts).to_string()),
        ("array in Records", json!({"Records": [all]}).to_string()),
        ("Records in Records", json!({"Records": [trail]}).to_string()),
        ("entries", json!([{"key": 0, "value": all[0]}, {"key": 1, "value": all[2]}]).to_string()),
        ("marks of byte order", each(|it| format!("\u{feff}{it}\r\n"))),
        ("a string of all", json!({"Records": trail.to_string()}).to_string()),
    ];
    for (name, text) in lines {
        ends_as(name, &text, 2, 0);
    }
}

#[test]
fn records_in_base64_are_found() {
    let data = |it: &Value| base64(it.to_string());
    let all = records();
    let of_lambda: Vec<_> = all
        .iter()
        .map(|it| json!({"kinesis": {"data": data(it)}, "eventSource": "aws:kinesis", "eventName": "aws:kinesis:record"}))
        .collect();
    let of_stream: Vec<_> =
        all.iter().map(|it| json!({"Data": data(it), "PartitionKey": "p"})).collect();
    let bodies: Vec<_> = all.iter().map(|it| json!({"messageId": "m", "body": data(it)})).collect();
    for (name, text) in [
        ("function", json!({"Records": of_lambda}).to_string()),
        ("stream", json!({"Records": of_stream}).to_string()),
        ("queue", json!({"Records": bodies}).to_string()),
        ("failed", each(|it| json!({"errorCode": "x", "rawData": data(it)}).to_string())),
    ] {
        ends_as(name, &text, 2, 0);
    }
}

#[test]
fn messages_of_a_subscription_are_found_packed_in_base64() {
    let events: Vec<_> = records().iter().map(|it| json!({"message": it.to_string()})).collect();
    let message = json!({"messageType": "DATA_MESSAGE", "logGroup": "g", "logEvents": events});
    let message = gzip(&message.to_string());
    let data = |bytes: &[u8]| json!({"awslogs": {"data": base64(bytes)}}).to_string();
    ends_as("of a function", &data(&message), 2, 0);
    let stream = json!({"Records": [{"Data": base64(&message), "PartitionKey": "p"}]});
    ends_as("of a stream", &stream.to_string(), 2, 0);
    let cut = &message[..message.len() - 8];
    ends_as("without its checksum", &data(cut), 2, 3);
    let twice = json!({"awslogs": {"data": base64(&message)}}).to_string();
    ends_as("packed twice", &data(&gzip(&twice)), 2, 0);
}

#[test]
fn what_may_hold_records_and_is_not_read_is_told_whatever_its_name() {
    let trail = json!({"Records": records()}).to_string();
    let python = trail.replace('"', "'").replace("null", "None");
    let within = |text: &str| format!("<html>{}<pre>{text}</pre>\n", " ".repeat(5000));
    for (name, text) in [
        ("packed in base64", json!({"awslogs": {"data": "H4sIAAAAAAAA/6tWSg"}}).to_string()),
        ("packed in a stream", json!({"Records": [{"Data": "H4sIAAAAAAAA/6tWSg"}]}).to_string()),
        ("as a program prints it", python.clone()),
        ("far behind on its line", within(&trail.replace('"', "&quot;"))),
        (
            "OCSF",
            json!({"class_uid": 6003, "metadata": {"product": {"name": "CloudTrail"}}}).to_string(),
        ),
        ("in a message", json!({"message": format!("sent: {python}")}).to_string()),
    ] {
        ends_as(name, &text, 0, 3);
    }
    // Records are found in these, and what is around them is told.
    for (name, text) in [
        ("a database", format!("SQLite format 3\0{}\x01\x02{trail}", "\0".repeat(2000))),
        ("base64", format!("Subject: logs\n\n{}\n", base64(&trail))),
        ("packed, and all of it in base64", base64(gzip(&trail))),
    ] {
        ends_as(name, &text, 2, 3);
    }
    let hits = json!({"took": 1, "aggregations": {"a": {"hits": records()}}, "hits": {"hits": []}});
    ends_as("aggregations", &hits.to_string(), 2, 0);
}

#[test]
fn what_may_be_missed_among_records_is_told() {
    let [first, other, second] = records();
    let line = |it: &Value| format!("2026-03-05T02:14:09.000Z {it}\n");
    let pretty = serde_json::to_string_pretty(&second).unwrap();
    ends_as("lines of one time", &format!("{}{}{pretty}\n", line(&first), line(&other)), 1, 3);
    let message = json!({"message": format!("it said {}", second.to_string().replace('"', "'"))});
    ends_as("among messages", &format!("{first}\n{message}\n"), 1, 3);
    let cell = |it: &Value| it.to_string().replace('"', "\"\"");
    let note = json!({"note": "eventVersion, eventSource, eventName"});
    let row = |it: &Value| format!("\"{}\",\"{}\"\n", cell(&note), cell(it));
    ends_as("beside a cell", &format!("note,event\n{}{}", row(&first), row(&second)), 2, 3);
    ends_as("arrays with a comma between", &format!("[{first}],\n[{second}]"), 2, 3);
}

#[test]
fn what_is_packed_in_a_way_that_is_not_read_fails_whatever_its_name() {
    let bench = Bench::new();
    bench.file("logs/a", b"\xFD7zXZ\0 and so on");
    bench.file("logs/b", b"PAR1 and so on");
    bench.file("logs/c", [&b"\xFF\xFE\0\0"[..], b"{\0\0\0}\0\0\0"].concat());
    bench.file("logs/d", b"\x1F\x9D\x90 and so on");
    let (ran, coverage) = bench.coverage(&["logs"]);
    assert_eq!((ran.code, &coverage["outcomes"]["failed"]), (Some(3), &json!(4)), "{coverage}");
}

#[test]
fn a_zip_whose_comment_or_names_mislead_is_read_whole() {
    let bench = Bench::new();
    let trail = json!({"Records": records()}).to_string();
    let zip = |name| {
        let mut zip = Zip::default();
        zip.file(name, trail.as_bytes(), STORED).unwrap();
        zip.finish()
    };
    bench.file("folder.zip", zip("a folder by its name/"));
    let (comment, mut commented) = ([&b"PK\x05\x06"[..], &[0; 100]].concat(), zip("a.json"));
    let length = commented.len() - 2;
    commented[length] = u8::try_from(comment.len()).unwrap();
    bench.file("comment.zip", [commented, comment].concat());
    for file in ["folder.zip", "comment.zip"] {
        let (ran, coverage) = bench.coverage(&[file]);
        assert_eq!((ran.code, ran.findings().len()), (Some(0), 2), "{file}: {coverage}");
    }
}
