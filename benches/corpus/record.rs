//! From a kind of event and a session to a record.

use super::clock;
use super::event::Event;
use super::kind::{AGENT, AUDIT, CONSOLE, DEPLOY, Kind, PARTNER, SERVICE};
use super::kinds;
use super::random::{Random, mix};
use super::session::{self, Session};
use super::template::{self, Part, Slot};
use super::world::{BASE32, REGIONS, Thing, World};

/// Services that have no regions: their records come in the files of the first one.
const GLOBAL: &[&str] =
    &["iam", "organizations", "cloudfront", "route53", "account", "ce", "health", "support"];

/// A kind with its templates cut into parts.
#[derive(Debug)]
pub(crate) struct Ready {
    kind: &'static Kind,
    version: &'static str,
    request: Vec<Part>,
    response: Vec<Part>,
    extra: Vec<Part>,
    details: Vec<Part>,
    message: Vec<Part>,
    resources: Vec<(&'static str, Vec<Part>)>,
}

/// All kinds, ready to be written.
#[derive(Debug)]
pub(crate) struct Catalog(Vec<Ready>);

impl Catalog {
    /// Cuts all templates.
    pub(crate) fn new() -> Self {
        Self(kinds::all().map(Ready::new).collect())
    }

    /// What this session does: a few of the kinds that its sort of caller can do in this region.
    ///
    /// A program does the same two or three calls over and over; a pipeline or a scanner does many.
    pub(crate) fn menu(&self, by: u16, region: &str, random: &mut Random) -> Vec<usize> {
        let usual = |kind: &Kind| {
            kind.by & by != 0 && (region == REGIONS[0] || !GLOBAL.contains(&kind.source))
        };
        let total: u64 =
            self.0.iter().filter(|r| usual(r.kind)).map(|r| u64::from(r.kind.weight)).sum();
        let dishes = match by {
            SERVICE => 1,
            CONSOLE => 4 + random.below(6),
            AGENT => 2 + random.below(3),
            DEPLOY | AUDIT => 10 + random.below(14),
            _ => 1 + random.below(4),
        };
        let mut menu = Vec::new();
        for _ in 0..dishes {
            let mut left = random.below(total);
            for (index, ready) in self.0.iter().enumerate().filter(|(_, r)| usual(r.kind)) {
                let weight = u64::from(ready.kind.weight);
                if left < weight {
                    menu.push(index);
                    break;
                }
                left -= weight;
            }
        }
        menu
    }
}

impl Ready {
    fn new(kind: &'static Kind) -> Self {
        let version = match kind.source.bytes().map(u32::from).sum::<u32>() % 8 {
            0 => "1.08",
            1 => "1.09",
            2 => "1.10",
            _ => "1.11",
        };
        Self {
            kind,
            version,
            request: template::cut(kind.request),
            response: template::cut(kind.response),
            extra: template::cut(kind.extra),
            details: template::cut(kind.details),
            message: template::cut(kind.fails.map_or("", |(_, _, message)| message)),
            resources: kind.on.iter().map(|(sort, arn)| (*sort, template::cut(arn))).collect(),
        }
    }
}

/// Where and when a record is made, and the buffers that making one needs.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    /// The kinds.
    pub(crate) catalog: &'a Catalog,
    /// The account.
    pub(crate) world: &'a World,
    /// The region.
    pub(crate) region: &'static str,
    scratch: Scratch,
}

#[derive(Debug, Default)]
struct Scratch {
    request: String,
    response: String,
    extra: String,
    details: String,
    message: String,
    resources: String,
    host: String,
    shared: String,
}

/// What a template's names stand for in one record.
struct Values<'a> {
    world: &'a World,
    region: &'a str,
    session: &'a Session,
    scene: u64,
    time: u64,
    /// Drawn once a record: it stands in the request as well as in the response.
    session_name: u64,
}

impl<'a> Writer<'a> {
    /// A writer for one account and region.
    pub(crate) fn new(catalog: &'a Catalog, world: &'a World, region: &'static str) -> Self {
        Self { catalog, world, region, scratch: Scratch::default() }
    }

    /// Appends a record of the kind at `index` of the catalog.
    pub(crate) fn write(
        &mut self,
        out: &mut String,
        index: usize,
        session: &Session,
        time: u64,
        random: &mut Random,
    ) {
        let ready = &self.catalog.0[index];
        let kind = ready.kind;
        // A session mostly works on one set of things; an agent only ever on its own instance.
        let stays = session.by == AGENT || random.percent(70);
        let values = Values {
            world: self.world,
            region: self.region,
            session,
            scene: if stays { session.scene } else { random.next() },
            time,
            session_name: random.next(),
        };
        let Scratch { request, response, extra, details, message, resources, host, shared } =
            &mut self.scratch;
        for (text, parts) in [
            (&mut *request, &ready.request),
            (&mut *response, &ready.response),
            (&mut *extra, &ready.extra),
            (&mut *details, &ready.details),
        ] {
            text.clear();
            values.fill(text, parts, random);
        }
        resources.clear();
        for (sort, arn) in &ready.resources {
            values.resource(resources, sort, arn, random);
        }
        values.host(host, kind.source);
        shared.clear();
        if session.by == PARTNER && kind.source == "sts" {
            random.uuid(shared);
        }
        let own = if kind.details.is_empty() { "AwsApiCall" } else { "AwsServiceEvent" };
        Event {
            version: ready.version,
            time,
            region: self.region,
            error: values.error(message, ready, random),
            request,
            response,
            extra,
            read: kind.read,
            resources,
            sort: own,
            data: kind.data,
            account: self.world.account,
            shared,
            details,
            host,
            ..Event::new(session, kind.source, kind.name)
        }
        .write(out, random);
    }
}

impl Values<'_> {
    /// How the call failed, if it did.
    fn error<'m>(
        &self,
        message: &'m mut String,
        ready: &Ready,
        random: &mut Random,
    ) -> Option<(&'static str, &'m str)> {
        let Kind { source, name, fails, .. } = ready.kind;
        message.clear();
        let lot = random.small(1000);
        if let Some((often, code, _)) = fails
            && lot < *often
        {
            self.fill(message, &ready.message, random);
            return Some((code, message));
        }
        if !self.session.service.is_empty() {
            return None;
        }
        let ec2 = *source == "ec2";
        match lot {
            985..=991 => {
                message.push_str("Rate exceeded");
                Some((
                    if ec2 { "Client.RequestLimitExceeded" } else { "ThrottlingException" },
                    message,
                ))
            }
            992.. => {
                for text in [
                    "User: ",
                    &self.session.arn,
                    " is not authorized to perform: ",
                    source,
                    ":",
                    name,
                ] {
                    message.push_str(text);
                }
                for text in
                    [" because no identity-based policy allows the ", source, ":", name, " action"]
                {
                    message.push_str(text);
                }
                Some((if ec2 { "Client.UnauthorizedOperation" } else { "AccessDenied" }, message))
            }
            _ => None,
        }
    }

    fn resource(&self, out: &mut String, sort: &str, arn: &[Part], random: &mut Random) {
        if !out.is_empty() {
            out.push(',');
        }
        out.push('{');
        if sort != "AWS::S3::Object" {
            for text in [r#""accountId":""#, self.world.account, r#"","#] {
                out.push_str(text);
            }
        }
        for text in [r#""type":""#, sort, r#"","ARN":""#] {
            out.push_str(text);
        }
        self.fill(out, arn, random);
        out.push_str(r#""}"#);
    }

    fn host(&self, host: &mut String, source: &str) {
        host.clear();
        if source == "s3" {
            host.push_str(self.thing(Thing::BUCKET));
            host.push('.');
        }
        host.push_str(source);
        if !GLOBAL.contains(&source) {
            host.push('.');
            host.push_str(self.region);
        }
        host.push_str(".amazonaws.com");
    }

    fn thing(&self, sort: Thing) -> &str {
        // An agent names the instance that its session is named after.
        self.world.thing(sort, session::scene(self.scene, sort))
    }

    /// Appends a template with its names filled in.
    fn fill(&self, out: &mut String, parts: &[Part], random: &mut Random) {
        for part in parts {
            match *part {
                Part::Text(text) => out.push_str(text),
                Part::Slot(slot) => self.fill_slot(out, slot, random),
            }
        }
    }

    fn fill_slot(&self, out: &mut String, slot: Slot, random: &mut Random) {
        let account = self.world.account;
        match slot {
            Slot::Thing(sort) => out.push_str(self.thing(sort)),
            Slot::Account => out.push_str(account),
            Slot::Other => out.push_str(self.world.other),
            Slot::Region => out.push_str(self.region),
            Slot::Caller => out.push_str(&self.session.arn),
            Slot::Service => out.push_str(self.session.service),
            Slot::Session => Random::new(mix(self.session_name), 1).hex(out, 17),
            Slot::RoleId => {
                out.push_str(&session::principal("AROA", account, self.thing(Thing::ROLE)));
            }
            Slot::UserId => {
                out.push_str(&session::principal("AIDA", account, self.thing(Thing::USER)));
            }
            Slot::Code(len) => random.letters(out, len, BASE32),
            Slot::Key => out.push_str(&session::key("ASIA", random)),
            // A real token is longer; this keeps its share of a file's entropy, which is what matters.
            Slot::Token => {
                out.push_str("IQoJb3JpZ2luX2VjEEXAMPLE//////////wEaCXVzLWVhc3QtMSJ");
                random.letters(out, 64, BASE64);
                out.push('=');
            }
            Slot::Uuid => random.uuid(out),
            Slot::Hex(len) => random.hex(out, len),
            Slot::Base64(len) => random.letters(out, len, BASE64),
            Slot::Below(bound) => out.push_str(&random.below(bound).to_string()),
            Slot::Time => clock::iso(out, self.time),
            Slot::Date => clock::long(out, self.time),
            Slot::Expiry => clock::long(out, self.time + 3_600),
            Slot::Millis => out.push_str(&(self.time * 1000).to_string()),
        }
    }
}

const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
