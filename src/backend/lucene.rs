//! From RE2 to the regular expressions of Lucene, which have to fit the whole text and have other special characters.
//!
//! The expression is read as the evaluator reads it (ASCII classes, `.` matches newlines, `~` folds ASCII letters) and written anew, so
//! that no character means something by accident: Elasticsearch turns on every optional operator (`~ < > & @ # "`).
//! An anchor can be said only where the whole text begins or ends; any other is refused.

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look};
use std::fmt::Write as _;

/// Most characters of an expression: `index.max_regex_length` of Elasticsearch, by default.
const LONGEST: usize = 1_000;

/// The whole-text expression; why there is none otherwise.
pub(super) fn whole(pattern: &str, fold: bool) -> Result<String, String> {
    let pattern = crate::ir::regex::classes(pattern);
    // Case is left out as the expression is read: a set that says what it is not leaves out both cases.
    let mut parser = regex_syntax::ParserBuilder::new().dot_matches_new_line(true).case_insensitive(fold).build();
    let hir = parser.parse(&pattern).map_err(|e| format!("the regular expression cannot be read: {e}"))?;
    let branches: Vec<Hir> = match hir.kind() {
        HirKind::Alternation(branches) => branches.clone(),
        HirKind::Capture(inner) => match inner.sub.kind() {
            HirKind::Alternation(branches) => branches.clone(),
            _ => vec![hir.clone()],
        },
        _ => vec![hir.clone()],
    };
    let texts: Vec<String> = branches.iter().map(|branch| padded(branch, fold)).collect::<Result<_, _>>()?;
    let out = texts.join("|");
    if out.chars().count() > LONGEST {
        return Err(format!("the regular expression has more than {LONGEST} characters as Elasticsearch wants it"));
    }
    Ok(out)
}

/// A text as an expression that matches it alone.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        literal(c, &mut out);
    }
    out
}

/// As [`escaped`], matching ASCII letters in either case.
pub(super) fn without_case(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        letter(c, true, &mut out);
    }
    out
}

/// `.*` on each side that is not anchored.
fn padded(branch: &Hir, fold: bool) -> Result<String, String> {
    let parts: Vec<&Hir> = match branch.kind() {
        HirKind::Concat(parts) => parts.iter().collect(),
        _ => vec![branch],
    };
    let at_start = parts.first().is_some_and(|p| matches!(p.kind(), HirKind::Look(Look::Start)));
    let rest = parts.get(usize::from(at_start)..).unwrap_or_default();
    let at_end = rest.last().is_some_and(|p| matches!(p.kind(), HirKind::Look(Look::End)));
    let body = rest.get(..rest.len() - usize::from(at_end)).unwrap_or_default();
    let mut out = String::new();
    if !at_start {
        out.push_str(".*");
    }
    for part in body {
        beside_others(part, fold, &mut out)?;
    }
    if !at_end {
        out.push_str(".*");
    }
    if out.is_empty() {
        out.push_str("()");
    }
    Ok(out)
}

fn write(hir: &Hir, fold: bool, out: &mut String) -> Result<(), String> {
    match hir.kind() {
        HirKind::Empty => out.push_str("()"),
        HirKind::Literal(text) => {
            let text = std::str::from_utf8(&text.0).map_err(|_| "bytes that are no text".to_owned())?;
            for c in text.chars() {
                literal(c, out);
            }
        }
        HirKind::Class(Class::Unicode(set)) => class(set, fold, out),
        HirKind::Class(Class::Bytes(_)) => return Err("a class of bytes has no counterpart".to_owned()),
        HirKind::Look(_) => {
            return Err("an anchor can only begin or end the expression, or one of its outermost choices".to_owned());
        }
        HirKind::Repetition(repetition) => {
            group(&repetition.sub, fold, out)?;
            repeat(repetition.min, repetition.max, out);
        }
        HirKind::Capture(capture) => group(&capture.sub, fold, out)?,
        HirKind::Concat(parts) => {
            for part in parts {
                beside_others(part, fold, out)?;
            }
        }
        HirKind::Alternation(branches) => {
            for (place, branch) in branches.iter().enumerate() {
                if place > 0 {
                    out.push('|');
                }
                write(branch, fold, out)?;
            }
        }
    }
    Ok(())
}

/// A part of a concatenation: choices stand in parentheses there.
fn beside_others(part: &Hir, fold: bool, out: &mut String) -> Result<(), String> {
    match part.kind() {
        HirKind::Alternation(_) => group(part, fold, out),
        _ => write(part, fold, out),
    }
}

fn group(hir: &Hir, fold: bool, out: &mut String) -> Result<(), String> {
    let single = match hir.kind() {
        HirKind::Class(_) => true,
        HirKind::Literal(text) => std::str::from_utf8(&text.0).is_ok_and(|t| t.chars().count() == 1),
        _ => false,
    };
    if single {
        return write(hir, fold, out);
    }
    out.push('(');
    write(hir, fold, out)?;
    out.push(')');
    Ok(())
}

fn repeat(min: u32, max: Option<u32>, out: &mut String) {
    let _ = match (min, max) {
        (0, None) => out.write_str("*"),
        (1, None) => out.write_str("+"),
        (0, Some(1)) => out.write_str("?"),
        (min, None) => write!(out, "{{{min},}}"),
        (min, Some(max)) if min == max => write!(out, "{{{min}}}"),
        (min, Some(max)) => write!(out, "{{{min},{max}}}"),
    };
}

fn letter(c: char, fold: bool, out: &mut String) {
    if fold && c.is_ascii_alphabetic() {
        let _ = write!(out, "[{}{}]", c.to_ascii_lowercase(), c.to_ascii_uppercase());
    } else {
        literal(c, out);
    }
}

/// Lucene takes a backslash before any character that is no letter or digit for that character.
fn literal(c: char, out: &mut String) {
    if c.is_ascii_punctuation() && c != '_' {
        out.push('\\');
    }
    out.push(c);
}

fn class(set: &ClassUnicode, fold: bool, out: &mut String) {
    let set = if fold { without_foreign_folds(set) } else { set.clone() };
    let all = ClassUnicode::new([ClassUnicodeRange::new('\0', char::MAX)]);
    if set == all {
        out.push('.');
        return;
    }
    let mut negated = set.clone();
    negated.negate();
    let reaches_last = set.ranges().last().is_some_and(|r| r.end() == char::MAX);
    out.push('[');
    if reaches_last {
        out.push('^');
    }
    for range in if reaches_last { negated.ranges() } else { set.ranges() } {
        literal(range.start(), out);
        if range.end() != range.start() {
            out.push('-');
            literal(range.end(), out);
        }
    }
    out.push(']');
}

/// Unicode folds the long s and the Kelvin sign onto ASCII letters, a rule does not: a set holds them where it holds any letter beyond ASCII.
fn without_foreign_folds(set: &ClassUnicode) -> ClassUnicode {
    let foreign = ['\u{17f}', '\u{212a}'].map(|c| ClassUnicodeRange::new(c, c));
    let foreign = ClassUnicode::new(foreign);
    let mut set = set.clone();
    if set.ranges().iter().any(|range| (range.start()..=range.end()).contains(&char::REPLACEMENT_CHARACTER)) {
        set.union(&foreign);
    } else {
        set.difference(&foreign);
    }
    set
}

#[cfg(test)]
mod tests {
    use super::whole;

    #[test]
    fn anchors_become_the_absence_of_padding() {
        assert_eq!(whole("ab", false).unwrap(), ".*ab.*");
        assert_eq!(whole("^ab$", false).unwrap(), "ab");
        assert_eq!(whole("^a|b$", false).unwrap(), "a.*|.*b");
        assert_eq!(
            whole("(^a|b)$", false).unwrap_err(),
            "an anchor can only begin or end the expression, or one of its outermost choices"
        );
        assert_eq!(whole("^$", false).unwrap(), "()");
    }

    #[test]
    fn choices_beside_other_parts_stay_together() {
        assert_eq!(whole("^(?:bg|job)-[0-9]$", false).unwrap(), "(bg|job)\\-[0-9]");
        assert_eq!(whole("(?:a|bc)d", false).unwrap(), ".*(a|bc)d.*");
        assert_eq!(whole("^x(?:a|b(?:c|de)f)+$", false).unwrap(), "x(a|b(c|de)f)+");
        assert_eq!(whole("^(?:ab|cd)$", false).unwrap(), "(ab|cd)");
    }

    #[test]
    fn special_characters_of_lucene_are_texts() {
        assert_eq!(whole("^a~b<1-2>&@#\"\\.$", false).unwrap(), "a\\~b\\<1\\-2\\>\\&\\@\\#\\\"\\.");
        assert_eq!(whole("^[^a-c]+.{2,3}$", false).unwrap(), "[^a-c]+.{2,3}");
    }

    #[test]
    fn case_is_folded_for_ascii_only_and_inside_sets() {
        assert_eq!(whole("^ks[x-z].$", true).unwrap(), "[Kk][Ss][X-Zx-z].");
        assert_eq!(whole("^[^A-M]$", true).unwrap(), "[^A-Ma-m]");
    }

    #[test]
    fn classes_are_ascii() {
        assert_eq!(whole(r"^\d\w$", false).unwrap(), "[0-9][0-9A-Z_a-z]");
    }
}
