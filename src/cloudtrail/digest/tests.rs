//! Digests as AWS writes them, and texts that are none.

use super::*;

const HASH_A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

fn text(previous_hash: &str, log_hash: &str) -> String {
    format!(
        r#"{{"awsAccountId":"111122223333","digestStartTime":"2026-03-05T00:00:00Z",
        "digestEndTime":"2026-03-05T01:00:00Z","digestS3Bucket":"b","digestS3Object":"o",
        "digestPublicKeyFingerprint":"f","digestSignatureAlgorithm":"SHA256withRSA",
        "previousDigestS3Object":"p","previousDigestHashValue":"{previous_hash}",
        "previousDigestHashAlgorithm":"SHA-256","previousDigestSignature":"ab",
        "newestEventTime":null,"unknown":[{{}}],
        "logFiles":[{{"s3Bucket":"b","s3Object":"l","hashValue":"{log_hash}","hashAlgorithm":"SHA-256"}}]}}"#
    )
}

fn log_files(text: &str) -> Result<Vec<Listed>, DigestError> {
    let mut files = Vec::new();
    each_log_file(text.as_bytes(), &mut |file| files.push(file))?;
    Ok(files)
}

#[test]
fn a_digest_is_read_and_its_signed_text_is_put_together() -> Result<(), DigestError> {
    let digest = Digest::parse(text(HASH_A, &HASH_A.to_uppercase()).as_bytes())?;
    assert_eq!(digest.problems, [""; 0]);
    assert_eq!((digest.files, digest.files_bytes), (1, 1));
    let listed = [Listed { object: "l".to_owned(), hash: Some([0xaa; 32]) }];
    assert_eq!(log_files(&text(HASH_A, &HASH_A.to_uppercase()))?, listed);
    assert_eq!(digest.previous, Some(Previous { object: "p".to_owned(), hash: Some([0xaa; 32]) }));
    assert_eq!(digest.signed_text("00ff"), "2026-03-05T01:00:00Z\nb/o\n00ff\nab");
    let first = Digest { previous_signature: None, ..digest };
    assert!(first.signed_text("00ff").ends_with("\n00ff\nnull"));
    Ok(())
}

#[test]
fn a_hash_that_is_none_is_told_and_the_rest_counts() -> Result<(), DigestError> {
    for bad in ["", &HASH_A[1..], &HASH_A.replace("aaa", "aag"), "é"] {
        let digest = Digest::parse(text(bad, HASH_A).as_bytes())?;
        assert_eq!(digest.previous.map(|previous| previous.hash), Some(None), "{bad}");
        assert_eq!(digest.problems.len(), 1, "{bad}");
        let digest = Digest::parse(text(HASH_A, bad).as_bytes())?;
        assert_eq!(log_files(&text(HASH_A, bad))?[0].hash, None, "{bad}");
        assert_eq!(digest.problems.len(), 1, "{bad}");
    }
    Ok(())
}

#[test]
fn a_digest_full_of_odd_hashes_tells_a_few() -> Result<(), DigestError> {
    let whole = text(HASH_A, HASH_A);
    let (head, _) = whole.split_once("\"logFiles\":[").unwrap_or_default();
    let odd =
        (0..5000).map(|at| format!(r#"{{"s3Object":"{at}","hashValue":"{}"}}"#, "a".repeat(at)));
    let text = format!("{head}\"logFiles\":[{}]}}", odd.collect::<Vec<_>>().join(","));
    let digest = Digest::parse(text.as_bytes())?;
    assert_eq!((digest.files, digest.problems.len()), (5000, MOST_PROBLEMS));
    assert_eq!(log_files(&text)?.len(), 5000);
    Ok(())
}

#[test]
fn what_is_no_digest_is_an_error() {
    let whole = text(HASH_A, HASH_A);
    for bad in [
        String::new(),
        "[]".to_owned(),
        "{}".to_owned(),
        whole.replace("T01:00:00Z", "x"),
        whole.replace("logFiles", "files"),
        whole.replace("\"b\",\"digestS3Object\"", "1,\"digestS3Object\""),
        whole[..whole.len() - 1].to_owned(),
        whole.replacen("\"awsAccountId\"", "\"logFiles\":[],\"awsAccountId\"", 1),
        "[".repeat(100_000),
        whole.replace("[{}]", &"[".repeat(100_000)),
        whole.replace("\"o\"", &format!("\"{}\"", "o".repeat(LONGEST_NAME + 1))),
        whole.replace("\"ab\"", &format!("\"{}\"", "a".repeat(LONGEST_SIGNATURE + 1))),
    ] {
        assert!(Digest::parse(bad.as_bytes()).is_err(), "{}", &bad[..bad.len().min(60)]);
    }
}

#[test]
fn a_trail_may_have_any_name_that_aws_allows() {
    for trail in ["t", "my_trail", "a.b-c_d", "t_us-east-1_20200101T000000Z", "x_backfill"] {
        for (mark, backfill) in [("", false), ("_backfill", true)] {
            for ending in ["", ".json.gz", ".json", ".json.gz.head.json"] {
                let stem = format!(
                    "p/111122223333_CloudTrail-Digest_eu-west-1_{trail}_us-east-1_20260305T010000Z{mark}"
                );
                let name = format!("{stem}{ending}");
                let parsed = DigestName::parse(&name);
                let expected = DigestName {
                    account: "111122223333",
                    region: "eu-west-1",
                    trail,
                    home_region: "us-east-1",
                    time: "20260305T010000Z",
                    backfill,
                    stem: &stem,
                };
                assert_eq!(parsed, Some(expected), "{name}");
                let end = parsed.and_then(|name| name.end()).map(|end| end.to_string());
                assert_eq!(end.as_deref(), Some("2026-03-05T01:00:00Z"));
            }
        }
    }
}

#[test]
fn other_names_are_none_of_a_digest() {
    for name in [
        "111122223333_CloudTrail_us-east-1_20260305T0100Z_abc.json.gz",
        "111122223333_CloudTrail-Digest_us-east-1_t.json.gz",
        "111122223333_CloudTrail-Digest_us-east-1_20260305T010000Z.json.gz",
        "111122223333_CloudTrail-Digest_us-east-1_t_us-east-1_20260305T010000Zx",
        "_CloudTrail-Digest__",
        "é_CloudTrail-Digest_é_é_é_2026é",
    ] {
        assert_eq!(DigestName::parse(name), None, "{name}");
    }
}
