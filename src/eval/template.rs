//! Titles and reasons: text with holes. A missing value prints `-`.

use super::expression::{Code, Compiler, Frame, text_of};
use crate::ir::{Template, TemplatePiece};
use crate::value::Value;
use std::borrow::Cow;

/// A template, ready to be filled.
#[derive(Debug)]
pub struct TemplateCode(Vec<Piece>);

#[derive(Debug)]
enum Piece {
    Text(String),
    Value(Code),
}

impl TemplateCode {
    /// Ready to be filled.
    pub fn new(template: &Template, compiler: &Compiler<'_>) -> TemplateCode {
        let piece = |piece: &TemplatePiece| match piece {
            TemplatePiece::Text(text) => Piece::Text(text.clone()),
            TemplatePiece::Value(expr) => Piece::Value(compiler.expr(expr)),
        };
        TemplateCode(template.0.iter().map(piece).collect())
    }

    /// The text for a row or a hit.
    pub fn render<'a>(&'a self, frame: &Frame<'a>) -> String {
        let mut out = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Value(code) => out.push_str(&printed(&code.value(frame))),
            }
        }
        out
    }
}

/// A value as a person reads it: durations like their literals, lists joined by `, `.
pub fn printed(value: &Value) -> Cow<'_, str> {
    match value {
        Value::Missing => Cow::Borrowed("-"),
        Value::Duration(millis) => Cow::Owned(duration(*millis)),
        Value::List(items) => {
            let items: Vec<_> = items.iter().map(printed).collect();
            Cow::Owned(items.join(", "))
        }
        _ => text_of(value),
    }
}

/// As the rule language writes it: `1h30m`, `500ms`.
fn duration(millis: i64) -> String {
    let mut left = millis.unsigned_abs();
    let mut out = String::from(if millis < 0 { "-" } else { "" });
    for (unit, size) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)] {
        let count = left / size;
        left %= size;
        if count > 0 {
            out.push_str(&count.to_string());
            out.push_str(unit);
        }
    }
    if millis == 0 { "0ms".to_owned() } else { out }
}
