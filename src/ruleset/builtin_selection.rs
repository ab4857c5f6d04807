//! Which of the built-in files have to be parsed: a hunt with one of the rules should not wait for all.
//!
//! The built-in files are known to be sound, and ids stand in them as they are. So where rules are chosen
//! by id from these files alone, one in which none of the ids stands has nothing to say, unless it
//! narrows others, or one that is asked for looks at other documents.

use super::{Choice, files::Read};

/// For each of the built-in files, whether it has to be parsed for this choice.
pub(super) fn files_to_parse(files: &[Read], choice: &Choice) -> Vec<bool> {
    let all = vec![true; files.len()];
    if choice.rules.is_empty()
        || !choice.exclude.is_empty()
        || !choice.rules.iter().all(|rule| is_id(rule))
    {
        return all;
    }
    let holds = |file: &Read, id: &str| file.text.contains(id);
    let unknown = |id: &String| !files.iter().any(|file| holds(file, id));
    if choice.rules.iter().any(unknown) {
        // What is near to it is told.
        return all;
    }
    let asked: Vec<bool> =
        files.iter().map(|file| choice.rules.iter().any(|id| holds(file, id))).collect();
    let looks_at_others = |(file, asked): (&Read, &bool)| {
        has_member(&file.text, "filter:") || *asked && has_member(&file.text, "correlation:")
    };
    if files.iter().zip(&asked).any(looks_at_others) { all } else { asked }
}

/// Whether a pattern is an id in full, in the letters that ids are written in.
fn is_id(pattern: &str) -> bool {
    let hex = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    pattern.len() == 36
        && pattern.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => hex(byte),
        })
}

/// Whether a document has this member at its top.
fn has_member(text: &str, key: &str) -> bool {
    text.lines().any(|line| line.starts_with(key))
}
