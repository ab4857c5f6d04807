//! Records that are built again from documents of Elasticsearch and from rows of tables, and what is
//! told of them; and a folder as it comes from a case, with all kinds of things in it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    Bench, event, gzip, log_text,
    pack::{STORED, Zip},
};

/// What the integration of Elastic makes of a record, as objects in objects.
fn document(name: &str, id: u32) -> Value {
    let event = event(name, id);
    json!({
        "@timestamp": event["eventTime"],
        "event": {
            "provider": event["eventSource"], "action": name, "id": event["eventID"],
            "dataset": "aws.cloudtrail", "kind": "event"
        },
        "cloud": {"region": event["awsRegion"], "account": {"id": "111122223333"}},
        "source": {"address": event["sourceIPAddress"]},
        "user_agent": {"original": event["userAgent"]},
        "aws": {"cloudtrail": {
            "event_version": "1.10",
            "recipient_account_id": event["recipientAccountId"],
            "user_identity": {"type": "IAMUser", "arn": event["userIdentity"]["arn"]},
            "flattened": {"request_parameters": {"name": "main"}},
            "request_parameters": "{name=main}"
        }}
    })
}

/// The same with dots, and each value in a list.
fn fields(name: &str, id: u32) -> Value {
    json!({
        "@timestamp": [event(name, id)["eventTime"]],
        "event.provider": ["cloudtrail.amazonaws.com"],
        "event.action": [name],
        "event.id": [format!("e-{id:04}")],
        "aws.cloudtrail.flattened.request_parameters": [{"name": "main"}],
    })
}

/// Files with two planted hits each, and how many records there are in each.
fn files() -> Vec<(&'static str, String, u64)> {
    let (one, two, other) =
        (document("StopLogging", 1), document("StopLogging", 2), document("Other", 3));
    let stranger = json!({"event": {"dataset": "system.auth", "action": "logon"}});
    let hits = |documents: &[Value]| {
        let hits: Vec<_> =
            documents.iter().map(|it| json!({"_index": "i", "_source": it})).collect();
        json!({"took": 1, "hits": {"total": {"value": 3}, "hits": hits}}).to_string()
    };
    let lines =
        |documents: &[Value]| documents.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    let dumped = |it: &Value| json!({"_index": "i", "_id": "x", "_source": it, "_score": 1});
    let listed = |it: Value| json!({"_index": "i", "fields": it});
    let answer = |rows: &[&str]| {
        let row = |name: &&str| json!([{"eventTime": "2024-05-01 00:00:01.000"}, {"eventSource": "s"}, {"eventName": name}]);
        json!({"QueryStatus": "FINISHED", "QueryResultRows": rows.iter().map(row).collect::<Vec<_>>()})
            .to_string()
    };
    let athena = "eventtime,eventsource,eventname,useridentity,requestparameters\r\n\
        2024-05-01T00:00:01Z,s,StopLogging,\"{type=Root, principalid=1, arn=a}\",\"{\"\"name\"\":\"\"main\"\"}\"\r\n\
        2024-05-01T00:00:02Z,s,Other,,\r\n\
        2024-05-01T00:00:03Z,s,StopLogging,\"{type=Root, type=Root}\",{name=main}\r\n";
    let lake = "eventTime,eventName,eventSource,userIdentity\n\
        2024-05-01 00:00:01.000,StopLogging,s,\n2024-05-01 00:00:01.000,StopLogging,s,\n";
    let unloaded = "{\"eventname\":\"StopLogging\",\"eventsource\":\"s\"}\n".repeat(2);
    let kibana = "@timestamp,event.action,event.provider,event.id\n\
        2024-05-01T00:00:01Z,StopLogging,cloudtrail.amazonaws.com,a\n\
        2024-05-01T00:00:01Z,StopLogging,cloudtrail.amazonaws.com,b\n";
    vec![
        ("hits.json", hits(&[one.clone(), stranger.clone(), other.clone(), two.clone()]), 3),
        ("dump.json", lines(&[dumped(&one), dumped(&other), dumped(&two)]), 3),
        ("lines.json", lines(&[one.clone(), two.clone(), stranger]), 2),
        ("array.json", json!([one, other, two]).to_string(), 3),
        ("fields.json", lines(&[listed(fields("StopLogging", 1)), fields("StopLogging", 2)]), 2),
        ("query.json", answer(&["StopLogging", "Other", "StopLogging"]), 3),
        ("athena.csv", athena.to_owned(), 3),
        ("lake.csv", lake.to_owned(), 2),
        ("kibana.csv", kibana.to_owned(), 2),
        ("unloaded.json", unloaded, 2),
    ]
}

#[test]
fn records_are_rebuilt_from_documents_and_rows_and_that_is_told() {
    let bench = Bench::new();
    for (name, text, _) in files() {
        bench.file(format!("logs/{name}"), text);
    }
    let (ran, coverage) =
        bench.coverage(&["logs", "--coverage-detail", "all", "--duplicates", "keep"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let found = ran.findings();
    for (name, _, records) in files() {
        let name = format!("logs/{name}");
        let of_file = found.iter().filter(|finding| finding["file"] == *name).count();
        let told =
            coverage["files"].as_array().unwrap().iter().find(|it| it["name"] == *name).unwrap();
        assert_eq!((of_file, &told["records"]), (2, &json!(records)), "{told}");
        assert_eq!(told["outcome"], "read", "{told}");
    }
    assert_eq!(coverage["blind_spots"]["rebuilt_records"], 25);
    assert!(ran.stderr.contains("25 records were rebuilt from Elasticsearch documents"));
    for finding in &found {
        assert!(finding["event"]["_rebuiltFrom"].is_string(), "{finding}");
    }
    let with_parameters =
        found.iter().filter(|it| it["event"]["requestParameters"]["name"] == "main");
    assert_eq!(with_parameters.count(), 11, "all documents, and a row");
}

#[test]
fn each_way_to_hunt_rebuilds_the_same() {
    let bench = Bench::new();
    for (name, text, _) in files() {
        bench.file(format!("logs/{name}"), text);
    }
    // What a rule asks for stands in fields that only exist once the record is rebuilt.
    let asks = "\
title: Parameters
id: 11111111-aaaa-4aaa-8aaa-000000000003
logsource: {product: aws, service: cloudtrail}
detection:
  selection: {requestParameters.name: MAIN, userIdentity.arn|endswith: mallory}
  keywords: ['{name=main}']
  condition: selection or keywords
";
    bench.file("rules/asks.yml", asks);
    let (plain, told) = bench.coverage(&["logs", "--duplicates", "keep"]);
    assert!(plain.findings().len() > 25, "{}", plain.stdout);
    for way in [&["--no-prefilter"][..], &["--max-inflated", "2KiB"], &["-j", "2"]] {
        let (ran, coverage) = bench.coverage(&[&["logs", "--duplicates", "keep"], way].concat());
        assert!(ran.stdout == plain.stdout, "{way:?}: other bytes");
        assert_eq!(coverage["blind_spots"], told["blind_spots"], "{way:?}");
    }
}

#[test]
fn documents_of_other_data_are_known_strangers() {
    let bench = Bench::new();
    let other = |name| json!({"_source": {"event": {"dataset": name, "action": "a"}}}).to_string();
    bench.file("other.ndjson", [other("system.auth"), other("nginx.access")].join("\n"));
    let (ran, coverage) = bench.coverage(&["other.ndjson"]);
    assert_eq!((ran.code, &coverage["outcomes"]["skipped"]), (Some(2), &json!(1)), "{coverage}");
    assert!(ran.stderr.contains("Elasticsearch documents of other data"), "{}", ran.stderr);
    let unknown = json!({"event": {"action": "opened"}}).to_string();
    bench.file("mixed.ndjson", [other("system.auth"), unknown].join("\n"));
    let (ran, coverage) = bench.coverage(&["mixed.ndjson"]);
    assert_eq!((ran.code, &coverage["outcomes"]["failed"]), (Some(3), &json!(1)), "{coverage}");
}

#[test]
fn a_document_too_large_to_be_rebuilt_is_told() {
    let bench = Bench::new();
    let mut large = document("StopLogging", 1);
    large["note"] = json!("x".repeat(5 << 20));
    bench.file("lines.json", format!("{large}\n{}\n", document("StopLogging", 2)));
    let (ran, coverage) = bench.coverage(&["lines.json"]);
    assert_eq!((ran.code, ran.column("event_id")), (Some(3), vec!["e-0002".to_owned()]));
    assert_eq!(coverage["files"][0]["reasons"], json!(["item 0 is too large to be rebuilt"]));
}

#[test]
fn a_folder_of_evidence_gives_what_is_in_it_and_tells_the_rest() {
    let bench = Bench::new();
    let pair = |id| [event("StopLogging", id), event("Other", 500), event("StopLogging", id + 1)];
    let mut zip = Zip::default();
    let packed = gzip(&log_text(&pair(10)));
    zip.file("AWSLogs/a.json.gz", &packed, STORED).unwrap();
    zip.file("notes.txt", b"seen on Tuesday", STORED).unwrap();
    bench.file("case/trails.zip", zip.finish());
    let splunk: String = pair(20)
        .iter()
        .map(|it| {
            json!({"preview": false, "result": {"_raw": it.to_string()}}).to_string() + "\r\n"
        })
        .collect();
    bench.file("case/splunk.json", ["\u{feff}", &splunk].concat());
    let cell = |it: &Value| format!("1,\"{}\"\r\n", it.to_string().replace('"', "\"\""));
    let lake: String = pair(30).iter().map(cell).collect();
    bench.file("case/result_1.csv.gz", gzip(&format!("id,eventJson\r\n{lake}")));
    let utf16 = log_text(&pair(40));
    let utf16: Vec<u8> = utf16.encode_utf16().flat_map(u16::to_le_bytes).collect();
    bench.file("case/saved by notepad.txt", [&b"\xFF\xFE"[..], &utf16].concat());
    let one = |it: &Value| {
        json!({"detail-type": "AWS API Call via CloudTrail", "detail": it}).to_string()
    };
    let [a, _, b] = pair(50);
    bench.file("case/archive-1", [one(&a), one(&b)].concat());
    bench.file(
        "case/hits.json",
        json!({"hits": {"hits": [
            {"_source": document("StopLogging", 60)}, {"_source": document("StopLogging", 61)}
        ]}})
        .to_string(),
    );
    bench.file("case/notes.txt", "first seen on Tuesday, by the night shift\n");
    bench.file("case/timeline.docx", b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    bench.file("case/screen.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    bench.file("case/backup.7z", b"7z\xBC\xAF\x27\x1C\0\x04");
    bench.file("case/part.gz.parquet", b"PAR1\x15\x04PAR1");
    let (ran, coverage) = bench.coverage(&["case", "--coverage-detail", "all"]);
    let ids: BTreeSet<_> = ran.column("event_id").into_iter().collect();
    let expected: BTreeSet<_> = [10, 20, 30, 40, 50, 60]
        .iter()
        .flat_map(|id| [*id, id + 1])
        .map(|id| format!("e-{id:04}"))
        .collect();
    assert_eq!(ids, expected, "{}", ran.stderr);
    let totals: u64 =
        coverage["outcomes"].as_object().unwrap().values().map(|it| it.as_u64().unwrap()).sum();
    assert_eq!(coverage["totals"]["files"], totals, "{coverage}");
    let slow = bench.hunt(&["case", "--no-prefilter"]);
    assert_eq!(slow.stdout, ran.stdout);
    let mut ended: Vec<_> = coverage["files"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|file| file["outcome"] != "read")
        .map(|file| (file["name"].as_str().unwrap(), file["outcome"].as_str().unwrap()))
        .collect();
    ended.sort_unstable();
    let others = [
        ("case/backup.7z", "failed"),
        ("case/notes.txt", "skipped"),
        ("case/part.gz.parquet", "failed"),
        ("case/screen.png", "skipped"),
        ("case/trails.zip!notes.txt", "skipped"),
    ];
    assert_eq!((ran.code, ended.as_slice()), (Some(3), &others[..]));
}

#[test]
fn odd_forms_give_what_is_in_them_or_are_told() {
    let bench = Bench::new();
    let all = [event("StopLogging", 1), event("Other", 2), event("StopLogging", 3)];
    let each = |form: &dyn Fn(&Value) -> String| all.iter().map(form).collect::<String>();
    let texts: Vec<Value> = all.iter().map(|it| Value::from(it.to_string())).collect();
    let rows: Vec<_> = texts
        .iter()
        .map(|it| json!([{"field": "@message", "value": it}, {"field": "@ptr", "value": "p"}]))
        .collect();
    let bodies_of = |id: &str, body: &str| {
        let form = |it: &Value| json!({id: "1", body: it, "eventSource": "aws:sqs"});
        texts.iter().map(form).collect::<Vec<_>>()
    };
    let topics: Vec<_> = texts
        .iter()
        .map(|it| json!({"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": {"Message": it}}))
        .collect();
    let hits: Vec<_> =
        all.iter().map(|it| json!({"_source": {"event": {"original": it.to_string()}}})).collect();
    let read = [
        ("tail.txt", each(&|it| format!("2024-05-01T00:00:00.123000+00:00 1_CloudTrail {it}\n"))),
        ("syslog", each(&|it| format!("May  1 00:00:00 host app: {it}\r\n"))),
        ("lookup.text", each(&|it| format!("EVENTS\tAKIA\t{it}\te-0001\tfalse\nRESOURCES\tx\n"))),
        ("insights.json", json!({"results": rows, "status": "Complete"}).to_string()),
        ("queue.json", json!({"Messages": bodies_of("MessageId", "Body")}).to_string()),
        ("function.json", json!({"Records": bodies_of("messageId", "body")}).to_string()),
        ("topics.json", json!({"Records": topics}).to_string()),
        ("searches.json", json!({"took": 1, "responses": [{"hits": {"hits": hits}}]}).to_string()),
        (
            "topic.json",
            each(&|it| {
                json!({"Type": "Notification", "Message": it.to_string()}).to_string() + "\n"
            }),
        ),
        ("separated.json", each(&|it| format!("\u{1e}{it}\n"))),
    ];
    for (name, text) in &read {
        bench.file(format!("read/{name}"), text);
        for way in [&[][..], &["--no-prefilter"], &["--max-inflated", "2KiB"]] {
            let file = format!("read/{name}");
            let (ran, coverage) = bench.coverage(&[&[file.as_str()], way].concat());
            assert_eq!((ran.code, ran.findings().len()), (Some(0), 2), "{name} {way:?} {coverage}");
            assert_eq!(coverage["outcomes"]["read"], 1, "{name} {way:?}");
        }
    }
    let yaml = each(&|it| format!("- CloudTrailEvent: '{it}'\n  EventName: x\n"));
    bench.file("told/lookup.yaml", format!("Events:\n{yaml}NextToken: x\n"));
    bench.file("told/part.parquet", "PAR1 and so on PAR1");
    let (ran, coverage) = bench.coverage(&["told"]);
    let outcomes = &coverage["outcomes"];
    assert_eq!((ran.code, &outcomes["failed"]), (Some(3), &json!(1)), "{coverage}");
    assert_eq!((ran.findings().len(), &outcomes["salvaged"]), (2, &json!(1)), "{coverage}");
    assert!(ran.stderr.contains("Parquet is not supported"), "{}", ran.stderr);
}
