//! The model takes rules of languages whose rules are one boolean tree.

use proptest::prelude::*;

use super::*;
use crate::{
    cloudtrail::Parser,
    rule::{
        Block, Condition, Detection, Field, Item, LogSource, Pattern, Quantifier, Selection, Span,
        Test, Value,
    },
};

/// How many fields a tree may test. Each is `fN: present`, and is there or not.
const FIELDS: u32 = 5;

/// A rule as such a language has it.
#[derive(Debug, Clone)]
enum Tree {
    Holds(u32),
    Not(Box<Tree>),
    All(Vec<Tree>),
    Any(Vec<Tree>),
}

impl Tree {
    fn evaluate(&self, present: u32) -> bool {
        match self {
            Self::Holds(field) => present & (1 << field) != 0,
            Self::Not(inner) => !inner.evaluate(present),
            Self::All(parts) => parts.iter().all(|part| part.evaluate(present)),
            Self::Any(parts) => parts.iter().any(|part| part.evaluate(present)),
        }
    }

    /// Each comparison becomes a selection, and the rest the condition.
    fn lower(&self, selections: &mut Vec<Selection>) -> Condition {
        let mut each = |parts: &[Self]| parts.iter().map(|part| part.lower(selections)).collect();
        match self {
            Self::All(parts) => Condition::And(each(parts)),
            Self::Any(parts) => Condition::Or(each(parts)),
            Self::Not(inner) => Condition::Not(Box::new(inner.lower(selections))),
            Self::Holds(field) => {
                selections.push(comparison(*field));
                Condition::Selection(selections.len() - 1)
            }
        }
    }
}

fn comparison(field: u32) -> Selection {
    let name = format!("f{field}");
    let span = Span::default();
    let text = "present".to_owned();
    let value = Value { tests: vec![Test::Text(Pattern::plain(&text, false))], text, span };
    let item = Item {
        field: Some(Field::new(&name)),
        operator: Vec::new(),
        values: vec![value],
        quantifier: Quantifier::Any,
        negated: false,
        reads_objects: false,
        span,
    };
    Selection { name: format!("{name}: present"), block: Block::All(vec![item]), span }
}

fn trees() -> impl Strategy<Value = Tree> {
    (0..FIELDS).prop_map(Tree::Holds).prop_recursive(6, 40, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Tree::Not(Box::new(inner))),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Tree::All),
            prop::collection::vec(inner, 1..4).prop_map(Tree::Any),
        ]
    })
}

proptest! {
    /// A lowered tree is true on the same events, and what it requires is in each of them.
    #[test]
    fn any_boolean_tree_can_be_lowered(tree in trees()) {
        let mut selections = Vec::new();
        let condition = tree.lower(&mut selections);
        let detection = Detection { selections, condition };
        let (head, logsource) = (Head::default(), LogSource::default());
        let rule = Rule { head, logsource, detection, span: Span::default() };
        let engine = Engine::from_rules([&rule]);
        let needed = required(&rule.detection);
        for present in 0..1 << FIELDS {
            let fields = (0..FIELDS).filter(|field| present & (1 << field) != 0);
            let fields: Vec<_> = fields.map(|field| format!("\"f{field}\":\"present\"")).collect();
            let text = format!("{{{}}}", fields.join(","));
            let matches = |event: &Event<'_>| engine.matches(0, event, &mut EvalScratch::default());
            let matched = Parser::default().parse(text.as_bytes(), matches);
            let wanted = tree.evaluate(present);
            prop_assert_eq!(matched, Ok(wanted), "{}", text);
            if wanted {
                let holds = |set: &AnyOf| set.iter().any(|literal| text.contains(&literal.text));
                prop_assert!(needed.all.iter().all(holds), "{} for {:?}", text, needed);
            }
        }
    }
}
