//! Long lines broken between words.

use unicode_width::UnicodeWidthStr;

/// Blanks before a line that continues another.
const HANGING: usize = 4;

/// The line in parts of at most `columns`, broken at blanks; the parts after the first are indented. A word that is
/// longer has a part of its own.
pub fn wrapped(line: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut part = String::new();
    let mut used = 0;
    for (at, word) in line.split(' ').enumerate() {
        let width = word.width();
        // Blanks at the beginning are an indent and stay.
        let has_words = part.contains(|c| c != ' ');
        if has_words && used + 1 + width > columns {
            lines.push(std::mem::replace(&mut part, " ".repeat(HANGING)));
            used = HANGING;
        } else if at > 0 {
            part.push(' ');
            used += 1;
        }
        part.push_str(word);
        used += width;
    }
    lines.push(part);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrapped("", 10), [""]);
        assert_eq!(wrapped("one two three", 13), ["one two three"]);
        assert_eq!(wrapped("one two three four", 13), ["one two three", "    four"]);
        assert_eq!(wrapped("  a name: why it failed", 14), ["  a name: why", "    it failed"]);
        assert_eq!(wrapped("a verylongword b", 6), ["a", "    verylongword", "    b"]);
        assert_eq!(wrapped("ＷＩＤＥ ＷＯＲＤ", 10), ["ＷＩＤＥ", "    ＷＯＲＤ"]);
    }
}
