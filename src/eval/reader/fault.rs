//! Words for what is wrong with an object.

use super::Problem;

/// What the parser says, without its own line (always the first) and its words for JSON's kinds.
pub fn why(error: &serde_json::Error) -> String {
    let at = format!(" at line {} column {}", error.line(), error.column());
    let column = error.column();
    if error.is_eof() {
        return format!("it ends too early, at column {column}");
    }
    let said = error.to_string();
    let said = said.strip_suffix(&at).unwrap_or(&said);
    let found = said.strip_prefix("invalid type: ").and_then(|said| said.strip_suffix(", expected an object"));
    match found {
        Some("sequence") => "found a list".to_owned(),
        Some(found) => {
            format!("found {}", found.replacen("string", "the text", 1).replacen("integer", "the number", 1))
        }
        None => format!("{said} at column {column}"),
    }
}

/// A value that is not what its field takes.
pub fn wrong_type(field: &str, found: &str, expected: &str) -> Problem {
    Problem::WrongType { field: field.to_owned(), found: found.to_owned(), expected: expected.to_owned() }
}
