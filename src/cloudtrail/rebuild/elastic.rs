//! A record from a document of Elasticsearch or `OpenSearch` that did not keep it (`event.original`).
//!
//! The names are those that Elastic's integration for `CloudTrail` writes, as objects in objects, with
//! dots, or both, and as the lists of one value that `fields` of a search are. Values of the API are
//! taken from `aws.cloudtrail.flattened`, where they are objects. Where they are not, the text in
//! the notation of Java maps stands in their place, as nothing in it is escaped.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::{Draft, LARGEST, Members, nested, string, time};

/// What became of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rebuilt {
    /// The record, as JSON.
    Record(String),
    /// The record itself was kept, as this text.
    Original(String),
    /// It is a document of other data than `CloudTrail`'s.
    Other,
    /// It is no document of an event, or cannot be read.
    None,
}

/// How a value goes back into a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// As it is.
    Same,
    /// As a text, also if it is a word of JSON.
    Text,
    Boolean,
    Time,
}

const IDENTITY: &str = "userIdentity";
const SESSION: &str = "sessionContext";
const ISSUER: &str = "sessionIssuer";

/// The fields of a document and where they belong. Of two for one place the first there is.
const FIELDS: [(&str, &[&str], Kind); 37] = [
    ("aws.cloudtrail.event_version", &["eventVersion"], Kind::Text),
    ("aws.cloudtrail.user_identity.type", &[IDENTITY, "type"], Kind::Text),
    ("user.id", &[IDENTITY, "principalId"], Kind::Text),
    ("aws.cloudtrail.user_identity.arn", &[IDENTITY, "arn"], Kind::Text),
    ("cloud.account.id", &[IDENTITY, "accountId"], Kind::Text),
    ("aws.cloudtrail.user_identity.access_key_id", &[IDENTITY, "accessKeyId"], Kind::Text),
    (
        "aws.cloudtrail.user_identity.session_context.session_issuer.type",
        &[IDENTITY, SESSION, ISSUER, "type"],
        Kind::Text,
    ),
    (
        "aws.cloudtrail.user_identity.session_context.session_issuer.principal_id",
        &[IDENTITY, SESSION, ISSUER, "principalId"],
        Kind::Text,
    ),
    (
        "aws.cloudtrail.user_identity.session_context.session_issuer.arn",
        &[IDENTITY, SESSION, ISSUER, "arn"],
        Kind::Text,
    ),
    (
        "aws.cloudtrail.user_identity.session_context.session_issuer.account_id",
        &[IDENTITY, SESSION, ISSUER, "accountId"],
        Kind::Text,
    ),
    (
        "aws.cloudtrail.user_identity.session_context.creation_date",
        &[IDENTITY, SESSION, "attributes", "creationDate"],
        Kind::Time,
    ),
    (
        "aws.cloudtrail.user_identity.session_context.mfa_authenticated",
        &[IDENTITY, SESSION, "attributes", "mfaAuthenticated"],
        Kind::Text,
    ),
    ("aws.cloudtrail.user_identity.invoked_by", &[IDENTITY, "invokedBy"], Kind::Text),
    ("@timestamp", &["eventTime"], Kind::Time),
    ("event.provider", &["eventSource"], Kind::Text),
    ("event.action", &["eventName"], Kind::Text),
    ("cloud.region", &["awsRegion"], Kind::Text),
    ("source.address", &["sourceIPAddress"], Kind::Text),
    ("source.ip", &["sourceIPAddress"], Kind::Text),
    ("user_agent.original", &["userAgent"], Kind::Text),
    ("aws.cloudtrail.error_code", &["errorCode"], Kind::Text),
    ("aws.cloudtrail.error_message", &["errorMessage"], Kind::Text),
    ("aws.cloudtrail.flattened.insight_details", &["insightDetails"], Kind::Same),
    ("aws.cloudtrail.request_id", &["requestID"], Kind::Text),
    ("event.id", &["eventID"], Kind::Text),
    ("aws.cloudtrail.read_only", &["readOnly"], Kind::Boolean),
    ("aws.cloudtrail.event_type", &["eventType"], Kind::Text),
    ("aws.cloudtrail.api_version", &["apiVersion"], Kind::Text),
    ("aws.cloudtrail.management_event", &["managementEvent"], Kind::Boolean),
    ("aws.cloudtrail.recipient_account_id", &["recipientAccountId"], Kind::Text),
    ("aws.cloudtrail.shared_event_id", &["sharedEventID"], Kind::Text),
    ("aws.cloudtrail.vpc_endpoint_id", &["vpcEndpointId"], Kind::Text),
    ("aws.cloudtrail.event_category", &["eventCategory"], Kind::Text),
    ("tls.cipher", &["tlsDetails", "cipherSuite"], Kind::Text),
    ("tls.client.server_name", &["tlsDetails", "clientProvidedHostHeader"], Kind::Text),
    // The name of a user, and of a group, that a request is about.
    ("user.target.name", &["requestParameters", "userName"], Kind::Text),
    ("group.name", &["requestParameters", "groupName"], Kind::Text),
];

/// Values of the API: as an object, as text, and the member of a record that they are.
const VALUES: [(&str, &str, &str); 4] = [
    (
        "aws.cloudtrail.flattened.request_parameters",
        "aws.cloudtrail.request_parameters",
        "requestParameters",
    ),
    (
        "aws.cloudtrail.flattened.response_elements",
        "aws.cloudtrail.response_elements",
        "responseElements",
    ),
    (
        "aws.cloudtrail.flattened.additional_eventdata",
        "aws.cloudtrail.additional_eventdata",
        "additionalEventData",
    ),
    (
        "aws.cloudtrail.flattened.service_event_details",
        "aws.cloudtrail.service_event_details",
        "serviceEventDetails",
    ),
];

const ORIGINAL: &str = "event.original";
const RESOURCES: &str = "aws.cloudtrail.resources";
const DATASETS: [&str; 2] = ["event.dataset", "data_stream.dataset"];
/// What a sign-in to the console says of itself: the field, the key, and its words for no and yes.
const SIGN_IN: [(&str, &str); 3] = [
    ("aws.cloudtrail.console_login.additional_eventdata.login_to", "LoginTo"),
    ("aws.cloudtrail.console_login.additional_eventdata.mobile_version", "MobileVersion"),
    ("aws.cloudtrail.console_login.additional_eventdata.mfa_used", "MFAUsed"),
];

/// All other fields that are asked for.
const OTHERS: [&str; 8] = [
    ORIGINAL,
    RESOURCES,
    DATASETS[0],
    DATASETS[1],
    "user.name",
    "event.outcome",
    "tls.version",
    "tls.version_protocol",
];

/// The fields of a document that are asked for, by their names with dots.
struct Document<'a> {
    fields: BTreeMap<String, &'a RawValue>,
    /// Fields below a flattened one, as `fields` of a search and tables have them.
    below: BTreeMap<String, &'a RawValue>,
}

/// The record that the document `bytes` was.
///
/// A document counts if it says that its data set is `aws.cloudtrail`, or says none and has an action
/// and a provider at AWS, or anything of `aws.cloudtrail`.
pub fn from_document(bytes: &[u8]) -> Rebuilt {
    if bytes.len() > LARGEST {
        return Rebuilt::None;
    }
    let Ok(members) = serde_json::from_slice::<Members<'_>>(bytes) else { return Rebuilt::None };
    let mut document = Document { fields: BTreeMap::new(), below: BTreeMap::new() };
    document.take(&members, "");
    let dataset = DATASETS.iter().find_map(|name| document.text(name));
    if dataset.as_ref().is_some_and(|name| name != "aws.cloudtrail") {
        return Rebuilt::Other;
    }
    let own = |name: &String| name.starts_with("aws.cloudtrail.");
    let at_aws =
        || document.text("event.provider").is_some_and(|name| name.ends_with(".amazonaws.com"));
    if dataset.is_none() && !at_aws() && !document.fields.keys().any(own) {
        return Rebuilt::None;
    }
    if let Some(original) = document.text(ORIGINAL)
        && original.trim_start().starts_with('{')
    {
        return Rebuilt::Original(original);
    }
    if document.text("event.action").is_none() {
        return Rebuilt::None;
    }
    Rebuilt::Record(document.record())
}

/// Whether a field with this name is asked for.
fn is_asked(name: &str) -> bool {
    FIELDS.iter().any(|(field, ..)| *field == name)
        || VALUES.iter().any(|(object, text, _)| *object == name || *text == name)
        || SIGN_IN.iter().any(|(field, _)| *field == name)
        || OTHERS.contains(&name)
}

/// Whether fields below this one are asked for.
fn is_above(name: &str) -> bool {
    let above = |field: &str| field.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
    FIELDS.iter().any(|(field, ..)| above(field))
        || VALUES.iter().any(|(object, text, _)| above(object) || above(text))
        || SIGN_IN.iter().any(|(field, _)| above(field))
        || OTHERS.iter().any(|field| above(field))
}

impl<'a> Document<'a> {
    /// Takes the fields that are asked for out of an object that stands at `path`. It is entered only
    /// as deep as the names asked for are.
    fn take(&mut self, members: &Members<'a>, path: &str) {
        for (key, value) in members {
            let name = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            let Some(value) = single(value).filter(|value| value.get() != "null") else { continue };
            if is_asked(&name) {
                self.fields.entry(name).or_insert(value);
            } else if name.starts_with("aws.cloudtrail.flattened.") {
                self.below.entry(name).or_insert(value);
            } else if value.get().starts_with('{')
                && is_above(&name)
                && let Ok(inner) = serde_json::from_str::<Members<'a>>(value.get())
            {
                self.take(&inner, &name);
            }
        }
    }

    /// The text of a field; numbers and booleans as JSON writes them.
    fn text(&self, name: &str) -> Option<String> {
        let json = self.fields.get(name)?.get();
        match json.as_bytes().first() {
            Some(b'"') => serde_json::from_str(json).ok().filter(|text: &String| !text.is_empty()),
            Some(b'{' | b'[') | None => None,
            Some(_) => Some(json.to_owned()),
        }
    }

    fn record(&self) -> String {
        let mut draft = Draft::default();
        let mut late = Draft::default();
        for (field, path, kind) in FIELDS {
            let Some(value) = self.fields.get(field) else { continue };
            let json = match kind {
                Kind::Same => Some(value.get().to_owned()),
                Kind::Text => self.text(field).map(|text| string(&text)),
                Kind::Boolean => self.text(field).map(|text| match text.as_str() {
                    "true" | "false" => text,
                    _ => string(&text),
                }),
                Kind::Time => self.text(field).map(|text| string(&moment(&text))),
            };
            let Some(json) = json else { continue };
            // What else is known of parameters says more, if there is any.
            if path[0] == "requestParameters" {
                late.put(path, json);
            } else {
                draft.put(path, json);
            }
        }
        self.user_name(&mut draft);
        self.values(&mut draft);
        if draft.place("requestParameters").is_none() {
            draft.members.append(&mut late.members);
        }
        self.resources(&mut draft);
        if let Some(version) = self.text("tls.version") {
            let protocol = self.text("tls.version_protocol").unwrap_or_else(|| "tls".to_owned());
            let protocol = protocol.to_ascii_uppercase();
            draft.put_text(&["tlsDetails", "tlsVersion"], &format!("{protocol}v{version}"));
        }
        draft.finish("a document of Elasticsearch")
    }

    /// The name of the user, or of whoever issued the session: the document has one field for both.
    fn user_name(&self, draft: &mut Draft<'_>) {
        const ISSUED: &str = "aws.cloudtrail.user_identity.session_context.session_issuer.";
        let Some(name) = self.text("user.name") else { return };
        if self.fields.keys().any(|field| field.starts_with(ISSUED)) {
            draft.put_text(&[IDENTITY, SESSION, ISSUER, "userName"], &name);
        } else {
            draft.put_text(&[IDENTITY, "userName"], &name);
        }
    }

    fn values(&self, draft: &mut Draft<'a>) {
        let is_sign_in = self.text("event.action").is_some_and(|name| name == "ConsoleLogin");
        for (object, text, member) in VALUES {
            if let Some(value) =
                self.fields.get(object).filter(|value| value.get().starts_with('{'))
            {
                draft.put(&[member], value.get());
                continue;
            }
            let prefix = format!("{object}.");
            let mut parts = Draft::default();
            for (name, value) in self.below.range(prefix.clone()..) {
                let Some(rest) = name.strip_prefix(&prefix) else { break };
                let path: Vec<_> = rest.split('.').collect();
                if path.len() <= 16 {
                    parts.put(&path, value.get());
                }
            }
            if !parts.members.is_empty() {
                let mut json = String::new();
                parts.write(&mut json);
                draft.put(&[member], json);
                continue;
            }
            if is_sign_in {
                self.sign_in(member, draft);
            }
            if let Some(value) = self.fields.get(text) {
                // Some pipelines write JSON here, as a text or as it is.
                let told = self.text(text);
                let json = match &told {
                    Some(told) => nested(told).map_or_else(|| string(told), str::to_owned),
                    None => value.get().to_owned(),
                };
                draft.put(&[member], json);
            }
        }
    }

    /// What a sign-in to the console answered, and how it was done.
    fn sign_in(&self, member: &str, draft: &mut Draft<'a>) {
        if member == "responseElements" {
            let outcome = match self.text("event.outcome").as_deref() {
                Some("success") => "Success",
                Some("failure") => "Failure",
                _ => return,
            };
            draft.put_text(&["responseElements", "ConsoleLogin"], outcome);
        } else if member == "additionalEventData" {
            for (field, key) in SIGN_IN {
                let Some(text) = self.text(field) else { continue };
                let word = match text.as_str() {
                    "true" => "Yes",
                    "false" => "No",
                    other => other,
                };
                draft.put_text(&["additionalEventData", key], word);
            }
        }
    }

    fn resources(&self, draft: &mut Draft<'_>) {
        let Some(json) = self.fields.get(RESOURCES).map(|value| value.get()) else { return };
        let all: Vec<Members<'_>> = if json.starts_with('{') {
            serde_json::from_str(json).map(|one| vec![one]).unwrap_or_default()
        } else {
            serde_json::from_str(json).unwrap_or_default()
        };
        let mut told = Vec::new();
        for resource in &all {
            let mut one = Draft::default();
            for (field, key) in [("arn", "ARN"), ("account_id", "accountId"), ("type", "type")] {
                if let Some(value) = resource.get(field) {
                    one.put(&[key], value.get());
                }
            }
            let mut json = String::new();
            one.write(&mut json);
            told.push(json);
        }
        if !told.is_empty() {
            draft.put(&["resources"], format!("[{}]", told.join(",")));
        }
    }
}

/// A value, or the only one of a list; nothing of an empty list.
fn single(value: &RawValue) -> Option<&RawValue> {
    if !value.get().starts_with('[') {
        return Some(value);
    }
    match serde_json::from_str::<Vec<&RawValue>>(value.get()).ok()?.as_slice() {
        [] => None,
        [one] => Some(one),
        _ => Some(value),
    }
}

/// A time, which may be milliseconds since 1970.
fn moment(text: &str) -> String {
    let milliseconds =
        || text.parse().ok().and_then(|at| jiff::Timestamp::from_millisecond(at).ok());
    milliseconds().map_or_else(|| time(text).into_owned(), |at| at.to_string())
}
