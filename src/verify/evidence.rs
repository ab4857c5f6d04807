//! Everything the digests say, judged: what a log file is held against.

use std::{
    collections::{HashMap, HashSet},
    sync::atomic::AtomicBool,
};

use rayon::ThreadPool;

use super::{
    Keys, Kind, Options, Row, Scope, Verdict, VerifyError, Watch, chain,
    load::{self, Loaded, Node, file_key},
    seals::{Sealed, Seals},
    sweep::{Reader, Swept, sweep},
};
use crate::{
    cloudtrail::{DigestName, FileName},
    source::{Limits, Listing, LocalSource, LogFile, Place},
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
        let source = LocalSource::new(options.access);
        let limits = Limits { max_inflated: options.max_inflated };
        let reader = Reader { source: &source, limits, watch };
        let scope = &options.scope;
        let Swept { told, links_not_followed, .. } = sweep(
            Listing::new(options.inputs.clone(), options.listing.clone()),
            &pool,
            interrupt,
            watch,
            |file| is_wanted(file, scope),
            |file, hands| {
                let name = &file.name;
                let parts = DigestName::parse(&name.display)?;
                let mut hold = None;
                let done = reader.read(file, hands, |read| {
                    hold = Some(load::loaded(name, &parts, Ok(read)));
                });
                Some(hold.unwrap_or_else(|| {
                    load::loaded(name, &parts, Err(done.err().unwrap_or_default()))
                }))
                .map(|loaded| (name.clone(), loaded))
            },
            |file| {
                let reason = "internal error".to_owned();
                let loaded =
                    Loaded::Strange { name: file.name.clone(), verdict: Verdict::Damaged, reason };
                Some((file.name.clone(), loaded))
            },
        )?;
        let mut evidence = Self {
            nodes: Vec::new(),
            seals: Seals::default(),
            scope: options.scope.clone(),
            here: HashMap::new(),
            strange: Vec::new(),
            taken: HashSet::new(),
            sides: 0,
            links_not_followed,
            pool,
        };
        evidence.take(told.into_iter().map(|(_, told)| told));
        chain::judge(&mut evidence.nodes, keys, &evidence.pool);
        evidence.seals = Seals::take(&mut evidence.nodes);
        Ok(evidence)
    }

    fn take(&mut self, told: impl Iterator<Item = (FileName, Loaded)>) {
        let mut sides = HashMap::new();
        for (name, loaded) in told {
            match loaded {
                Loaded::Digest(node) => self.nodes.push(*node),
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
        doubts
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

fn is_wanted(file: &LogFile, scope: &Scope) -> bool {
    matches!(file.place, Place::Path(_))
        && DigestName::parse(&file.name.display).is_some_and(|name| scope.reads_digest(&name))
}

impl std::fmt::Debug for Evidence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Evidence").field("digests", &self.nodes.len()).finish_non_exhaustive()
    }
}
