//! What the digests say of a file that is hunted through: one look at a table, beside its hash.
//!
//! Without digests a file has no integrity to tell of, unless its checksum failed.

use super::options::Options;
use crate::{
    archive::Damage,
    cloudtrail::FileName,
    finding::Integrity,
    verify::{Evidence, Verdict},
};

/// What is known of a file with a text of that hash.
pub(super) fn judged(
    options: &Options,
    name: &FileName,
    hash: Option<&[u8; 32]>,
    damage: &[Damage],
) -> Option<Integrity> {
    let Some((evidence, hash)) = evidence(options, name).zip(hash) else {
        return damage.iter().any(Damage::unchecked).then_some(Integrity::Unchecked);
    };
    Some(shown(evidence.verdict(name, hash, !damage.is_empty())))
}

/// What will be known of a file if nothing is wrong with it.
pub(super) fn expected(options: &Options, name: &FileName) -> Option<Integrity> {
    evidence(options, name).map(|evidence| shown(evidence.expected(name)))
}

/// The digests, unless the file is one of them.
fn evidence<'o>(options: &'o Options, name: &FileName) -> Option<&'o Evidence> {
    options.evidence.as_ref().filter(|evidence| !evidence.is_digest(name))
}

fn shown(verdict: Verdict) -> Integrity {
    match verdict {
        Verdict::Valid => Integrity::Valid,
        Verdict::Modified => Integrity::Modified,
        Verdict::Damaged => Integrity::Damaged,
        Verdict::Unlisted => Integrity::Unlisted,
        // Files that are here are neither missing nor do they carry signatures.
        Verdict::Unproved | Verdict::NamedUnproved | Verdict::Missing | Verdict::BadSignature => {
            Integrity::Unproved
        }
    }
}
