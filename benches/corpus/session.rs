//! Who calls: one session of a user, a role or a service, as all its records show it.
//!
//! A session is drawn once and then makes many records with the same identity, address and user agent,
//! as in real files. Its identity is kept as finished JSON.

use super::clock;
use super::kind::{AGENT, AUDIT, CONSOLE, DEPLOY, LINKED, PARTNER, ROOT, SERVICE, SHELL, WORKLOAD};
use super::random::{Random, mix};
use super::world::{BASE32, Thing, World};

/// How often each sort of caller turns up, in ten thousand sessions.
const CALLERS: &[(u16, u64)] = &[
    (SERVICE, 1500),
    (LINKED, 1500),
    (WORKLOAD, 4100),
    (AGENT, 900),
    (CONSOLE, 750),
    (SHELL, 300),
    (DEPLOY, 440),
    (AUDIT, 400),
    (PARTNER, 100),
    (ROOT, 10),
];

/// Services that act by themselves, and the role sessions they open.
const SERVICES: &[&str] = &[
    "lambda.amazonaws.com",
    "ec2.amazonaws.com",
    "ecs-tasks.amazonaws.com",
    "cloudtrail.amazonaws.com",
    "config.amazonaws.com",
    "events.amazonaws.com",
    "scheduler.amazonaws.com",
    "delivery.logs.amazonaws.com",
    "states.amazonaws.com",
    "firehose.amazonaws.com",
];

/// Services with a role of their own in the account: name of the role's tail, service.
const LINKED_ROLES: &[(&str, &str)] = &[
    ("AutoScaling", "autoscaling.amazonaws.com"),
    ("Config", "config.amazonaws.com"),
    ("ECS", "ecs.amazonaws.com"),
    ("RDS", "rds.amazonaws.com"),
    ("ElasticLoadBalancing", "elasticloadbalancing.amazonaws.com"),
    ("TrustedAdvisor", "trustedadvisor.amazonaws.com"),
    ("SecurityHub", "securityhub.amazonaws.com"),
    ("AmazonGuardDuty", "guardduty.amazonaws.com"),
    ("AmazonEKS", "eks.amazonaws.com"),
    ("Backup", "backup.amazonaws.com"),
    ("ResourceExplorer", "resource-explorer-2.amazonaws.com"),
];

const PROGRAMS: &[&str] = &[
    "Boto3/1.34.162 md/Botocore#1.34.162 ua/2.0 os/linux#5.10.224-227.885.amzn2.x86_64 md/arch#x86_64 lang/python#3.12.5 md/pyimpl#CPython exec-env/AWS_Lambda_python3.12 cfg/retry-mode#legacy Botocore/1.34.162",
    "Boto3/1.35.36 md/Botocore#1.35.36 ua/2.0 os/linux#6.1.109 md/arch#aarch64 lang/python#3.11.9 md/pyimpl#CPython exec-env/AWS_ECS_FARGATE cfg/retry-mode#standard Botocore/1.35.36",
    "aws-sdk-java/2.27.17 Linux/6.1.109-118.189.amzn2023.x86_64 OpenJDK_64-Bit_Server_VM/21.0.4+7-LTS Java/21.0.4 vendor/Amazon.com_Inc. io/async http/NettyNio cfg/retry-mode/legacy ft/s3-transfer",
    "aws-sdk-java/1.12.770 Linux/5.10.224-227.885.amzn2.x86_64 OpenJDK_64-Bit_Server_VM/17.0.12+7-LTS java/17.0.12 vendor/Amazon.com_Inc. cfg/retry-mode/standard",
    "aws-sdk-go-v2/1.30.5 ua/2.1 os/linux lang/go#1.23.1 md/GOOS#linux md/GOARCH#amd64 api/dynamodb#1.34.9 m/E",
    "aws-sdk-go/1.55.5 (go1.22.6; linux; amd64) exec-env/AWS_ECS_EC2",
    "aws-sdk-js/3.645.0 ua/2.0 os/linux#5.10.224 lang/js md/nodejs#20.17.0 api/sqs#3.645.0 exec-env/AWS_Lambda_nodejs20.x",
    "aws-sdk-rust/1.3.3 ua/2.1 api/s3/1.47.0 os/linux lang/rust/1.80.1 exec-env/AWS_Lambda_provided.al2023",
];

/// Browsers.
pub(crate) const BROWSERS: &[&str] = &[
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
];

const SHELLS: &[&str] = &[
    "aws-cli/2.22.7 md/awscrt#0.23.4 ua/2.0 os/macos#24.1.0 md/arch#arm64 lang/python#3.12.7 md/pyimpl#CPython cfg/retry-mode#standard md/installer#source md/prompt#off",
    "aws-cli/2.17.44 md/awscrt#0.21.2 ua/2.0 os/linux#6.8.0-45-generic md/arch#x86_64 lang/python#3.11.9 md/pyimpl#CPython cfg/retry-mode#standard md/installer#exe md/distrib#ubuntu.24 md/prompt#off",
    "aws-cli/1.33.44 md/Botocore#1.34.162 ua/2.0 os/windows#10 md/arch#amd64 lang/python#3.12.6 md/pyimpl#CPython cfg/retry-mode#legacy botocore/1.34.162",
];

const TERRAFORM: &str = "APN/1.0 HashiCorp/1.0 Terraform/1.9.5 (+https://www.terraform.io) terraform-provider-aws/5.66.0 (+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.30.5 ua/2.1 os/linux lang/go#1.22.6 md/GOOS#linux md/GOARCH#amd64";

/// People of the company, as the session name of their role.
pub(crate) const PEOPLE: &[&str] = &[
    "ana.silva",
    "ben.okafor",
    "chen.wei",
    "dora.lund",
    "emil.kraus",
    "farah.aziz",
    "gita.rao",
    "hugo.marin",
];

/// What may encrypt a connection: the inside of `tlsDetails` up to the host.
const CIPHERS: &[&str] = &[
    r#""tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256""#,
    r#""tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256""#,
    r#""tlsVersion":"TLSv1.2","cipherSuite":"ECDHE-RSA-AES128-GCM-SHA256""#,
];

/// One session.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// Bit of the sort of caller.
    pub(crate) by: u16,
    /// `userIdentity`, finished.
    pub(crate) identity: String,
    /// ARN of the caller; empty for services.
    pub(crate) arn: String,
    /// The service behind it, for calls AWS makes by itself; else empty.
    pub(crate) service: &'static str,
    /// `userAgent`.
    pub(crate) agent: String,
    /// `sourceIPAddress`.
    pub(crate) address: String,
    /// How its connections are encrypted; empty if its records have no `tlsDetails`.
    pub(crate) cipher: &'static str,
    /// `sessionCredentialFromConsole`.
    pub(crate) console: bool,
    /// What it works on: random bits that choose the things of its records.
    pub(crate) scene: u64,
}

impl Session {
    /// A session that is under way at `time`.
    pub(crate) fn new(random: &mut Random, world: &World, time: u64) -> Self {
        let mut left = random.below(10_000);
        let mut by = SERVICE;
        for &(caller, share) in CALLERS {
            if left < share {
                by = caller;
                break;
            }
            left -= share;
        }
        Self::of(by, random, world, time)
    }

    /// A session of this sort of caller.
    fn of(by: u16, random: &mut Random, world: &World, time: u64) -> Self {
        let mut session = Self {
            by,
            identity: String::new(),
            arn: String::new(),
            service: "",
            agent: String::new(),
            address: String::new(),
            cipher: if random.percent(70) { random.pick(CIPHERS) } else { "" },
            console: false,
            scene: random.next(),
        };
        match by {
            SERVICE => session.service(random),
            LINKED => session.linked(random, world, time),
            WORKLOAD => session.workload(random, world, time),
            AGENT => session.agent(random, world, time),
            CONSOLE => session.console(random, world, time),
            SHELL => session.shell(random, world, time),
            DEPLOY => session.pipeline(random, world, time, "terraform-apply", TERRAFORM),
            AUDIT => session.pipeline(random, world, time, "security-audit", PROGRAMS[0]),
            PARTNER => session.partner(random, world),
            _ => session.root(random, world, time),
        }
        session
    }

    fn service(&mut self, random: &mut Random) {
        self.service = random.pick(SERVICES);
        self.identity = format!(r#"{{"type":"AWSService","invokedBy":"{}"}}"#, self.service);
        self.by_aws();
    }

    fn linked(&mut self, random: &mut Random, world: &World, time: u64) {
        let (tail, service) = random.pick(LINKED_ROLES);
        self.service = service;
        let role = format!("AWSServiceRoleFor{tail}");
        let path = format!("aws-service-role/{service}/{role}");
        self.role(random, world, &role, &path, tail, time, &format!(r#","invokedBy":"{service}""#));
        self.by_aws();
    }

    fn by_aws(&mut self) {
        self.agent = self.service.to_owned();
        self.address = self.service.to_owned();
        self.cipher = "";
    }

    fn workload(&mut self, random: &mut Random, world: &World, time: u64) {
        let role = world.thing(Thing::ROLE, random.next()).to_owned();
        let name = if random.percent(60) {
            world.thing(Thing::FUNCTION, scene(self.scene, Thing::FUNCTION)).to_owned()
        } else {
            let mut task = String::new();
            random.hex(&mut task, 32);
            task
        };
        self.role(random, world, &role, &role, &name, time, "");
        random.pick(PROGRAMS).clone_into(&mut self.agent);
        self.address = if random.percent(70) {
            format!("10.{}.{}.{}", random.below(4), random.below(64), 4 + random.below(250))
        } else {
            format!("192.0.2.{}", 1 + random.below(254))
        };
    }

    fn agent(&mut self, random: &mut Random, world: &World, time: u64) {
        let role = world.thing(Thing::ROLE, random.next()).to_owned();
        let instance = world.thing(Thing::INSTANCE, scene(self.scene, Thing::INSTANCE)).to_owned();
        self.role(random, world, &role, &role, &instance, time, "");
        "aws-sdk-go/1.55.5 (go1.22.5; linux; amd64) amazon-ssm-agent/3.3.987.0"
            .clone_into(&mut self.agent);
        self.address = format!("192.0.2.{}", 1 + random.below(254));
    }

    fn console(&mut self, random: &mut Random, world: &World, time: u64) {
        let person = random.pick(PEOPLE);
        self.person(random, world, person, time);
        self.console = true;
        if random.percent(60) {
            "AWS Internal".clone_into(&mut self.agent);
            self.cipher = "";
        } else {
            random.pick(BROWSERS).clone_into(&mut self.agent);
        }
    }

    fn shell(&mut self, random: &mut Random, world: &World, time: u64) {
        if random.percent(50) {
            let person = random.pick(PEOPLE);
            self.person(random, world, person, time);
        } else {
            let user = world.thing(Thing::USER, random.next()).to_owned();
            self.user(world, &user);
            self.address = office(random);
        }
        random.pick(SHELLS).clone_into(&mut self.agent);
    }

    /// A person who came in through Identity Center.
    pub(crate) fn person(&mut self, random: &mut Random, world: &World, person: &str, time: u64) {
        let role = reserved_role(world, person);
        let path = format!("aws-reserved/sso.amazonaws.com/{role}");
        self.role(random, world, &role, &path, &format!("{person}@example.com"), time, "");
        self.address = office(random);
    }

    fn pipeline(&mut self, random: &mut Random, world: &World, time: u64, role: &str, agent: &str) {
        let name = format!("{role}-{}", 1000 + random.below(9000));
        self.role(random, world, role, role, &name, time, "");
        agent.clone_into(&mut self.agent);
        self.address = format!("192.0.2.{}", 200 + random.below(8));
    }

    fn partner(&mut self, random: &mut Random, world: &World) {
        let role = world.thing(Thing::ROLE, random.next());
        self.identity = format!(
            r#"{{"type":"AWSAccount","principalId":"{}:export","accountId":"{}"}}"#,
            principal("AROA", world.other, role),
            world.other
        );
        self.arn = format!("arn:aws:sts::{}:assumed-role/{role}/export", world.other);
        random.pick(PROGRAMS).clone_into(&mut self.agent);
        self.address = format!("192.0.2.{}", 1 + random.below(254));
    }

    fn root(&mut self, random: &mut Random, world: &World, time: u64) {
        let account = world.account;
        let mut since = String::new();
        clock::iso(&mut since, time - random.below(1_800));
        self.arn = format!("arn:aws:iam::{account}:root");
        self.identity = format!(
            r#"{{"type":"Root","principalId":"{account}","arn":"{}","accountId":"{account}","accessKeyId":"{}","sessionContext":{{"attributes":{{"creationDate":"{since}","mfaAuthenticated":"true"}}}}}}"#,
            self.arn,
            key("ASIA", random)
        );
        self.console = true;
        BROWSERS[0].clone_into(&mut self.agent);
        "203.0.113.10".clone_into(&mut self.address);
    }

    /// An IAM user with its own long-term key.
    pub(crate) fn user(&mut self, world: &World, user: &str) {
        self.user_with(world, user, &long_term_key(world.account, user));
    }

    /// An IAM user with this key.
    pub(crate) fn user_with(&mut self, world: &World, user: &str, key: &str) {
        let account = world.account;
        self.arn = format!("arn:aws:iam::{account}:user/{user}");
        self.identity = format!(
            r#"{{"type":"IAMUser","principalId":"{}","arn":"{}","accountId":"{account}","accessKeyId":"{key}","userName":"{user}"}}"#,
            principal("AIDA", account, user),
            self.arn
        );
    }

    /// A session of a role. `path` is the role's name with the folders before it.
    #[expect(clippy::too_many_arguments, reason = "the parts of one JSON object")]
    fn role(
        &mut self,
        random: &mut Random,
        world: &World,
        role: &str,
        path: &str,
        name: &str,
        time: u64,
        tail: &str,
    ) {
        let account = world.account;
        let id = principal("AROA", account, role);
        let mut since = String::new();
        clock::iso(&mut since, time - random.below(3_000));
        let delivery = if self.by == AGENT { r#","ec2RoleDelivery":"2.0""# } else { "" };
        self.arn = format!("arn:aws:sts::{account}:assumed-role/{role}/{name}");
        self.identity = format!(
            r#"{{"type":"AssumedRole","principalId":"{id}:{name}","arn":"{}","accountId":"{account}","accessKeyId":"{}","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"{id}","arn":"arn:aws:iam::{account}:role/{path}","accountId":"{account}","userName":"{role}"}},"attributes":{{"creationDate":"{since}","mfaAuthenticated":"false"}}{delivery}}}{tail}}}"#,
            self.arn,
            key("ASIA", random)
        );
    }
}

/// The role through which a person of the company works, with the tail Identity Center gives it.
pub(crate) fn reserved_role(world: &World, person: &str) -> String {
    let set = if digest(person) & 1 == 0 { "PowerUser" } else { "ReadOnly" };
    let tail = digest(world.account) ^ digest(set);
    format!("AWSReservedSSO_{set}_{tail:016x}")
}

/// Bits that choose a thing of this sort in this scene.
pub(crate) fn scene(scene: u64, sort: Thing) -> u64 {
    mix(scene ^ (sort.0 as u64) << 7)
}

/// A new access key that anyone can see is none.
pub(crate) fn key(prefix: &str, random: &mut Random) -> String {
    let mut key = prefix.to_owned();
    random.letters(&mut key, 9, BASE32);
    key.push_str("EXAMPLE");
    key
}

/// The one long-term key of a user.
fn long_term_key(account: &str, user: &str) -> String {
    key("AKIA", &mut Random::new(digest(account), digest(user)))
}

/// The id of a user or role, the same wherever it turns up.
pub(crate) fn principal(prefix: &str, account: &str, name: &str) -> String {
    let mut id = prefix.to_owned();
    Random::new(digest(account), digest(name)).letters(&mut id, 10, BASE32);
    id.push_str("EXAMPLE");
    id
}

fn digest(text: &str) -> u64 {
    text.bytes().fold(7, |sum, byte| mix(sum ^ u64::from(byte)))
}

fn office(random: &mut Random) -> String {
    format!("203.0.113.{}", 10 + random.below(40))
}
