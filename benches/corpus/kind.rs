//! One sort of event: who does it, how often, and what stands in its record.
//!
//! The tables in [`super::kinds`] are made of these. A kind is data; `record.rs` turns it into JSON.

/// AWS by itself, as `AWSService`.
pub(crate) const SERVICE: u16 = 1;
/// A service-linked role: AWS on the account's behalf.
pub(crate) const LINKED: u16 = 1 << 1;
/// A program: a function, a container, a job.
pub(crate) const WORKLOAD: u16 = 1 << 2;
/// An agent on an instance.
pub(crate) const AGENT: u16 = 1 << 3;
/// A person at the console.
pub(crate) const CONSOLE: u16 = 1 << 4;
/// A person at a shell.
pub(crate) const SHELL: u16 = 1 << 5;
/// Terraform in a pipeline.
pub(crate) const DEPLOY: u16 = 1 << 6;
/// A scanner that reads everything.
pub(crate) const AUDIT: u16 = 1 << 7;
/// Another account.
pub(crate) const PARTNER: u16 = 1 << 8;
/// The root user. Rare.
pub(crate) const ROOT: u16 = 1 << 9;

/// Those who read whatever there is to read.
pub(crate) const READERS: u16 = CONSOLE | SHELL | DEPLOY | AUDIT;
/// Those who change things.
pub(crate) const HANDS: u16 = CONSOLE | SHELL | DEPLOY;

/// How a call fails: how often in a thousand, with which code and which message.
pub(crate) type Failure = (u32, &'static str, &'static str);

/// A sort of event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    /// Who does it: bits of the constants above.
    pub(crate) by: u16,
    /// How often, against the others of the same caller.
    pub(crate) weight: u32,
    /// The service, without `.amazonaws.com`.
    pub(crate) source: &'static str,
    /// `eventName`.
    pub(crate) name: &'static str,
    /// `readOnly`.
    pub(crate) read: bool,
    /// A data event, not a management event.
    pub(crate) data: bool,
    /// Template of `requestParameters`.
    pub(crate) request: &'static str,
    /// Template of `responseElements`.
    pub(crate) response: &'static str,
    /// Template of `additionalEventData`; empty if there is none.
    pub(crate) extra: &'static str,
    /// Template of `serviceEventDetails`; if not empty, this is an `AwsServiceEvent`.
    pub(crate) details: &'static str,
    /// `resources`: type and template of the ARN.
    pub(crate) on: &'static [(&'static str, &'static str)],
    /// How it fails, beyond what any call may fail with.
    pub(crate) fails: Option<Failure>,
}

impl Kind {
    /// A call that only reads.
    pub(crate) const fn read(
        by: u16,
        weight: u32,
        source: &'static str,
        name: &'static str,
    ) -> Self {
        Self {
            by,
            weight,
            source,
            name,
            read: true,
            data: false,
            request: "null",
            response: "null",
            extra: "",
            details: "",
            on: &[],
            fails: None,
        }
    }

    /// A call that changes something.
    pub(crate) const fn write(
        by: u16,
        weight: u32,
        source: &'static str,
        name: &'static str,
    ) -> Self {
        Self { read: false, ..Self::read(by, weight, source, name) }
    }

    /// This is a data event.
    pub(crate) const fn data(self) -> Self {
        Self { data: true, ..self }
    }

    /// The template of `requestParameters`.
    pub(crate) const fn asks(self, request: &'static str) -> Self {
        Self { request, ..self }
    }

    /// The template of `responseElements`.
    pub(crate) const fn answers(self, response: &'static str) -> Self {
        Self { response, ..self }
    }

    /// The template of `additionalEventData`.
    pub(crate) const fn adds(self, extra: &'static str) -> Self {
        Self { extra, ..self }
    }

    /// The template of `serviceEventDetails`.
    pub(crate) const fn tells(self, details: &'static str) -> Self {
        Self { details, ..self }
    }

    /// The resources it is about.
    pub(crate) const fn on(self, on: &'static [(&'static str, &'static str)]) -> Self {
        Self { on, ..self }
    }

    /// How often in a thousand it fails, and with what.
    pub(crate) const fn fails(self, often: u32, code: &'static str, message: &'static str) -> Self {
        Self { fails: Some((often, code, message)), ..self }
    }
}
