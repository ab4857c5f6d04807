//! Everything the digests say, judged: what a log file is held against.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::atomic::AtomicBool,
};

use rayon::ThreadPool;

use super::{
    Keys, Kind, Options, Row, Scope, Verdict, VerifyError, Watch, chain,
    descent::Reader,
    lake::{self, Lake, Sign},
    load::{self, Loaded, Node, file_key},
    seals::{Sealed, Seals},
    sweep::{Swept, sweep},
};
use crate::{
    cloudtrail::{DigestName, FileName, Key},
    source::{Limits, Listing, LocalSource, Place},
};

/// The digests that were found, what came of judging them, and the log files they list.
pub struct Evidence {
    pub(super) nodes: Vec<Node>,
    pub(super) seals: Seals,
    pub(super) scope: Scope,
    /// Names of digests that are here, with whether they could be read.
    pub(super) here: HashMap<String, bool>,
    /// Files among the digests that are none.
    pub(super) strange: Vec<Row>,
    /// What the second pass leaves out: side files, and what is in `nodes` or `strange`.
    taken: HashSet<FileName>,
    /// Signatures of queries of Lake.
    pub(super) lake: Lake,
    pub(super) sides: u64,
    pub(super) links_not_followed: u64,
    pub(super) pool: ThreadPool,
}

impl Evidence {
    /// Reads and judges every digest among the inputs. Log files are not opened.
    pub fn gather(
        options: &Options,
        keys: &Keys,
        watch: &dyn Watch,
        interrupt: &AtomicBool,
    ) -> Result<Self, VerifyError> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(options.threads.get())
            .build()
            .map_err(VerifyError::Threads)?;
        let source = LocalSource::new(options.access).until(interrupt);
        let limits = Limits { max_inflated: options.max_inflated };
        let scope = &options.scope;
        let wants = |name: &FileName| is_wanted(name, scope);
        let opens = |name: &FileName| is_wanted(name, scope) || may_be_bundle(name);
        let reader = Reader {
            source: &source,
            limits,
            watch,
            exclude: &options.listing.exclude,
            interrupt,
            wants: &wants,
            opens: &opens,
        };
        let broken = |name: &FileName, reason: String| Loaded::Strange {
            name: name.clone(),
            verdict: Verdict::Damaged,
            reason,
        };
        let Swept { told, links_not_followed, .. } = sweep(
            Listing::new(options.inputs.clone(), options.listing.clone()),
            &pool,
            interrupt,
            watch,
            |file| matches!(file.place, Place::Path(_)) && opens(&file.name),
            |file, hands, tell| {
                reader.read(file, hands, &mut |name, read| {
                    let read = read.map_err(|unread| unread.reason);
                    if lake::is_sign(name) {
                        tell((name.clone(), load::signed(name, read)));
                    } else if let Some(parts) = DigestName::parse(&name.display) {
                        tell((name.clone(), load::loaded(name, &parts, read)));
                    }
                });
            },
            |file| (file.name.clone(), broken(&file.name, "internal error".to_owned())),
        )?;
        let mut evidence = Self {
            nodes: Vec::new(),
            seals: Seals::default(),
            scope: options.scope.clone(),
            here: HashMap::new(),
            strange: Vec::new(),
            taken: HashSet::new(),
            lake: Lake::default(),
            sides: 0,
            links_not_followed,
            pool,
        };
        let signs = evidence.take(told.into_iter().map(|(_, told)| told));
        evidence.lake = Lake::new(signs, keys);
        chain::judge(&mut evidence.nodes, keys, &evidence.pool);
        evidence.seals = Seals::take(&mut evidence.nodes);
        Ok(evidence)
    }

    fn take(&mut self, told: impl Iterator<Item = (FileName, Loaded)>) -> Vec<Sign> {
        let (mut sides, mut signs) = (HashMap::new(), Vec::new());
        for (name, loaded) in told {
            match loaded {
                Loaded::Digest(node) => self.nodes.push(*node),
                Loaded::Sign(sign) => signs.push(*sign),
                Loaded::Side { stem, signature } => {
                    self.sides += 1;
                    sides.entry(stem).or_insert(signature);
                }
                Loaded::Strange { name, verdict, reason } => {
                    if verdict == Verdict::Damaged {
                        self.here.entry(file_key(&name.display).to_owned()).or_insert(false);
                    }
                    self.strange.push(Row::new(Kind::Digest, &name, verdict, reason));
                }
            }
            self.taken.insert(name);
        }
        load::assign(&mut self.nodes, &sides);
        for node in &self.nodes {
            self.here.insert(node.key.clone(), true);
        }
        signs
    }

    /// Digests that were found and could be read.
    pub fn digests(&self) -> usize {
        self.nodes.len()
    }

    /// How many digests are in doubt, and why the first of each kind is: a few lines.
    pub fn doubts(&self) -> Vec<String> {
        let mut doubts = Vec::new();
        for verdict in
            [Verdict::Modified, Verdict::BadSignature, Verdict::Damaged, Verdict::Unproved]
        {
            let of = self.nodes.iter().map(|node| (node.verdict, &node.name.display, &node.reason));
            let strange = self.strange.iter().map(|row| (row.verdict, &row.name, &row.reason));
            let mut of = of.chain(strange).filter(|(of, _, _)| *of == verdict);
            if let Some((_, name, reason)) = of.next() {
                let word = verdict.as_str();
                let more = match of.count() {
                    0 => String::new(),
                    more => format!(" (and {more} more)"),
                };
                doubts.push(format!("digest {word}: {name}: {reason}{more}"));
            }
        }
        doubts.extend(self.signed_outside());
        doubts
    }

    /// Which keys were not valid when digests were signed with them, and the first of these digests.
    pub(super) fn signed_outside(&self) -> Vec<String> {
        let mut by_key: BTreeMap<(&str, &str), (u64, &Node)> = BTreeMap::new();
        for node in self.nodes.iter().filter(|node| self.tells(node)) {
            if let Some(outside) = &node.outside {
                let key = (node.digest.fingerprint.as_str(), outside.as_str());
                by_key.entry(key).or_insert((0, node)).0 += 1;
            }
        }
        let told = by_key.into_iter().map(|((key, outside), (count, first))| {
            let digests = if count == 1 { "digest was" } else { "digests were" };
            let first = first.shown();
            format!("{count} {digests} signed with key {key} {outside}; the first of them: {first}")
        });
        told.collect()
    }

    /// Whether a file is a digest or belongs to one, so that no digest lists it.
    pub fn is_digest(&self, name: &FileName) -> bool {
        self.taken.contains(name)
    }

    /// What a digest says of a file with that text. `damaged`: it could not be read whole, or other
    /// data stands behind it.
    pub fn verdict(&self, name: &FileName, sha256: &[u8; 32], damaged: bool) -> Verdict {
        self.seals.judge(&self.nodes, &name.display, Some(sha256), damaged, false).verdict
    }

    /// What a digest would say of a file if its text were the one listed.
    pub fn expected(&self, name: &FileName) -> Verdict {
        self.seals.judge(&self.nodes, &name.display, None, false, false).verdict
    }

    /// The same as [`verdict`](Self::verdict), and the file counts as seen.
    pub(super) fn seal(&self, name: &FileName, hash: &[u8; 32], damaged: bool) -> Sealed {
        self.seals.judge(&self.nodes, &name.display, Some(hash), damaged, true)
    }

    /// Whether a digest is told.
    pub(super) fn tells(&self, node: &Node) -> bool {
        self.scope.tells_trail(&node.chain.trail)
            && self.scope.tells(node.digest.start, node.digest.end)
    }
}

fn is_wanted(name: &FileName, scope: &Scope) -> bool {
    lake::is_sign(name)
        || DigestName::parse(&name.display).is_some_and(|name| scope.reads_digest(&name))
}

/// Whether a file may hold others, by its name: those that AWS delivers do not.
fn may_be_bundle(name: &FileName) -> bool {
    Key::parse(&name.display).is_none() && DigestName::parse(&name.display).is_none()
}

impl std::fmt::Debug for Evidence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Evidence").field("digests", &self.nodes.len()).finish_non_exhaustive()
    }
}
