//! The first pass: every digest and every file with a signature among the inputs.
//!
//! A name says what may be a digest (`_CloudTrail-Digest_` and a time, in any folder), the content
//! says what it is. A digest belongs to the chain that its own key names, not to the folder it was
//! found in.

use std::collections::HashMap;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::{
    Keys, Verdict,
    lake::{Room, Sign},
    signature::{self, Signature, Signed},
    visitor::Read,
};
use crate::{
    cloudtrail::{self, Digest, DigestName, FileName, Key},
    text::hex,
};

/// A name, hashed so that nobody can make two alike: what many names are found by costs 16 bytes.
pub(super) type NameHash = [u8; 16];

/// Different signatures that are kept for one digest name.
pub(super) const MOST_SIGNATURES: usize = 4096;

/// Why a text that is whole was not read.
const TOO_LARGE: &str = "its text is larger than --max-inflated; raise that to read it";

/// What a chain is known by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ChainName {
    pub(super) account: String,
    pub(super) region: String,
    pub(super) trail: String,
    pub(super) home_region: String,
    pub(super) backfill: bool,
}

/// One file of the first pass.
pub(super) enum Loaded {
    Digest(Box<Node>),
    /// A signature, and the stem of the digest it belongs to.
    Side {
        name: FileName,
        stem: String,
        signature: Signature,
    },
    /// The signature of a Lake query.
    Sign(Box<Sign>),
    /// Named like a digest and unreadable, or something else beside digests.
    Strange(Strange),
    /// Something that an operating system or a person left there.
    Bystander {
        name: FileName,
    },
    /// A listed archive that could not be read to its end.
    Archive {
        name: FileName,
        reason: String,
    },
}

/// A file that has the name of a digest or stands beside one, and is neither a digest nor a
/// signature that can be read.
pub(super) struct Strange {
    pub(super) name: FileName,
    pub(super) verdict: Verdict,
    pub(super) reason: String,
    /// SHA-256 of its text, if it has the name of a digest and was read whole.
    pub(super) hash: Option<[u8; 32]>,
}

/// What checking the signatures of a digest showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Checks {
    /// None could be checked with a key.
    None,
    /// One is that of the key.
    Good,
    /// None is that of the key.
    Bad,
}

/// What a digest says of the one before it.
#[derive(Debug)]
pub(super) struct Previous {
    pub(super) object: Box<str>,
    pub(super) key: NameHash,
    pub(super) hash: Option<[u8; 32]>,
}

/// A digest that was read, and what judging it showed. It keeps nothing of the log files it lists.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) name: FileName,
    /// SHA-256 of its text.
    pub(super) hash: [u8; 32],
    /// The key AWS stored it under.
    pub(super) object: Box<str>,
    /// The hash of that key's last part.
    pub(super) key: NameHash,
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
    /// The key that signed it.
    pub(super) fingerprint: Box<str>,
    /// SHA-256 of what is signed.
    pub(super) signed_hash: [u8; 32],
    pub(super) previous: Option<Previous>,
    /// The signature of the digest before it.
    pub(super) previous_signature: Option<Signature>,
    /// Log files it lists.
    pub(super) files: u64,
    /// Bytes of their keys.
    pub(super) files_bytes: u64,
    /// What in it cannot be used, in words.
    pub(super) problems: Vec<String>,
    /// It is not where AWS put it.
    pub(super) relocated: bool,
    /// It has the same key and text as another file.
    pub(super) copy: bool,
    /// What is wrong with how it is stored.
    pub(super) damage: Vec<String>,
    /// It is what AWS delivered.
    pub(super) proved: bool,
    /// What checking its signatures showed.
    pub(super) checks: Checks,
    /// Its key was valid at another time only; when.
    pub(super) outside: Option<String>,
    pub(super) verdict: Verdict,
    /// Why the verdict is what it is.
    pub(super) reason: String,
}

/// The name by which a file is found in any folder: AWS makes it unique. Packing does not count, as
/// copies are stored in other ways.
pub(super) fn file_key(name: &str) -> &str {
    let file = name.rsplit(['/', '!']).next().unwrap_or(name);
    file.strip_suffix(".gz").or_else(|| file.strip_suffix(".zst")).unwrap_or(file)
}

/// What follows the time in the name of a digest, as AWS stores it and as copies are packed.
fn is_digest_ending(ending: &str) -> bool {
    ["", ".json", ".json.gz", ".gz", ".json.zst"].contains(&ending)
}

/// The hash of a name without its folders and packing.
pub(super) fn key_hash(name: &str) -> NameHash {
    name_hash(file_key(name))
}

/// The hash of a name as it is.
pub(super) fn name_hash(name: &str) -> NameHash {
    let mut short = NameHash::default();
    short.iter_mut().zip(Sha256::digest(name.as_bytes())).for_each(|(to, from)| *to = from);
    short
}

/// Whether a file of that name is where a key says, whatever comes before the key.
pub(super) fn is_in_place(name: &str, object: &str) -> bool {
    let bare = |name: &str| name.len() - name.rsplit(['/', '!']).next().unwrap_or(name).len();
    let (name_folders, object_folders) = (bare(name), bare(object));
    file_key(name) == file_key(object)
        && name[..name_folders]
            .strip_suffix(&object[..object_folders])
            .is_some_and(|before| before.is_empty() || before.ends_with(['/', '!']))
}

/// Says what was read under a digest's name.
pub(super) fn loaded(
    name: &FileName,
    parts: &DigestName<'_>,
    read: Result<Read<'_>, String>,
) -> Loaded {
    let is_digest_name = is_digest_ending(&name.display[parts.stem.len()..]);
    let strange = |verdict, reason: String, hash: Option<[u8; 32]>| {
        let hash = hash.filter(|_| is_digest_name);
        Loaded::Strange(Strange { name: name.clone(), verdict, reason, hash })
    };
    let broken = |reason: String, hash| {
        if is_digest_name {
            strange(Verdict::Damaged, reason, hash)
        } else {
            let reason = format!("neither a digest nor its signature: {reason}");
            strange(Verdict::Unlisted, reason, hash)
        }
    };
    let Read { hash, text, damage, .. } = match read {
        Ok(read) => read,
        Err(reason) => return broken(reason, None),
    };
    let whole = Some(hash).filter(|_| damage.is_empty());
    let Some(text) = text else {
        // A bound of this run says nothing about the file.
        return strange(Verdict::Unproved, TOO_LARGE.to_owned(), whole);
    };
    match Digest::parse(text) {
        Ok(digest) => Loaded::Digest(Box::new(Node::new(name, parts, digest, hash, damage))),
        Err(error) => match signature::of_side_file(text) {
            Some(signature) => {
                Loaded::Side { name: name.clone(), stem: parts.stem.to_owned(), signature }
            }
            None if !damage.is_empty() && !text.is_empty() => broken(damage.join("; "), None),
            None if cloudtrail::bystander(&name.display, text).is_some() => {
                Loaded::Bystander { name: name.clone() }
            }
            None if !damage.is_empty() => broken(damage.join("; "), None),
            None => broken(error.to_string(), whole),
        },
    }
}

/// Says what was read under the name of a query's signature.
pub(super) fn signed(
    name: &FileName,
    read: Result<Read<'_>, String>,
    keys: &Keys,
    room: &Room,
) -> Loaded {
    let text = |read: Read<'_>| match (read.text, read.damage.as_slice()) {
        (Some(text), []) => match Sign::read(name, text, keys, room) {
            Err(_) if cloudtrail::bystander(&name.display, text).is_some() => Ok(None),
            sign => sign.map(Some),
        },
        (None, []) => Err(TOO_LARGE.to_owned()),
        (_, damage) => Err(damage.join("; ")),
    };
    match read.and_then(text) {
        Ok(Some(sign)) => Loaded::Sign(Box::new(sign)),
        Ok(None) => Loaded::Bystander { name: name.clone() },
        Err(reason) => {
            let verdict = if reason == TOO_LARGE { Verdict::Unproved } else { Verdict::Damaged };
            Loaded::Strange(Strange { name: name.clone(), verdict, reason, hash: None })
        }
    }
}

impl Node {
    fn new(
        name: &FileName,
        found: &DigestName<'_>,
        digest: Digest,
        hash: [u8; 32],
        damage: Vec<String>,
    ) -> Self {
        debug_assert!(name.display.starts_with(found.stem), "the name was parsed");
        let signed = digest.signed_text(&hex(&hash));
        let previous = digest.previous.map(|previous| Previous {
            key: key_hash(&previous.object),
            hash: previous.hash,
            object: previous.object.into_boxed_str(),
        });
        Self {
            name: name.clone(),
            hash,
            key: key_hash(&digest.object),
            start: digest.start,
            end: digest.end,
            fingerprint: digest.fingerprint.into_boxed_str(),
            signed_hash: Sha256::digest(signed.as_bytes()).into(),
            previous,
            previous_signature: digest.previous_signature.as_deref().map(Signature::of_hex),
            files: digest.files,
            files_bytes: digest.files_bytes,
            problems: digest.problems,
            relocated: !is_in_place(&name.display, &digest.object),
            copy: false,
            damage,
            proved: false,
            checks: Checks::None,
            outside: None,
            verdict: Verdict::Unproved,
            reason: String::new(),
            object: digest.object.into_boxed_str(),
        }
    }

    /// The chain it belongs to. Its own key is what is signed; only if that is no digest's the name
    /// of the file counts.
    pub(super) fn chain(&self) -> ChainName {
        let own = DigestName::parse(&self.object).or_else(|| DigestName::parse(&self.name.display));
        let account = Key::parse(&self.object).map(|key| key.account);
        let part = |part: fn(&DigestName<'_>) -> String| own.as_ref().map(part).unwrap_or_default();
        ChainName {
            account: account.map_or_else(|| part(|own| own.account.to_owned()), str::to_owned),
            region: part(|own| own.region.to_owned()),
            trail: part(|own| own.trail.to_owned()),
            home_region: part(|own| own.home_region.to_owned()),
            backfill: own.is_some_and(|own| own.backfill),
        }
    }

    /// The trail it is of.
    pub(super) fn is_of_trail(&self, is: impl Fn(&str) -> bool) -> bool {
        let own = DigestName::parse(&self.object).or_else(|| DigestName::parse(&self.name.display));
        is(own.map_or("", |own| own.trail))
    }

    /// When it was signed: hourly digests soon after their hour, others at any time after.
    pub(super) fn signed(&self) -> Signed {
        let mut signed = Signed::soon_after(self.end);
        if DigestName::parse(&self.object).is_some_and(|own| own.backfill) {
            signed.last = Timestamp::MAX;
        }
        signed
    }

    /// The last part of its own key, for people.
    pub(super) fn shown(&self) -> &str {
        self.object.rsplit('/').next().unwrap_or(&self.object)
    }

    /// Whether the file has a name that AWS gives to digests.
    pub(super) fn has_digest_name(&self) -> bool {
        DigestName::parse(&self.name.display).is_some_and(|parts| {
            parts.account.len() == 12
                && parts.account.bytes().all(|byte| byte.is_ascii_digit())
                && is_digest_ending(&self.name.display[parts.stem.len()..])
        })
    }

    /// Whether the file has the name of the digest that it holds.
    pub(super) fn has_own_name(&self) -> bool {
        key_hash(&self.name.display) == self.key
    }
}

/// Signatures from side files, by the stem of the digest they are beside.
#[derive(Debug, Default)]
pub(super) struct Sides {
    by_stem: HashMap<NameHash, Vec<Signature>>,
    /// Side files in all.
    pub(super) files: u64,
}

impl Sides {
    pub(super) fn add(&mut self, stem: &str, signature: Signature) {
        self.files += 1;
        let known = self.by_stem.entry(name_hash(stem)).or_default();
        // One more than is tried, which says that there are too many.
        if known.len() <= MOST_SIGNATURES {
            known.push(signature);
        }
    }

    /// Whether signatures are beside a file of that name.
    pub(super) fn any_beside(&self, name: &str) -> bool {
        DigestName::parse(name)
            .is_some_and(|parts| self.by_stem.contains_key(&name_hash(parts.stem)))
    }

    /// The signatures beside a file. Those beside a file that holds another digest are of the one
    /// that is gone.
    pub(super) fn of(&self, node: &Node) -> &[Signature] {
        let parts = DigestName::parse(&node.name.display).filter(|_| node.has_own_name());
        let found = parts.and_then(|parts| self.by_stem.get(&name_hash(parts.stem)));
        found.map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_in_place_if_its_name_ends_like_its_key() {
        let key = "p/AWSLogs/1/f.json.gz";
        for (name, expected) in [
            ("p/AWSLogs/1/f.json.gz", true),
            ("copy/of/p/AWSLogs/1/f.json.gz", true),
            ("a.zip!p/AWSLogs/1/f.json", true),
            ("p/AWSLogs/1/f.json.zst", true),
            ("xp/AWSLogs/1/f.json.gz", false),
            ("AWSLogs/1/f.json.gz", false),
            ("f.json.gz", false),
            ("p/AWSLogs/1/g.json.gz", false),
        ] {
            assert_eq!(is_in_place(name, key), expected, "{name}");
        }
        assert!(is_in_place("x/f.json.gz", "f.json.gz"));
        assert_eq!(file_key("a/b!c.json.gz"), "c.json");
    }
}
