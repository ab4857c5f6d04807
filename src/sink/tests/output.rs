//! Where bytes end up, and under which name.

#![expect(clippy::disallowed_methods, reason = "tests read what was written")]

use std::{
    fs,
    io::{self, Read, Write},
    path::Path,
    sync::{Arc, Mutex},
};

use crate::{
    platform::FileId,
    sink::{self, Output, Sink, SinkError},
};

/// Keeps what is written.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn open(path: &Path) -> Box<dyn Sink> {
    Box::new(Output::replacing(path).unwrap())
}

#[test]
fn a_writer_gets_the_bytes_in_order() {
    let kept = Kept::default();
    let mut output = Box::new(Output::writer(Box::new(kept.clone())));
    for _ in 0..3 {
        output.write("a".repeat(40_000).as_bytes()).unwrap();
        output.write(b"b").unwrap();
    }
    output.finish().unwrap();
    let bytes = kept.0.lock().unwrap();
    assert_eq!(bytes.len(), 120_003);
    assert_eq!((bytes[40_000], bytes[80_001], bytes[120_002]), (b'b', b'b', b'b'));
}

#[test]
fn what_is_streamed_comes_in_pieces_and_in_order() {
    let kept = Kept::default();
    let mut output = Box::new(Output::writer(Box::new(kept.clone())));
    let mut whole = Vec::new();
    sink::stream(&mut *output, |out| {
        for number in 0..50_000 {
            write!(out, "{number} ")?;
            write!(whole, "{number} ")?;
        }
        Ok(())
    })
    .unwrap();
    output.finish().unwrap();
    assert!(*kept.0.lock().unwrap() == whole, "nothing is lost between pieces");
}

/// Takes so many times, and no more.
struct Closing(usize);

impl Sink for Closing {
    fn write(&mut self, _bytes: &[u8]) -> Result<(), SinkError> {
        self.0 = self.0.checked_sub(1).ok_or(SinkError::Closed)?;
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        Ok(())
    }

    fn abandon(self: Box<Self>) -> Option<std::path::PathBuf> {
        None
    }
}

#[test]
fn a_stream_ends_as_its_sink_or_its_source_does() {
    for (takes, bytes) in [(0, 1), (3, 1 << 20)] {
        let text = vec![b'x'; bytes];
        let mut pieces = text.chunks(1 << 10);
        let ended = sink::stream(&mut Closing(takes), |out| {
            pieces.try_for_each(|piece| out.write_all(piece))
        });
        assert!(matches!(ended, Err(SinkError::Closed)), "{ended:?}");
    }
    let source = io::ErrorKind::StorageFull;
    let ended = sink::stream(&mut Closing(9), |_| Err(source.into()));
    assert!(matches!(ended, Err(SinkError::Write(error)) if error.kind() == source));
}

#[test]
fn a_file_gets_its_name_when_it_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("findings.ndjson");
    let mut output = open(&path);
    output.write(b"one\n").unwrap();
    assert_eq!(names(folder.path()), ["findings.ndjson.partial"]);
    output.finish().unwrap();
    assert_eq!(names(folder.path()), ["findings.ndjson"]);
    assert_eq!(fs::read(&path).unwrap(), b"one\n");
}

#[test]
fn an_existing_file_is_untouched_until_then() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    fs::write(&path, "before").unwrap();
    let mut output = open(&path);
    output.write("x".repeat(200_000).as_bytes()).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"before");
    output.finish().unwrap();
    assert_eq!(fs::read(&path).unwrap().len(), 200_000);
}

#[test]
fn an_abandoned_file_stays_partial_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    fs::write(&path, "before").unwrap();
    let output = Output::replacing(&path).unwrap();
    let partial = folder.path().join("f.partial");
    assert_eq!(output.created(), FileId::of(&partial).ok());
    let mut output = Box::new(output);
    output.write(b"half").unwrap();
    let left = output.abandon().unwrap();
    assert_eq!(left, folder.path().join("f.partial"));
    assert_eq!(fs::read(left).unwrap(), b"half");
    assert_eq!(fs::read(&path).unwrap(), b"before");
}

#[test]
fn an_old_partial_file_is_replaced_and_a_held_one_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    fs::write(folder.path().join("f.partial"), "much older bytes").unwrap();
    let mut first = open(&path);
    assert!(matches!(Output::file(&path), Err(SinkError::Create { .. })));
    first.write(b"new").unwrap();
    first.finish().unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    open(&path).finish().unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"");
}

#[test]
fn a_file_with_content_is_only_replaced_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    fs::write(&path, "").unwrap();
    let mut output = Box::new(Output::file(&path).unwrap());
    output.write(b"first").unwrap();
    output.finish().unwrap();
    assert!(matches!(Output::file(&path), Err(SinkError::Exists { .. })));
    assert_eq!(names(folder.path()), ["f"], "nothing was created");
    let mut output = Box::new(Output::replacing(&path).unwrap());
    output.write(b"second").unwrap();
    output.finish().unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"second");
}

#[test]
fn what_another_program_writes_meanwhile_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    let mut output = Box::new(Output::file(&path).unwrap());
    output.write(b"findings").unwrap();
    fs::write(&path, "precious").unwrap();
    let Err(SinkError::Finish { partial, .. }) = output.finish() else { panic!("it was replaced") };
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    assert_eq!(fs::read(partial).unwrap(), b"findings");
}

#[test]
fn an_output_that_was_never_written_to_or_is_discarded_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    drop(Output::file(&path).unwrap());
    assert!(names(folder.path()).is_empty());
    let mut output = open(&path);
    output.write(b"header").unwrap();
    output.discard();
    assert!(names(folder.path()).is_empty());
}

#[test]
fn of_many_hunts_that_start_at_once_over_a_stale_partial_file_one_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    for round in 0..50 {
        fs::write(folder.path().join("f.partial"), "stale").unwrap();
        let opened: Vec<_> = std::thread::scope(|scope| {
            let hunts: Vec<_> =
                (0..8).map(|_| scope.spawn(|| Output::replacing(&path).ok())).collect();
            hunts.into_iter().filter_map(|hunt| hunt.join().unwrap()).collect()
        });
        assert!(opened.len() <= 1, "round {round}: {} hunts write one file", opened.len());
        let text = round.to_string();
        for mut output in opened.into_iter().map(Box::new) {
            output.write(text.as_bytes()).unwrap();
            output.finish().unwrap();
            assert_eq!(fs::read(&path).unwrap(), text.as_bytes());
        }
    }
}

#[test]
fn a_file_that_cannot_get_its_name_stays_partial() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    let mut output = open(&path);
    output.write(b"whole").unwrap();
    fs::create_dir(&path).unwrap();
    let Err(SinkError::Finish { partial, .. }) = output.finish() else {
        panic!("a folder was replaced")
    };
    assert_eq!(fs::read(partial).unwrap(), b"whole");
}

#[test]
fn folders_and_places_that_are_not_there_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for path in [
        folder.path().to_owned(),
        folder.path().join("no/f"),
        folder.path().join("new/"),
        "..".into(),
    ] {
        assert!(matches!(Output::file(&path), Err(SinkError::Create { .. })), "{}", path.display());
    }
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_closed_pipe_is_told_apart_from_other_failures() {
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let mut output = Box::new(Output::writer(Box::new(writer)));
    assert!(matches!(output.write("x".repeat(100_000).as_bytes()), Err(SinkError::Closed)));
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let mut output = Box::new(Output::writer(Box::new(writer)));
    output.write(b"held back").unwrap();
    assert!(matches!(output.finish(), Err(SinkError::Closed)));
}

#[cfg(target_os = "linux")]
mod linux {
    use std::os::{
        fd::AsRawFd,
        unix::fs::{PermissionsExt, symlink},
    };

    use super::*;

    #[test]
    fn a_full_disk_is_a_failure() {
        let mut output = open(Path::new("/dev/full"));
        output.write(b"x").unwrap();
        assert!(matches!(output.finish(), Err(SinkError::Write(_))));
    }

    #[test]
    fn devices_and_pipes_are_written_through() {
        let mut output = Box::new(Output::file(Path::new("/dev/null")).unwrap());
        assert_eq!(output.created(), None);
        output.write(b"x").unwrap();
        assert_eq!(output.abandon(), None);
        let (mut reader, writer) = io::pipe().unwrap();
        let mut output = open(Path::new(&format!("/dev/fd/{}", writer.as_raw_fd())));
        drop(writer);
        output.write(b"through").unwrap();
        output.finish().unwrap();
        let mut got = String::new();
        reader.read_to_string(&mut got).unwrap();
        assert_eq!(got, "through");
    }

    #[test]
    fn a_descriptor_of_a_file_is_added_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        fs::write(&path, "before\n").unwrap();
        let held = fs::OpenOptions::new().append(true).open(&path).unwrap();
        let mut output = open(Path::new(&format!("/proc/self/fd/{}", held.as_raw_fd())));
        output.write(b"after\n").unwrap();
        output.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"before\nafter\n");
    }

    #[test]
    fn a_link_stays_and_its_target_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("real")).unwrap();
        for name in ["there", "new"] {
            symlink(Path::new("real").join(name), folder.path().join(name)).unwrap();
        }
        fs::write(folder.path().join("real/there"), "before").unwrap();
        for name in ["there", "new"] {
            let mut output = open(&folder.path().join(name));
            output.write(b"after").unwrap();
            output.finish().unwrap();
            assert!(folder.path().join(name).is_symlink());
            assert_eq!(fs::read(folder.path().join("real").join(name)).unwrap(), b"after");
        }
        symlink("loop", folder.path().join("loop")).unwrap();
        assert!(matches!(Output::file(&folder.path().join("loop")), Err(SinkError::Create { .. })));
    }

    #[test]
    fn permissions_stay_and_a_planted_link_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        fs::write(&path, "before").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(folder.path().join("precious"), "precious").unwrap();
        symlink("precious", folder.path().join("f.partial")).unwrap();
        open(&path).finish().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read(folder.path().join("precious")).unwrap(), b"precious");
    }
}
