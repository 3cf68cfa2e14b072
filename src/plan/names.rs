//! Names of columns, and of what queries keep beside them: none is given twice.

use super::{Column, RESERVED};
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

/// Columns and constants that queries have of their own, whatever the rule.
const OWN: [&str; 12] = [
    "event_time",
    "it",
    "via",
    "role",
    "s",
    "same",
    "report_to",
    "report_from",
    "role_list",
    "over_bucket",
    "asked_at",
    "measured_id",
];
/// Columns that every alert has.
const OF_THE_ALERT: [&str; 4] = ["confidence", "severity", "because", "alert_title"];
/// What queries keep beside a column, under its name and one of these: the parts of a measure, what is carried.
const BESIDE: [&str; 11] = ["in", "marked", "list", "n", "raw", "row", "all", "rank", "yes", "sums", "squared"];

/// The names that are taken: what a query adds of its own goes by another.
#[derive(Debug, Clone, PartialEq)]
pub struct Names {
    words: BTreeSet<&'static str>,
    columns: HashSet<String>,
}

impl Names {
    /// Only those that no rule chooses.
    pub(super) fn new() -> Names {
        let words = OWN.into_iter().chain(OF_THE_ALERT).chain(RESERVED).collect();
        Names { words, columns: HashSet::new() }
    }

    /// Whether a query may have something of this name.
    pub fn has(&self, name: &str) -> bool {
        let stands_beside = |end: &&str| {
            let column = name.strip_suffix(*end).and_then(|column| column.strip_suffix('_'));
            column.is_some_and(|column| self.columns.contains(column))
        };
        self.is_one(name) || BESIDE.iter().any(stands_beside)
    }

    /// A new column, named after `wish`, with room for what stands beside it.
    pub(super) fn column(&mut self, wish: &str) -> Column {
        let word: String =
            wish.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
        let word = if word.starts_with(|c: char| c.is_ascii_alphabetic()) { word } else { format!("c_{word}") };
        let mut name = word.clone();
        let mut next = 2;
        while self.has(&name) || self.leaves_no_room(&name) {
            name = format!("{word}_{next}");
            next += 1;
        }
        let column = Column(Arc::from(name.as_str()));
        self.columns.insert(name);
        column
    }

    /// A name that nothing has, from a word and the next number; `made` counts.
    pub fn fresh(&self, wish: &str, made: &mut usize) -> String {
        loop {
            *made += 1;
            let name = format!("{wish}_{made}");
            if !self.has(&name) {
                return name;
            }
        }
    }

    fn is_one(&self, name: &str) -> bool {
        self.words.contains(name) || self.columns.contains(name)
    }

    fn leaves_no_room(&self, name: &str) -> bool {
        let mut beside = format!("{name}_");
        BESIDE.iter().any(|end| {
            beside.truncate(name.len() + 1);
            beside.push_str(end);
            self.is_one(&beside)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn no_name_is_given_twice_nor_beside_another() {
        let mut names = Names::new();
        let mut given = |wish: &str| names.column(wish).0.to_string();
        assert_eq!((given("device.id"), given("device_id")), ("device_id".to_owned(), "device_id_2".to_owned()));
        // `x_n` stands beside `x`, whichever came first.
        assert_eq!((given("x"), given("x_n")), ("x".to_owned(), "x_n_2".to_owned()));
        assert_eq!((given("y_n"), given("y")), ("y_n".to_owned(), "y_2".to_owned()));
        assert_eq!((given("because"), given("2nd")), ("because_2".to_owned(), "c_2nd".to_owned()));
        assert!(names.has("x_raw") && names.has("severity") && !names.has("severity_raw") && !names.has("x_3"));
        let mut made = 0;
        assert_eq!((names.fresh("device_id", &mut made), made), ("device_id_1".to_owned(), 1));
        assert_eq!((names.fresh("device_id", &mut made), made), ("device_id_3".to_owned(), 3));
    }
}
