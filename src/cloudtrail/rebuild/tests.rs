//! What goes back into a record, and what is left alone.

use serde_json::{Value, json};

use super::{
    Columns, Rebuilt,
    elastic::from_document,
    row::{from_members, named_cells},
    structure::identity,
    time,
};

fn json_of(text: &str) -> Value {
    serde_json::from_str(text).expect("what is built is JSON")
}

/// The members of the object below these keys.
fn below<'v>(value: &'v mut Value, path: &str) -> &'v mut serde_json::Map<String, Value> {
    value.pointer_mut(path).and_then(Value::as_object_mut).expect("an object")
}

fn rebuilt(document: &Value) -> Value {
    match from_document(document.to_string().as_bytes()) {
        Rebuilt::Record(record) => json_of(&record),
        other => panic!("{other:?}"),
    }
}

/// A document with objects in objects.
fn document() -> Value {
    json!({
        "@timestamp": "2026-03-05T02:14:09.000Z",
        "event": {
            "provider": "iam.amazonaws.com", "action": "CreateUser", "id": "e-1",
            "outcome": "failure", "dataset": "aws.cloudtrail"
        },
        "cloud": {"region": "us-east-1", "account": {"id": "111122223333"}},
        "source": {"address": "192.0.2.7", "ip": "192.0.2.7"},
        "user_agent": {"original": "aws-cli/2.0", "name": "aws-cli"},
        "user": {"id": "AROA:mallory", "name": "Admin", "target": {"name": "eve"}},
        "aws": {"cloudtrail": {
            "event_version": "1.08", "event_type": "AwsApiCall", "event_category": "Management",
            "read_only": false, "management_event": true, "recipient_account_id": "111122223333",
            "error_code": "AccessDenied", "error_message": "no \"way\"",
            "user_identity": {
                "type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/Admin/mallory",
                "access_key_id": "ASIAEXAMPLE",
                "session_context": {
                    "mfa_authenticated": "false", "creation_date": "2026-03-05T02:00:00.000Z",
                    "session_issuer": {"type": "Role", "arn": "arn:aws:iam::111122223333:role/Admin"}
                }
            },
            "request_parameters": "{userName=eve}",
            "flattened": {"request_parameters": {"userName": "eve", "n": 1.0, "list": ["one"]}},
            "resources": [{"arn": "arn:aws:iam::1:user/eve", "account_id": "1"}]
        }},
        "tls": {"version": "1.2", "version_protocol": "tls", "cipher": "C"}
    })
}

fn record() -> Value {
    json!({
        "eventVersion": "1.08",
        "userIdentity": {
            "type": "AssumedRole", "principalId": "AROA:mallory",
            "arn": "arn:aws:sts::111122223333:assumed-role/Admin/mallory",
            "accountId": "111122223333", "accessKeyId": "ASIAEXAMPLE",
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role", "arn": "arn:aws:iam::111122223333:role/Admin", "userName": "Admin"
                },
                "attributes": {"creationDate": "2026-03-05T02:00:00Z", "mfaAuthenticated": "false"}
            }
        },
        "eventTime": "2026-03-05T02:14:09Z", "eventSource": "iam.amazonaws.com",
        "eventName": "CreateUser", "awsRegion": "us-east-1", "sourceIPAddress": "192.0.2.7",
        "userAgent": "aws-cli/2.0", "errorCode": "AccessDenied", "errorMessage": "no \"way\"",
        "requestParameters": {"userName": "eve", "n": 1.0, "list": ["one"]},
        "eventID": "e-1", "readOnly": false, "managementEvent": true, "eventType": "AwsApiCall",
        "eventCategory": "Management", "recipientAccountId": "111122223333",
        "resources": [{"ARN": "arn:aws:iam::1:user/eve", "accountId": "1"}],
        "tlsDetails": {"cipherSuite": "C", "tlsVersion": "TLSv1.2"},
        "_rebuiltFrom": "a document of Elasticsearch"
    })
}

/// The same with a dot for each object, as far as `within` says, and each value in a list.
fn dotted(value: &Value, path: &str, lists: bool, out: &mut Value) {
    for (key, value) in value.as_object().expect("an object") {
        let name = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let is_value = name.starts_with("aws.cloudtrail.flattened.");
        match value {
            Value::Object(_) if !is_value => dotted(value, &name, lists, out),
            Value::Array(_) => out[name] = value.clone(),
            _ if lists => out[name] = json!([value]),
            _ => out[name] = value.clone(),
        }
    }
}

#[test]
fn a_document_in_any_spelling_of_its_names_becomes_the_same_record() {
    let nested = document();
    assert_eq!(rebuilt(&nested), record());
    for lists in [false, true] {
        let mut flat = json!({});
        dotted(&nested, "", lists, &mut flat);
        assert_eq!(rebuilt(&flat), record(), "lists: {lists}");
    }
    let mut mixed = nested.clone();
    let identity = below(&mut mixed, "/aws/cloudtrail").remove("user_identity");
    mixed["aws"]["cloudtrail.user_identity"] = identity.expect("one");
    below(&mut mixed, "/event").remove("provider");
    mixed["event.provider"] = json!("iam.amazonaws.com");
    assert_eq!(rebuilt(&mixed), record());
}

#[test]
fn parameters_that_are_only_text_stay_text() {
    let mut document = document();
    document["aws"]["cloudtrail"]["flattened"] = json!({});
    assert_eq!(rebuilt(&document)["requestParameters"], "{userName=eve}");
    document["aws"]["cloudtrail"]["request_parameters"] = json!("{\"userName\":\"eve\"}");
    assert_eq!(rebuilt(&document)["requestParameters"], json!({"userName": "eve"}));
    document["aws"]["cloudtrail"]["request_parameters"] = Value::Null;
    assert_eq!(rebuilt(&document)["requestParameters"], json!({"userName": "eve"}), "user.target");
}

#[test]
fn fields_below_a_flattened_one_become_an_object() {
    let document = json!({
        "event.action": ["GetObject"], "event.provider": ["s3.amazonaws.com"],
        "aws.cloudtrail.flattened.request_parameters.bucketName": ["b"],
        "aws.cloudtrail.flattened.request_parameters.acl.grant": ["g", "h"],
    });
    let parameters = json!({"bucketName": "b", "acl": {"grant": ["g", "h"]}});
    assert_eq!(rebuilt(&document)["requestParameters"], parameters);
}

#[test]
fn a_sign_in_says_how_it_ended_and_whether_there_was_a_second_factor() {
    let document = json!({
        "event": {"action": "ConsoleLogin", "provider": "signin.amazonaws.com", "outcome": "success"},
        "aws.cloudtrail.response_elements": "{ConsoleLogin=Success}",
        "aws.cloudtrail.additional_eventdata": "{MFAUsed=No}",
        "aws": {"cloudtrail": {"console_login": {"additional_eventdata": {"mfa_used": false}}}},
    });
    let record = rebuilt(&document);
    assert_eq!(record["responseElements"]["ConsoleLogin"], "Success");
    assert_eq!(record["additionalEventData"]["MFAUsed"], "No");
}

#[test]
fn other_documents_are_told_from_those_of_cloudtrail() {
    let of = |document: Value| from_document(document.to_string().as_bytes());
    let other =
        json!({"event": {"dataset": "system.auth", "action": "logon"}, "aws.cloudtrail.x": 1});
    assert_eq!(of(other), Rebuilt::Other);
    for none in [
        json!({"event": {"action": "opened", "provider": "somebody"}}),
        json!({"event.provider": "iam.amazonaws.com"}),
        json!({"event.dataset": "aws.cloudtrail"}),
        json!([]),
    ] {
        assert_eq!(of(none.clone()), Rebuilt::None, "{none}");
    }
    let kept = json!({"event.action": ["A"], "event.provider": ["a.amazonaws.com"],
                      "event.original": ["{\"eventName\":1}"]});
    assert_eq!(of(kept), Rebuilt::Original("{\"eventName\":1}".to_owned()));
    assert_eq!(from_document(b"{\"event.action\":"), Rebuilt::None);
}

/// The record of one row.
fn row(cells: &[(&str, &str)]) -> Value {
    let names = cells.iter().map(|(name, _)| name.as_bytes());
    let columns = Columns::of(names).expect("columns of a record");
    let record = columns.rebuild(cells.iter().map(|(_, cell)| cell.as_bytes()));
    record.map_or(Value::Null, |record| json_of(&record))
}

#[test]
fn a_row_of_athena_becomes_a_record() {
    let identity = "{type=AssumedRole, principalid=AROA:a=b,c, arn=null, accesskeyid=ASIA, \
        sessioncontext={attributes={mfaauthenticated=false, creationdate=2026}, \
        sessionissuer={type=Role, username=Admin}, ec2roledelivery=2.0}, invokedby=null}";
    let record = row(&[
        ("eventtime", "2026-03-05 02:14:09.000"),
        ("eventsource", "s3.amazonaws.com"),
        ("eventname", "GetObject"),
        ("useridentity", identity),
        ("requestparameters", "{\"bucketName\": \"b\"}"),
        ("responseelements", "{a=b}"),
        ("additionaleventdata", "null"),
        ("readonly", "true"),
        ("errorcode", ""),
        ("year", "2026"),
    ]);
    let expected = json!({
        "eventTime": "2026-03-05T02:14:09Z", "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "userIdentity": {
            "type": "AssumedRole", "principalId": "AROA:a=b,c", "accessKeyId": "ASIA",
            "sessionContext": {
                "attributes": {"mfaAuthenticated": "false", "creationDate": "2026"},
                "sessionIssuer": {"type": "Role", "userName": "Admin"}, "ec2RoleDelivery": "2.0"
            }
        },
        "requestParameters": {"bucketName": "b"}, "responseElements": "{a=b}",
        "additionalEventData": null, "readOnly": true, "_rebuiltFrom": "columns of a table"
    });
    assert_eq!(record, expected);
}

#[test]
fn columns_below_a_member_go_into_it() {
    let record = row(&[
        ("eventName", "A"),
        ("eventSource", "s"),
        ("useridentity.sessioncontext.sessionissuer.username", "Admin"),
        ("userIdentity.arn", "a"),
        ("requestParameters.bucketName", "b"),
        ("eventTime.x", "ignored"),
    ]);
    assert_eq!(record["userIdentity"]["arn"], "a");
    assert_eq!(record["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"], "Admin");
    assert_eq!(record["requestParameters"], json!({"bucketName": "b"}));
    assert_eq!(record.get("eventTime"), None);
}

#[test]
fn columns_without_an_event_and_its_source_are_no_record() {
    for names in [&["eventname", "eventid"][..], &["eventsource"], &["event.action", "host.name"]] {
        assert!(Columns::of(names.iter().map(|name| name.as_bytes())).is_none(), "{names:?}");
    }
    assert_eq!(row(&[("eventName", " "), ("eventSource", "s")]), Value::Null);
    let kibana = row(&[
        ("@timestamp", "2026-03-05T02:14:09.120Z"),
        ("event.action", "A"),
        ("event.provider", "s3.amazonaws.com"),
        ("aws.cloudtrail.error_code", "-"),
    ]);
    assert_eq!(kibana["eventTime"], "2026-03-05T02:14:09.12Z");
    assert_eq!((&kibana["eventName"], kibana.get("errorCode")), (&json!("A"), None));
}

#[test]
fn an_identity_that_can_be_read_in_two_ways_is_left_as_it_is() {
    assert_eq!(identity("{type=Root}").as_deref(), Some("{\"type\":\"Root\"}"));
    assert_eq!(identity("{}").as_deref(), Some("{}"));
    for text in [
        "",
        "{",
        "type=Root",
        "{type=a, type=b}",
        "{username=x, arn=forged, arn=true}",
        "{type=a}}",
        "{{type=a}",
        "{=a}",
        "{words}",
        "{sessioncontext={attributes={a=b}, attributes={}}}",
    ] {
        assert_eq!(identity(text), None, "{text}");
    }
    let hostile = format!("{{{}", "a={".repeat(1 << 20));
    assert_eq!(identity(&hostile), None);
    let many: Vec<_> = (0..100_000).map(|at| format!("n{at}=1")).collect();
    assert_eq!(identity(&format!("{{{}}}", many.join(", "))), None);
}

#[test]
fn times_of_databases_become_times_of_cloudtrail() {
    for (from, to) in [
        ("2026-03-05 02:14:09.000", "2026-03-05T02:14:09Z"),
        ("2026-03-05 02:14:09.500 UTC", "2026-03-05T02:14:09.5Z"),
        ("2026-03-05T02:14:09Z", "2026-03-05T02:14:09Z"),
        ("2026-03-05T02:14:09+02:00", "2026-03-05T02:14:09+02:00"),
        ("yesterday", "yesterday"),
        ("2026-03-05 02:14:0é", "2026-03-05 02:14:0é"),
    ] {
        assert_eq!(time(from), to);
    }
}

#[test]
fn rows_of_an_answer_are_told_from_other_lists() {
    let named = |text: &[u8]| named_cells(text).unwrap_or_else(|| panic!("no cells"));
    let cells = named(br#"[{"eventName":"A"},{"errorCode":null}]"#);
    assert_eq!(cells, [("eventName", "A"), ("errorCode", "")].map(|(a, b)| (a.into(), b.into())));
    let cells = named(br#"[{"field":"@message","value":"{}"},{"value":"p","field":"@ptr"}]"#);
    assert_eq!(cells[0], ("@message".to_owned(), "{}".to_owned()));
    for text in [
        "[]",
        "[{}]",
        "[{\"a\":\"b\"}]",
        "[{\"a\":1},{\"b\":2}]",
        "[{\"a\":\"b\",\"c\":\"d\"},{}]",
        "[{\"field\":\"a\",\"other\":\"b\"},{\"c\":\"d\"}]",
    ] {
        assert_eq!(named_cells(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn a_row_that_athena_unloaded_becomes_a_record() {
    let row = json!({
        "eventtime": "2026-03-05T02:14:09Z", "eventsource": "s", "eventname": "A", "readonly": "true",
        "errorcode": null, "requestparameters": "{\"a\":1}",
        "useridentity": {
            "type": "AssumedRole", "principalid": "p", "arn": null,
            "sessioncontext": {"attributes": {"mfaauthenticated": "false"}, "sessionissuer": {"username": "Admin"}}
        }
    });
    let record = from_members(row.to_string().as_bytes()).map(|record| json_of(&record));
    let expected = json!({
        "eventTime": "2026-03-05T02:14:09Z", "eventSource": "s", "eventName": "A", "readOnly": true,
        "requestParameters": {"a": 1},
        "userIdentity": {
            "type": "AssumedRole", "principalId": "p",
            "sessionContext": {
                "attributes": {"mfaAuthenticated": "false"}, "sessionIssuer": {"userName": "Admin"}
            }
        },
        "_rebuiltFrom": "columns of a table"
    });
    assert_eq!(record, Some(expected));
    assert_eq!(from_members(b"{\"eventname\":\"A\"}"), None);
}

#[test]
fn thousands_of_columns_keep_their_order_and_the_first_of_a_name() {
    let names: Vec<String> = ["eventName", "eventSource", "requestParameters.k7"]
        .map(str::to_owned)
        .into_iter()
        .chain((0..4_000).map(|number| format!("requestParameters.k{number}")))
        .collect();
    let columns = Columns::of(names.iter().map(String::as_bytes)).expect("an event is named");
    // Looking for each member among all others would make this test last for minutes.
    for _ in 0..100 {
        let record = columns.rebuild(names.iter().map(String::as_bytes)).expect("it names one");
        let record = json_of(&record);
        let parameters = record["requestParameters"].as_object().expect("an object");
        let keys: Vec<_> = parameters.keys().take(3).map(String::as_str).collect();
        assert_eq!((parameters.len(), keys), (4_000, vec!["k7", "k0", "k1"]));
        assert_eq!(parameters["k3999"], "requestParameters.k3999");
    }
}
