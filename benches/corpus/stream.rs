//! The records of one file, one after the other: a few sessions at work at the same time.

use super::kind::{AUDIT, DEPLOY};
use super::random::Random;
use super::record::{Catalog, Writer};
use super::session::Session;
use super::signin::{self, SignIn};
use super::world::World;

/// How many records of a million are a sign-in at the console.
const LOGINS: u32 = 700;

/// The sessions that are at work in one account and region.
#[derive(Debug)]
pub(crate) struct Stream<'a> {
    writer: Writer<'a>,
    at_work: Vec<(Session, Vec<usize>)>,
    now: usize,
}

impl<'a> Stream<'a> {
    /// A stream in which so many sessions are at work at a time; there must be one at least.
    pub(crate) fn new(
        catalog: &'a Catalog,
        world: &'a World,
        region: &'static str,
        sessions: usize,
        time: u64,
        random: &mut Random,
    ) -> Self {
        let mut stream =
            Self { writer: Writer::new(catalog, world, region), at_work: Vec::new(), now: 0 };
        for _ in 0..sessions {
            let session = stream.begin(time, random);
            stream.at_work.push(session);
        }
        stream
    }

    fn begin(&self, time: u64, random: &mut Random) -> (Session, Vec<usize>) {
        let session = Session::new(random, self.writer.world, time);
        let menu = self.writer.catalog.menu(session.by, self.writer.region, random);
        (session, menu)
    }

    /// Appends the next record.
    pub(crate) fn next(&mut self, out: &mut String, time: u64, random: &mut Random) {
        if random.millionths(LOGINS) {
            let sign_in = SignIn::Login;
            return signin::write(
                out,
                sign_in,
                self.writer.world,
                self.writer.region,
                time,
                "",
                random,
            );
        }
        // A session makes a run of calls; pipelines and scanners make long ones.
        let busy = self.at_work[self.now].0.by & (DEPLOY | AUDIT) != 0;
        if !random.percent(if busy { 90 } else { 60 }) {
            self.now = random.index(self.at_work.len());
            if random.percent(8) {
                self.at_work[self.now] = self.begin(time, random);
            }
        }
        let (session, menu) = &self.at_work[self.now];
        self.writer.write(out, random.pick(menu), session, time, random);
    }

    /// Appends a sign-in through a token: one that the seed rule matches, or its harmless twin.
    pub(crate) fn plant(
        &mut self,
        out: &mut String,
        sign_in: SignIn,
        time: u64,
        random: &mut Random,
    ) {
        signin::write(out, sign_in, self.writer.world, self.writer.region, time, "", random);
    }
}
