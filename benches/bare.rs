//! The bare loop: each file opened, read into one buffer, closed and inflated, one after the other.
//!
//! usage: cargo bench --bench bare -- DIR
//!
//! What a hunt through small files cannot go below, without a listing, threads or reports. The CPU
//! time that the process takes is what `benches/race.py` compares with.

#![expect(clippy::disallowed_methods, reason = "a bench reads files without the program's sources")]

use std::{fs::File, io::Read, path::PathBuf, process::ExitCode};

use backtrail::archive::{Inflated, Limits, TextBuffer, inflate};

fn main() -> ExitCode {
    let Some(folder) = std::env::args().skip(1).find(|argument| !argument.starts_with("--")) else {
        return ExitCode::SUCCESS;
    };
    let mut folders = vec![PathBuf::from(folder)];
    let (mut packed, mut text, mut bytes) = (Vec::new(), TextBuffer::default(), 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(entry.path());
                continue;
            }
            packed.clear();
            let read = File::open(entry.path()).and_then(|mut file| file.read_to_end(&mut packed));
            let limits = Limits { max_inflated: 64 << 20 };
            match read.map(|_| inflate(&packed, limits, &mut text)) {
                Ok(Ok(Inflated::Whole { text, .. })) => bytes += text.len(),
                _ => return ExitCode::FAILURE,
            }
        }
    }
    std::hint::black_box(bytes);
    ExitCode::SUCCESS
}
