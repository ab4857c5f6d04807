//! Everything the digests say, judged: what a log file is compared with.

use std::{
    collections::{HashMap, HashSet},
    io,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use rayon::ThreadPool;

use super::{
    Keys, Kind, Options, Row, Scope, Verdict, VerifyError, Watch, chain,
    entries::{self, Builder, Chosen, Entries, NotCompared, Sealed},
    lake::{self, Lake, Room, Sign},
    load::{self, Loaded, NameHash, Node, Sides, Strange, key_hash, name_hash},
    spans::State,
    sweep::{Swept, sweep},
    visitor::{DIGEST_COST, Reader},
};
use crate::{
    archive::{Listing, LocalStore, Place},
    cloudtrail::{self, DigestName, FileName, Key},
};

/// The digests that were found, what judging them showed, and the log files they list.
pub struct Evidence {
    pub(super) nodes: Vec<Node>,
    pub(super) entries: Entries,
    /// Digests whose entries are too many to be compared.
    pub(super) not_compared: NotCompared,
    pub(super) scope: Scope,
    /// Digests that are here, by their names.
    pub(super) here: HashMap<NameHash, State>,
    /// Files among the digests that are none.
    pub(super) strange: Vec<Row>,
    /// What the second pass leaves out: side files, and what is in `nodes` or `strange`.
    taken: HashSet<NameHash>,
    /// Signatures of Lake queries.
    pub(super) lake: Lake,
    pub(super) sides: u64,
    pub(super) bystanders: u64,
    /// Listed archives that could not be read to their end, by their place in the listing.
    pub(super) archives: Vec<(u64, FileName, String)>,
    /// Files and folders that could not be read and may hold digests.
    unread: u64,
    pub(super) links_not_followed: u64,
    /// Files that were listed, whatever they are.
    pub(super) files_listed: u64,
    /// Accounts and regions of digests that the scope leaves out: a few.
    pub(super) out_of_scope: Vec<String>,
    pub(super) pool: ThreadPool,
}

/// Accounts and regions that are named when no digest is in scope.
const MOST_OUT_OF_SCOPE: usize = 8;

impl Evidence {
    /// Reads and judges every digest among the inputs. Log files are not opened.
    pub fn gather(
        options: &Options,
        keys: &Keys,
        watch: &dyn Watch,
        interrupt: &AtomicBool,
    ) -> Result<Self, VerifyError> {
        Self::gather_with(options, keys, watch, interrupt, false)
    }

    /// The same; `keep_names`: missing log files will be reported.
    pub(super) fn gather_with(
        options: &Options,
        keys: &Keys,
        watch: &dyn Watch,
        interrupt: &AtomicBool,
        keep_names: bool,
    ) -> Result<Self, VerifyError> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(options.threads.get())
            .build()
            .map_err(VerifyError::Threads)?;
        let store = LocalStore::new(options.access).until(interrupt);
        let scope = &options.scope;
        let wants = |name: &FileName| is_wanted(name, scope);
        let opens = |name: &FileName| is_wanted(name, scope) || may_be_bundle(name);
        let reader = Reader {
            walk: options.walk(&store),
            watch,
            interrupt,
            wants: &wants,
            opens: &opens,
            cost: DIGEST_COST,
        };
        let (files_listed, unread) = (AtomicU64::new(0), AtomicU64::new(0));
        let out_of_scope = Mutex::new(Vec::new());
        let loaded = Mutex::new(Vec::new());
        let room = Room::default();
        let Swept { failed, links_not_followed } = sweep(
            Listing::new(options.inputs.clone(), options.listing.clone()),
            &pool,
            interrupt,
            watch,
            |file| {
                files_listed.fetch_add(1, Ordering::Relaxed);
                note_out_of_scope(&file.name, scope, &out_of_scope);
                matches!(file.place, Place::Path(_)) && opens(&file.name)
            },
            |file, buffers, find| {
                reader.read(file, buffers, &mut |name, read| {
                    if let Err(error) = &read {
                        unread.fetch_add(1, Ordering::Relaxed);
                        if error.is_container {
                            // The second pass finds those inside.
                            if *name == file.name {
                                let (name, reason) = (name.clone(), error.reason.clone());
                                find(Loaded::Archive { name, reason });
                            }
                            return;
                        }
                    }
                    let read = read.map_err(|unread| unread.reason);
                    if lake::is_sign(name) {
                        find(load::signed(name, read, keys, &room));
                    } else if let Some(parts) = DigestName::parse(&name.display) {
                        find(load::loaded(name, &parts, read));
                    }
                });
            },
            |seq, found| {
                loaded.lock().unwrap_or_else(PoisonError::into_inner).push((seq, found));
            },
        )?;
        let mut loaded = loaded.into_inner().unwrap_or_else(PoisonError::into_inner);
        // Files in one archive stay in its order.
        loaded.sort_by_key(|(seq, _)| *seq);
        let mut evidence = Self {
            nodes: Vec::new(),
            entries: Builder::new(false).finish().map_err(VerifyError::Spill)?,
            not_compared: NotCompared::default(),
            scope: options.scope.clone(),
            here: HashMap::new(),
            strange: Vec::new(),
            taken: HashSet::new(),
            lake: Lake::default(),
            sides: 0,
            bystanders: 0,
            archives: Vec::new(),
            unread: unread.into_inner() + failed.len() as u64,
            links_not_followed,
            files_listed: files_listed.into_inner(),
            out_of_scope: out_of_scope.into_inner().unwrap_or_else(PoisonError::into_inner),
            pool,
        };
        let (sides, signs, mut strange) = evidence.take(loaded);
        evidence.sides = sides.files;
        evidence.lake = Lake::new(signs);
        chain::judge(&mut evidence.nodes, &mut strange, &sides, keys, &evidence.pool);
        evidence.strange = strange
            .into_iter()
            .map(|Strange { name, verdict, reason, .. }| {
                Row::new(Kind::Digest, &name, verdict, reason)
            })
            .collect();
        for node in &evidence.nodes {
            let state = if node.proved { State::Proved } else { State::Unproved };
            let known = evidence.here.entry(node.key).or_insert(state);
            if *known != State::Proved {
                *known = state;
            }
        }
        evidence.read_entries(options, reader, interrupt, keep_names)?;
        Ok(evidence)
    }

    /// Sorts out what the first pass found.
    fn take(&mut self, found: Vec<(u64, Loaded)>) -> (Sides, Vec<Sign>, Vec<Strange>) {
        let (mut sides, mut signs, mut strange) = (Sides::default(), Vec::new(), Vec::new());
        for (seq, loaded) in found {
            match loaded {
                Loaded::Digest(node) => {
                    self.taken.insert(taken(&node.name));
                    self.nodes.push(*node);
                }
                Loaded::Sign(sign) => {
                    self.taken.insert(taken(&sign.name));
                    signs.push(*sign);
                }
                Loaded::Side { name, stem, signature } => {
                    self.taken.insert(taken(&name));
                    sides.add(&stem, signature);
                }
                Loaded::Bystander { name } => {
                    self.taken.insert(taken(&name));
                    self.bystanders += 1;
                }
                Loaded::Archive { name, reason } => self.archives.push((seq, name, reason)),
                Loaded::Strange(file) => {
                    self.taken.insert(taken(&file.name));
                    if file.verdict != Verdict::Unlisted {
                        self.here.entry(key_hash(&file.name.display)).or_insert(State::Damaged);
                    }
                    strange.push(file);
                }
            }
        }
        (sides, signs, strange)
    }

    /// Reads the digests again, now for what they list.
    fn read_entries(
        &mut self,
        options: &Options,
        reader: Reader<'_>,
        interrupt: &AtomicBool,
        keep_names: bool,
    ) -> Result<(), VerifyError> {
        let (places, not_compared) = entries::chosen(&self.nodes);
        self.not_compared = not_compared;
        let chosen = Chosen::new(&self.nodes, &places);
        let archives: HashSet<NameHash> = places
            .iter()
            .flat_map(|&at| {
                let name = &self.nodes[at as usize].name.display;
                name.match_indices('!').map(|(end, _)| name_hash(&name[..end]))
            })
            .collect();
        let wants = |name: &FileName| chosen.has(&name.display);
        let opens = |name: &FileName| {
            wants(name) || (may_be_bundle(name) && archives.contains(&name_hash(&name.display)))
        };
        let reader = Reader { wants: &wants, opens: &opens, watch: &Silent, ..reader };
        let nodes = &self.nodes;
        let read: HashSet<u32> = HashSet::new();
        let building = Mutex::new((Builder::new(keep_names), read, Ok(())));
        sweep(
            Listing::new(options.inputs.clone(), options.listing.clone()),
            &self.pool,
            interrupt,
            reader.watch,
            |file| opens(&file.name),
            |file, buffers, _: &mut dyn FnMut(())| {
                reader.read(file, buffers, &mut |name, read| {
                    let Ok(read) = read else { return };
                    let Some(at) = chosen.find(&name.display, &read.hash) else { return };
                    let Some(text) = read.text else { return };
                    let mut building = building.lock().unwrap_or_else(PoisonError::into_inner);
                    let (builder, done, outcome) = &mut *building;
                    if !done.insert(at) {
                        return;
                    }
                    let proved = nodes[at as usize].proved;
                    let added = add_all(builder, text, at, proved);
                    if outcome.is_ok() {
                        *outcome = added;
                    }
                });
            },
            |_, ()| {},
        )?;
        let (builder, done, outcome) =
            building.into_inner().unwrap_or_else(PoisonError::into_inner);
        outcome.map_err(VerifyError::Spill)?;
        self.entries = builder.finish().map_err(VerifyError::Spill)?;
        if !interrupt.load(Ordering::Relaxed) {
            for at in places.into_iter().filter(|at| !done.contains(at)) {
                let node = &mut self.nodes[at as usize];
                node.verdict = Verdict::Damaged;
                "it changed while it was read".clone_into(&mut node.reason);
            }
        }
        Ok(())
    }

    /// Whether no digest and no signed query is in scope, and none can be in what was not read.
    pub(super) fn is_empty(&self) -> bool {
        self.unread == 0
            && self.strange.is_empty()
            && self.lake.is_empty()
            && !self.nodes.iter().any(|node| self.is_in_scope(node))
    }

    /// Why there is nothing to verify.
    pub(super) fn nothing_to_verify(self) -> VerifyError {
        let mut out_of_scope = self.out_of_scope;
        for node in &self.nodes {
            let chain = node.chain();
            let place = format!("{} {} {}", chain.account, chain.region, chain.trail);
            if out_of_scope.len() == MOST_OUT_OF_SCOPE {
                break;
            }
            if !out_of_scope.contains(&place) {
                out_of_scope.push(place);
            }
        }
        out_of_scope.sort();
        VerifyError::NoDigests { files: self.files_listed, out_of_scope }
    }

    /// The number of digests that were found and could be read.
    pub fn digests(&self) -> usize {
        self.nodes.len()
    }

    /// Whether a file is a digest or belongs to one, so that no digest lists it.
    pub fn is_digest(&self, name: &FileName) -> bool {
        self.taken.contains(&taken(name))
    }

    /// What a digest says of a file with that text. `damaged`: it could not be read whole, or other
    /// data follows it.
    pub fn verdict(&self, name: &FileName, sha256: &[u8; 32], damaged: bool) -> Verdict {
        self.judge(name, Some(sha256), damaged, false).verdict
    }

    /// What a digest would say of a file if its text were the one listed.
    pub fn expected(&self, name: &FileName) -> Verdict {
        self.judge(name, None, false, false).verdict
    }

    /// The same as [`verdict`](Self::verdict), and the file counts as seen.
    pub(super) fn seal(&self, name: &FileName, hash: &[u8; 32], damaged: bool) -> Sealed {
        self.judge(name, Some(hash), damaged, true)
    }

    /// The same, and the file does not count as seen.
    pub(super) fn seal_quietly(&self, name: &FileName, hash: &[u8; 32]) -> Sealed {
        self.judge(name, Some(hash), false, false)
    }

    /// A temporary file that cannot be read leaves the file unproved.
    fn judge(&self, name: &FileName, hash: Option<&[u8; 32]>, damaged: bool, note: bool) -> Sealed {
        let unproved =
            Sealed { verdict: Verdict::Unproved, digest: None, relocated: false, differs: false };
        self.entries.judge(&self.nodes, &name.display, hash, damaged, note).unwrap_or(unproved)
    }

    /// Whether a digest is in scope.
    pub(super) fn is_in_scope(&self, node: &Node) -> bool {
        (self.scope.trails.is_empty() || node.is_of_trail(|trail| self.scope.tells_trail(trail)))
            && self.scope.tells(node.start, node.end)
    }
}

/// The files were counted when they were read before.
struct Silent;

impl Watch for Silent {
    fn listed(&self) {}
    fn listing_done(&self) {}
    fn read(&self, _packed: u64, _inflated: u64) {}
}

/// Adds all entries of a digest.
fn add_all(builder: &mut Builder, text: &[u8], digest: u32, proved: bool) -> io::Result<()> {
    let mut outcome = Ok(());
    cloudtrail::each_log_file(text, &mut |listed| {
        if outcome.is_ok() {
            outcome = builder.add(&listed, digest, proved);
        }
    })
    .map_err(io::Error::other)?;
    outcome
}

/// The hash of a whole name.
fn taken(name: &FileName) -> NameHash {
    match &name.raw_hex {
        None => name_hash(&name.display),
        Some(raw) => name_hash(&format!("{}\0{raw}", name.display)),
    }
}

fn is_wanted(name: &FileName, scope: &Scope) -> bool {
    lake::is_sign(name)
        || DigestName::parse(&name.display).is_some_and(|name| scope.reads_digest(&name))
}

/// Keeps a few accounts and regions that have digests and are not in scope.
fn note_out_of_scope(name: &FileName, scope: &Scope, noted: &Mutex<Vec<String>>) {
    let Some(digest) = DigestName::parse(&name.display) else { return };
    if scope.reads_digest(&digest) {
        return;
    }
    let place = format!("{} {}", digest.account, digest.region);
    let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
    if noted.len() < MOST_OUT_OF_SCOPE && !noted.contains(&place) {
        noted.push(place);
    }
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
