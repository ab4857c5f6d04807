//! Lints: what a rule says that its author cannot have meant, or that costs more than it must.
//!
//! A rule that can never match runs as quietly as one that has nothing to find; this is where it is
//! told. Each lint is a page in a file of its own and one line in [`LINTS`]. What is known of
//! `CloudTrail` stands in tables under `data/`, and an archive can add to it. A lint speaks only where it
//! is sure: what is merely not known is a note. No I/O here, and no rule is changed; what is safe to
//! change is offered as a [`Fix`].

mod allow;
mod always_matches;
mod arn_compared_with_name;
mod blank_at_end;
mod cannot_fire;
mod codes;
mod common_literal;
mod contains_anything;
mod contradictory_selection;
mod date_form;
mod duplicate_selection;
mod event_of_other_source;
mod exists_on_nullable;
mod field_case;
mod field_name_as_value;
mod fix;
mod id_not_uuid;
mod idle_selection;
mod knowledge;
mod logic;
mod missing_id;
mod missing_level;
mod never_matches;
mod no_required_literal;
mod null_as_word;
mod object_as_text;
mod redundant_exists;
mod repeated_value;
mod report;
mod run;
mod subject;
mod success_as_text;
mod survey;
mod tag_form;
mod unknown_allow;
mod unknown_event;
mod unknown_event_source;
mod unknown_field;
mod unknown_value;
mod unused_allow;
mod unused_selection;
mod user_name_of_role;
mod version_as_number;
mod whole_object_search;
mod wrong_event_name;
mod wrong_event_source;

#[cfg(test)]
mod tests;

pub use self::{
    codes::{Code, codes},
    fix::{Edit, Fix, fixed},
    knowledge::Knowledge,
    report::{Checked, Lint, Options, Told},
    run::check,
    survey::{Survey, Unasked},
};

/// Every lint, in the order they are told for one place.
pub static LINTS: &[Lint] = &[
    unknown_field::LINT,
    field_case::LINT,
    object_as_text::LINT,
    whole_object_search::LINT,
    blank_at_end::LINT,
    wrong_event_name::LINT,
    event_of_other_source::LINT,
    unknown_event::LINT,
    wrong_event_source::LINT,
    unknown_event_source::LINT,
    field_name_as_value::LINT,
    arn_compared_with_name::LINT,
    unknown_value::LINT,
    success_as_text::LINT,
    null_as_word::LINT,
    exists_on_nullable::LINT,
    contains_anything::LINT,
    version_as_number::LINT,
    user_name_of_role::LINT,
    never_matches::LINT,
    always_matches::LINT,
    contradictory_selection::LINT,
    idle_selection::LINT,
    unused_selection::LINT,
    duplicate_selection::LINT,
    repeated_value::LINT,
    redundant_exists::LINT,
    no_required_literal::LINT,
    common_literal::LINT,
    missing_id::LINT,
    id_not_uuid::LINT,
    missing_level::LINT,
    date_form::LINT,
    tag_form::LINT,
    cannot_fire::LINT,
    unused_allow::LINT,
    unknown_allow::LINT,
];

/// The lint of that name.
pub fn lint(code: &str) -> Option<&'static Lint> {
    LINTS.iter().find(|lint| lint.code == code)
}
