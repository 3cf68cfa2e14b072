//! Names of the columns that a query gives: what the rule calls a key or a detail, as a word that every dialect takes bare.

use crate::pack::word;
use crate::plan::{Column, Output};

/// Columns that every alert has. A key or a detail of such a name gets an underscore behind it.
const OF_EVERY_ALERT: [&str; 6] = ["_time", "event_time", "confidence", "severity", "because", "alert_title"];

/// The column of a key or a detail.
pub fn alert_column(name: &str) -> String {
    let mut word = word(name);
    if OF_EVERY_ALERT.contains(&word.as_str()) {
        word.push('_');
    }
    word
}

/// The columns of an alert that come from the rule: keys, details and entities. A detail of a key's name is not shown beside it; keys have
/// names of their own (the checker sees to it).
pub fn alert_columns(output: &Output) -> Vec<(String, &Column)> {
    let mut columns: Vec<(String, &Column)> = Vec::new();
    for (name, column) in output.group.iter().chain(&output.values) {
        let name = alert_column(name);
        if !columns.iter().any(|(other, _)| *other == name) {
            columns.push((name, column));
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detail_never_takes_the_place_of_what_every_alert_has() {
        let column = |name: &str| Column(name.into());
        let output = Output {
            group: vec![("device.id".to_owned(), column("d"))],
            values: vec![
                ("because".to_owned(), column("b")),
                ("device_id".to_owned(), column("other")),
                ("rôle".to_owned(), column("r")),
            ],
            ..Output::default()
        };
        let named: Vec<(String, String)> =
            alert_columns(&output).into_iter().map(|(name, column)| (name, column.0.to_string())).collect();
        let expected = [("device_id", "d"), ("because_", "b"), ("r_le", "r")];
        assert_eq!(named, expected.map(|(name, column)| (name.to_owned(), column.to_owned())));
    }
}
