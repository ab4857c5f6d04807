//! Cases: a few rules and one log file, made of the same few words.
//!
//! Rules and events are both text, so that the rule parser and the record splitter are in the loop. The
//! words are few and overlap (`Delete`, `DeleteTrail`), so rules often match and hits hide one another;
//! the file spells them in every way JSON allows. See [`Case::new`] for what a grammar leaves out.

use crate::{choices::Choices, events, reader, rules};

/// What the cases are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grammar {
    /// Everything.
    Full,
    /// Only what other implementations are known to judge alike.
    Shared,
    /// Mostly what a broken gate would stumble over: `eventName` rules and their disguises.
    Gate,
}

/// Rules and a log file.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// The text of one rule file each.
    pub(crate) rules: Vec<String>,
    /// The text of the log file.
    pub(crate) file: String,
}

impl Case {
    /// Makes the case that the tape decides on.
    pub(crate) fn new(tape: &[u16], grammar: Grammar) -> Self {
        let mut choices = Choices::new(tape);
        let theme = Theme::new(&mut choices, grammar);
        let rule_count = choices.between(1, if grammar == Grammar::Shared { 4 } else { 12 });
        let rules =
            (0..rule_count).map(|at| rules::rule(&mut choices, &theme, grammar, at)).collect();
        let record_count =
            if choices.chance(20) { choices.between(1, 30) } else { choices.between(1, 6) };
        let file = events::file(&mut choices, &theme, grammar, record_count);
        Self { rules, file }
    }

    /// The case without what `fails` does not need: rules, then records.
    pub(crate) fn simplified(mut self, fails: impl Fn(&Self) -> bool) -> Self {
        for at in (0..self.rules.len()).rev() {
            let mut rules = self.rules.clone();
            rules.remove(at);
            let fewer = Self { rules, file: self.file.clone() };
            if fails(&fewer) {
                self = fewer;
            }
        }
        let Some(records) = reader::records(&self.file) else { return self };
        let mut records: Vec<String> =
            records.into_iter().map(|(place, _)| self.file[place].to_owned()).collect();
        for at in (0..records.len()).rev() {
            let taken = records.remove(at);
            let fewer = Self {
                rules: self.rules.clone(),
                file: format!("{{\"Records\":[{}]}}", records.join(",")),
            };
            if fails(&fewer) {
                self = fewer;
            } else {
                records.insert(at, taken);
            }
        }
        self
    }

    /// The case as one would write it into a bug report.
    pub(crate) fn shown(&self) -> String {
        format!("{}\n--- log file ---\n{}", self.rules.join("---\n"), self.file)
    }
}

/// The words of one case: for each field two, that rules and events draw from.
pub(crate) struct Theme {
    words: Vec<(&'static str, [&'static str; 2])>,
}

/// The fields whose value is text, and what it may be.
const WORDS: &[(&str, &[&str])] = &[
    (
        "eventName",
        &[
            "DeleteTrail",
            "Delete",
            "DeleteTrails",
            "StopLogging",
            "ConsoleLogin",
            "GetSigninToken",
            "Sign",
            "ListAccessKeys",
            "Kick",
            "PutBucketPolicy",
            "Put",
        ],
    ),
    (
        "eventSource",
        &[
            "signin.amazonaws.com",
            "signin",
            "iam.amazonaws.com",
            "cloudtrail.amazonaws.com",
            "s3.amazonaws.com",
            "com",
        ],
    ),
    (
        "userAgent",
        &[
            "aws-cli/2.15 Python/3.11",
            "python-requests/2.28",
            "Jersey/${project.version}",
            "kali",
            "C:\\temp\\aws.exe",
            "signin.amazonaws.com",
            "say \"hi\"",
            "two\nlines",
            "a*b?c",
        ],
    ),
    ("errorCode", &["AccessDenied", "Client.UnauthorizedOperation", "Success", ""]),
    (
        "sourceIPAddress",
        &["10.1.2.3", "10.200.0.1", "192.168.7.9", "2001:db8::7", "signin.amazonaws.com"],
    ),
    ("awsRegion", &["us-east-1", "us-east", "eu-west-1"]),
    ("eventTime", &["2023-07-10T11:55:29Z", "2024-01-01T00:05:00Z", "2021-01-03 23:59:59"]),
    ("userIdentity.type", &["Root", "IAMUser", "AssumedRole"]),
    (
        "userIdentity.arn",
        &["arn:aws:iam::123456789012:user/alice", "arn:aws:sts::1:assumed-role/Admin/bob", "root/"],
    ),
    ("userIdentity.userName", &["alice", "kaſimir", "ΣΟΦΟΣ", "straße", "\u{1f600}smile", "k"]),
    (
        "requestParameters.name",
        &["DeleteTrail", "trail/one", "Delete", "signin", "{\"eventName\":\"Delete\"}"],
    ),
    ("requestParameters.eventName", &["DeleteTrail", "StopLogging", "Put"]),
    ("requestParameters.userName", &["alice", "ALICE", "bob"]),
];

impl Theme {
    fn new(choices: &mut Choices<'_>, grammar: Grammar) -> Self {
        // Case beyond ASCII, escapes of wildcards and line feeds under a wildcard are read differently elsewhere.
        let plain = |word: &&&str| word.is_ascii() && !word.contains(['\n', '*', '?', '\\']);
        let pair = |choices: &mut Choices<'_>, words: &[&'static str]| {
            let usable: Vec<&'static str> = words
                .iter()
                .filter(|word| grammar != Grammar::Shared || plain(word))
                .copied()
                .collect();
            [choices.pick(&usable), choices.pick(&usable)]
        };
        Self { words: WORDS.iter().map(|(field, words)| (*field, pair(choices, words))).collect() }
    }

    /// The text fields.
    pub(crate) fn fields(&self) -> Vec<&'static str> {
        self.words.iter().map(|(field, _)| *field).collect()
    }

    /// A word for the field: one of its two, seldom one that is meant for another.
    pub(crate) fn word(&self, choices: &mut Choices<'_>, field: &str) -> &'static str {
        let stranger = choices.chance(5);
        let own = self.words.iter().find(|(name, _)| *name == field).filter(|_| !stranger);
        let pair = own.map_or_else(|| choices.pick(&self.words).1, |(_, pair)| *pair);
        pair[choices.below(2)]
    }
}

/// Numbers as events spell them; rules write them as YAML does, which is the same here.
pub(crate) const NUMBERS: &[&str] = &[
    "22",
    "1000",
    "0",
    "1.5",
    "-3",
    "100000",
    "123456789012345678901234567890",
    "9007199254740993",
];

/// Other spellings of the same values.
pub(crate) const SPELLINGS: &[(&str, &[&str])] = &[
    ("22", &["22.0", "2.2e1", "220e-1"]),
    ("1000", &["1e3", "1E+3", "1000.0", "1000.000"]),
    ("0", &["-0", "0.0", "0e7"]),
    ("1.5", &["15e-1", "1.50"]),
    ("-3", &["-3.0", "-30e-1"]),
    ("100000", &["1e5", "1.0e+05"]),
    ("9007199254740993", &["9007199254740992", "9007199254740994"]),
];
