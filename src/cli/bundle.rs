//! `hunt --bundle`: begins and completes the run bundle.

use std::env;

use anyhow::{Context, Result};
use backtrail::{
    hunt::{
        HuntError, Hunted,
        bundle::{BundleOutput, BundleWriter, BundledHunt},
        spec::PathText,
    },
    sink::Sink,
};

use super::{
    inputs,
    plan::Plan,
    render::{self, Voice},
};

/// A run bundle that is being written.
pub(super) struct Bundling {
    writer: BundleWriter,
    hunt: BundledHunt,
}

impl Bundling {
    /// Begins the bundle, if one is requested. A hunt that is resumed continues its own.
    pub(super) fn begin(plan: &Plan, resumes: bool) -> Result<Option<Self>> {
        let Some(folder) = &plan.spec.output.bundle else { return Ok(None) };
        let hunt = bundled(plan)?;
        let resumed = resumes.then_some(&hunt);
        let keys = plan.keys.iter().map(|(_, text)| text.as_slice());
        let writer = BundleWriter::create(folder, &plan.rules, keys, resumed);
        Ok(Some(Self { writer: writer.context("--bundle")?, hunt }))
    }

    /// Format and sink of the hunt.
    pub(super) fn output(&mut self, plan: &Plan, sink: Box<dyn Sink>) -> Result<BundleOutput> {
        self.writer.output(plan.spec.output.format, plan.style, sink).context("--bundle")
    }

    /// Completes the bundle, if the hunt completed; `false` if that failed.
    pub(super) fn end(self, hunted: &Hunted, voice: Voice) -> bool {
        let folder = self.writer.folder().display().to_string();
        if hunted.failure.as_ref().is_some_and(HuntError::is_void) {
            self.writer.discard();
            return true;
        }
        let coverage = &hunted.coverage;
        if coverage.interrupted || coverage.output_closed || hunted.failure.is_some() {
            render::warn(&format!(
                "the run bundle in {folder} is incomplete, as the hunt did not complete"
            ));
            return true;
        }
        match self.writer.finish(self.hunt, coverage) {
            Ok(sha256) => {
                voice.note(&format!(
                    "Wrote the run bundle {folder}; its manifest.json has SHA-256 {sha256}."
                ));
                true
            }
            Err(error) => {
                render::error(anyhow::Error::new(error).context("--bundle").as_ref());
                false
            }
        }
    }
}

/// The hunt as the bundle stores it.
fn bundled(plan: &Plan) -> Result<BundledHunt> {
    let folder = env::current_dir().context("--bundle: cannot find the working folder")?;
    Ok(BundledHunt {
        folder: folder.into(),
        spec: plan.spec.clone(),
        listed: plan.listed().iter().filter_map(inputs::name).map(PathText::from).collect(),
        placeholders: plan.placeholders.clone(),
    })
}
