//! The generator of archives as a program.
//!
//! `cargo bench --bench corpus -- --out DIR --class small --bytes 1GiB --hits 0.001 --seed 7` writes an
//! archive to hunt in; `--testdata DIR` writes the committed test archive, `--broken DIR` the broken
//! inputs, `--bundles DIR` the bundles, `--digests DIR` digest chains. It never writes into a folder that already holds what it would
//! write.

use std::error::Error;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use corpus::archive::{self, Class, Options};

#[path = "corpus/mod.rs"]
mod corpus;

const USAGE: &str = "usage: cargo bench --bench corpus -- \
    (--out DIR [--class small|medium|large|multi|mixed] [--bytes SIZE] [--hits SHARE] [--seed N] \
    | --testdata DIR | --broken DIR | --bundles DIR | --digests DIR)";

/// What the command line asks for.
#[derive(Debug)]
enum Task {
    Archive(PathBuf, Options),
    TestArchive(PathBuf),
    Broken(PathBuf),
    Bundles(PathBuf),
    Digests(PathBuf),
    /// Nothing was asked for: it says how it is used.
    Nothing,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut stderr = io::stderr().lock();
    match task(std::env::args().skip(1))? {
        Task::Archive(dir, options) => {
            let dir = untouched(&dir, "AWSLogs")?;
            let made = archive::write(options, dir)?;
            writeln!(stderr, "{made}")?;
        }
        Task::TestArchive(dir) => {
            corpus::story::write(untouched(&dir, "AWSLogs")?)?;
            let (matches, benign) = (corpus::steps::MATCHES.len(), corpus::story::BENIGN);
            writeln!(stderr, "{matches} matches, one of them twice, {benign} benign sign-ins")?;
        }
        Task::Broken(dir) => corpus::broken::write(untouched(&dir, "expected.json")?)?,
        Task::Bundles(dir) => corpus::bundles::write(untouched(&dir, "expected.json")?)?,
        Task::Digests(dir) => corpus::digests::write(untouched(&dir, "valid-chain")?)?,
        Task::Nothing => writeln!(stderr, "{USAGE}")?,
    }
    Ok(())
}

fn task(mut arguments: impl Iterator<Item = String>) -> Result<Task, Box<dyn Error>> {
    let mut options = Options { class: Class::Small, bytes: 64 << 20, hits: 1_000, seed: 7 };
    let (mut out, mut strange) = (None, None);
    while let Some(argument) = arguments.next() {
        // Cargo says this to every bench.
        if argument == "--bench" {
            continue;
        }
        let mut value =
            || arguments.next().ok_or_else(|| format!("{argument} needs a value\n{USAGE}"));
        match argument.as_str() {
            "--out" => out = Some(PathBuf::from(value()?)),
            "--testdata" => return Ok(Task::TestArchive(value()?.into())),
            "--broken" => return Ok(Task::Broken(value()?.into())),
            "--bundles" => return Ok(Task::Bundles(value()?.into())),
            "--digests" => return Ok(Task::Digests(value()?.into())),
            "--class" => options.class = class(&value()?)?,
            "--bytes" => options.bytes = size(&value()?)?,
            "--hits" => options.hits = millionths(&value()?)?,
            "--seed" => options.seed = value()?.parse()?,
            _ => strange = Some(argument),
        }
    }
    // `cargo bench` runs every bench with the same arguments: without a task they are not for us.
    match (out, strange) {
        (Some(_), Some(argument)) => Err(format!("{argument} is not an option\n{USAGE}").into()),
        (Some(dir), None) => Ok(Task::Archive(dir, options)),
        (None, _) => Ok(Task::Nothing),
    }
}

fn class(name: &str) -> Result<Class, String> {
    Ok(match name {
        "small" => Class::Small,
        "medium" => Class::Medium,
        "large" => Class::Large,
        "multi" => Class::Multi,
        "mixed" => Class::Mixed,
        _ => return Err(format!("{name} is no class\n{USAGE}")),
    })
}

/// `64KiB`, `256MiB`, `1GiB`, or bytes.
fn size(text: &str) -> Result<u64, Box<dyn Error>> {
    let units = [("KiB", 10), ("MiB", 20), ("GiB", 30)];
    let unit = units.iter().find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, *shift)));
    let (number, shift) = unit.unwrap_or((text, 0));
    Ok(number.parse::<u64>()?.checked_mul(1 << shift).ok_or("this is more than there is")?)
}

/// A share from 0 to 0.5, as `0.001` or `1`, in millionths; there are as many harmless twins as hits.
fn millionths(text: &str) -> Result<u32, Box<dyn Error>> {
    let share: f64 = text.parse()?;
    if !(0.0..=0.5).contains(&share) {
        return Err("--hits is a share from 0 to 0.5".into());
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it lies in 0 to 0.5"
    )]
    Ok((share * 1e6).round() as u32)
}

/// `dir`, if it does not hold `entry` yet.
fn untouched<'a>(dir: &'a Path, entry: &str) -> Result<&'a Path, String> {
    if dir.join(entry).exists() {
        return Err(format!("{} exists: remove it first", dir.join(entry).display()));
    }
    Ok(dir)
}
