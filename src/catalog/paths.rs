//! The files of a catalog and their names: what a title says, safe on every file system, no two alike.

use std::collections::HashSet;

use sha2::{Digest, Sha256};

/// The longest part of a name that comes from a title.
const LONGEST: usize = 60;

/// How many characters of an id a name has.
const ID: usize = 8;

/// A file of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its place in the catalogue's folder: lower-case ASCII letters, digits and `-._/`, safe on every
    /// file system.
    pub path: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// Gives names, each once.
#[derive(Debug, Default)]
pub(super) struct Names {
    given: HashSet<String>,
}

impl Names {
    /// The name of the page of a rule: its title, and the start of its id. Without an id that can be
    /// part of a name, some digits of a hash stand there.
    pub(super) fn page(&mut self, title: &str, id: Option<&str>) -> String {
        let start: String =
            id.unwrap_or_default().chars().take(ID).flat_map(char::to_lowercase).collect();
        let usable = start.len() == ID && start.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let short = if usable { start } else { hash(title, id) };
        let slug = slug(title);
        let name = if slug.is_empty() { short } else { format!("{slug}-{short}") };
        self.unlike(&name)
    }

    /// The name itself, or with the first number that makes it another than those given before.
    fn unlike(&mut self, name: &str) -> String {
        let mut unlike = name.to_owned();
        let mut number = 2;
        while !self.given.insert(unlike.clone()) {
            unlike = format!("{name}-{number}");
            number += 1;
        }
        unlike
    }
}

fn hash(title: &str, id: Option<&str>) -> String {
    let digest = Sha256::digest(format!("{}\n{title}", id.unwrap_or_default()));
    let hex = digest.iter().take(ID / 2).map(|byte| format!("{byte:02x}"));
    hex.collect()
}

/// The ASCII letters and digits of a text in lower case, with `-` for whatever stands between them.
fn slug(text: &str) -> String {
    let mut slug = String::new();
    for character in text.chars() {
        if slug.len() >= LONGEST {
            break;
        }
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_title_and_id() {
        let mut names = Names::default();
        let id = Some("F8103686-e3e8-46f3-be72-65f7fcb4aa53");
        assert_eq!(
            names.page("AWS Console: GetSigninToken!", id),
            "aws-console-getsignintoken-f8103686"
        );
        assert_eq!(
            names.page("AWS Console: GetSigninToken!", id),
            "aws-console-getsignintoken-f8103686-2"
        );
    }

    #[test]
    fn a_name_is_safe_whatever_the_title() {
        let mut names = Names::default();
        for (title, id) in [
            ("../../etc/passwd", Some("../../../x")),
            ("CON", None),
            ("<script>alert(1)</script>", Some("a b")),
            ("日本語", Some("日本語日本語日本")),
            ("", None),
            (&"long ".repeat(100), None),
        ] {
            let name = names.page(title, id);
            assert!(name.len() >= ID && name.len() < 80, "{name}");
            assert!(
                name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
                "{name}"
            );
            assert!(!name.starts_with('-'), "{name}");
        }
    }
}
