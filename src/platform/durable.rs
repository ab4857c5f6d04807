//! Files that survive a power failure, and files that are opened without following links.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Component, Path, PathBuf},
};

use rustix::fs::OFlags;

use super::FileId;

/// Waits until the entries of a folder are on the disk. A rename is only durable after that.
///
/// A file system that cannot do this, and a folder that may not be read, are no error.
#[expect(clippy::disallowed_methods, reason = "a folder is opened, and nothing in it is read")]
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(error)
            if !matches!(
                error.kind(),
                io::ErrorKind::PermissionDenied
                    | io::ErrorKind::InvalidInput
                    | io::ErrorKind::Unsupported
            ) =>
        {
            Err(error)
        }
        _ => Ok(()),
    }
}

/// Creates a file with these bytes. A file that has the name already is removed first, so that other
/// names of it keep their content; a link there is refused.
pub fn create_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => fs::remove_file(path)?,
        Ok(_) => return Err(not_plain(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(bytes)
}

/// The folder `parts` below `folder`, created where it is missing. A link in `parts` is refused.
pub fn subfolder(folder: &Path, parts: &Path) -> io::Result<PathBuf> {
    let mut path = folder.to_owned();
    for part in parts.components() {
        let Component::Normal(name) = part else { return Err(outside(parts)) };
        path.push(name);
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return Err(not_plain(&path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => fs::create_dir(&path)?,
            Err(error) => return Err(error),
        }
    }
    Ok(path)
}

/// Opens the regular file `part` below `folder` for reading. No link in `part` is followed, nothing
/// outside of `folder` is reached, and nothing but a regular file is opened.
pub fn open_below(folder: &Path, part: &Path) -> io::Result<File> {
    let mut path = folder.to_owned();
    let mut components = part.components().peekable();
    while let Some(component) = components.next() {
        let Component::Normal(name) = component else { return Err(outside(part)) };
        path.push(name);
        let found = fs::symlink_metadata(&path)?;
        let is_plain = if components.peek().is_some() { found.is_dir() } else { found.is_file() };
        if !is_plain {
            return Err(not_plain(&path));
        }
    }
    let file = open_without_following(&path)?;
    // It may have been replaced after it was looked at.
    if file.metadata()?.is_file() && FileId::of_link(&path)? == FileId::of_open(&file)? {
        Ok(file)
    } else {
        Err(not_plain(&path))
    }
}

/// Opens a file for reading. A link is an error, and a pipe does not make it wait.
pub fn open_without_following(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let flags = i32::try_from(flags.bits()).map_err(io::Error::other)?;
    OpenOptions::new().read(true).custom_flags(flags).open(path)
}

fn outside(path: &Path) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidInput,
        format!("{} does not stay in its folder", path.display()),
    )
}

/// What is there is a link, a pipe, a device, or a folder in place of a file.
fn not_plain(path: &Path) -> io::Error {
    let what = match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => "a symbolic link",
        Ok(found) if found.is_dir() => "a folder",
        Ok(found) if found.is_file() => "a file",
        _ => "not a regular file",
    };
    io::Error::new(io::ErrorKind::InvalidInput, format!("{} is {what}", path.display()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    #![expect(clippy::disallowed_methods, reason = "tests read what was written")]

    use std::{io::Read, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn a_new_file_leaves_other_names_of_the_old_one_alone() {
        let folder = tempfile::tempdir().unwrap();
        let [old, new] = ["old", "new"].map(|name| folder.path().join(name));
        fs::write(&old, "evidence").unwrap();
        fs::hard_link(&old, &new).unwrap();
        create_new(&new, b"page").unwrap();
        assert_eq!(
            (fs::read(&old).unwrap(), fs::read(&new).unwrap()),
            (b"evidence".to_vec(), b"page".to_vec())
        );
        fs::remove_file(&new).unwrap();
        symlink("old", &new).unwrap();
        let told = create_new(&new, b"page").unwrap_err().to_string();
        assert!(told.ends_with("new is a symbolic link"), "{told}");
        assert_eq!(fs::read(&old).unwrap(), b"evidence");
    }

    #[test]
    fn folders_are_created_and_links_to_folders_refused() {
        let folder = tempfile::tempdir().unwrap();
        let made = subfolder(folder.path(), Path::new("a/b")).unwrap();
        assert!(made.is_dir() && made.ends_with("a/b"));
        symlink("a", folder.path().join("c")).unwrap();
        for parts in ["c", "c/b", "../x", "/x"] {
            assert!(subfolder(folder.path(), Path::new(parts)).is_err(), "{parts}");
        }
    }

    #[test]
    fn only_regular_files_below_the_folder_are_opened() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("run/rules")).unwrap();
        fs::write(at("run/rules/a.yml"), "rule").unwrap();
        fs::write(at("secret"), "secret").unwrap();
        symlink("../../secret", at("run/rules/link.yml")).unwrap();
        symlink("rules", at("run/linked")).unwrap();
        symlink("../secret", at("run/gone")).unwrap();
        let run = at("run");
        let mut text = String::new();
        open_below(&run, Path::new("rules/a.yml")).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "rule");
        for part in ["rules/link.yml", "linked/a.yml", "gone", "../secret", "rules", "/dev/null"] {
            assert!(open_below(&run, Path::new(part)).is_err(), "{part}");
        }
    }

    #[test]
    fn a_folder_can_be_synced() {
        let folder = tempfile::tempdir().unwrap();
        sync_folder(folder.path()).unwrap();
        assert!(sync_folder(&folder.path().join("no")).is_err());
    }
}
