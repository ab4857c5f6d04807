//! Traces: accounts for every sign of a record, whatever it is wrapped in.
//!
//! A trace is an object that has `eventVersion`, `eventSource` and `eventName` among its own members,
//! unless its source begins with `aws:` (an event of S3, SNS, Kinesis: foreign) or it is an
//! aggregated event, which has a schema of its own. The search here knows no wrapping. It reads any
//! bytes, and compares the traces in them with the records that were searched. So the list of
//! wrappings decides how records are found, and never whether their absence is noticed.
//!
//! Why no trace is overlooked: every byte of a text lies either in a well-formed JSON value, or in
//! the rest.
//!
//! - In a value, each object is looked at when it closes. A trace whose bytes are those of a searched
//!   record is covered, with everything in it. Any other trace is handed to the caller, who searches
//!   it. Strings that lie in no trace are decoded and looked at as texts of their own.
//! - The rest (words, lines of logs, broken JSON) is judged by its words alone: if the three names
//!   are in it, in whatever spelling, a record may be there. It also holds what is encoded in base64,
//!   which is decoded and, if it is packed, unpacked.
//! - Work, depth and unpacked bytes are bounded. A bound that is reached is reported, as is packed
//!   data that cannot be read.
//!
//! Not seen: encrypted data, encodings other than JSON escapes and base64 that also change letters
//! (hexadecimal digits, for example), and packed data outside base64.

mod searched;
mod value;

use memchr::{memchr, memchr3, memmem};

pub(super) use self::searched::Searched;
use self::value::{Entry, Frame};
use super::{
    encoded,
    packed::{self, Packing},
    transcode,
    unwrap::unescape,
};
use crate::cloudtrail::envelope::RECORD_HEAD;

/// The names whose presence in one object makes a trace.
const NAMES: [&[u8]; 3] = [b"eventVersion", b"eventSource", b"eventName"];

/// Decoding steps (strings in strings, base64, packings) from an item to a record at most.
const MOST_STEPS: u8 = 12;

/// A text shorter than this holds no three names, neither as they are nor encoded or packed.
const SHORTEST: usize = 32;

/// Bytes that may be unpacked for one item at most.
const MOST_UNPACKED: usize = 32 << 20;

/// Which of the [`NAMES`] were seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Names(u8);

impl Names {
    const NONE: Self = Self(0);
    const ALL: Self = Self(0b111);

    /// The names in a text.
    fn of(text: &[u8]) -> Self {
        let has = |name: &[u8]| memmem::find(text, name).is_some();
        // Most texts have none of them: all three begin alike.
        if !has(b"event") {
            return Self::NONE;
        }
        Self(NAMES.iter().enumerate().map(|(at, name)| u8::from(has(name)) << at).sum())
    }

    fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// What a text holds beside the records that were searched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Account {
    /// Traces that lie in no searched record; each was handed to the caller.
    pub(super) unsearched: u64,
    /// Foreign events: objects whose `eventSource` begins with `aws:`.
    pub(super) foreign: u64,
    /// There may be a record that cannot be taken out; why.
    pub(super) hidden: Option<&'static str>,
}

/// Accounts for the traces of one text. Reused from text to text.
#[derive(Debug, Default)]
pub(super) struct Traces {
    /// The names in what lies between the parts of the text.
    names: Names,
    frames: Vec<Frame>,
    spare: Vec<Vec<u8>>,
}

impl Traces {
    /// Forgets the text, for another one.
    pub(super) fn begin(&mut self) {
        self.names = Names::NONE;
    }

    /// Accounts for an item whose records `searched` has. `met` gets each trace, and whether it is
    /// covered, in the order of the text.
    pub(super) fn item(
        &mut self,
        bytes: &[u8],
        searched: &Searched<'_>,
        met: &mut dyn FnMut(&[u8], bool),
    ) -> Account {
        let (names, mut account) = self.search(bytes, searched, met);
        if names == Names::ALL {
            account.hidden = account.hidden.or(Some(UNREADABLE));
        }
        account
    }

    /// Accounts for text that lies between the parts of a text, where nothing was searched. The names
    /// of one trace may be spread over several of these.
    pub(super) fn between(&mut self, bytes: &[u8], met: &mut dyn FnMut(&[u8])) -> Account {
        if is_punctuation(bytes) {
            return Account::default();
        }
        let mut met = |bytes: &[u8], _: bool| met(bytes);
        let (names, mut account) = self.search(bytes, &Searched::nothing(), &mut met);
        let before = self.names;
        self.names.add(names);
        if self.names == Names::ALL && before != Names::ALL {
            account.hidden = account.hidden.or(Some(UNREADABLE));
        }
        account
    }

    fn search(
        &mut self,
        bytes: &[u8],
        searched: &Searched<'_>,
        met: &mut dyn FnMut(&[u8], bool),
    ) -> (Names, Account) {
        let mut search = Search {
            traces: self,
            searched,
            met,
            account: Account::default(),
            work: 64 * bytes.len() as u64 + 2 * MOST_UNPACKED as u64,
            unpacked: MOST_UNPACKED,
        };
        let names = search.text(bytes, 0);
        let account = search.account;
        (names, account)
    }
}

/// Why a record may be hidden: its names are there, but no whole object.
const UNREADABLE: &str = "has the keys of a record, but no whole record";
const TOO_DEEP: &str = "is nested too deeply to be searched";
const TOO_MUCH: &str = "takes too much work to be searched";
const TOO_LARGE: &str = "holds packed data of more than 16 MiB";
const BROKEN_PACKING: &str = "holds packed data that is broken";
const UNKNOWN_PACKING: &str = "holds data packed or encrypted in a way that is not read";

/// Whether a text has nothing but what stands between the elements of an array or lines.
fn is_punctuation(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| b" \t\r\n,[]{}:\x1E\xEF\xBB\xBF".contains(byte))
        || bytes.trim_ascii() == b"{\"Records\":["
}

/// One search, with what is left to it.
struct Search<'s, 'r, 'm> {
    traces: &'s mut Traces,
    searched: &'s Searched<'r>,
    met: &'s mut (dyn FnMut(&[u8], bool) + 'm),
    account: Account,
    /// Bytes that may still be looked at.
    work: u64,
    /// Bytes that may still be unpacked.
    unpacked: usize,
}

impl Search<'_, '_, '_> {
    fn hide(&mut self, why: &'static str) {
        self.account.hidden.get_or_insert(why);
    }

    /// Whether there is enough left to look at so many bytes.
    fn spend(&mut self, bytes: usize) -> bool {
        self.work = self.work.saturating_sub(bytes as u64);
        if self.work == 0 {
            self.hide(TOO_MUCH);
        }
        self.work > 0
    }

    /// Searches a text. Gives the names that lie in it outside well-formed values.
    fn text(&mut self, text: &[u8], steps: u8) -> Names {
        if text.len() < SHORTEST {
            return Names::of(text);
        }
        if steps > MOST_STEPS {
            if may_matter(text) {
                self.hide(TOO_DEEP);
            }
            return Names::NONE;
        }
        let mut names = Names::NONE;
        let mut entries = Vec::new();
        // What is before `rest` is done with.
        let (mut rest, mut at) = (0, 0);
        if !self.spend(text.len()) {
            return Names::NONE;
        }
        while let Some(found) = text.get(at..).and_then(|text| memchr3(b'{', b'[', b'"', text)) {
            let start = at + found;
            at = start + 1;
            if text[start] == b'"' {
                // Where backslashes are no part of a string, it is escaped itself.
                if is_escaped(text, start) {
                    continue;
                }
                let Some(end) = value::string_end(text, start + 1) else { continue };
                if !value::may_follow_string(text.get(end)) {
                    continue;
                }
                names.add(self.rest(&text[rest..start], steps));
                names.add(self.string(&text[start..end], false, steps));
                (rest, at) = (end, end);
                continue;
            }
            entries.clear();
            match self.value(text, start, &mut entries) {
                Ok(end) => {
                    names.add(self.rest(&text[rest..start], steps));
                    for entry in &entries {
                        self.entry(text, entry, steps);
                    }
                    (rest, at) = (end, end);
                }
                Err(stop) => {
                    if !self.spend(stop - start) {
                        return Names::NONE;
                    }
                    // A record may end before it has all its names.
                    if text[start..].starts_with(RECORD_HEAD) {
                        names = Names::ALL;
                    }
                }
            }
        }
        names.add(self.rest(&text[rest..], steps));
        names
    }

    /// Takes what a well-formed value holds.
    fn entry(&mut self, text: &[u8], entry: &Entry, steps: u8) {
        match *entry {
            Entry::Trace { start, end, covered } => {
                self.account.unsearched += u64::from(!covered);
                (self.met)(&text[start..end], covered);
            }
            Entry::Foreign => self.account.foreign += 1,
            Entry::Text { start, end, payload } => {
                let names = self.string(&text[start..end], payload, steps);
                if names == Names::ALL {
                    self.hide(UNREADABLE);
                }
            }
        }
    }

    /// Searches a string, which stands in `string` with its quotes. A `payload` is in base64 whatever
    /// it holds.
    fn string(&mut self, string: &[u8], payload: bool, steps: u8) -> Names {
        let inner = &string[1..string.len() - 1];
        if memchr(b'\\', inner).is_none() {
            return self.inner(inner, payload, steps + 1);
        }
        let mut text = self.traces.spare.pop().unwrap_or_default();
        text.clear();
        unescape(string, &mut text);
        let names = self.inner(&text, payload, steps + 1);
        self.traces.spare.push(text);
        names
    }

    fn inner(&mut self, text: &[u8], payload: bool, steps: u8) -> Names {
        if payload
            && text.len() >= encoded::SHORTEST
            && steps <= MOST_STEPS
            && encoded::is_whole(text)
        {
            if !self.encoded(text, steps) {
                self.hide(UNKNOWN_PACKING);
            }
            return Names::NONE;
        }
        self.text(text, steps)
    }

    /// Searches what lies in no well-formed value. Gives the names in it.
    fn rest(&mut self, rest: &[u8], steps: u8) -> Names {
        if memchr(b'\\', rest).is_some() {
            let mut text = self.traces.spare.pop().unwrap_or_default();
            text.clear();
            unescape(rest, &mut text);
            let names = self.text(&text, steps + 1);
            self.traces.spare.push(text);
            return names;
        }
        for run in encoded::runs(rest) {
            self.encoded(run, steps);
        }
        Names::of(rest)
    }

    /// Searches what is in base64. Gives whether it is text, or could be unpacked.
    fn encoded(&mut self, run: &[u8], steps: u8) -> bool {
        if !self.spend(4 * run.len()) {
            return true;
        }
        let mut decoded = self.traces.spare.pop().unwrap_or_default();
        let mut read = false;
        // Letters that belong to the words before it may precede the data.
        for skipped in 0..4 {
            decoded.clear();
            encoded::decode(&run[skipped..], &mut decoded);
            if skipped == 0 {
                read = self.bytes(&decoded, steps + 1);
            } else if !read && Names::of(&decoded) != Names::NONE {
                self.words(&decoded, steps + 1);
            }
            if read {
                break;
            }
        }
        self.traces.spare.push(decoded);
        read
    }

    /// Searches bytes that were encoded or packed. Gives whether they are text, or could be unpacked.
    fn bytes(&mut self, bytes: &[u8], steps: u8) -> bool {
        match Packing::of(bytes) {
            Some(Packing::Unknown) => {
                self.hide(UNKNOWN_PACKING);
                true
            }
            Some(packing) => self.packed(packing, bytes, steps),
            None if let Some(text) = transcode::utf16(bytes) => {
                self.words(&text, steps);
                true
            }
            None if std::str::from_utf8(bytes).is_ok() => {
                self.words(bytes, steps);
                true
            }
            None if self.packed(Packing::Deflate, bytes, steps) => true,
            None => {
                self.words(bytes, steps);
                false
            }
        }
    }

    /// Searches what is packed. Gives whether anything could be unpacked.
    fn packed(&mut self, packing: Packing, bytes: &[u8], steps: u8) -> bool {
        if steps > MOST_STEPS {
            self.hide(TOO_DEEP);
            return true;
        }
        let mut text = Vec::new();
        let most = packed::LARGEST.min(self.unpacked);
        let unpacked = packed::unpack(packing, bytes, most, &mut text);
        self.unpacked -= text.len().min(self.unpacked);
        match unpacked {
            Err(packed::Error::TooLarge) => self.hide(TOO_LARGE),
            // What has no telling beginning is any data that happens to unpack to a little.
            Err(packed::Error::Broken) if packing.is_guess() => {
                let text = transcode::utf16(&text).unwrap_or(text);
                let has_names = Names::of(&text) != Names::NONE;
                let is_text = is_text_or_cut(&text);
                // A record may end before it has all its names.
                if is_text && has_names {
                    self.hide(BROKEN_PACKING);
                }
                if is_text || has_names {
                    self.words(&text, steps + 1);
                }
                return is_text;
            }
            Err(packed::Error::Broken) => self.hide(BROKEN_PACKING),
            Ok(()) => {}
        }
        self.bytes(&text, steps + 1)
    }

    /// Searches the text in bytes that were decoded.
    fn words(&mut self, text: &[u8], steps: u8) {
        if self.text(text, steps) == Names::ALL {
            self.hide(UNREADABLE);
        }
    }
}

/// Whether bytes are text, the last character of which may be cut.
fn is_text_or_cut(bytes: &[u8]) -> bool {
    let whole = std::str::from_utf8(bytes);
    !bytes.is_empty() && whole.map_or_else(|error| error.error_len().is_none(), |_| true)
}

/// Whether the byte at `at` has an odd number of backslashes before it.
fn is_escaped(text: &[u8], at: usize) -> bool {
    text[..at].iter().rev().take_while(|&&byte| byte == b'\\').count() % 2 == 1
}

/// Whether a text that is too deep to be searched may hold a record.
fn may_matter(text: &[u8]) -> bool {
    Names::of(text) != Names::NONE
        || memmem::find(text, b"\\u").is_some()
        || encoded::runs(text).next().is_some()
}

#[cfg(test)]
mod tests;
