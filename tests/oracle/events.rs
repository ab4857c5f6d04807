//! Log files with every disguise that JSON allows.

use crate::{
    choices::Choices,
    generate::{Grammar, NUMBERS, SPELLINGS, Theme},
    reader::quoted,
};

/// One log file of so many records.
pub(crate) fn file(
    choices: &mut Choices<'_>,
    theme: &Theme,
    grammar: Grammar,
    records: usize,
) -> String {
    let wrapping = if grammar == Grammar::Shared { 0 } else { choices.below(10) };
    let mut writer = Writer { choices, theme, grammar, airy: 0, spelled: 0 };
    // Some files are dense, some are pretty, some change from token to token.
    writer.airy = writer.choices.pick(&[0, 0, 0, 15, 90]);
    // Escapes are rare in some files and everywhere in others: a rare one has to be noticed too.
    writer.spelled = writer.choices.pick(&[0, 0, 10, 60]);
    if wrapping == 9 {
        // JSON lines: no line feed within a record.
        writer.airy = 0;
        let lines: Vec<String> = (0..records).map(|_| writer.record()).collect();
        return lines.join("\n") + "\n";
    }
    let mut elements: Vec<String> = Vec::new();
    for _ in 0..records {
        if grammar != Grammar::Shared && writer.choices.chance(3) {
            elements.push(writer.choices.of(&["null", "\"eventName\"", "[]", "7"]).to_owned());
        }
        elements.push(writer.record());
    }
    let mut array = String::from("[");
    for (at, element) in elements.iter().enumerate() {
        if at > 0 {
            array.push(',');
        }
        array += &writer.blank();
        array += element;
        array += &writer.blank();
    }
    array.push(']');
    match wrapping {
        8 => array,
        7 => format!(
            "{{\"eventName\":\"DeleteTrail\",\"Records\":{array},\"note\":{{\"Records\":[1]}}}}"
        ),
        _ => {
            format!("{{{}\"Records\"{}:{}{array}}}", writer.blank(), writer.blank(), writer.blank())
        }
    }
}

struct Writer<'c, 't> {
    choices: &'c mut Choices<'t>,
    theme: &'c Theme,
    grammar: Grammar,
    /// How often, in percent, there are blanks between tokens.
    airy: usize,
    /// How often, in percent, a string is spelled with escapes.
    spelled: usize,
}

impl Writer<'_, '_> {
    fn blank(&mut self) -> String {
        if self.airy > 0 && self.choices.chance(self.airy) {
            self.choices.of(&[" ", "\n  ", "\t", "  \r\n\t"]).to_owned()
        } else {
            String::new()
        }
    }

    fn record(&mut self) -> String {
        let mut members = Vec::new();
        let (mut identity, mut parameters) = (Vec::new(), Vec::new());
        for field in self.theme.fields() {
            let likely = if field == "eventName" { 96 } else { 75 };
            if !self.choices.chance(likely) {
                continue;
            }
            let (place, key) = match field.split_once('.') {
                Some(("userIdentity", key)) => (&mut identity, key),
                Some((_, key)) => (&mut parameters, key),
                None => (&mut members, field),
            };
            place.push((key, self.text_value(field)));
            if self.grammar != Grammar::Shared && self.choices.chance(4) {
                // Of duplicate keys the last counts; the first may be what a gate sees.
                place.push((key, self.text_value(field)));
            }
        }
        self.more_parameters(&mut parameters);
        if self.choices.chance(30) {
            members.push(("readOnly", self.choices.of(&["true", "false", "\"True\""]).to_owned()));
        }
        let identity = self.object(identity);
        let parameters = self.parameters(parameters);
        members.push(("userIdentity", identity));
        members.push(("requestParameters", parameters));
        if self.grammar != Grammar::Shared {
            self.dotted_keys(&mut members);
        }
        // The order of keys is not promised.
        for at in (1..members.len()).rev() {
            let other = if self.choices.chance(30) { self.choices.below(at + 1) } else { at };
            members.swap(at, other);
        }
        self.object(members)
    }

    fn more_parameters(&mut self, parameters: &mut Vec<(&'static str, String)>) {
        if self.choices.chance(70) {
            let number = self.number();
            parameters.push(("count", number));
        }
        if self.grammar == Grammar::Shared {
            return;
        }
        if self.choices.chance(40) {
            let items: Vec<String> = (0..self.choices.below(4)).map(|_| self.list_item()).collect();
            let (before, after) = (self.blank(), self.blank());
            parameters.push(("items", format!("[{before}{}{after}]", items.join(","))));
        }
        if self.choices.chance(3) {
            parameters.push(("deep", "[".repeat(1100) + &"]".repeat(1100)));
        }
        if self.choices.chance(6) {
            parameters.push(("big", "1e400".to_owned()));
        }
    }

    fn list_item(&mut self) -> String {
        match self.choices.below(6) {
            0 | 1 => self.text_value("requestParameters.name"),
            2 => self.number(),
            3 => "null".to_owned(),
            4 => {
                let name = self.text_value("requestParameters.name");
                self.object(vec![("name", name)])
            }
            _ => {
                let inner = self.text_value("eventName");
                format!("[{inner},[]]")
            }
        }
    }

    fn parameters(&mut self, members: Vec<(&'static str, String)>) -> String {
        let odd = if self.grammar == Grammar::Shared { 0 } else { self.choices.below(20) };
        match odd {
            19 => "null".to_owned(),
            18 => {
                let object = self.object(members);
                format!("[{object}]")
            }
            17 => self.text_value("requestParameters.name"),
            _ => self.object(members),
        }
    }

    /// Keys with dots in them are a second way to reach a value.
    fn dotted_keys(&mut self, members: &mut Vec<(&'static str, String)>) {
        if self.choices.chance(6) {
            let key =
                self.choices.of(&["userIdentity.type", "requestParameters.name", "eventName.x"]);
            members.push((key, self.text_value(key)));
        }
    }

    fn object(&mut self, members: Vec<(&'static str, String)>) -> String {
        let mut out = String::from("{");
        for (at, (key, value)) in members.into_iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            let escapes =
                if self.spelled > 0 && self.choices.chance(self.spelled / 4) { 50 } else { 0 };
            let key = self.escaped(key, escapes);
            let blanks = [self.blank(), self.blank(), self.blank(), self.blank()];
            out += &format!("{}{key}{}:{}{value}{}", blanks[0], blanks[1], blanks[2], blanks[3]);
        }
        out.push('}');
        out
    }

    /// A value of a text field: mostly text.
    fn text_value(&mut self, field: &str) -> String {
        let odd = if self.grammar == Grammar::Shared { 0 } else { self.choices.below(40) };
        match odd {
            39 => "null".to_owned(),
            38 => self.number(),
            37 => {
                let (a, b) = (self.text(field), self.text(field));
                let blank = self.blank();
                format!("[{a},{blank}{b}]")
            }
            36 => {
                let inner = self.text(field);
                self.object(vec![("eventName", inner)])
            }
            35 => "[]".to_owned(),
            34 => self.choices.of(&["true", "false", "{}"]).to_owned(),
            _ => self.text(field),
        }
    }

    fn text(&mut self, field: &str) -> String {
        let mut word = self.theme.word(self.choices, field).to_owned();
        if self.choices.chance(15) {
            word = match self.choices.below(4) {
                0 => word.to_ascii_uppercase(),
                1 => word.to_ascii_lowercase(),
                _ if self.grammar == Grammar::Shared => word,
                2 => word.chars().map(|c| self.folded(c)).collect(),
                _ => word
                    .chars()
                    .map(|c| if self.choices.chance(30) { self.folded(c) } else { c })
                    .collect(),
            };
        }
        if self.choices.chance(8) {
            word = match self.choices.below(4) {
                0 => format!("{word}X"),
                1 => format!("x{word}"),
                2 => format!("{word} "),
                _ => word.chars().skip(1).collect(),
            };
        }
        let escapes = if self.spelled > 0 && self.choices.chance(self.spelled) {
            self.choices.pick(&[10, 50, 100])
        } else {
            0
        };
        self.escaped(&word, escapes)
    }

    /// Another letter that folds to the same.
    fn folded(&mut self, c: char) -> char {
        match c {
            'k' | 'K' => '\u{212a}',
            's' | 'S' => '\u{17f}',
            'Σ' => self.choices.pick(&['σ', 'ς']),
            'σ' | 'ς' => 'Σ',
            'ß' => 'ẞ',
            c if c.is_ascii_lowercase() => c.to_ascii_uppercase(),
            c if c.is_ascii_uppercase() => c.to_ascii_lowercase(),
            c => c,
        }
    }

    /// A JSON string in which so many percent of the characters are escaped without need.
    fn escaped(&mut self, text: &str, percent: usize) -> String {
        if percent == 0 {
            return quoted(text);
        }
        let mut out = String::from("\"");
        for c in text.chars() {
            if !self.choices.chance(percent) {
                let plain = quoted(c.encode_utf8(&mut [0; 4]));
                out += &plain[1..plain.len() - 1];
            } else if c == '/' && self.choices.chance(50) {
                out += "\\/";
            } else {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out += &if self.choices.chance(50) {
                        format!("\\u{unit:04X}")
                    } else {
                        format!("\\u{unit:04x}")
                    };
                }
            }
        }
        out.push('"');
        out
    }

    fn number(&mut self) -> String {
        let number = self
            .choices
            .of(&NUMBERS[..if self.grammar == Grammar::Shared { 4 } else { NUMBERS.len() }]);
        let other = SPELLINGS.iter().find(|(plain, _)| *plain == number);
        match other {
            Some((_, spellings)) if self.grammar != Grammar::Shared && self.choices.chance(40) => {
                self.choices.of(spellings).to_owned()
            }
            _ if self.choices.chance(10) => quoted(number),
            _ => number.to_owned(),
        }
    }
}
