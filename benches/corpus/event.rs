//! The layout of one record: AWS's fields in AWS's order, as compact JSON.

use super::clock;
use super::random::Random;
use super::session::Session;

/// What stands in a record. Texts are JSON already where the field is an object, plain otherwise.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Event<'a> {
    /// Who: identity, address, user agent, encryption.
    pub(crate) session: &'a Session,
    /// `eventVersion`.
    pub(crate) version: &'a str,
    /// `eventTime`, seconds since 1970.
    pub(crate) time: u64,
    /// The service, without `.amazonaws.com`.
    pub(crate) source: &'a str,
    /// `eventName`.
    pub(crate) name: &'a str,
    /// `awsRegion`.
    pub(crate) region: &'a str,
    /// `errorCode` and `errorMessage`.
    pub(crate) error: Option<(&'a str, &'a str)>,
    /// `requestParameters`.
    pub(crate) request: &'a str,
    /// `responseElements`.
    pub(crate) response: &'a str,
    /// `additionalEventData`, or empty.
    pub(crate) extra: &'a str,
    /// `eventID`; empty: a random one.
    pub(crate) id: &'a str,
    /// `readOnly`.
    pub(crate) read: bool,
    /// The elements of `resources`, or empty.
    pub(crate) resources: &'a str,
    /// `eventType`.
    pub(crate) sort: &'a str,
    /// A data event.
    pub(crate) data: bool,
    /// `recipientAccountId`.
    pub(crate) account: &'a str,
    /// `sharedEventID`, or empty.
    pub(crate) shared: &'a str,
    /// `serviceEventDetails`, or empty.
    pub(crate) details: &'a str,
    /// The host the client asked for.
    pub(crate) host: &'a str,
}

impl<'a> Event<'a> {
    /// A successful management call that takes and gives nothing.
    pub(crate) fn new(session: &'a Session, source: &'a str, name: &'a str) -> Self {
        Self {
            session,
            version: "1.11",
            time: clock::BEGIN,
            source,
            name,
            region: "us-east-1",
            error: None,
            request: "null",
            response: "null",
            extra: "",
            id: "",
            read: false,
            resources: "",
            sort: "AwsApiCall",
            data: false,
            account: "",
            shared: "",
            details: "",
            host: "",
        }
    }

    /// Appends the record to `out`. Ids that it needs come from `random`.
    pub(crate) fn write(&self, out: &mut String, random: &mut Random) {
        self.write_call(out);
        self.write_parameters(out, random);
        let flag = |flag| if flag { "true" } else { "false" };
        for text in [r#","readOnly":"#, flag(self.read)] {
            out.push_str(text);
        }
        if !self.resources.is_empty() {
            for text in [r#","resources":["#, self.resources, "]"] {
                out.push_str(text);
            }
        }
        let category = if self.data { "Data" } else { "Management" };
        for text in [r#","eventType":""#, self.sort, r#"","managementEvent":"#, flag(!self.data)] {
            out.push_str(text);
        }
        for text in [r#","recipientAccountId":""#, self.account, "\""] {
            out.push_str(text);
        }
        if !self.shared.is_empty() {
            for text in [r#","sharedEventID":""#, self.shared, "\""] {
                out.push_str(text);
            }
        }
        if !self.details.is_empty() {
            for text in [r#","serviceEventDetails":"#, self.details] {
                out.push_str(text);
            }
        }
        for text in [r#","eventCategory":""#, category, "\""] {
            out.push_str(text);
        }
        if !self.session.cipher.is_empty() && !self.host.is_empty() {
            let cipher = self.session.cipher;
            for text in [
                r#","tlsDetails":{"#,
                cipher,
                r#","clientProvidedHostHeader":""#,
                self.host,
                r#""}"#,
            ] {
                out.push_str(text);
            }
        }
        if self.session.console && self.sort == "AwsApiCall" {
            out.push_str(r#","sessionCredentialFromConsole":"true""#);
        }
        out.push('}');
    }

    fn write_call(&self, out: &mut String) {
        let session = self.session;
        for text in
            [r#"{"eventVersion":""#, self.version, r#"","userIdentity":"#, &session.identity]
        {
            out.push_str(text);
        }
        out.push_str(r#","eventTime":""#);
        clock::iso(out, self.time);
        for text in
            [r#"","eventSource":""#, self.source, r#".amazonaws.com","eventName":""#, self.name]
        {
            out.push_str(text);
        }
        for text in
            [r#"","awsRegion":""#, self.region, r#"","sourceIPAddress":""#, &session.address]
        {
            out.push_str(text);
        }
        // S3 writes the user agent in brackets.
        let (open, close) = if self.source == "s3" { ("[", "]") } else { ("", "") };
        for text in [r#"","userAgent":""#, open, &session.agent, close, "\""] {
            out.push_str(text);
        }
        if let Some((code, message)) = self.error {
            for text in [r#","errorCode":""#, code, r#"","errorMessage":""#, message, "\""] {
                out.push_str(text);
            }
        }
    }

    fn write_parameters(&self, out: &mut String, random: &mut Random) {
        let response = if self.error.is_some() { "null" } else { self.response };
        for text in [r#","requestParameters":"#, self.request, r#","responseElements":"#, response]
        {
            out.push_str(text);
        }
        if !self.extra.is_empty() {
            for text in [r#","additionalEventData":"#, self.extra] {
                out.push_str(text);
            }
        }
        // Sign-ins and events of services have no request of their own.
        if self.sort == "AwsApiCall" {
            out.push_str(r#","requestID":""#);
            match self.source {
                "s3" => random.letters(out, 16, b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"),
                "dynamodb" => random.letters(out, 52, b"0123456789ABCDEFGHIJKLMNOPQRSTUV"),
                _ => random.uuid(out),
            }
            out.push('"');
        }
        out.push_str(r#","eventID":""#);
        if self.id.is_empty() {
            random.uuid(out);
        } else {
            out.push_str(self.id);
        }
        out.push('"');
    }
}
