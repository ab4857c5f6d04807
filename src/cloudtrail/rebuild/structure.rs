//! The identity of a record from the text that a query prints for a structure:
//! `{type=IAMUser, principalid=AIDA, sessioncontext={attributes={...}}}`.
//!
//! Nothing in such a text is escaped. It is believed only if it can be read in one way: a name that
//! comes twice at one level, a brace too many, anything between the names leave it unread.

use super::{Draft, Members, string};

/// The names in an identity as `CloudTrail` spells them.
const NAMES: [&str; 24] = [
    "type",
    "principalId",
    "arn",
    "accountId",
    "accessKeyId",
    "userName",
    "invokedBy",
    "identityProvider",
    "credentialId",
    "sessionContext",
    "attributes",
    "mfaAuthenticated",
    "creationDate",
    "sessionIssuer",
    "webIdFederationData",
    "federatedProvider",
    "sourceIdentity",
    "ec2RoleDelivery",
    "assumedRoot",
    "onBehalfOf",
    "inScopeOf",
    "userId",
    "identityStoreArn",
    "credentialIssuedTo",
];

/// The names that hold structures. They are never deeper than this list is long.
const STRUCTURES: [&str; 6] = [
    "sessionContext",
    "attributes",
    "sessionIssuer",
    "webIdFederationData",
    "onBehalfOf",
    "inScopeOf",
];

/// A name in an identity as `CloudTrail` spells it, if it is known.
pub(super) fn spelled(name: &str) -> Option<&'static str> {
    NAMES.into_iter().find(|known| known.eq_ignore_ascii_case(name))
}

/// An identity that is JSON, its names as `CloudTrail` spells them if they are in lower case.
pub(super) fn respelled(json: &str) -> String {
    let is_lower = ["\"principalid\"", "\"accountid\"", "\"sessioncontext\"", "\"username\""];
    let mut draft = Draft::default();
    let taken = is_lower.iter().any(|name| json.contains(name))
        && respell(json, &mut Vec::new(), &mut draft).is_some();
    if !taken {
        return json.to_owned();
    }
    let mut out = String::new();
    draft.write(&mut out);
    out
}

fn respell<'a>(json: &'a str, path: &mut Vec<&'a str>, draft: &mut Draft<'a>) -> Option<()> {
    for (name, value) in serde_json::from_str::<Members<'a>>(json).ok()? {
        // What is not known is not taken apart, and stays as it is.
        let name = spelled(&name)?;
        path.push(name);
        if path.len() <= STRUCTURES.len()
            && STRUCTURES.contains(&name)
            && value.get().starts_with('{')
        {
            respell(value.get(), path, draft)?;
        } else if value.get() != "null" {
            draft.put(path, value.get());
        }
        path.pop();
    }
    Some(())
}

/// The identity as JSON; nothing if the text can be read in more ways than one, or in none.
pub(super) fn identity(text: &str) -> Option<String> {
    let mut draft = Draft::default();
    read(text.trim(), &mut Vec::new(), &mut draft)?;
    let mut out = String::new();
    draft.write(&mut out);
    Some(out)
}

/// Puts the fields of the structure `text`, which stands at `path`.
fn read<'a>(text: &'a str, path: &mut Vec<&'a str>, draft: &mut Draft<'a>) -> Option<()> {
    let fields = fields(text.strip_prefix('{')?.strip_suffix('}')?)?;
    for (name, value) in fields {
        if matches!(value, "null" | "") {
            continue;
        }
        let name = spelled(name).unwrap_or(name);
        path.push(name);
        if path.len() <= STRUCTURES.len() && STRUCTURES.contains(&name) && value.starts_with('{') {
            read(value, path, draft)?;
        } else {
            draft.put(path, string(value));
        }
        path.pop();
    }
    Some(())
}

/// The names and values in a structure, without its braces.
fn fields(text: &str) -> Option<Vec<(&str, &str)>> {
    let mut fields: Vec<(&str, &str)> = Vec::new();
    if text.is_empty() {
        return Some(fields);
    }
    let (mut depth, mut start) = (0_usize, 0);
    let bytes = text.as_bytes();
    for at in 0..=bytes.len() {
        match bytes.get(at) {
            Some(b'{') => depth += 1,
            Some(b'}') => depth = depth.checked_sub(1)?,
            Some(b',') if depth == 0 && !text[at..].strip_prefix(", ").is_some_and(is_named) => {}
            Some(b',') | None if depth == 0 => {
                let (name, value) = named(&text[start..at])?;
                let again = |(other, _): &(&str, &str)| other.eq_ignore_ascii_case(name);
                // More names than there are would make this slow.
                if fields.len() > 2 * NAMES.len() || fields.iter().any(again) {
                    return None;
                }
                fields.push((name, value));
                start = (at + 2).min(bytes.len());
            }
            None => return None,
            _ => {}
        }
    }
    Some(fields)
}

fn is_named(text: &str) -> bool {
    named(text).is_some()
}

/// A name and what stands after its `=`.
fn named(text: &str) -> Option<(&str, &str)> {
    let length = text.bytes().take(64).take_while(u8::is_ascii_alphanumeric).count();
    let (name, rest) = text.split_at(length);
    (length > 0).then(|| rest.strip_prefix('=').map(|value| (name, value)))?
}
