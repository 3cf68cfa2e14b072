//! Stage shapes: Handlebars files of a target, strict and without HTML escaping. They join printed text with words and line
//! breaks; no template joins a field, an operator and a value.

use super::Target;
use super::target;
use crate::diagnostic::{Code, Diagnostic, Severity, shortened};
use crate::source::Files;
use handlebars::{Handlebars, RenderError, RenderErrorReason, TemplateError};
use serde_json::Value;
use std::path::Path;

/// A stage template that cannot be read, parsed or filled.
pub const BAD_TEMPLATE: Code = Code("E1120");

/// A target's stage shapes by name.
#[derive(Debug, Clone)]
pub struct Templates {
    engine: Handlebars<'static>,
    target: Target,
}

impl Templates {
    /// Reads `stages/*.hbs` of a target, a pack's own before the embedded ones.
    ///
    /// # Errors
    /// Every template that is no template.
    pub fn load(target: Target, pack_root: Option<&Path>, files: &mut Files) -> Result<Templates, Vec<Diagnostic>> {
        let mut engine = Handlebars::new();
        engine.set_strict_mode(true);
        engine.register_escape_fn(handlebars::no_escape);
        let mut findings = Vec::new();
        for path in target::list(target, "stages", pack_root).into_keys() {
            let Some(name) = path.strip_prefix("stages/").and_then(|p| p.strip_suffix(".hbs")) else { continue };
            let text = match target::file(target, &path, pack_root, files) {
                Ok(Some(file)) => files.text(file).to_owned(),
                Ok(None) => continue,
                Err(finding) => {
                    findings.push(finding);
                    continue;
                }
            };
            if let Err(error) = engine.register_template_string(name, text) {
                findings.push(bad(target, name, &parse_fault(&error)));
            }
        }
        if findings.is_empty() { Ok(Templates { engine, target }) } else { Err(findings) }
    }

    /// One stage's text, without the line break at its end.
    ///
    /// # Errors
    /// A template that is not there, or that names what the view does not have.
    pub fn fill(&self, name: &str, view: &Value) -> Result<String, Diagnostic> {
        let text = self.engine.render(name, view).map_err(|e| bad(self.target, name, &fill_fault(&e)))?;
        Ok(text.trim_end().to_owned())
    }
}

/// The place and the first words: the parser goes on with its whole grammar.
fn parse_fault(error: &TemplateError) -> String {
    let said = error.reason().to_string();
    let said = said.split(": expected").next().unwrap_or(&said);
    placed(error.pos(), &shortened(said))
}

fn fill_fault(error: &RenderError) -> String {
    let said = match error.reason() {
        RenderErrorReason::MissingVariable(Some(name)) => format!("the stage has no `{name}`"),
        other => shortened(&other.to_string()),
    };
    placed(error.line_no.zip(error.column_no), &said)
}

fn placed(at: Option<(usize, usize)>, said: &str) -> String {
    at.map_or_else(|| said.to_owned(), |(line, column)| format!("line {line}, column {column}: {said}"))
}

fn bad(target: Target, name: &str, why: &str) -> Diagnostic {
    let message = format!("the stage template `{name}` of {} cannot be used: {}", target.name(), why.trim());
    Diagnostic::new(BAD_TEMPLATE, Severity::Error, None, message)
        .help(format!("compare `targets/{}/stages/{name}.hbs` with the one that siemc carries", target.name()))
}
