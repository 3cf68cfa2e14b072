//! Findings for a person at a terminal: the line as written, underlined.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};

use super::{Diagnostic, Severity, ordered};
use crate::source::{FileId, Files, Span};

/// Widest line of output, so that a report reads the same in every terminal and in a log.
const WIDTH: usize = 140;
/// A longer line of a file is named but not shown.
const LONGEST_LINE: usize = 4_000;
/// A longer place is underlined on its first line only: a bracket over a whole block says less.
const MOST_LINES: u32 = 4;

/// All findings, a blank line between them; `colour` adds terminal colours. Empty where there are none.
pub fn text(all: &[Diagnostic], files: &Files, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() }.term_width(WIDTH);
    let shown: Vec<String> =
        ordered(all, files).into_iter().map(|found| renderer.render(&[group(found, files)])).collect();
    if shown.is_empty() { String::new() } else { shown.join("\n\n") + "\n" }
}

fn group<'a>(found: &'a Diagnostic, files: &'a Files) -> Group<'a> {
    let level = match found.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(found.message.as_str()).id(found.code.0);
    let mut group = Group::with_title(title);
    for marks in snippets(found, files) {
        group = show(group, files, &marks);
    }
    if let Some(help) = &found.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    group
}

struct Mark<'a> {
    span: Span,
    kind: AnnotationKind,
    label: Option<&'a str>,
}

/// The underlines that stand near each other in one file are shown together, the finding's own first.
fn snippets<'a>(found: &'a Diagnostic, files: &Files) -> Vec<Vec<Mark<'a>>> {
    let own = found.span.map(|span| Mark { span, kind: AnnotationKind::Primary, label: found.label.as_deref() });
    let other =
        |(span, text): &'a (Span, String)| Mark { span: *span, kind: AnnotationKind::Context, label: Some(text) };
    let mut snippets: Vec<Vec<Mark<'a>>> = Vec::new();
    for mark in own.into_iter().chain(found.related.iter().map(other)) {
        let near =
            |marks: &&mut Vec<Mark<'a>>| marks.first().is_some_and(|first| together(first.span, mark.span, files));
        match snippets.iter_mut().find(near) {
            Some(marks) => marks.push(mark),
            None => snippets.push(vec![mark]),
        }
    }
    snippets
}

/// Places further apart are shown apart: what lies between would have to be read for nothing.
const FARTHEST_LINES: u32 = 60;

fn together(one: Span, other: Span, files: &Files) -> bool {
    one.file == other.file && files.start(one).line.abs_diff(files.start(other).line) <= FARTHEST_LINES
}

fn show<'a>(group: Group<'a>, files: &'a Files, marks: &[Mark<'a>]) -> Group<'a> {
    let file = marks.first().map_or_else(FileId::default, |mark| mark.span.file);
    let first = marks.iter().map(|mark| files.start(mark.span).line).min().unwrap_or(1);
    let last = marks.iter().map(|mark| files.end(clipped(mark.span, files)).line).max().unwrap_or(first);
    let mut range = files.line_range(file, first, last);
    if files.text(file).get(range.clone()).is_some_and(|source| source.starts_with('\u{feff}')) {
        // A byte order mark has no column.
        range.start += '\u{feff}'.len_utf8();
    }
    let source = files.text(file).get(range.clone()).unwrap_or("");
    if source.lines().any(|line| line.len() > LONGEST_LINE) {
        return marks.iter().fold(group, |group, mark| {
            let place = files.start(mark.span);
            group.element(Origin::path(files.name(file)).line(place.line as usize).char_column(place.column as usize))
        });
    }
    let annotation = |mark: &Mark<'a>| -> Annotation<'a> {
        let span = clipped(mark.span, files);
        let inside = |at: u32| (at as usize).saturating_sub(range.start).min(source.len());
        let annotation = mark.kind.span(inside(span.start)..inside(span.end));
        match mark.label {
            Some(label) => annotation.label(label),
            None => annotation,
        }
    };
    let snippet = Snippet::source(source).line_start(first as usize).path(files.name(file));
    group.element(snippet.annotations(marks.iter().map(annotation)))
}

fn clipped(span: Span, files: &Files) -> Span {
    let (first, last) = (files.start(span).line, files.end(span).line);
    if last - first < MOST_LINES {
        return span;
    }
    let line = files.line_range(span.file, first, first);
    let length = files.text(span.file).get(line.clone()).map_or(0, |line| line.trim_end().len());
    Span::new(span.file, span.start, ((line.start + length) as u32).max(span.start))
}
