//! What exists in a made-up account: buckets, instances, roles and so on, by name.
//!
//! Records of one account name the same things again and again, as real ones do; that is what makes
//! them compress. The names depend on the account alone, not on the seed of a corpus.

use super::random::Random;

/// The accounts of a corpus, out of the numbers AWS uses in its documentation.
pub(crate) const ACCOUNTS: [&str; 2] = ["111122223333", "444455556666"];

/// The regions of a corpus.
pub(crate) const REGIONS: [&str; 3] = ["us-east-1", "eu-central-1", "ap-southeast-2"];

/// Letters and digits as in an access key.
pub(crate) const BASE32: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// How many things of one sort an account has at most.
const MOST: usize = 32;

/// A sort of thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Thing(pub(crate) usize);

/// Sort, how many there are, and how one is called: `#` is its hexadecimal digits (seventeen, as in
/// `i-0123456789abcdef0`), `*` a UUID, `@` a word of the trade, `%` a small number, `&` the account.
const SORTS: &[(&str, usize, &str)] = &[
    ("bucket", 14, "@-@-&"),
    ("object", 32, "@/2026/03/@-%%.parquet"),
    ("prefix", 12, "@/@/"),
    ("instance", 28, "i-#"),
    ("volume", 32, "vol-#"),
    ("snapshot", 32, "snap-#"),
    ("image", 9, "ami-#"),
    ("vpc", 4, "vpc-#"),
    ("subnet", 12, "subnet-#"),
    ("group", 20, "sg-#"),
    ("interface", 32, "eni-#"),
    ("route", 8, "rtb-#"),
    ("function", 22, "@-@-@"),
    ("table", 12, "@-@"),
    ("secret", 12, "prod/@/@-%%%"),
    ("parameter", 20, "/prod/@/@"),
    ("cmk", 9, "*"),
    ("cluster", 4, "@-cluster"),
    ("task", 32, "*"),
    ("family", 12, "@-@"),
    ("loggroup", 20, "/aws/lambda/@-@-@"),
    ("stack", 14, "@-@-stack"),
    ("queue", 12, "@-@-queue"),
    ("topic", 10, "@-@-events"),
    ("database", 6, "@-db-%"),
    ("repository", 12, "@/@"),
    ("user", 16, "@.@"),
    ("role", 24, "@-@-role"),
    ("policy", 18, "@-@-access"),
    ("trail", 2, "@-trail"),
    ("rule", 14, "@-@-schedule"),
    ("alarm", 16, "@-@-errors"),
    ("balancer", 6, "@-lb"),
    ("scaling", 6, "@-asg"),
    ("pipeline", 6, "@-pipeline"),
    ("build", 8, "@-build"),
    ("machine", 6, "@-@-workflow"),
    ("stream", 6, "@-stream"),
    ("zone", 4, "Z0%%%%%%%%ABC%%%%"),
    ("distribution", 4, "E%%%ABCD%%%XYZ"),
    ("certificate", 6, "*"),
    ("detector", 1, "*"),
    ("delivery", 4, "@-firehose"),
    ("association", 8, "*"),
    ("hostname", 28, "ip-10-%-%%-%%"),
    ("address", 28, "10.%.%%.%%"),
];

const WORDS: &[&str] = &[
    "billing", "orders", "payments", "ingest", "reports", "catalog", "search", "session", "audit",
    "media", "checkout", "shipping", "pricing", "stock", "mail", "export", "metrics", "gateway",
    "accounts", "invoices", "archive", "events", "feeds", "profile", "tickets", "images", "backup",
    "partner", "loyalty", "web",
];

impl Thing {
    /// Functions.
    pub(crate) const FUNCTION: Self = Self::known("function");
    /// Instances.
    pub(crate) const INSTANCE: Self = Self::known("instance");
    /// Buckets.
    pub(crate) const BUCKET: Self = Self::known("bucket");
    /// IAM users.
    pub(crate) const USER: Self = Self::known("user");
    /// Roles.
    pub(crate) const ROLE: Self = Self::known("role");

    /// The sort with this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        SORTS.iter().position(|sort| sort.0 == name).map(Self)
    }

    /// The sort with this name, while compiling: a name that is not in the table does not compile.
    const fn known(name: &str) -> Self {
        let mut sort = 0;
        while !same(SORTS[sort].0.as_bytes(), name.as_bytes()) {
            sort += 1;
        }
        Self(sort)
    }
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

/// The things of one account.
#[derive(Debug)]
pub(crate) struct World {
    /// The account's number.
    pub(crate) account: &'static str,
    /// The number of the other account.
    pub(crate) other: &'static str,
    things: Vec<Vec<String>>,
}

impl World {
    /// The world of the account at `index` of [`ACCOUNTS`].
    pub(crate) fn new(index: usize) -> Self {
        let account = ACCOUNTS[index];
        let mut random = Random::new(0x0077_6f72_6c64, index as u64);
        let things = SORTS
            .iter()
            .map(|(_, count, shape)| {
                (0..(*count).min(MOST)).map(|_| named(&mut random, shape, account)).collect()
            })
            .collect();
        Self { account, other: ACCOUNTS[1 - index], things }
    }

    /// A thing of this sort; `choice` are random bits. The first few of a sort are the busy ones.
    pub(crate) fn thing(&self, sort: Thing, choice: u64) -> &str {
        let names = &self.things[sort.0];
        let (a, b) = ((choice & 0xffff) as usize, (choice >> 16 & 0xffff) as usize);
        &names[(a.min(b) * names.len()) >> 16]
    }
}

fn named(random: &mut Random, shape: &str, account: &str) -> String {
    let mut name = String::new();
    for letter in shape.chars() {
        match letter {
            '#' => {
                name.push('0');
                random.hex(&mut name, 16);
            }
            '*' => random.uuid(&mut name),
            '@' => name.push_str(random.pick(WORDS)),
            '%' => random.letters(&mut name, 1, b"123456789"),
            '&' => name.push_str(account),
            other => name.push(other),
        }
    }
    name
}
