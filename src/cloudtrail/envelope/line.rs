//! Lines that are not JSON: the time before a line of an export, and logs of other services.

use memchr::memchr;

/// What stands before the text of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    /// No time.
    None,
    /// The line is cut before that can be told.
    Cut,
    /// A time; the text of the line begins at this index.
    Before(usize),
}

/// Whether a line begins with a time as an export of `CloudWatch` Logs to S3 writes it:
/// `2026-03-05T02:14:09.000Z`, then a blank.
pub fn stamp(text: &[u8]) -> Stamp {
    const FORM: &[u8] = b"dddd-dd-ddTdd:dd:dd";
    for (at, form) in FORM.iter().enumerate() {
        match text.get(at) {
            None => return Stamp::Cut,
            Some(byte) if *form == b'd' && byte.is_ascii_digit() => {}
            Some(byte) if byte == form => {}
            Some(_) => return Stamp::None,
        }
    }
    let mut at = FORM.len();
    if text.get(at) == Some(&b'.') {
        at += 1;
        let digits = text[at..].iter().take(9).take_while(|byte| byte.is_ascii_digit()).count();
        at += digits;
    }
    for wanted in [&b"Z"[..], b" \t"] {
        match text.get(at) {
            None => return Stamp::Cut,
            Some(byte) if wanted.contains(byte) => at += 1,
            Some(_) => return Stamp::None,
        }
    }
    Stamp::Before(at)
}

/// So many bytes of a line tell what it is a line of.
pub const LONGEST_TELLING: usize = 1024;

/// What a text is a log of, if its first line is one of a service known to be another than
/// `CloudTrail`, or of a list of hashes.
pub fn stranger_line(text: &[u8]) -> Option<&'static str> {
    let text = &text[..text.len().min(LONGEST_TELLING)];
    let line = text[..memchr(b'\n', text).unwrap_or(text.len())].trim_ascii_end();
    let mut fields = [&b""[..]; 5];
    fields.iter_mut().zip(line.split(|&byte| byte == b' ')).for_each(|(to, field)| *to = field);
    let is_flow = (line.starts_with(b"version ") && line.split(|&b| b == b' ').any(is_flow_field))
        || (is_number(fields[0], 1)
            && (is_number(fields[1], 12) || fields[1] == b"unknown")
            && (fields[2].starts_with(b"eni-") || fields[2] == b"-"));
    if is_flow {
        return Some("VPC flow log");
    }
    if is_hash(fields[0])
        && (fields[1].is_empty() && !fields[2].is_empty() || fields[1].starts_with(b"*"))
        || line.starts_with(b"SHA256 (")
    {
        return Some("list of hashes");
    }
    if (is_hash(fields[0]) || fields[0] == b"-") && is_apache_time(fields[2]) {
        return Some("S3 access log");
    }
    let timed = |field: &[u8]| {
        let mut with_blank = field.strip_suffix(b"Z").unwrap_or(field).to_vec();
        with_blank.extend_from_slice(b"Z ");
        matches!(stamp(&with_blank), Stamp::Before(_))
    };
    let application = matches!(fields[0], b"http" | b"https" | b"h2" | b"grpcs" | b"ws" | b"wss")
        && timed(fields[1])
        && fields[2].starts_with(b"app/");
    let network = fields[0] == b"tls" && timed(fields[2]) && fields[3].starts_with(b"net/");
    let classic =
        timed(fields[0]) && has_port(fields[2]) && (has_port(fields[3]) || fields[3] == b"-");
    if application || network || classic {
        return Some("load balancer access log");
    }
    line.starts_with(b"#Version: 1.0").then_some("CloudFront access log")
}

fn is_flow_field(field: &[u8]) -> bool {
    matches!(field, b"interface-id" | b"srcaddr" | b"log-status" | b"vpc-id")
}

fn is_number(field: &[u8], digits: usize) -> bool {
    field.len() == digits && field.iter().all(u8::is_ascii_digit)
}

fn is_hash(field: &[u8]) -> bool {
    field.len() == 64 && field.iter().all(u8::is_ascii_hexdigit)
}

/// `[06/Feb/2019:00:00:38`.
fn is_apache_time(field: &[u8]) -> bool {
    field.len() == 21
        && field.iter().zip(b"[dd/aaa/dddd:dd:dd:dd").all(|(byte, form)| match form {
            b'd' => byte.is_ascii_digit(),
            b'a' => byte.is_ascii_alphabetic(),
            form => byte == form,
        })
}

fn has_port(field: &[u8]) -> bool {
    field.rsplitn(2, |&byte| byte == b':').collect::<Vec<_>>().as_slice().first().is_some_and(
        |port| port.len() < field.len() && !port.is_empty() && port.iter().all(u8::is_ascii_digit),
    )
}
