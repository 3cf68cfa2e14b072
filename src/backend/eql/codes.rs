//! The codes of EQL's refusals and losses.

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::source::Span;

/// Something that needs a capability which EQL does not have.
pub const CANNOT_SAY: Code = Code("R1140");
/// Two fields compared with each other.
pub const TWO_FIELDS: Code = Code("R1141");
/// A value computed from fields.
pub const COMPUTED: Code = Code("R1142");
/// What was true before an event.
pub const NEEDS_HISTORY: Code = Code("R1143");
/// A condition on elements of a list that is more than one comparison.
pub const LIST: Code = Code("R1144");
/// A column that does not hold the field in a form that can be compared so.
pub const COLUMN: Code = Code("R1145");
/// A column's name that cannot be written.
pub const NAME: Code = Code("R1146");
/// A lookup that is too large.
pub const LOOKUP: Code = Code("R1147");
/// An absence where Elasticsearch means something else.
pub const ABSENCE: Code = Code("R1148");
/// Keys that cannot join.
pub const KEYS: Code = Code("R1149");
/// A rule that can never alert there.
pub const NEVER: Code = Code("R1150");
/// A condition on hits that changes which later hits there are.
pub const EXCEPTION: Code = Code("R1151");
/// Hits that repeat.
pub const REPEATS: Code = Code("R1152");
/// Confidence and reasons that the query does not give.
pub const CONFIDENCE: Code = Code("R1153");
/// An absence at the end of a chain whose deadline nobody waits for.
pub const EARLY: Code = Code("R1154");
/// What a hit rests on, beside its last event.
pub const HIT: Code = Code("R1155");

/// An absence at the beginning of a chain that may lie before what a run reads.
pub const BEGINNING: Code = Code("R1156");

/// A refusal at its place.
pub(super) fn refusal(code: Code, at: Span, message: &str) -> Diagnostic {
    let found = Diagnostic::error(code, at, format!("eql: {message}"));
    match help(code) {
        Some(help) => found.help(help),
        None => found,
    }
}

/// A loss at its place.
pub(super) fn loss(code: Code, at: Option<Span>, message: &str) -> Diagnostic {
    Diagnostic::new(code, Severity::Warning, at, format!("eql: {message}"))
}

fn help(code: Code) -> Option<&'static str> {
    Some(match code {
        CANNOT_SAY | NEEDS_HISTORY | HIT => "choose `spl`, `kql` or `esql`",
        TWO_FIELDS => {
            "compare with constants, or compute the comparison as events are stored; or choose `spl`, `kql` or `esql`"
        }
        COMPUTED => "compute it as events are stored, and give it a field; or choose `spl`, `kql` or `esql`",
        LIST => {
            "ask one question about each element, such as `any(list, it == \"x\")`; or choose `spl`, `kql` or `esql`"
        }
        LOOKUP => "make the lookup smaller, or store its answer with each event; or choose `spl`, `kql` or `esql`",
        _ => return None,
    })
}
