//! What tells one form from another.

use super::*;

const OWNER: &str = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be";

fn look(members: &[(&str, &str)]) -> Look {
    let mut shape = Shape::default();
    for (key, value) in members {
        shape.note(key, value.as_bytes(), 0..value.len());
    }
    shape.look()
}

#[test]
fn the_most_telling_wrapping_counts_in_any_order() {
    let source = ("_source", "{}");
    let looked_up = ("CloudTrailEvent", "\"{...}\"");
    for members in [[source, looked_up], [looked_up, source]] {
        assert_eq!(look(&members), Look::Text(0..7));
    }
    assert_eq!(
        look(&[("eventVersion", "1"), ("eventName", "1"), ("message", "\"\"")]),
        Look::Record
    );
    assert_eq!(
        look(&[("eventVersion", "1"), ("eventName", "1"), ("_raw", "\"\"")]),
        Look::Text(0..2)
    );
}

#[test]
fn an_eventbridge_envelope_is_cloudtrails_only_if_its_type_says_so() {
    let detail = ("detail", "{}");
    let of = |kind| look(&[detail, ("detail-type", kind)]);
    assert_eq!(of("\"AWS API Call via CloudTrail\""), Look::Object(0..2));
    assert_eq!(of("\"AWS Console Signin via CloudTrail\""), Look::Object(0..2));
    assert_eq!(of("\"EC2 Instance State-change Notification\""), Look::Foreign);
    assert_eq!(look(&[detail]), Look::Foreign);
}

#[test]
fn a_few_keys_that_others_use_too_make_no_record_of_a_wrapped_object() {
    assert_eq!(look(&[("errorMessage", "\"\""), ("userAgent", "\"\"")]), Look::Foreign);
    assert_eq!(look(&[("eventSource", "\"\""), ("eventName", "\"\"")]), Look::Record);
    assert_eq!(
        look(&[
            ("eventVersion", "1"),
            ("eventType", "\"AwsAggregatedEvent\""),
            ("eventSource", "1")
        ]),
        Look::Aggregated
    );
}

#[test]
fn a_time_is_told_from_what_begins_like_one() {
    assert_eq!(stamp(b"2026-03-05T02:14:09.000Z {"), Stamp::Before(25));
    assert_eq!(stamp(b"2026-03-05T02:14:09Z\tx"), Stamp::Before(21));
    assert_eq!(stamp(b"2026-03-05 02:14:09 x"), Stamp::None);
    assert_eq!(stamp(b"2026-03-05T02:14:09+00:00 x"), Stamp::None);
    let text = b"2026-03-05T02:14:09.123456Z ";
    for cut in 0..text.len() {
        assert_eq!(stamp(&text[..cut]), Stamp::Cut, "{cut}");
    }
}

#[test]
fn logs_of_other_services_are_known_by_their_first_line() {
    let hashes = format!("{OWNER}  trail.json.gz\n");
    let access = format!("{OWNER} bucket [06/Feb/2026:00:00:38 +0000] 192.0.2.3 {OWNER} 3E57 REST");
    for (line, kind) in [
        ("version account-id interface-id srcaddr dstaddr", "VPC flow log"),
        (
            "2 111122223333 eni-0a1b2c3d 192.0.2.1 192.0.2.2 443 49761 6 20 4249 1 2 ACCEPT OK",
            "VPC flow log",
        ),
        (&hashes, "list of hashes"),
        (&access, "S3 access log"),
        (
            "https 2026-03-05T22:23:00.186641Z app/front/50dc6c495c0c9188 192.0.2.1:2817",
            "load balancer access log",
        ),
        (
            "tls 2.0 2026-03-05T02:59:40 net/front/c6e77e28c25b2234 192.0.2.1:2817",
            "load balancer access log",
        ),
        (
            "2026-03-05T23:39:43.945958Z front 192.0.2.1:2817 192.0.2.9:80 0.000073",
            "load balancer access log",
        ),
        ("#Version: 1.0\n#Fields: date time", "CloudFront access log"),
    ] {
        assert_eq!(stranger_line(line.as_bytes()), Some(kind), "{line}");
    }
    for line in ["nothing here", "", "version 2 of this", "2026-03-05T23:39:43Z INFO up 12 - x"] {
        assert_eq!(stranger_line(line.as_bytes()), None, "{line}");
    }
}

#[test]
fn hints_are_met_whatever_the_cuts() {
    let text = "x".repeat(40) + "eventName: A, " + &"y".repeat(40) + " eventSource: b, and so on";
    for piece in 1..60 {
        let mut hints = Traces::default();
        text.as_bytes().chunks(piece).for_each(|piece| hints.look(piece));
        assert!(hints.tell(), "{piece}");
        let mut half = Traces::default();
        text.as_bytes()[..80].chunks(piece).for_each(|piece| half.look(piece));
        assert!(!half.tell(), "{piece}");
    }
}

#[test]
fn an_event_of_another_service_is_foreign_in_any_spelling() {
    for (key, value) in [
        ("eventSource", "\"aws:s3\""),
        ("EventSource", "\"aws:sns\""),
        ("eventSource", r#""\u0061ws:kinesis""#),
    ] {
        assert_eq!(look(&[("eventVersion", "1"), (key, value), ("eventName", "1")]), Look::Foreign);
    }
    for (key, value) in [("eventSource", "\"s3.amazonaws.com\""), ("source", "\"aws:s3\"")] {
        assert!(!is_foreign(key, value.as_bytes()), "{key}: {value}");
    }
}
