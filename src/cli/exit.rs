//! Exit codes, and which of several counts.

use std::process::ExitCode;

use backtrail::{
    hunt::{
        Hunted,
        bundle::{CoverageCompared, FindingsCompared},
    },
    rule::Level,
    verify::{Conclusion, Report},
};

/// How the program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// 0: all of it was done, findings or not.
    Done,
    /// 1: a finding reached `--fail-on`, `rules check` found errors, `rules test` failures, `verify` tampering, or
    /// `repeat` other findings.
    Failing,
    /// 2: usage, rules, plan or output.
    Unable,
    /// 3: some files failed or were salvaged, could not be proved, or are not what they were.
    NotWhole,
    /// 130: interrupted.
    Interrupted,
}

impl Status {
    /// The number the shell sees.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failing => 1,
            Self::Unable => 2,
            Self::NotWhole => 3,
            Self::Interrupted => 130,
        }
    }

    /// The status of a hunt; `reported`: the coverage report and
    /// the run bundle were written, if requested. The order of the tests is the precedence: 130, 2, 3, 1,
    /// 0. A reader that closes the pipe has seen what it needs, so that is a quiet 0.
    pub(crate) fn of_hunt(hunted: &Hunted, reported: bool, fail_on: Option<Level>) -> Self {
        let coverage = &hunted.coverage;
        let not_whole = ["failed", "salvaged"].iter().any(|outcome| coverage.count(outcome) > 0);
        if coverage.interrupted {
            Self::Interrupted
        } else if hunted.failure.is_some() || !reported {
            Self::Unable
        } else if coverage.output_closed {
            Self::Done
        } else if not_whole {
            Self::NotWhole
        } else if fail_on.is_some_and(|level| hunted.highest >= Some(level)) {
            Self::Failing
        } else {
            Self::Done
        }
    }
}

impl Status {
    /// The status of a verification. Proved tampering goes before what could not be proved.
    pub(crate) fn of_verify(report: &Report) -> Self {
        match report.conclusion {
            _ if report.interrupted => Self::Interrupted,
            Conclusion::Tampered => Self::Failing,
            Conclusion::Unproved => Self::NotWhole,
            Conclusion::Proved => Self::Done,
        }
    }
}

impl Status {
    /// The status of a repeated hunt. What was found goes before what it was found in.
    pub(crate) fn of_repeat(findings: &FindingsCompared, coverage: &CoverageCompared) -> Self {
        if !findings.is_same() {
            Self::Failing
        } else if !coverage.is_same() {
            Self::NotWhole
        } else {
            Self::Done
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        status.code().into()
    }
}

#[cfg(test)]
mod tests {
    use backtrail::{coverage::Coverage, hunt::HuntError};

    use super::*;

    fn hunted() -> Hunted {
        Hunted {
            coverage: Coverage::default(),
            highest: None,
            failure: None,
            kept: None,
            links_not_followed: 0,
            before: 0,
            without_files: Vec::new(),
        }
    }

    fn code(hunted: &Hunted) -> u8 {
        Status::of_hunt(hunted, true, Some(Level::High)).code()
    }

    #[test]
    fn a_graver_status_hides_a_lesser_one() {
        let mut hunted = hunted();
        assert_eq!(code(&hunted), 0);
        hunted.coverage.outcomes.insert("skipped".into(), 5);
        assert_eq!(code(&hunted), 0, "skipped files are no failure");
        hunted.highest = Some(Level::Medium);
        assert_eq!(code(&hunted), 0, "below the level");
        hunted.highest = Some(Level::High);
        assert_eq!(code(&hunted), 1);
        hunted.coverage.outcomes.insert("salvaged".into(), 1);
        assert_eq!(code(&hunted), 3);
        hunted.failure = Some(HuntError::Listing);
        assert_eq!(code(&hunted), 2);
        hunted.coverage.interrupted = true;
        assert_eq!(code(&hunted), 130);
    }

    #[test]
    fn failed_files_alone_make_three() {
        let mut hunted = hunted();
        hunted.coverage.outcomes.insert("failed".into(), 1);
        assert_eq!(Status::of_hunt(&hunted, true, None).code(), 3);
    }

    #[test]
    fn findings_are_no_failure_unless_asked() {
        let mut hunted = hunted();
        hunted.highest = Some(Level::Critical);
        assert_eq!(Status::of_hunt(&hunted, true, None).code(), 0);
    }

    #[test]
    fn a_coverage_report_that_cannot_be_written_is_a_failure() {
        let mut hunted = hunted();
        hunted.coverage.output_closed = true;
        assert_eq!(Status::of_hunt(&hunted, false, None).code(), 2);
    }

    #[test]
    fn a_closed_pipe_is_a_quiet_zero() {
        let mut hunted = hunted();
        hunted.coverage.output_closed = true;
        hunted.coverage.outcomes.insert("failed".into(), 1);
        assert_eq!(code(&hunted), 0);
    }
}
