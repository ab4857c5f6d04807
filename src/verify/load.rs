//! The first pass: every digest and every side file among the inputs, read.
//!
//! A name says what may be a digest (`_CloudTrail-Digest_` and a time, wherever it lies), the
//! content says what it is. A digest belongs to the chain that its own key names, not to the folder
//! it was found in.

use std::collections::HashMap;

use super::{
    Verdict,
    lake::Sign,
    signature::{self, Signed},
    sweep::Read,
};
use crate::cloudtrail::{Digest, DigestName, FileName, Key};

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
        stem: String,
        signature: String,
    },
    /// The signature of a query of Lake.
    Sign(Box<Sign>),
    /// Named like a digest and unreadable, or something else beside digests.
    Strange {
        name: FileName,
        verdict: Verdict,
        reason: String,
    },
}

/// What the signatures of a digest came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signature {
    /// None could be held against a key.
    None,
    /// One is that of the key.
    Good,
    /// None is that of the key.
    Bad,
}

/// A digest that was read, and what came of judging it.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) name: FileName,
    /// SHA-256 of its text.
    pub(super) hash: [u8; 32],
    pub(super) digest: Digest,
    pub(super) chain: ChainName,
    /// The name it is found by.
    pub(super) key: String,
    /// It does not lie where AWS put it.
    pub(super) relocated: bool,
    /// It has the same name and text as another file.
    pub(super) copy: bool,
    /// Its signature from a side file.
    pub(super) side: Option<String>,
    /// What is wrong with how it is stored.
    pub(super) damage: Vec<String>,
    /// Log files it lists.
    pub(super) listed: usize,
    /// It is what AWS delivered.
    pub(super) proved: bool,
    /// What its signatures came to.
    pub(super) signature: Signature,
    /// Its key was valid at another time only; when.
    pub(super) outside: Option<String>,
    pub(super) verdict: Verdict,
    /// Why the verdict is what it is.
    pub(super) reason: String,
}

/// The name by which a file is found wherever it was copied to: AWS makes it unique. Packing does
/// not count, as copies are stored in other ways.
pub(super) fn file_key(name: &str) -> &str {
    let file = name.rsplit(['/', '!']).next().unwrap_or(name);
    file.strip_suffix(".gz").or_else(|| file.strip_suffix(".zst")).unwrap_or(file)
}

/// Whether a file of that name lies where a key says, whatever stands before the key.
pub(super) fn is_in_place(name: &str, object: &str) -> bool {
    let bare = |name: &str| name.len() - name.rsplit(['/', '!']).next().unwrap_or(name).len();
    let (name_folders, object_folders) = (bare(name), bare(object));
    file_key(name) == file_key(object)
        && name[..name_folders]
            .strip_suffix(&object[..object_folders])
            .is_some_and(|before| before.is_empty() || before.ends_with(['/', '!']))
}

/// Says what was read under a digest's name. `end` is the part of its name behind the stem.
pub(super) fn loaded(
    name: &FileName,
    parts: &DigestName<'_>,
    read: Result<Read<'_>, String>,
) -> Loaded {
    let is_digest_name =
        ["", ".json", ".json.gz", ".gz", ".json.zst"].contains(&&name.display[parts.stem.len()..]);
    let strange = |verdict, reason: String| Loaded::Strange { name: name.clone(), verdict, reason };
    let broken = |reason: String| {
        if is_digest_name {
            strange(Verdict::Damaged, reason)
        } else {
            strange(Verdict::Unlisted, format!("neither a digest nor its signature: {reason}"))
        }
    };
    let Read { hash, text, damage, .. } = match read {
        Ok(read) => read,
        Err(reason) => return broken(reason),
    };
    let Some(text) = text else {
        return broken("its text is larger than --max-inflated".to_owned());
    };
    match Digest::parse(text) {
        Ok(digest) => Loaded::Digest(Box::new(Node::new(name, parts, digest, hash, damage))),
        Err(error) => match signature::of_side_file(text) {
            Some(signature) => Loaded::Side { stem: parts.stem.to_owned(), signature },
            None if damage.is_empty() => broken(error.to_string()),
            None => broken(damage.join("; ")),
        },
    }
}

/// Says what was read under the name of the signature of a query.
pub(super) fn signed(name: &FileName, read: Result<Read<'_>, String>) -> Loaded {
    let text = |read: Read<'_>| match (read.text, read.damage.as_slice()) {
        (Some(text), []) => Sign::read(name, text),
        (_, damage) => Err(damage.join("; ")),
    };
    match read.and_then(text) {
        Ok(sign) => Loaded::Sign(Box::new(sign)),
        Err(reason) => Loaded::Strange { name: name.clone(), verdict: Verdict::Damaged, reason },
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
        // Its own key is what is signed. Only if that is no digest's does the file's name do.
        let own = DigestName::parse(&digest.object).unwrap_or(*found);
        let organization_account = Key::parse(&digest.object).map(|key| key.account);
        let chain = ChainName {
            account: organization_account.unwrap_or(own.account).to_owned(),
            region: own.region.to_owned(),
            trail: own.trail.to_owned(),
            home_region: own.home_region.to_owned(),
            backfill: own.backfill,
        };
        Self {
            name: name.clone(),
            hash,
            chain,
            key: file_key(&digest.object).to_owned(),
            relocated: !is_in_place(&name.display, &digest.object),
            copy: false,
            listed: digest.files.len(),
            digest,
            side: None,
            damage,
            proved: false,
            signature: Signature::None,
            outside: None,
            verdict: Verdict::Unproved,
            reason: String::new(),
        }
    }

    /// When it was signed: hourly digests soon after their hour, others at any time after.
    pub(super) fn signed(&self) -> Signed {
        let mut signed = Signed::soon_after(self.digest.end);
        if self.chain.backfill {
            signed.last = jiff::Timestamp::MAX;
        }
        signed
    }

    /// The last part of its own key, for people.
    pub(super) fn shown(&self) -> &str {
        self.digest.object.rsplit('/').next().unwrap_or(&self.digest.object)
    }
}

/// Gives each digest the signature that lies beside it, and tells copies.
pub(super) fn assign(nodes: &mut [Node], sides: &HashMap<String, String>) {
    let mut seen = std::collections::HashSet::new();
    for node in nodes {
        // Beside a file that holds another digest lies the signature of that which is gone.
        let own = file_key(&node.name.display) == node.key;
        let parts = DigestName::parse(&node.name.display).filter(|_| own);
        node.side = parts.and_then(|parts| sides.get(parts.stem)).cloned();
        node.copy = !seen.insert((node.key.clone(), node.hash));
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
