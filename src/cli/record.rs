//! `hunt --record`: what goes into the record beside findings, and how it ends.

use std::{
    env, fs,
    os::unix::fs::FileTypeExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use backtrail::{
    archive::Input,
    hunt::{
        HuntError, Hunted,
        record::{Asked, Beside, PathText, Recorder},
    },
    ruleset::RuleSet,
    sink::{FormatKind, Sink, TableStyle},
};

use super::{
    args::HuntArgs,
    render::{self, Voice},
    values::parse_placeholders,
};

/// A record that is being written.
pub(super) struct Recording {
    recorder: Recorder,
}

impl Recording {
    /// Begins the record that was asked for, if one was.
    #[expect(clippy::disallowed_methods, reason = "the keys are named on the command line")]
    /// A hunt that goes on goes on with its record.
    pub(super) fn begin(
        args: &HuntArgs,
        rules: &RuleSet,
        asked: Option<&Asked>,
        goes_on: bool,
    ) -> Result<Option<Self>> {
        let Some(folder) = &args.output.record else { return Ok(None) };
        let told = |key: &PathBuf| format!("--keys {}", key.display());
        let keys = args.keys.iter().map(|key| fs::read(key).with_context(|| told(key)));
        let keys = keys.collect::<Result<Vec<_>>>()?;
        let own = asked.filter(|_| goes_on);
        let recorder = Recorder::create(folder, rules, &keys, own).context("--record")?;
        Ok(Some(Self { recorder }))
    }

    /// Format and sink of the hunt.
    pub(super) fn beside(
        &mut self,
        kind: FormatKind,
        style: TableStyle,
        sink: Box<dyn Sink>,
    ) -> Result<Beside> {
        self.recorder.beside(kind, style, sink).context("--record")
    }

    /// Ends the record, and tells how; whether it could be ended, or was not meant to be.
    pub(super) fn end(self, asked: Asked, hunted: &Hunted, voice: Voice) -> bool {
        let folder = self.recorder.folder().to_owned();
        let ended = !hunted.coverage.interrupted
            && !hunted.coverage.output_closed
            && hunted.failure.is_none();
        if hunted.failure.as_ref().is_some_and(HuntError::is_void) {
            self.recorder.discard();
            return true;
        }
        if !ended {
            render::warn(&format!(
                "the record in {} is not finished, as the hunt did not come to its end",
                folder.display()
            ));
            return true;
        }
        match self.recorder.finish(asked, &hunted.coverage) {
            Ok(sha256) => {
                voice.note(&format!(
                    "Recorded in {}; its manifest.json has SHA-256 {sha256}.",
                    folder.display()
                ));
                true
            }
            Err(error) => {
                render::error(anyhow::Error::new(error).context("--record").as_ref());
                false
            }
        }
    }
}

/// Refuses inputs that are gone once they were read, if the hunt is to be recorded or may have to go on.
pub(super) fn refuse_what_comes_once(args: &HuntArgs, inputs: &[Input]) -> Result<()> {
    let (option, why) = match &args.output {
        output if output.record.is_some() => ("--record", "be repeated"),
        output if output.resume.is_some() => ("--resume", "go on"),
        _ => return Ok(()),
    };
    for input in inputs {
        match input {
            Input::Stdin => bail!(
                "{option} with - for standard input: what was read there is gone, so the hunt could not {why}; \
                 keep it in a file and name that"
            ),
            Input::Path(path) | Input::Moved { place: path, .. } if comes_once(path) => bail!(
                "{option} with {}: it is no file but a pipe or a device, so the hunt could not {why}; keep what \
                 it gives in a file and name that",
                path.display()
            ),
            Input::Path(_) | Input::Moved { .. } => {}
        }
    }
    Ok(())
}

fn comes_once(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| {
        let kind = found.file_type();
        kind.is_fifo() || kind.is_char_device() || kind.is_socket() || kind.is_block_device()
    })
}

/// What was asked for, as the record keeps it. The first `named` of the inputs were named, the others
/// came from a list.
pub(super) fn asked(args: &HuntArgs, inputs: &[Input], named: usize) -> Result<Asked> {
    let folder = env::current_dir().context("--record: cannot tell the working folder")?;
    let paths: Vec<&Path> = inputs.iter().filter_map(place).collect();
    let HuntArgs { input, rules, bounds, output, work, .. } = args;
    Ok(Asked {
        folder: PathText::from(folder.as_path()),
        inputs: paths.iter().map(|path| PathText::from(*path)).collect(),
        from_list: inputs.len().saturating_sub(named),
        follow: input.follow,
        exclude: input.exclude.clone(),
        rule: rules.rule.clone(),
        exclude_rule: rules.exclude_rule.clone(),
        level: rules.level.map(|level| level.0),
        placeholders: parse_placeholders(&rules.placeholder)?,
        from: bounds.from.map(|time| time.to_string()),
        to: bounds.to.map(|time| time.to_string()),
        late_days: bounds.late_days,
        accounts: bounds.account.clone(),
        regions: bounds.region.clone(),
        verify: args.verify,
        detail: output.coverage_detail.0,
        duplicates: output.duplicates.0,
        sort: output.sort.0,
        limit: output.limit,
        access: work.access.0,
        max_inflated: work.max_inflated,
        no_prefilter: args.no_prefilter,
    })
}

pub(super) fn place(input: &Input) -> Option<&Path> {
    match input {
        Input::Path(path) | Input::Moved { name: path, .. } => Some(path),
        Input::Stdin => None,
    }
}
