//! What the kernel costs, by instance and filter, and the decisions that depend on it.
//!
//! `cargo bench --bench kernel` prints nanoseconds for each 64 bytes of text, the least of many runs;
//! decompressing takes about 26. The text is a generated log of 5 MB, of which the runs go through
//! pieces that fit the cache. With `-- --test` everything runs once.

use std::{
    hint::black_box,
    io::{self, Write as _},
    time::Instant,
};

use backtrail::simd::{Filter, Instance, Rows, instances};
use corpus::archive::{Class, Corpus, Options};

#[path = "corpus/mod.rs"]
#[expect(dead_code, reason = "only a part of the generator is used here")]
mod corpus;

/// Bytes that fit the cache together with the masks.
const PIECE: usize = 128 << 10;

fn main() -> io::Result<()> {
    let runs = if std::env::args().any(|argument| argument == "--test") { 1 } else { 200 };
    let options = Options { class: Class::Large, bytes: 5 << 20, hits: 1_000, seed: 7 };
    let made = Corpus::new(options).next().expect("a file of at least one record");
    let text = made.text.as_bytes();
    let piece = &text[..PIECE.min(text.len())];
    let mut out = io::stdout().lock();
    writeln!(out, "ns for each 64 bytes of {} bytes", piece.len())?;
    for (name, instance) in instances() {
        let instance = match instance {
            Ok(instance) => instance,
            Err(why) => {
                writeln!(out, "{name}: skipped: {why}")?;
                continue;
            }
        };
        write!(out, "{name:8}")?;
        for (what, filter) in filters() {
            for brackets in [false, true] {
                let cost = least(runs, piece, || places(instance, piece, &filter, brackets));
                write!(out, "  {what}{} {cost:.2}", if brackets { " + brackets" } else { "" })?;
            }
        }
        let cost = least(runs, piece, || instance.skip_value(piece, "{\"Records\":[".len()));
        writeln!(out, "  skip value {cost:.2}")?;
    }
    Ok(())
}

/// The filters of a hunt with event names only, and with literals.
fn filters() -> Vec<(&'static str, Filter)> {
    let keys: [&[u8]; 4] =
        [b"\"eventName\"", b"\"eventCategory\"", b"\"eventVersion\"", b"\"omitted\""];
    let mut filters = vec![("keys", Filter::keys(&keys, 2, 7))];
    for (what, width) in [("4 bytes", 4), ("6 bytes", 6), ("8 bytes", 8)] {
        let mut filter = Filter::fingerprints(width);
        for (bucket, fingerprint) in
            ["ntName\"", "ntCategory\"", "ntVersion\"", "aws_consoler", "rclone", "\"omitted\""]
                .into_iter()
                .enumerate()
        {
            filter.add(fingerprint.as_bytes(), bucket);
        }
        filters.push((what, filter));
    }
    filters
}

/// Goes through all places of a text.
fn places(instance: &'static Instance, text: &[u8], filter: &Filter, brackets: bool) -> usize {
    let mut rows = Rows::new(instance, text, filter, brackets);
    let mut places = 0;
    while let Some(row) = rows.next_row() {
        while let Some(at) = row.next_place() {
            places ^= at;
        }
    }
    places
}

/// The least time of some runs, in nanoseconds for each 64 bytes of the text.
fn least<T>(runs: u32, text: &[u8], mut run: impl FnMut() -> T) -> f64 {
    let time = |run: &mut dyn FnMut() -> T| {
        #[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
        let start = Instant::now();
        black_box(run());
        start.elapsed().as_secs_f64()
    };
    let least = (0..runs).map(|_| time(&mut run)).fold(f64::MAX, f64::min);
    #[expect(clippy::cast_precision_loss, reason = "a text is small")]
    let blocks = text.len() as f64 / 64.0;
    least * 1e9 / blocks
}
