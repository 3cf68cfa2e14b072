//! `--target elastic`: Elastic has two languages, and each rule gets the one that says it better.

use super::Outcome;
use crate::backend::{Fidelity, Target};

/// The two, in the order in which a tie is settled.
pub const LANGUAGES: [Target; 2] = [Target::Eql, Target::Esql];

/// The language whose query is the closer one, EQL where both are as close; none where neither says the rule. With it, what each of them
/// makes of the rule.
pub fn choose(outcomes: &[(Target, &Outcome)]) -> (Option<Target>, String) {
    let ranked = outcomes.iter().filter_map(|(target, outcome)| Some((distance(outcome)?, *target)));
    let chosen = ranked.min().map(|(_, target)| target);
    let words: Vec<String> =
        outcomes.iter().map(|(target, outcome)| format!("{} is {}", target.name(), word(outcome))).collect();
    (chosen, words.join("; "))
}

fn distance(outcome: &Outcome) -> Option<u8> {
    let Outcome::Compiled(query) = outcome else { return None };
    Some(match query.fidelity {
        Fidelity::Exact => 0,
        Fidelity::SameGroups => 1,
        Fidelity::Approximate { .. } => 2,
    })
}

fn word(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Compiled(query) => query.fidelity.to_string(),
        Outcome::Refused(_) => "refused".to_owned(),
        Outcome::NotAccepted(fidelity, _) => format!("{fidelity}, which was not accepted"),
        Outcome::NotDeployed(_) => "not deployed".to_owned(),
        Outcome::Invalid => "not compiled".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Query;

    fn compiled(target: Target, fidelity: Fidelity) -> Outcome {
        let (text, losses, assumptions) = (String::new(), Vec::new(), Vec::new());
        let schedule = crate::ir::Schedule { every: 60_000, delay: 0 };
        Outcome::Compiled(Query { target, text, fidelity, losses, assumptions, lookback: 0, schedule, search: None })
    }

    #[test]
    fn the_closer_language_is_chosen_and_eql_where_both_are_as_close() {
        let near = Fidelity::Approximate { may_miss: false, may_over_report: true };
        let refused = Outcome::Refused(Vec::new());
        let eql = |f| compiled(Target::Eql, f);
        let esql = |f| compiled(Target::Esql, f);
        let chosen = |a: &Outcome, b: &Outcome| choose(&[(Target::Eql, a), (Target::Esql, b)]).0;
        assert_eq!(chosen(&eql(Fidelity::Exact), &esql(Fidelity::Exact)), Some(Target::Eql));
        assert_eq!(chosen(&eql(Fidelity::SameGroups), &esql(Fidelity::Exact)), Some(Target::Esql));
        assert_eq!(chosen(&eql(near), &esql(Fidelity::SameGroups)), Some(Target::Esql));
        assert_eq!(chosen(&eql(near), &refused), Some(Target::Eql));
        assert_eq!(chosen(&refused, &refused), None);
        let (_, why) = choose(&[(Target::Eql, &refused), (Target::Esql, &esql(Fidelity::Exact))]);
        assert_eq!(why, "eql is refused; esql is exact");
        let unwanted = Outcome::NotAccepted(near, Vec::new());
        let (chosen, why) = choose(&[(Target::Eql, &unwanted), (Target::Esql, &esql(Fidelity::Exact))]);
        assert_eq!(chosen, Some(Target::Esql));
        assert_eq!(why, "eql is approximate: may over-report, which was not accepted; esql is exact");
    }
}
