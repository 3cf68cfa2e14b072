//! The regular expressions that every target reads alike: RE2 without word boundaries, flags, named groups and Unicode classes.

use regex_syntax::ast::{
    self, AssertionKind, Ast, ClassSet, ClassSetItem, GroupKind, HexLiteralKind, LiteralKind, RepetitionKind,
    RepetitionRange, parse::Parser,
};

/// Largest repeat count in RE2.
const MOST_REPEATS: u32 = 1000;
/// Bytes that a compiled expression may take; beyond it, targets refuse or crawl.
const SIZE_LIMIT: usize = 1 << 20;

/// Why an expression is refused.
pub(super) struct Fault {
    pub message: String,
    pub help: String,
}

/// Whether an expression lies in the subset.
pub(super) fn check(pattern: &str) -> Result<(), Fault> {
    let ast = Parser::new().parse(pattern).map_err(|e| of_syntax(&e, pattern))?;
    walk(&ast, pattern)?;
    let compiled = ::regex::RegexBuilder::new(pattern).size_limit(SIZE_LIMIT).build();
    compiled.map(|_| ()).map_err(|e| match e {
        ::regex::Error::CompiledTooBig(_) => {
            fault("the regular expression is too large", "repeat less, or split it in two with `or`")
        }
        _ => fault("the regular expression is not valid", "see RE2's syntax"),
    })
}

fn fault(message: impl Into<String>, help: impl Into<String>) -> Fault {
    Fault { message: message.into(), help: help.into() }
}

fn of_syntax(error: &ast::Error, pattern: &str) -> Fault {
    match error.kind() {
        ast::ErrorKind::UnsupportedLookAround => fault(
            "look-around is not supported: not every target has it",
            "say it with two conditions: `x matches ... and not x matches ...`",
        ),
        ast::ErrorKind::UnsupportedBackreference => {
            fault("backreferences are not supported: not every target has them", "name the repeated text itself")
        }
        kind => {
            // The library counts bytes, a person counts characters.
            let before = pattern.get(..error.span().start.offset).unwrap_or(pattern);
            let at = before.chars().count();
            fault(
                format!("the regular expression is not valid at character {}: {kind}", at + 1),
                "a literal special character is written `\\.`",
            )
        }
    }
}

fn walk(ast: &Ast, pattern: &str) -> Result<(), Fault> {
    match ast {
        Ast::Empty(_) | Ast::Dot(_) | Ast::ClassPerl(_) => Ok(()),
        Ast::Flags(_) => Err(flags()),
        Ast::Literal(literal) => literal_kind(&literal.kind),
        Ast::Assertion(assertion) => match assertion.kind {
            AssertionKind::StartLine | AssertionKind::EndLine => Ok(()),
            AssertionKind::StartText | AssertionKind::EndText => {
                Err(fault("`\\A` and `\\z` are not supported", "`^` is the very start and `$` the very end"))
            }
            _ => Err(fault(
                "`\\b` is not supported: targets disagree on what a word is",
                "write what may stand around: `(^|[^A-Za-z0-9_])word($|[^A-Za-z0-9_])`",
            )),
        },
        Ast::ClassUnicode(_) => Err(unicode_class()),
        Ast::ClassBracketed(class) => set(&class.kind),
        Ast::Repetition(repetition) => {
            one_quantifier(repetition, pattern)?;
            if let RepetitionKind::Range(range) = &repetition.op.kind {
                let most = match range {
                    RepetitionRange::Exactly(n) | RepetitionRange::AtLeast(n) | RepetitionRange::Bounded(_, n) => *n,
                };
                if most > MOST_REPEATS {
                    let message = format!("a repeat count of {most} is more than {MOST_REPEATS}");
                    return Err(fault(message, "compare `length(x)` instead"));
                }
            }
            walk(&repetition.ast, pattern)
        }
        Ast::Group(group) => match &group.kind {
            GroupKind::CaptureIndex(_) => walk(&group.ast, pattern),
            GroupKind::CaptureName { .. } => Err(fault("named groups are not supported", "write `(...)`")),
            GroupKind::NonCapturing(flags_of) if flags_of.items.is_empty() => walk(&group.ast, pattern),
            GroupKind::NonCapturing(_) => Err(flags()),
        },
        Ast::Alternation(alternation) => alternation.asts.iter().try_for_each(|part| walk(part, pattern)),
        Ast::Concat(concat) => concat.asts.iter().try_for_each(|part| walk(part, pattern)),
    }
}

/// Refuses what the library takes and others do not, or take for something else: a quantifier on a quantifier (`a++` is possessive
/// in PCRE, a fault in RE2) and spaces inside of one (`a{2, 3}` is that very text in PCRE).
fn one_quantifier(repetition: &ast::Repetition, pattern: &str) -> Result<(), Fault> {
    let written = |span: &ast::Span| pattern.get(span.start.offset..span.end.offset).unwrap_or_default();
    let outer = written(&repetition.op.span);
    if outer.contains(char::is_whitespace) {
        let message = format!("`{outer}` holds a space: not every target reads it as a repeat count");
        let close: String = outer.chars().filter(|c| !c.is_whitespace()).collect();
        return Err(fault(message, format!("write `{close}`")));
    }
    let Ast::Repetition(inner) = &*repetition.ast else { return Ok(()) };
    let message = format!(
        "`{}{outer}` puts a quantifier on a quantifier: targets disagree on what it means",
        written(&inner.op.span)
    );
    let help = format!("write `(?:{}){outer}` to repeat what is repeated, or one quantifier", written(&inner.span));
    Err(fault(message, help))
}

fn flags() -> Fault {
    fault("flags inside a regular expression are not supported", "`matches~` compares without case")
}

fn unicode_class() -> Fault {
    fault("`\\p{...}` is not supported: classes are ASCII", "write the characters, such as `[A-Za-z]`")
}

fn literal_kind(kind: &LiteralKind) -> Result<(), Fault> {
    match kind {
        LiteralKind::HexFixed(HexLiteralKind::UnicodeShort | HexLiteralKind::UnicodeLong)
        | LiteralKind::HexBrace(HexLiteralKind::UnicodeShort | HexLiteralKind::UnicodeLong) => {
            Err(fault("`\\u` is not supported in a regular expression", "write the character itself"))
        }
        LiteralKind::Special(
            ast::SpecialLiteralKind::Bell | ast::SpecialLiteralKind::FormFeed | ast::SpecialLiteralKind::VerticalTab,
        ) => {
            Err(fault("`\\a`, `\\f` and `\\v` are not supported", "write the character as `\\x07`, `\\x0c` or `\\x0b`"))
        }
        _ => Ok(()),
    }
}

fn set(class: &ClassSet) -> Result<(), Fault> {
    match class {
        ClassSet::BinaryOp(_) => Err(fault("`&&`, `--` and `~~` in a class are not supported", "write the class out")),
        ClassSet::Item(item) => set_item(item),
    }
}

fn set_item(item: &ClassSetItem) -> Result<(), Fault> {
    match item {
        ClassSetItem::Empty(_) | ClassSetItem::Range(_) | ClassSetItem::Ascii(_) | ClassSetItem::Perl(_) => Ok(()),
        ClassSetItem::Literal(literal) => literal_kind(&literal.kind),
        ClassSetItem::Unicode(_) => Err(unicode_class()),
        ClassSetItem::Bracketed(_) => {
            Err(fault("a class inside a class is not supported", "escape the bracket: `[\\[]`"))
        }
        ClassSetItem::Union(union) => union.items.iter().try_for_each(set_item),
    }
}
