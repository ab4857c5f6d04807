//! The story of the test archive, step by step.
//!
//! The key of a build user is stolen. Someone turns it into a console session with `aws_consoler`, looks
//! around, leaves a key behind and stops the trail; the next day the same tool takes a role in the second
//! account. Four steps are what the seed rule must find.

use super::event::Event;
use super::random::Random;
use super::session::{BROWSERS, Session, principal};
use super::signin::{self, SCRIPT};
use super::world::{ACCOUNTS, REGIONS, World};

/// The user whose key is stolen.
const VICTIM: &str = "build-runner";

/// The role that is taken in the second account.
const TAKEN: &str = "OrganizationAccountAccessRole";

/// Where the tool runs, and where the browser is.
const TOOL_ADDRESS: &str = "198.51.100.23";
const BROWSER_ADDRESS: &str = "203.0.113.77";

const BOTO: &str = "Boto3/1.34.84 md/Botocore#1.34.84 ua/2.0 os/linux#6.6.15-amd64 md/arch#x86_64 lang/python#3.11.8 md/pyimpl#CPython cfg/retry-mode#legacy Botocore/1.34.84";

/// `eventID`s of the records that the seed rule must find.
pub(crate) const MATCHES: [&str; 4] = [
    "c0501e00-0000-4000-8000-000000000001",
    "c0501e00-0000-4000-8000-000000000002",
    "c0501e00-0000-4000-8000-000000000003",
    "c0501e00-0000-4000-8000-000000000004",
];

/// The match that a second file holds again.
pub(crate) const DUPLICATED: &str = MATCHES[2];

/// Who takes a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    /// The stolen key, in the tool.
    Stolen,
    /// The key that was left behind, in the tool.
    Planted,
    /// The same, as the second account sees it.
    Stranger,
    /// The session the tool made, in the tool.
    Tool,
    /// That session as the tool asks for a token.
    Script,
    /// That session in a browser.
    Browser,
}

/// One record of the story.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    /// Day of the archive, from 0.
    pub(crate) day: u64,
    /// Second of the day.
    pub(crate) second: u64,
    /// Index of the account.
    pub(crate) account: usize,
    /// Index of the region.
    pub(crate) region: usize,
    who: Who,
    source: &'static str,
    name: &'static str,
    request: &'static str,
    response: &'static str,
    error: Option<(&'static str, &'static str)>,
    id: &'static str,
    shared: &'static str,
}

impl Step {
    const fn new(
        at: (u64, u64),
        place: (usize, usize),
        who: Who,
        source: &'static str,
        name: &'static str,
    ) -> Self {
        Self {
            day: at.0,
            second: at.1,
            account: place.0,
            region: place.1,
            who,
            source,
            name,
            request: "null",
            response: "null",
            error: None,
            id: "",
            shared: "",
        }
    }

    const fn asks(self, request: &'static str) -> Self {
        Self { request, ..self }
    }

    const fn answers(self, response: &'static str) -> Self {
        Self { response, ..self }
    }

    const fn fails(self, code: &'static str, message: &'static str) -> Self {
        Self { error: Some((code, message)), ..self }
    }

    const fn id(self, id: &'static str) -> Self {
        Self { id, ..self }
    }

    const fn shared(self, shared: &'static str) -> Self {
        Self { shared, ..self }
    }

    /// The record of this step in its account.
    pub(crate) fn record(&self, world: &World, time: u64, seed: u64) -> String {
        let mut random = Random::new(seed, time ^ 0x7374_6570);
        let session = self.session(world);
        let region = REGIONS[self.region];
        let mut record = String::new();
        match self.name {
            "GetSigninToken" => {
                signin::token(&mut record, &session, world, region, time, self.id, &mut random);
            }
            "ConsoleLogin" => {
                signin::login(
                    &mut record,
                    &session,
                    world,
                    region,
                    time,
                    self.id,
                    false,
                    &mut random,
                );
            }
            name => {
                let host = format!("{}.{region}.amazonaws.com", self.source);
                Event {
                    time,
                    region,
                    error: self.error,
                    request: self.request,
                    response: self.response,
                    id: self.id,
                    read: !matches!(name, "CreateAccessKey" | "StopLogging"),
                    account: world.account,
                    shared: self.shared,
                    host: &host,
                    ..Event::new(&session, self.source, name)
                }
                .write(&mut record, &mut random);
            }
        }
        record
    }

    fn session(&self, world: &World) -> Session {
        let mut session = Session::nobody();
        match self.who {
            Who::Stolen => session.user(world, VICTIM),
            Who::Planted => session.user_with(world, LEFT_FOR, LEFT_KEY),
            Who::Stranger => {
                session.identity = format!(
                    r#"{{"type":"AWSAccount","principalId":"{}","accountId":"{}"}}"#,
                    principal("AIDA", ACCOUNTS[0], LEFT_FOR),
                    ACCOUNTS[0]
                );
            }
            Who::Tool | Who::Script | Who::Browser => self.taken(&mut session, world),
        }
        let (agent, address) = match self.who {
            Who::Script => (SCRIPT, TOOL_ADDRESS),
            Who::Browser => (BROWSERS[2], BROWSER_ADDRESS),
            _ => (BOTO, TOOL_ADDRESS),
        };
        agent.clone_into(&mut session.agent);
        address.clone_into(&mut session.address);
        session.console = self.who == Who::Browser;
        session
    }

    /// The session that the tool made: federated in the first account, a role's in the second.
    fn taken(&self, session: &mut Session, world: &World) {
        let key = if self.who == Who::Browser { BROWSER_KEYS } else { TOOL_KEYS }[self.account];
        if self.account == 0 {
            session.federated(world, VICTIM, "aws_consoler", key, BEGUN[self.account]);
        } else {
            session.taken_role(world, TAKEN, "aws_consoler", key, BEGUN[self.account]);
        }
    }
}

/// The temporary keys of the tool and of the browser, by account.
const TOOL_KEYS: [&str; 2] = ["ASIATOOLAAAAEXAMPLE2", "ASIATOOLBBBBEXAMPLE2"];
const BROWSER_KEYS: [&str; 2] = ["ASIABROWSAAAEXAMPLE2", "ASIABROWSBBBEXAMPLE2"];

/// When the tool made its session, by account.
const BEGUN: [&str; 2] = ["2026-03-05T02:14:07Z", "2026-03-06T01:03:29Z"];

/// The user for whom a new key is left behind, and the key.
const LEFT_FOR: &str = "svc-backup";
const LEFT_KEY: &str = "AKIALEFTBEHINDEXAMPL";

const A: (usize, usize) = (0, 0);
const B: (usize, usize) = (1, 1);

/// Day 3 is 2026-03-05.
const fn at(day: u64, hour: u64, minute: u64, second: u64) -> (u64, u64) {
    (day, hour * 3_600 + minute * 60 + second)
}

/// All steps, in time order.
pub(crate) fn all() -> impl Iterator<Item = &'static Step> {
    STEPS.iter()
}

const STEPS: &[Step] = &[
    Step::new(at(3, 2, 14, 7), A, Who::Stolen, "sts", "GetFederationToken")
        .asks(r#"{"name":"aws_consoler","policyArns":[{"arn":"arn:aws:iam::aws:policy/AdministratorAccess"}],"durationSeconds":43200}"#)
        .answers(r#"{"credentials":{"accessKeyId":"ASIATOOLAAAAEXAMPLE2","sessionToken":"IQoJb3JpZ2luX2VjEEXAMPLE==","expiration":"Mar 5, 2026, 2:14:07 PM"},"federatedUser":{"federatedUserId":"111122223333:aws_consoler","arn":"arn:aws:sts::111122223333:federated-user/aws_consoler"},"packedPolicySize":2}"#)
        .id("c0501e00-0000-4000-8000-000000000101"),
    Step::new(at(3, 2, 14, 8), A, Who::Tool, "sts", "GetCallerIdentity").id("c0501e00-0000-4000-8000-000000000102"),
    Step::new(at(3, 2, 14, 9), A, Who::Script, "signin", "GetSigninToken").id(MATCHES[0]),
    Step::new(at(3, 2, 16, 41), A, Who::Browser, "signin", "ConsoleLogin").id("c0501e00-0000-4000-8000-000000000103"),
    Step::new(at(3, 2, 17, 20), A, Who::Browser, "ec2", "DescribeInstances")
        .asks(r#"{"maxResults":1000,"instancesSet":{},"filterSet":{}}"#),
    Step::new(at(3, 2, 17, 58), A, Who::Browser, "s3", "ListBuckets").asks(r#"{"Host":"s3.us-east-1.amazonaws.com"}"#),
    Step::new(at(3, 2, 19, 31), A, Who::Browser, "secretsmanager", "ListSecrets").asks(r#"{"maxResults":100}"#),
    Step::new(at(3, 2, 20, 2), A, Who::Browser, "secretsmanager", "GetSecretValue")
        .asks(r#"{"secretId":"prod/payments/gateway"}"#)
        .id("c0501e00-0000-4000-8000-000000000104"),
    Step::new(at(3, 2, 20, 44), A, Who::Browser, "secretsmanager", "GetSecretValue")
        .asks(r#"{"secretId":"prod/orders/database"}"#)
        .id("c0501e00-0000-4000-8000-000000000105"),
    Step::new(at(3, 2, 23, 12), A, Who::Browser, "rds", "DescribeDBInstances").asks(r#"{"maxRecords":100}"#),
    Step::new(at(3, 2, 25, 50), A, Who::Browser, "organizations", "ListAccounts")
        .fails("AccessDeniedException", "You don't have permissions to access this resource."),
    Step::new(at(3, 2, 27, 15), A, Who::Browser, "iam", "ListUsers").asks(r#"{"maxItems":100}"#),
    Step::new(at(3, 2, 28, 3), A, Who::Browser, "iam", "CreateAccessKey")
        .asks(r#"{"userName":"svc-backup"}"#)
        .answers(r#"{"accessKey":{"userName":"svc-backup","accessKeyId":"AKIALEFTBEHINDEXAMPL","status":"Active","createDate":"Mar 5, 2026, 2:28:03 AM"}}"#)
        .id("c0501e00-0000-4000-8000-000000000106"),
    Step::new(at(3, 2, 31, 36), A, Who::Browser, "cloudtrail", "StopLogging")
        .asks(r#"{"name":"arn:aws:cloudtrail:us-east-1:111122223333:trail/audit-trail"}"#)
        .id("c0501e00-0000-4000-8000-000000000107"),
    Step::new(at(3, 13, 40, 12), (0, 2), Who::Script, "signin", "GetSigninToken").id(MATCHES[1]),
    Step::new(at(4, 1, 3, 29), B, Who::Stranger, "sts", "AssumeRole")
        .asks(r#"{"roleArn":"arn:aws:iam::444455556666:role/OrganizationAccountAccessRole","roleSessionName":"aws_consoler"}"#)
        .answers(r#"{"credentials":{"accessKeyId":"ASIATOOLBBBBEXAMPLE2","sessionToken":"IQoJb3JpZ2luX2VjEEXAMPLE==","expiration":"Mar 6, 2026, 2:03:29 AM"},"assumedRoleUser":{"assumedRoleId":"AROAHSL4467MWCEXAMPLE:aws_consoler","arn":"arn:aws:sts::444455556666:assumed-role/OrganizationAccountAccessRole/aws_consoler"}}"#)
        .shared("c0501e00-0000-4000-8000-000000000900")
        .id("c0501e00-0000-4000-8000-000000000108"),
    Step::new(at(4, 1, 3, 29), (0, 1), Who::Planted, "sts", "AssumeRole")
        .asks(r#"{"roleArn":"arn:aws:iam::444455556666:role/OrganizationAccountAccessRole","roleSessionName":"aws_consoler"}"#)
        .answers(r#"{"credentials":{"accessKeyId":"ASIATOOLBBBBEXAMPLE2","sessionToken":"IQoJb3JpZ2luX2VjEEXAMPLE==","expiration":"Mar 6, 2026, 2:03:29 AM"},"assumedRoleUser":{"assumedRoleId":"AROAHSL4467MWCEXAMPLE:aws_consoler","arn":"arn:aws:sts::444455556666:assumed-role/OrganizationAccountAccessRole/aws_consoler"}}"#)
        .shared("c0501e00-0000-4000-8000-000000000900")
        .id("c0501e00-0000-4000-8000-000000000109"),
    Step::new(at(4, 1, 3, 30), B, Who::Tool, "sts", "GetCallerIdentity").id("c0501e00-0000-4000-8000-000000000110"),
    Step::new(at(4, 1, 3, 31), B, Who::Script, "signin", "GetSigninToken").id(MATCHES[2]),
    Step::new(at(4, 1, 5, 2), B, Who::Browser, "signin", "ConsoleLogin").id("c0501e00-0000-4000-8000-000000000111"),
    Step::new(at(4, 1, 5, 50), B, Who::Browser, "ec2", "DescribeInstances")
        .asks(r#"{"maxResults":1000,"instancesSet":{},"filterSet":{}}"#),
    Step::new(at(4, 1, 6, 34), B, Who::Browser, "s3", "ListBuckets").asks(r#"{"Host":"s3.eu-central-1.amazonaws.com"}"#),
    Step::new(at(4, 1, 8, 17), B, Who::Browser, "secretsmanager", "GetSecretValue")
        .asks(r#"{"secretId":"prod/billing/export"}"#)
        .id("c0501e00-0000-4000-8000-000000000112"),
    Step::new(at(4, 1, 48, 55), (1, 2), Who::Script, "signin", "GetSigninToken").id(MATCHES[3]),
    Step::new(at(4, 1, 50, 10), (1, 2), Who::Browser, "signin", "ConsoleLogin").id("c0501e00-0000-4000-8000-000000000113"),
];

impl Session {
    /// A session of a role that was taken, under this temporary key.
    fn taken_role(&mut self, world: &World, role: &str, name: &str, key: &str, since: &str) {
        let account = world.account;
        let id = principal("AROA", account, role);
        self.arn = format!("arn:aws:sts::{account}:assumed-role/{role}/{name}");
        self.identity = format!(
            r#"{{"type":"AssumedRole","principalId":"{id}:{name}","arn":"{}","accountId":"{account}","accessKeyId":"{key}","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"{id}","arn":"arn:aws:iam::{account}:role/{role}","accountId":"{account}","userName":"{role}"}},"attributes":{{"creationDate":"{since}","mfaAuthenticated":"false"}}}}}}"#,
            self.arn,
        );
    }
}
