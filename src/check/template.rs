//! Texts with holes: `{{field}}` and `$param`.

use super::checker::Checker;
use super::codes;
use super::expr::Site;
use super::params::shown;
use crate::ir::{self, ParamId, Template, TemplatePiece};
use crate::source::Span;
use crate::syntax::expr::{Expr, ExprKind};
use crate::syntax::rule::Name;

impl Checker<'_> {
    /// A text whose holes are read at the site. `$name` is a parameter, `$$` a dollar sign.
    pub fn template(&mut self, text: &Name, site: &Site) -> Option<Template> {
        let mut pieces = Pieces::default();
        let mut rest = text.value.as_str();
        let mut good = true;
        while let Some(at) = rest.find(['{', '$']) {
            let (before, hole) = rest.split_at(at);
            pieces.text(before);
            if let Some(inner) = hole.strip_prefix("{{") {
                let Some((name, after)) = inner.split_once("}}") else {
                    let message = "`{{` is not closed by `}}`";
                    return self.error(codes::TEMPLATE, text.span, message);
                };
                good &= self.hole(name, text.span, site, &mut pieces).is_some();
                rest = after;
            } else if let Some(after) = hole.strip_prefix("$$") {
                pieces.text("$");
                rest = after;
            } else if let Some(after) = hole.strip_prefix('$') {
                let length = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
                let (name, after) = after.split_at(length);
                if name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
                    good &= self.param_text(name, text.span, &mut pieces, site).is_some();
                } else {
                    pieces.text("$");
                    pieces.text(name);
                }
                rest = after;
            } else {
                let (brace, after) = hole.split_at(1);
                pieces.text(brace);
                rest = after;
            }
        }
        pieces.text(rest);
        good.then_some(Template(pieces.0))
    }

    fn hole(&mut self, name: &str, span: Span, site: &Site, pieces: &mut Pieces) -> Option<()> {
        let name = name.trim();
        let dotted = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-');
        if name.is_empty() || !name.chars().all(dotted) {
            let message = format!("`{{{{{name}}}}}` holds no name");
            let help = "a hole holds one field, let, context or measure; give an expression a name with `let`";
            return self.error_help(codes::TEMPLATE, span, message, help);
        }
        let expr = Expr { kind: ExprKind::Name(name.to_owned()), span };
        let typed = self.value(site, &expr)?;
        pieces.0.push(TemplatePiece::Value(typed));
        Some(())
    }

    fn param_text(&mut self, name: &str, span: Span, pieces: &mut Pieces, site: &Site) -> Option<()> {
        let expr = Expr { kind: ExprKind::Param(name.to_owned()), span };
        let typed = self.value(site, &expr)?;
        let ir::ExprKind::Param(ParamId(id)) = typed.kind else { return None };
        let value = self.params.get(id as usize)?.as_ref().map(|p| shown(&p.value))?;
        pieces.text(&value);
        Some(())
    }
}

#[derive(Default)]
struct Pieces(Vec<TemplatePiece>);

impl Pieces {
    /// Adds text to the text before it.
    fn text(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        match self.0.last_mut() {
            Some(TemplatePiece::Text(before)) => before.push_str(text),
            _ => self.0.push(TemplatePiece::Text(text.to_owned())),
        }
    }
}
