//! Hostile text in each medium.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use proptest::prelude::{any, proptest};

use super::{
    csv, embed_json, html, json, json_line, json_text, markdown, markdown_block, markdown_code,
    terminal, terminal_ascii, write_json,
};

/// Everything a hostile text may hold: terminal escapes, C1, bidirectional controls, quotes.
pub(crate) const HOSTILE: &str =
    "=\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}gpj.\u{2066}\u{200b}\r\n\t\"'\\,\u{2028}\u{0}";

fn as_json(text: &str) -> String {
    let mut out = Vec::new();
    json(text, &mut out);
    String::from_utf8(out).unwrap()
}

pub(crate) fn as_csv(text: &str) -> String {
    let mut out = Vec::new();
    csv(text, &mut out);
    String::from_utf8(out).unwrap()
}

/// The character escapes itself or moves nothing and hides nothing.
pub(crate) fn harmless(text: &str) -> bool {
    !text.chars().any(|character| {
        character.is_control()
            || matches!(character, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
                | '\u{61C}' | '\u{FEFF}')
    })
}

/// Everything that JSON text must not hold raw.
fn unsafe_characters() -> impl Iterator<Item = char> {
    let marks = [0x61C, 0x200E, 0x200F];
    let numbers =
        (0..0x20).chain(0x7F..0xA0).chain(marks).chain(0x2028..0x202F).chain(0x2066..0x206A);
    numbers.filter_map(char::from_u32)
}

#[test]
fn json_escapes_every_control_character_and_parses_back() {
    for character in unsafe_characters() {
        let text = format!("a{character}é");
        let written = as_json(&text);
        assert!(written[1..].starts_with("a\\"), "{written:?}");
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
    }
}

#[test]
fn json_has_the_short_forms() {
    assert_eq!(
        as_json("\u{8}\t\n\u{c}\r\"\\\u{1}\u{7f}\u{9b}\u{2028}"),
        r#""\b\t\n\f\r\"\\\u0001\u007f\u009b\u2028""#
    );
}

#[test]
fn json_leaves_other_text_alone() {
    for text in ["", "plain / <b>", "\u{a0}é\u{2027}\u{202f}\u{2065}\u{206a}€", "日本語 😀"]
    {
        assert_eq!(as_json(text), format!("\"{text}\""));
        let mut embedded = Vec::new();
        embed_json(text, &mut embedded);
        assert_eq!(embedded, text.as_bytes());
    }
}

#[test]
fn every_way_to_write_json_escapes_the_same() {
    for character in unsafe_characters() {
        let value = [format!("a{character}b"), "日本語".to_owned()];
        let raw = serde_json::to_string(&value).unwrap();
        let mut embedded = Vec::new();
        embed_json(&raw, &mut embedded);
        let mut written = Vec::new();
        write_json(&value, &mut written).unwrap();
        let written = String::from_utf8(written).unwrap();
        assert_eq!(written, json_text(&value).unwrap());
        let line = json_line(&value).unwrap();
        assert_eq!(line.as_bytes(), embedded);
        for text in [written, line] {
            let compact = text.replace('\n', "");
            assert!(!unsafe_characters().any(|it| compact.contains(it)), "{compact:?}");
            assert_eq!(serde_json::from_str::<[String; 2]>(&text).unwrap(), value);
        }
    }
}

proptest! {
    #[test]
    fn json_parses_back_equal(text in any::<String>()) {
        assert_eq!(serde_json::from_str::<String>(&as_json(&text)).unwrap(), text);
    }

    #[test]
    fn embedded_json_keeps_its_value(text in any::<String>()) {
        let mut embedded = Vec::new();
        embed_json(&serde_json::to_string(&text).unwrap(), &mut embedded);
        assert_eq!(serde_json::from_slice::<String>(&embedded).unwrap(), text);
        assert!(!unsafe_characters().any(|it| String::from_utf8_lossy(&embedded).contains(it)));
    }

    #[test]
    fn no_text_harms_a_terminal(text in any::<String>()) {
        assert!(harmless(&terminal(&text)));
        assert!(terminal_ascii(&text).bytes().all(|byte| (0x20..0x7F).contains(&byte)));
    }

    #[test]
    fn csv_lines_and_cells_are_closed(text in any::<String>()) {
        let rows = crate::sink::tests::csv::read(&format!("{},after\n", as_csv(&text)));
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].len(), 2);
        assert_eq!(rows[0][1], "after");
    }
}

#[test]
fn csv_quotes_what_rfc_4180_asks_for() {
    assert_eq!(as_csv("plain text"), "plain text");
    assert_eq!(as_csv("a,b"), "\"a,b\"");
    assert_eq!(as_csv("say \"hi\""), "\"say \"\"hi\"\"\"");
    assert_eq!(as_csv("a\r\nb"), "\"a\r\nb\"");
    assert_eq!(as_csv(" a"), "\" a\"");
    assert_eq!(as_csv(""), "");
}

#[test]
fn csv_cells_are_no_formulas() {
    for cell in ["=1+1", "+1", "-", "@SUM(A1)", "＝1", "＋1", "－1", "＠1"] {
        assert_eq!(as_csv(cell), format!("'{cell}"));
    }
    for cell in [
        " =1",
        "\u{a0}=1",
        "\u{feff}=1",
        "\u{200b} +1",
        "\t=1",
        "\tx",
        "\rx",
        "\nx",
        " \tx",
        "=\"a\",1",
    ] {
        let written = as_csv(cell);
        assert!(
            written.starts_with('\'') || written.starts_with("\"'"),
            "{cell:?} became {written:?}"
        );
    }
    for cell in ["a=1", "1-2", "user@example.com", "  x", "'=1"] {
        assert!(!as_csv(cell).trim_start_matches('"').starts_with("''"), "{cell:?}");
        assert_eq!(as_csv(cell).trim_matches('"'), cell);
    }
}

#[test]
fn csv_cells_are_no_formulas_for_other_separators() {
    for (cell, written) in [
        ("a;=1", "\"a;'=1\""),
        ("a\t=1", "\"a\t'=1\""),
        ("a;\u{a0} @x", "\"a;'\u{a0} @x\""),
        ("a;;+1", "\"a;;'+1\""),
        ("a\n-1", "\"a\n'-1\""),
        ("a;\"=1\"", "\"a;'\"\"=1\"\"\""),
        ("a; b=1", "\"a; b=1\""),
    ] {
        assert_eq!(as_csv(cell), written, "{cell:?}");
    }
}

/// The cells of a line for a reader that splits at `separator` and at line breaks, and heeds no quotes but those at
/// both ends of a cell.
fn split_at(line: &str, separator: char) -> Vec<String> {
    let cells = line.split([separator, '\r', '\n']);
    cells.map(|cell| cell.trim_matches('"').to_owned()).collect()
}

proptest! {
    #[test]
    fn no_text_is_a_formula_behind_any_separator(text in "[;\t\r\n \",'=+@a\u{ad}-]{0,12}") {
        let line = format!("a,{},b", as_csv(&text));
        for separator in [';', '\t'] {
            for cell in split_at(&line, separator) {
                let cell = cell.trim_start().trim_start_matches(['\u{ad}', '"', ' ', '\t']);
                assert!(!cell.starts_with(['=', '+', '-', '@']), "{cell:?} in {line:?}");
            }
        }
        let rows = crate::sink::tests::csv::read(&format!("{}\n", as_csv(&text)));
        let cell = rows[0][0].trim_start();
        assert!(!cell.starts_with(['=', '+', '-', '@']), "{cell:?}");
    }
}

#[test]
fn csv_shows_control_characters() {
    assert_eq!(as_csv("a\0b\u{1b}[m\u{9b}"), "a\\x00b\\x1b[m\\u{9b}");
}

#[test]
fn terminal_shows_what_it_would_obey() {
    assert_eq!(terminal("plain \\ text"), "plain \\ text");
    assert_eq!(terminal("\u{1b}[31m\u{9b}m\u{7f}\0"), "\\x1b[31m\\u{9b}m\\x7f\\x00");
    assert_eq!(terminal("a\tb\r\nc"), "a\\tb\\r\\nc");
    assert_eq!(terminal("x\u{202e}gpj.exe"), "x\\u{202e}gpj.exe");
    assert!(harmless(&terminal(HOSTILE)));
}

#[test]
fn terminal_shows_every_character_that_has_no_shape() {
    let unseen = (0..0x20)
        .chain(0x7F..0xA0)
        .chain(0x200B..0x2010)
        .chain(0x2028..0x202F)
        .chain(0x2060..0x2070)
        .chain([0xAD, 0x61C, 0xFEFF, 0x180E, 0x3164, 0xFE0F, 0xE0001, 0xE0061, 0xE007F]);
    for character in unseen.filter_map(char::from_u32) {
        let text = format!("a{character}b");
        assert!(terminal(&text).starts_with("a\\"), "{character:?}");
    }
}

#[test]
fn terminal_keeps_letters_of_every_script() {
    for text in ["Zoë", "日本語", "e\u{301}", "Ελλάδα", "😀", "עברית"] {
        assert_eq!(terminal(text), text);
    }
}

#[test]
fn terminal_shows_marks_that_pile_up_or_stand_alone() {
    assert_eq!(terminal("\u{301}e"), "\\u{301}e");
    assert_eq!(terminal("e\u{301}\u{302}\u{303}"), "e\u{301}\u{302}\\u{303}");
}

#[test]
fn ascii_terminals_get_ascii() {
    assert_eq!(terminal_ascii("Zoë\u{1b}\n"), "Zo\\u{eb}\\x1b\\n");
}

fn as_html(text: &str) -> String {
    let mut out = String::new();
    html(text, &mut out);
    out
}

fn as_markdown(text: &str) -> String {
    let mut out = String::new();
    markdown(text, &mut out);
    out
}

fn as_code(text: &str) -> String {
    let mut out = String::new();
    markdown_code(text, &mut out);
    out
}

#[test]
fn html_has_no_markup_and_hides_nothing() {
    assert_eq!(
        as_html("<a href=\"x\" id='y'>&amp;</a>"),
        "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;"
    );
    assert_eq!(as_html("a\tb\r\nc\rd\u{202e}\u{1b}é"), "a\tb\nc\\rd\\u{202e}\\x1bé");
    assert_eq!(as_html("e\u{301}\u{301}\u{301}"), "e\u{301}\u{301}\\u{301}");
}

#[test]
fn markdown_has_no_markup_and_is_one_line() {
    assert_eq!(
        as_markdown("# a *b* _c_ `d` [e](f) <g> & | ~"),
        "\\# a \\*b\\* \\_c\\_ \\`d\\` \\[e\\](f) &lt;g&gt; &amp; \\| \\~"
    );
    for (text, written) in [
        ("- a", "\\- a"),
        ("12. a - b", "12\\. a - b"),
        ("1) a", "1\\) a"),
        ("+ a", "\\+ a"),
        ("a. b", "a. b"),
        ("===", "\\==="),
    ] {
        assert_eq!(as_markdown(text), written);
    }
    assert_eq!(as_markdown("a\n# b\u{202e}"), "a \\# b\\u{202e}");
}

#[test]
fn code_in_markdown_cannot_be_ended_from_inside() {
    for (text, written) in [
        ("a", "`a`"),
        ("", "`  `"),
        ("`a", "`` `a ``"),
        ("a``b`c", "```a``b`c```"),
        (" a", "`  a `"),
        ("a|b", "`a\\|b`"),
        ("a\nb", "`a\\nb`"),
    ] {
        assert_eq!(as_code(text), written);
    }
    let mut out = String::new();
    markdown_block("a\n```\nb\u{1b}\tc", "yaml", &mut out);
    assert_eq!(out, "````yaml\na\n```\nb\\x1b\tc\n````\n");
}

proptest! {
    #[test]
    fn no_text_leaves_html_or_a_line_of_markdown(text in any::<String>()) {
        let shown = as_html(&text);
        assert!(!shown.contains(['<', '>', '"', '\'']));
        assert!(harmless(&shown.replace(['\n', '\t'], "")));
        let line = as_markdown(&text);
        assert!(!line.contains(['<', '>', '\n', '\r']) && harmless(&line));
        let code = as_code(&text);
        assert!(!code.contains(['\n', '\r']) && harmless(&code));
    }
}
