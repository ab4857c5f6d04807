//! Which files a command reads: paths, lists of paths, and globs that exclude files.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileTypeExt,
    path::Path,
};

use anyhow::{Context, Result, bail, ensure};
use backtrail::archive::{Input, missing, read_names};
use globset::{Glob, GlobSet, GlobSetBuilder};

use super::args::{HuntArgs, InputArgs};

/// Compiles the globs of `--exclude`.
pub(super) fn globs(globs: &[String]) -> Result<GlobSet> {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        set.add(Glob::new(glob).with_context(|| format!("--exclude {glob}"))?);
    }
    Ok(set.build()?)
}

/// The inputs: those named, which must exist, then those of a list, which count as failed files if
/// they do not.
pub(super) fn inputs(args: &InputArgs) -> Result<Vec<Input>> {
    let dash = Path::new("-");
    if args.paths.is_empty() && args.files_from.is_none() {
        bail!("no input: name files or folders, - for standard input, or --files-from FILE");
    }
    let stdins = args.paths.iter().chain(&args.files_from).filter(|path| *path == dash).count();
    ensure!(stdins < 2, "- (standard input) can be named only once");
    let named = args.paths.iter().cloned();
    let mut inputs: Vec<_> =
        named.map(|path| if path == dash { Input::Stdin } else { Input::Path(path) }).collect();
    if let Some(path) = missing(&inputs).first() {
        bail!("{}", no_such_input(path));
    }
    if let Some(list) = &args.files_from {
        let context = || format!("--files-from {}: cannot read the names", list.display());
        inputs.append(&mut names(list, args.null).with_context(context)?);
    }
    Ok(inputs)
}

/// Why an input that does not exist cannot be searched.
fn no_such_input(path: &Path) -> String {
    let name = path.display().to_string();
    let is =
        |scheme: &str| name.get(..scheme.len()).is_some_and(|it| it.eq_ignore_ascii_case(scheme));
    if is("s3://") {
        format!("S3 is not read directly: aws s3 sync {name} logs/")
    } else if is("http://") || is("https://") || is("gs://") || is("az://") || is("abfs://") {
        format!("{name}: only local files are read; download it first")
    } else {
        format!("{name}: no such file or folder")
    }
}

#[expect(clippy::disallowed_methods, reason = "the list is named on the command line")]
fn names(list: &Path, nul: bool) -> io::Result<Vec<Input>> {
    if list == Path::new("-") {
        read_names(io::stdin().lock(), nul)
    } else {
        read_names(File::open(list)?, nul)
    }
}

/// Refuses inputs that can be read only once, if the hunt has to be repeatable or resumable.
pub(super) fn refuse_what_comes_once(args: &HuntArgs, inputs: &[Input]) -> Result<()> {
    let (option, cannot) = if args.spec.output.bundle.is_some() {
        ("--bundle", "be repeated")
    } else if args.run.resume.is_some() {
        ("--resume", "be resumed")
    } else {
        return Ok(());
    };
    for input in inputs {
        match input {
            Input::Stdin => bail!(
                "{option} with - for standard input: it can be read only once, so the hunt could not {cannot}; save \
                 it to a file and name that"
            ),
            Input::Path(path) | Input::Moved { place: path, .. } if comes_once(path) => bail!(
                "{option} with {}: it is a pipe or a device and can be read only once, so the hunt could not \
                 {cannot}; save its content to a file and name that",
                path.display()
            ),
            Input::Path(_) | Input::Moved { .. } => {}
        }
    }
    Ok(())
}

fn comes_once(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| {
        let kind = found.file_type();
        kind.is_fifo() || kind.is_char_device() || kind.is_socket() || kind.is_block_device()
    })
}

/// The path of an input by its name; standard input has none.
pub(super) fn name(input: &Input) -> Option<&Path> {
    match input {
        Input::Path(path) | Input::Moved { name: path, .. } => Some(path),
        Input::Stdin => None,
    }
}
