//! Sign-ins: tokens for the console fetched by a script, by a portal, and people at the door.

use super::clock;
use super::event::Event;
use super::random::Random;
use super::session::{BROWSERS, PEOPLE, Session, key, principal};
use super::world::{REGIONS, Thing, World};

/// The user agent of the script.
pub(crate) const SCRIPT: &str = "python-requests/2.31.0";

/// The user agent of the portal, with the placeholder that its makers forgot to fill.
pub(crate) const PORTAL: &str = "Jersey/${project.version} (HttpUrlConnection 17.0.12)";

/// How someone signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignIn {
    /// `GetSigninToken` by a script, as `aws_consoler` does: the seed rule matches.
    Script,
    /// `GetSigninToken` by the portal of Identity Center: the seed rule lets it pass.
    Portal,
    /// `ConsoleLogin` by a person.
    Login,
}

/// Appends the record of a sign-in; an empty `id` draws one.
pub(crate) fn write(
    out: &mut String,
    sign_in: SignIn,
    world: &World,
    region: &str,
    time: u64,
    id: &str,
    random: &mut Random,
) {
    let mut session = Session::nobody();
    match sign_in {
        SignIn::Script => script(&mut session, world, time, random),
        SignIn::Portal => {
            let person = random.pick(PEOPLE);
            session.person(random, world, person, time);
            PORTAL.clone_into(&mut session.agent);
        }
        SignIn::Login => {
            let person = random.pick(PEOPLE);
            session.person(random, world, person, time);
            session.agent = random.pick(BROWSERS).to_owned();
        }
    }
    if sign_in == SignIn::Login {
        login(out, &session, world, region, time, id, random.percent(90), random);
    } else {
        token(out, &session, world, region, time, id, random);
    }
}

/// A session of `aws_consoler` with the key of some user.
fn script(session: &mut Session, world: &World, time: u64, random: &mut Random) {
    let user = world.thing(Thing::USER, random.next());
    let mut since = String::new();
    clock::iso(&mut since, time - 2);
    session.federated(world, user, "aws_consoler", &key("ASIA", random), &since);
    SCRIPT.clone_into(&mut session.agent);
    session.address = format!("198.51.100.{}", 1 + random.below(254));
}

/// Appends a `GetSigninToken` of this session.
pub(crate) fn token(
    out: &mut String,
    session: &Session,
    world: &World,
    region: &str,
    time: u64,
    id: &str,
    random: &mut Random,
) {
    let response = format!(
        r#"{{"credentials":{{"accessKeyId":"{}"}},"GetSigninToken":"Success"}}"#,
        key("ASIA", random)
    );
    let host = if region == REGIONS[0] {
        "signin.aws.amazon.com".to_owned()
    } else {
        format!("{region}.signin.aws.amazon.com")
    };
    Event {
        version: "1.08",
        time,
        region,
        id,
        response: &response,
        extra: r#"{"MobileVersion":"No","MFAUsed":"No"}"#,
        sort: "AwsConsoleSignIn",
        account: world.account,
        host: &host,
        ..Event::new(session, "signin", "GetSigninToken")
    }
    .write(out, random);
}

/// Appends a `ConsoleLogin` of this session.
#[expect(clippy::too_many_arguments, reason = "what one record shows")]
pub(crate) fn login(
    out: &mut String,
    session: &Session,
    world: &World,
    region: &str,
    time: u64,
    id: &str,
    mfa: bool,
    random: &mut Random,
) {
    let mut state = String::new();
    random.hex(&mut state, 16);
    let extra = format!(
        r#"{{"LoginTo":"https://console.aws.amazon.com/console/home?hashArgs=%23&isauthcode=true&state=hashArgsFromTB_{region}_{state}","MobileVersion":"No","MFAUsed":"{}"}}"#,
        if mfa { "Yes" } else { "No" }
    );
    let host = format!("{region}.signin.aws.amazon.com");
    Event {
        version: "1.08",
        time,
        region,
        id,
        response: r#"{"ConsoleLogin":"Success"}"#,
        extra: &extra,
        sort: "AwsConsoleSignIn",
        account: world.account,
        host: &host,
        ..Event::new(session, "signin", "ConsoleLogin")
    }
    .write(out, random);
}

impl Session {
    /// No one yet: an empty session that is filled in by hand.
    pub(crate) fn nobody() -> Self {
        Self {
            by: 0,
            identity: String::new(),
            arn: String::new(),
            service: "",
            agent: String::new(),
            address: String::new(),
            cipher: r#""tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256""#,
            console: false,
            scene: 0,
        }
    }

    /// A federated session that a user's key was turned into, under this temporary key.
    pub(crate) fn federated(
        &mut self,
        world: &World,
        user: &str,
        name: &str,
        key: &str,
        since: &str,
    ) {
        let account = world.account;
        self.arn = format!("arn:aws:sts::{account}:federated-user/{name}");
        self.identity = format!(
            r#"{{"type":"FederatedUser","principalId":"{account}:{name}","arn":"{}","accountId":"{account}","accessKeyId":"{key}","sessionContext":{{"sessionIssuer":{{"type":"IAMUser","principalId":"{}","arn":"arn:aws:iam::{account}:user/{user}","accountId":"{account}","userName":"{user}"}},"attributes":{{"creationDate":"{since}","mfaAuthenticated":"false"}}}}}}"#,
            self.arn,
            principal("AIDA", account, user),
        );
    }
}
