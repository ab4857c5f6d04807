//! Text that acts on a terminal or on a reader of JSON leaves no command raw, whatever holds it: records, rules, names
//! of files.

use std::fs;

use serde_json::{Value, json};

use crate::{Bench, Ran};

/// Everything that JSON allows raw and terminals or readers obey.
const RAW: &str = "\u{7f}\u{80}\u{9b}31m\u{9f}\u{2028}\u{2029}\u{202a}\u{202e}\u{2066}\u{2069}";

/// A rule with all of it in every text.
fn rule() -> String {
    let escaped = RAW.chars().map(|character| format!("\\u{:04x}", u32::from(character)));
    let text = format!("\\u001b{}x", escaped.collect::<String>());
    format!(
        "title: \"a{text}\"\nid: \"b{text}\"\ndescription: \"c{text}\"\nauthor: \"d{text}\"\nlevel: high\n\
         tags: [\"attack.{text}\"]\nreferences: [\"https://{text}\"]\nfalsepositives: [\"e{text}\"]\n\
         logsource: {{product: aws, service: cloudtrail}}\n\
         detection:\n  \"s{text}\":\n    eventName: StopLogging\n    \"userAgent\": [\"agent{text}\", \"*{text}*\", \"{text} \"]\n    \
         \"requestParameters.f{text}|contains\": \"{text}\"\n  condition: 1 of s*\n"
    )
}

fn bench() -> Bench {
    let bench = Bench::new();
    fs::remove_dir_all(bench.path("rules")).unwrap();
    let odd = format!("\u{1b}{RAW}");
    bench.file(format!("rules/r{odd}.yml"), rule());
    bench.file("rules/bad.yml", rule().replace("eventName:", &format!("\"eventName|x{odd}\":")));
    let record = json!({
        "eventVersion": "1.08", "eventTime": "2024-05-01T12:00:00Z", "eventID": format!("id{RAW}"),
        "eventSource": "cloudtrail.amazonaws.com", "eventName": "StopLogging", "awsRegion": format!("r{RAW}"),
        "userAgent": format!("agent\u{1b}{RAW}x"), "recipientAccountId": "111122223333",
        "requestParameters": {format!("f\u{1b}{RAW}x"): format!("\u{1b}{RAW}x")},
    });
    bench.log(&format!("logs/l{odd}.json.gz"), &[record]);
    bench.file(format!("logs/cut{odd}.json"), format!("{{\"Records\":[{{\"eventName\":\"{RAW}"));
    bench.file(format!("logs/note{odd}.txt"), format!("note {RAW}\n"));
    bench
}

fn raw(text: &str) -> Option<char> {
    text.chars().find(|c| {
        c.is_control() && !matches!(c, '\n' | '\t')
            || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    })
}

fn nothing_raw(args: &[&str], ran: &Ran) {
    for (stream, text) in [("standard output", &ran.stdout), ("standard error", &ran.stderr)] {
        assert_eq!(raw(text), None, "{args:?}: {stream}: {text:?}");
    }
}

#[test]
fn no_command_writes_it_raw() {
    let bench = bench();
    for args in [
        &["hunt", "logs", "-r", "rules", "--skip-bad-rules", "-f", "ndjson", "-v"][..],
        &["hunt", "logs", "-r", "rules", "--skip-bad-rules", "-f", "csv"],
        &["hunt", "logs", "-r", "rules", "--skip-bad-rules", "-f", "table"],
        &["hunt", "logs", "-r", "rules"],
        &["profile", "logs", "-r", "rules", "--skip-bad-rules", "-f", "json"],
        &["profile", "logs", "-r", "rules", "--skip-bad-rules", "-f", "csv"],
        &["profile", "logs", "-r", "rules", "--skip-bad-rules", "-f", "table"],
        &["rules", "list", "rules", "-f", "json"],
        &["rules", "list", "rules", "-f", "table"],
        &["rules", "list", "rules", "-f", "navigator"],
        &["rules", "check", "rules", "-f", "json"],
        &["rules", "check", "rules", "-f", "sarif"],
        &["rules", "check", "rules", "-f", "text"],
        &["rules", "check", "rules", "-f", "json", "--against", "logs"],
        &["rules", "check", "rules", "-f", "text", "--against", "logs"],
        &["rules", "check", "rules", "--fix", "--diff"],
        &["rules", "explain", "rules", "-f", "json"],
        &["rules", "explain", "rules", "-f", "text"],
        &["verify", "logs", "-f", "json"],
        &["verify", "logs", "-f", "csv"],
        &["verify", "logs", "-f", "text"],
    ] {
        let ran = bench.run(args);
        nothing_raw(args, &ran);
    }
}

#[test]
fn json_keeps_the_values() {
    let bench = bench();
    let ran = bench.run(&[
        "hunt",
        "logs",
        "-r",
        "rules",
        "--skip-bad-rules",
        "-f",
        "ndjson",
        "--coverage",
        "coverage.json",
        "--bundle",
        "bundle",
    ]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    let found = ran.findings();
    assert_eq!(found.len(), 1, "{}", ran.stderr);
    let agent = format!("agent\u{1b}{RAW}x");
    assert_eq!(found[0]["user_agent"], agent.as_str());
    assert_eq!(found[0]["event"]["userAgent"], agent.as_str());
    assert_eq!(found[0]["matched"]["userAgent"], agent.as_str());
    assert_eq!(found[0]["rule_title"], format!("a\u{1b}{RAW}x").as_str());
    let coverage: Value = serde_json::from_str(&bench.read("coverage.json")).unwrap();
    assert!(coverage.to_string().contains("31m"), "{coverage}");
    for file in crate::catalog::files(&bench.path("bundle")) {
        if !file.contains("rules/") {
            let text = fs::read(bench.path("bundle").join(&file)).unwrap();
            assert_eq!(raw(&String::from_utf8_lossy(&text)), None, "{file}");
        }
    }
    let ran = bench.run(&["repeat", "bundle", "-f", "json"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    nothing_raw(&["repeat"], &ran);
}

#[test]
fn catalogs_hold_none_of_it() {
    let bench = bench();
    for format in ["html", "markdown", "json"] {
        let folder = format!("pages-{format}");
        let ran = bench.run(&["rules", "catalog", &folder, "-r", "rules", "-f", format]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        nothing_raw(&["rules", "catalog"], &ran);
        for file in crate::catalog::files(&bench.path(&folder)) {
            assert_eq!(raw(&file), None, "{file:?}");
            assert_eq!(raw(&bench.read(&format!("{folder}/{file}"))), None, "{folder}/{file}");
        }
    }
}
