//! Rules as YAML text, made of the words that the events are made of.

use crate::{
    choices::Choices,
    generate::{Grammar, NUMBERS, Theme},
    reader::quoted,
};

/// The text of one rule file.
pub(crate) fn rule(
    choices: &mut Choices<'_>,
    theme: &Theme,
    grammar: Grammar,
    at: usize,
) -> String {
    let mut writer = Writer { choices, theme, grammar };
    let names = ["sel_a", "sel_b", "other"];
    let count = writer.choices.pick(&[1, 1, 2, 2, 3]);
    let mut text = format!(
        "title: Rule {at}\nlogsource:\n  product: aws\n  service: cloudtrail\ndetection:\n"
    );
    for name in &names[..count] {
        text += &writer.selection(name);
    }
    text + &format!("  condition: {}\n", writer.condition(count))
}

/// A kind of item; the name of the function that writes it.
#[derive(Clone, Copy)]
enum Kind {
    Name,
    Plain,
    Substring,
    AllSubstrings,
    Wildcard,
    Cased,
    Regex,
    Number,
    Comparison,
    Truth,
    Null,
    Exists,
    NotEqual,
    Network,
    Time,
    Reference,
    IntoObject,
}

const FULL: &[Kind] = &[
    Kind::Name,
    Kind::Name,
    Kind::Name,
    Kind::Name,
    Kind::Plain,
    Kind::Plain,
    Kind::Substring,
    Kind::Substring,
    Kind::AllSubstrings,
    Kind::Wildcard,
    Kind::Cased,
    Kind::Regex,
    Kind::Regex,
    Kind::Number,
    Kind::Comparison,
    Kind::Truth,
    Kind::Null,
    Kind::Exists,
    Kind::NotEqual,
    Kind::Network,
    Kind::Time,
    Kind::Reference,
    Kind::IntoObject,
    Kind::IntoObject,
];

const GATE: &[Kind] = &[
    Kind::Name,
    Kind::Name,
    Kind::Name,
    Kind::Plain,
    Kind::Substring,
    Kind::IntoObject,
    Kind::Regex,
];

const SHARED: &[Kind] = &[
    Kind::Name,
    Kind::Name,
    Kind::Plain,
    Kind::Substring,
    Kind::AllSubstrings,
    Kind::Network,
    Kind::Regex,
    Kind::Number,
];

struct Writer<'c, 't> {
    choices: &'c mut Choices<'t>,
    theme: &'c Theme,
    grammar: Grammar,
}

impl Writer<'_, '_> {
    fn condition(&mut self, count: usize) -> String {
        let one = ["sel_a", "sel_a", "sel_a", "1 of sel_*", "all of them", "not sel_a"];
        let two = [
            "sel_a and sel_b",
            "sel_a or sel_b",
            "sel_a and not sel_b",
            "1 of sel_*",
            "all of sel_*",
            "1 of them",
            "not (sel_a or sel_b)",
            "[sel_a, sel_b]",
        ];
        let three = [
            "(sel_a or sel_b) and other",
            "1 of sel_* and not other",
            "all of sel_* or other",
            "sel_a and (sel_b or not other)",
            "not (not sel_a or not sel_b) or other",
            "1 of them",
            "[sel_a and sel_b, other and not sel_a]",
            "sel_a OR sel_b AND NOT other",
        ];
        // Negations match most records and so hide nothing; a gate is tried by conditions that need something.
        let of = match (count, self.grammar) {
            (1, Grammar::Gate) => &one[..5],
            (1, _) => &one[..],
            (2, Grammar::Gate) => &two[..6],
            (2, _) => &two[..],
            // Operators in capitals are read here and not everywhere.
            (_, Grammar::Shared) => &three[..7],
            _ => &three[..],
        };
        self.choices.of(of).to_owned()
    }

    fn selection(&mut self, name: &str) -> String {
        let shape = if self.grammar == Grammar::Shared { 0 } else { self.choices.below(12) };
        match shape {
            11 => {
                let entries: Vec<String> =
                    (0..self.choices.between(1, 3)).map(|_| self.keyword()).collect();
                format!("  {name}:\n    - {}\n", entries.join("\n    - "))
            }
            10 => {
                let entries = [self.keyword(), self.keyword()];
                format!("  {name}:\n    '|all':\n      - {}\n", entries.join("\n      - "))
            }
            9 => {
                let maps: Vec<String> = (0..self.choices.between(1, 2))
                    .map(|_| self.map("      ").replacen("      ", "    - ", 1))
                    .collect();
                format!("  {name}:\n{}", maps.concat())
            }
            _ => format!("  {name}:\n{}", self.map("    ")),
        }
    }

    fn keyword(&mut self) -> String {
        let word = self.any_word();
        let part = self.part(word);
        // A decimal number is no keyword, as YAML does not keep its spelling.
        if self.choices.chance(10) {
            self.choices.of(&NUMBERS[..3]).to_owned()
        } else {
            self.written(&part)
        }
    }

    /// One to three items, each under a key of its own.
    fn map(&mut self, indent: &str) -> String {
        let mut keys = Vec::new();
        let mut text = String::new();
        for _ in 0..self.choices.pick(&[1, 1, 1, 1, 2, 3]) {
            let (key, values) = self.item();
            if keys.contains(&key) {
                continue;
            }
            text += &match values.as_slice() {
                [value] => format!("{indent}{key}: {value}\n"),
                values => format!(
                    "{indent}{key}:\n{indent}  - {}\n",
                    values.join(&format!("\n{indent}  - "))
                ),
            };
            keys.push(key);
        }
        text
    }

    /// A key and its values as YAML.
    fn item(&mut self) -> (String, Vec<String>) {
        let kinds = match self.grammar {
            Grammar::Full => FULL,
            Grammar::Shared => SHARED,
            Grammar::Gate => GATE,
        };
        let kind = self.choices.pick(kinds);
        match kind {
            Kind::Name
            | Kind::Plain
            | Kind::Substring
            | Kind::AllSubstrings
            | Kind::Wildcard
            | Kind::Cased => self.text_item(kind),
            Kind::Regex => self.regex_item(),
            Kind::IntoObject => self.object_item(),
            _ => self.typed_item(kind),
        }
    }

    fn text_item(&mut self, kind: Kind) -> (String, Vec<String>) {
        let field = if matches!(kind, Kind::Name) { "eventName" } else { self.field() };
        match kind {
            Kind::Name | Kind::Plain => {
                (field.to_owned(), self.several(1, 3, |writer| writer.word_of(field)))
            }
            Kind::Substring => {
                let how = self.choices.of(&["contains", "startswith", "endswith"]);
                (format!("{field}|{how}"), self.several(1, 2, |writer| writer.part_of(field)))
            }
            Kind::AllSubstrings => (
                format!("{field}|contains|all"),
                self.several(2, 2, |writer| writer.part_of(field)),
            ),
            Kind::Wildcard => {
                let word = self.theme.word(self.choices, field);
                let pattern = self.wild(word);
                (field.to_owned(), vec![quoted(&pattern)])
            }
            _ => (format!("{field}|cased"), self.several(1, 2, |writer| writer.word_of(field))),
        }
    }

    fn typed_item(&mut self, kind: Kind) -> (String, Vec<String>) {
        let field = self.field();
        let numbers = if self.grammar == Grammar::Shared { &NUMBERS[..4] } else { NUMBERS };
        let one = |value: &str| vec![value.to_owned()];
        match kind {
            Kind::Number => ("requestParameters.count".to_owned(), one(self.choices.of(numbers))),
            Kind::Comparison => {
                let how = self.choices.of(&["lt", "lte", "gt", "gte"]);
                (format!("requestParameters.count|{how}"), one(self.choices.of(numbers)))
            }
            Kind::Truth => {
                ("readOnly".to_owned(), one(self.choices.of(&["true", "false", "'true'"])))
            }
            Kind::Null => (field.to_owned(), one("null")),
            Kind::Exists => (format!("{field}|exists"), one(self.choices.of(&["true", "false"]))),
            Kind::NotEqual => {
                (format!("{field}|neq"), self.several(1, 2, |writer| writer.word_of(field)))
            }
            Kind::Network => {
                let nets = [
                    "10.0.0.0/8",
                    "10.1.2.0/24",
                    "192.168.0.0/16",
                    "'2001:db8::/32'",
                    "0.0.0.0/0",
                    "10.1.2.3",
                ];
                // An address without a length is a network of one here, and refused elsewhere.
                let usable = nets.len() - usize::from(self.grammar == Grammar::Shared);
                ("sourceIPAddress|cidr".to_owned(), one(self.choices.of(&nets[..usable])))
            }
            Kind::Time => {
                let parts = [
                    ("year", "2023"),
                    ("year", "2021"),
                    ("month", "7"),
                    ("day", "10"),
                    ("hour", "0"),
                    ("minute", "55"),
                    ("week", "53"),
                    ("week", "1"),
                ];
                let (part, number) = self.choices.pick(&parts);
                (format!("eventTime|{part}"), one(number))
            }
            _ => {
                let (key, other) = self.choices.pick(&[
                    ("userIdentity.userName|fieldref", "requestParameters.userName"),
                    ("eventName|fieldref", "requestParameters.eventName"),
                    ("requestParameters.name|fieldref|startswith", "eventName"),
                    ("requestParameters.items|fieldref", "requestParameters.count"),
                    ("userIdentity.arn|fieldref|endswith", "requestParameters.userName"),
                    ("userAgent|fieldref|cased", "eventSource"),
                ]);
                (key.to_owned(), one(other))
            }
        }
    }

    fn regex_item(&mut self) -> (String, Vec<String>) {
        let object = self.grammar != Grammar::Shared && self.choices.chance(15);
        let field = if object { "requestParameters" } else { self.field() };
        let word = if object { self.any_word() } else { self.theme.word(self.choices, field) };
        let part = self.part(word);
        let literal = regex::escape(&part);
        let other = regex::escape(self.theme.word(self.choices, field));
        let source = match self.choices.below(8) {
            0 => literal,
            1 => format!("^{literal}"),
            2 => format!("{literal}$"),
            3 => format!("({literal}|{other})"),
            4 => format!("{literal}.*"),
            5 => format!("(?:{literal})?{other}"),
            6 => format!("[A-Z]?{literal}"),
            _ => "^[A-Za-z]+$".to_owned(),
        };
        let flags = if self.grammar == Grammar::Shared {
            ""
        } else {
            self.choices.of(&["", "|i", "|i|s", "|m"])
        };
        (format!("{field}|re{flags}"), vec![quoted(&source)])
    }

    /// Looks into an object by its compact text, where keys, quotes and colons count too.
    fn object_item(&mut self) -> (String, Vec<String>) {
        let fields = ["requestParameters", "userIdentity", "requestParameters.items"];
        let field = self.choices.of(&fields);
        let word = self.any_word();
        let part = self.part(word);
        let value = match self.choices.below(6) {
            0 | 1 => part,
            2 => format!("\"name\":{}", quoted(word)),
            3 => format!("\"eventName\":\"{part}"),
            4 => format!("{word}\"}}"),
            _ => self
                .choices
                .of(&["\"count\":1e3", "\"count\":22,", "\"items\":[", "\",\"", "{"])
                .to_owned(),
        };
        (format!("{field}|contains"), vec![self.written(&value)])
    }

    fn field(&mut self) -> &'static str {
        let fields = self.theme.fields();
        self.choices.pick(&fields)
    }

    fn several(
        &mut self,
        least: usize,
        most: usize,
        mut one: impl FnMut(&mut Self) -> String,
    ) -> Vec<String> {
        let count = self.choices.between(least, most);
        (0..count).map(|_| one(self)).collect()
    }

    fn any_word(&mut self) -> &'static str {
        let field = self.field();
        self.theme.word(self.choices, field)
    }

    fn word_of(&mut self, field: &str) -> String {
        let word = self.theme.word(self.choices, field);
        self.written(word)
    }

    fn part_of(&mut self, field: &str) -> String {
        let word = self.theme.word(self.choices, field);
        let part = self.part(word);
        self.written(&part)
    }

    /// The whole word, or some characters of it in a row.
    fn part(&mut self, word: &str) -> String {
        let chars: Vec<char> = word.chars().collect();
        if self.choices.chance(40) || chars.len() < 3 {
            return word.to_owned();
        }
        let start = self.choices.pick(&[0, 0, 1, chars.len() / 2]);
        let end = self.choices.between(start + 1, chars.len());
        chars[start..end].iter().collect()
    }

    /// A YAML scalar that means exactly this text, in some case.
    fn written(&mut self, text: &str) -> String {
        let text: String = match self.choices.below(6) {
            4 => text.to_ascii_uppercase(),
            5 => text.to_ascii_lowercase(),
            _ => text.to_owned(),
        };
        let escaped: String = text
            .chars()
            .flat_map(|c| ['\\', c].into_iter().skip(usize::from(!"*?\\".contains(c))))
            .collect();
        let safe = !escaped.is_empty() && escaped.chars().all(|c| c.is_ascii_alphabetic());
        let word_of_yaml = ["null", "true", "false"].contains(&escaped.to_lowercase().as_str());
        if safe && !word_of_yaml { escaped } else { quoted(&escaped) }
    }

    /// The word with some of its characters replaced by wildcards.
    fn wild(&mut self, word: &str) -> String {
        let mut pattern = String::new();
        for c in word.chars() {
            match self.choices.below(10) {
                8 => pattern.push('?'),
                9 => pattern.push('*'),
                _ if "*?\\".contains(c) => pattern.extend(['\\', c]),
                _ => pattern.push(c),
            }
        }
        if self.choices.chance(40) {
            pattern.push('*');
        }
        pattern
    }
}
