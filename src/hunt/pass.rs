//! One pass of the scanner over the text of one file: its findings, rendered, and what it tells.

use std::io;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{
    context::WorkerContext,
    fed, seal,
    spec::Sort,
    spool::{Mark, SharedAction, Spool},
};
use crate::{
    archive::{Damage, MIN_WINDOW, Pieces},
    cloudtrail::{FileName, bounded, bystander},
    engine::Stopwatch,
    finding::{Finding, Integrity},
    scan::{self, Content, Origin, Scanned, Scanner},
    text::hex,
};

/// Larger texts are not compared with what systems and people leave beside evidence.
const LARGEST_BYSTANDER: usize = 1 << 20;

/// One pass of the scanner over one file.
pub(super) struct Pass<'p, 'h> {
    pub(super) context: &'h WorkerContext<'h>,
    /// The place of the file in the listing, and its number within a bundle there.
    pub(super) place: (u64, u64),
    /// The name of the file.
    pub(super) name: &'p FileName,
    pub(super) scan: &'p mut scan::Scratch,
    /// A buffer for pieces of a stream that nobody looks at.
    pub(super) held: &'p mut Vec<u8>,
    pub(super) integrity: Option<Integrity>,
    /// What was found.
    pub(super) spool: &'p mut Spool,
    /// Findings could not be kept.
    pub(super) broken: Option<io::Error>,
}

/// What one pass told.
pub(super) struct Done {
    pub(super) scanned: Scanned,
    pub(super) inflated: u64,
    pub(super) damage: Vec<String>,
    pub(super) sha256: Option<String>,
    /// What is known of its integrity, now that all of it was read.
    integrity: Option<Integrity>,
}

impl Pass<'_, '_> {
    /// Scans a text that is all there.
    pub(super) fn whole(&mut self, text: &[u8], damage: &[Damage]) -> Done {
        let hash = self.is_hashed().then(|| Sha256::digest(text).into());
        self.integrity = self.judged(hash.as_ref(), damage).or(self.integrity);
        let mut scanned = if self.context.work.is_baseline() {
            touch(text);
            Scanned::default()
        } else {
            self.scanned(|scanner, origin, scan, found| scanner.scan(origin, text, scan, found))
        };
        self.recognize(text, &mut scanned);
        Done {
            scanned,
            inflated: text.len() as u64,
            damage: told(damage),
            sha256: self.shown(hash.as_ref()),
            integrity: self.integrity,
        }
    }

    /// Scans a text that comes in pieces.
    ///
    /// A stream tells only at its end that its checksum fails, or that its digest lists another text.
    /// What was found until then is thrown away and found again, so that every finding says so.
    pub(super) fn stream(&mut self, stream: &mut dyn Pieces) -> Done {
        self.integrity = seal::expected(self.context.options, self.name).or(self.integrity);
        let done = self.once(stream);
        if done.integrity == self.integrity {
            return done;
        }
        self.integrity = done.integrity;
        if self.spool.is_empty() || !stream.rewind() {
            return done;
        }
        self.spool.clear();
        self.once(stream)
    }

    fn once(&mut self, stream: &mut dyn Pieces) -> Done {
        let window = self.context.options.spec.max_inflated.max(MIN_WINDOW);
        let mut hash = self.is_hashed().then(Sha256::new);
        let mut inflated = 0;
        let mut reading = self.stopwatch();
        let mut beginning = Vec::new();
        let mut read = |out: &mut Vec<u8>, want: usize| {
            let start = out.len();
            let count = reading.time(|| stream.read(out, want));
            inflated += count as u64;
            // Logs begin with `{`, and no bystander does.
            if beginning.len() <= LARGEST_BYSTANDER && !beginning.starts_with(b"{") {
                beginning.extend_from_slice(&out[start..]);
            }
            if let Some(hash) = &mut hash {
                hash.update(&out[start..]);
            }
            count
        };
        let mut scanned = if self.context.work.is_baseline() {
            self.held.clear();
            while read(self.held, MIN_WINDOW) > 0 {
                touch(self.held);
                self.held.clear();
            }
            Scanned::default()
        } else {
            self.scanned(|scanner, origin, scan, found| {
                scanner.scan_stream(origin, &mut read, window, scan, found)
            })
        };
        if inflated == beginning.len() as u64 {
            self.recognize(&beginning, &mut scanned);
        }
        self.timed(Stopwatch::default(), reading);
        let hash = hash.map(|hash| hash.finalize().into());
        let integrity = self.judged(hash.as_ref(), stream.damage()).or(self.integrity);
        Done {
            scanned,
            inflated,
            damage: told(stream.damage()),
            sha256: self.shown(hash.as_ref()),
            integrity,
        }
    }

    /// Says what a text is that was not understood, if that is known. `text` is all of it.
    fn recognize(&self, text: &[u8], scanned: &mut Scanned) {
        let is_unknown =
            matches!(scanned.content, Content::Unknown(_)) && scanned.damage.is_empty();
        if is_unknown
            && text.len() <= LARGEST_BYSTANDER
            && !text.starts_with(b"{")
            && let Some(what) = bystander(&self.name.display, text)
        {
            scanned.content = Content::Stranger(what);
        }
    }

    fn is_hashed(&self) -> bool {
        self.context.options.evidence.is_some() || self.context.options.names_every_file()
    }

    fn judged(&self, hash: Option<&[u8; 32]>, damage: &[Damage]) -> Option<Integrity> {
        seal::judged(self.context.options, self.name, hash, damage)
    }

    /// The hash for the coverage record.
    fn shown(&self, hash: Option<&[u8; 32]>) -> Option<String> {
        hash.filter(|_| self.context.options.names_every_file()).map(|hash| hex(hash))
    }

    /// Runs `scan` and spools what it finds.
    fn scanned(
        &mut self,
        scan: impl FnOnce(
            &Scanner<'_>,
            Origin<'_>,
            &mut scan::Scratch,
            &mut dyn FnMut(usize, &Finding<'_>),
        ) -> Scanned,
    ) -> Scanned {
        let mut scanning = self.stopwatch();
        let by_time = self.context.options.spec.output.sort == Sort::Time;
        let WorkerContext { scanner, format, options, .. } = *self.context;
        let place = self.place;
        let mut carried = Vec::new();
        let (spool, broken) = (&mut *self.spool, &mut self.broken);
        let mut found = |rule: usize, finding: &Finding<'_>| {
            if broken.is_some() {
                return;
            }
            carried.clear();
            if let Some(texts) = &finding.correlation_texts {
                let identity = fed::identity(options.spec.output.duplicates, place, finding);
                fed::write(identity, texts, &mut carried);
            }
            let timed = by_time || finding.correlation_texts.is_some();
            let event_id = finding.event_id.as_deref().filter(|_| timed).unwrap_or_default();
            let event_id = bounded(event_id);
            let mark = mark(rule, finding, timed);
            *broken = spool
                .push(&mark, event_id.as_bytes(), &carried, |out| {
                    if scanner.is_reported(rule) {
                        format.render(finding, out);
                    }
                })
                .err();
        };
        let origin = Origin { name: self.name, integrity: self.integrity };
        let scanned = scanning.time(|| scan(scanner, origin, self.scan, &mut found));
        self.timed(scanning, Stopwatch::default());
        scanned
    }

    /// A stopwatch that runs for a profile only.
    fn stopwatch(&self) -> Stopwatch {
        Stopwatch::new(self.context.work.is_profile())
    }

    /// Tells a profile what time was spent.
    fn timed(&mut self, scanning: Stopwatch, reading: Stopwatch) {
        if let Some(costs) = self.scan.costs() {
            costs.scanned(scanning, reading);
        }
    }
}

/// Looks at a byte of every page: plain text that is mapped is not read before that.
fn touch(text: &[u8]) {
    std::hint::black_box(text.iter().step_by(4096).fold(0_u8, |all, byte| all ^ byte));
}

/// Damage as reasons.
pub(super) fn told(damage: &[Damage]) -> Vec<String> {
    damage.iter().map(ToString::to_string).collect()
}

/// What the collector must know of a finding.
///
/// A copy is known by rule and event id, or by rule and record where there is no event id. The
/// hash is SHA-256 cut to 128 bits: an archive cannot be written so that one finding hides another.
fn mark(rule: usize, finding: &Finding<'_>, timed: bool) -> Mark {
    let content = Sha256::digest(finding.event.as_bytes());
    let hashed = |text: &str| first(&Sha256::digest(text.as_bytes()));
    let given = |text: &'_ Option<std::borrow::Cow<'_, str>>| {
        text.as_deref().filter(|text| !text.is_empty()).map(hashed)
    };
    let shared = given(&finding.shared_event_id).zip(given(&finding.recipient));
    let id = finding.event_id.as_deref().filter(|id| !id.is_empty());
    let mut unit = Sha256::new();
    unit.update((rule as u64).to_le_bytes());
    if let Some(id) = id {
        unit.update(b"i");
        unit.update(id.as_bytes());
    } else {
        unit.update(b"r");
        unit.update(content);
    }
    let time = finding.at.filter(|_| timed);
    Mark {
        rule: u32::try_from(rule).unwrap_or(u32::MAX),
        unit: first(&unit.finalize()),
        content: first(&content),
        shared: shared.map(|(id, recipient)| SharedAction { id, recipient }),
        time: time.map_or(i128::MAX, Timestamp::as_nanosecond),
    }
}

/// The first `N` bytes of a hash.
fn first<const N: usize>(hash: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    for (to, from) in out.iter_mut().zip(hash) {
        *to = *from;
    }
    out
}
