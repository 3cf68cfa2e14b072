//! Lookup files: CSV with a header, every cell of its column's type.
//!
//! In: the text of a file and the lookup's declaration. Out: typed rows, or findings at the cell.
//!
//! - The header names the declared columns in any order. A further column is a warning, since exports have them.
//! - An empty cell is missing; an empty key cell is an error. Blanks around a cell are an error, for no product trims them alike.
//! - A network is written as in an expression: without host bits. An address alone is its own network.
//! - Two rows for one key are an error, where "one key" is how the keys match: `Nocase` and `suffix` keys without ASCII case.

use super::codes;
use super::lookup::{Declaration, Lookup, LookupKey, Matching};
use crate::diagnostic::{Code, Diagnostic, Findings, nearest, shortened};
use crate::source::{FileId, Span};
use crate::syntax::expr::Literal;
use crate::syntax::parse::literal;
use crate::value::{Scalar, Type, Value, network};
use rustc_hash::FxHashMap;
use std::net::IpAddr;
use std::ops::Range;

/// After this many findings in one file the rest would say the same.
const MOST_FINDINGS: usize = 20;

/// Reads the rows of a lookup. Rows with a finding are left out.
pub fn read(name: &str, declaration: &Declaration, file: FileId, text: &str, findings: &mut Findings) -> Lookup {
    let mut table = Table { file, text, found: Vec::new() };
    let rows = table.rows(declaration);
    let more = table.found.len().saturating_sub(MOST_FINDINGS);
    findings.extend(table.found.drain(..).take(MOST_FINDINGS));
    if more > 0 {
        let message = format!("{more} more findings in the file of lookup `{name}` are not shown");
        findings.push(Diagnostic::new(
            codes::CELL,
            crate::diagnostic::Severity::Note,
            Some(declaration.file.span),
            message,
        ));
    }
    Lookup {
        name: name.to_owned(),
        keys: declaration.keys.clone(),
        columns: declaration.columns.clone(),
        rows,
        span: declaration.span,
    }
}

struct Table<'a> {
    file: FileId,
    text: &'a str,
    found: Vec<Diagnostic>,
}

/// One record of the file, and the byte range of each cell in it.
struct Record {
    cells: csv::StringRecord,
    places: Vec<Range<usize>>,
    /// A quote in it is wrong (reported), so that its cells are not what their author meant.
    misquoted: bool,
}

/// Where a declared column stands in the file, and what its cells are.
struct Column<'d> {
    name: &'d str,
    at: usize,
    ty: Type,
    key: Option<&'d LookupKey>,
}

impl Table<'_> {
    fn rows(&mut self, declaration: &Declaration) -> Vec<Vec<Value>> {
        let start = if self.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let body = self.text.get(start..).unwrap_or_default();
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(body.as_bytes());
        let Some(header) = self.next(&mut reader, start) else {
            self.error(codes::NO_HEADER, 0..0, "the lookup's file has no header".into());
            return Vec::new();
        };
        let Some(columns) = self.columns(&header, declaration) else { return Vec::new() };
        let mut first_rows = FxHashMap::default();
        let mut rows = Vec::new();
        while let Some(record) = self.next(&mut reader, start) {
            rows.extend(self.row(&record, &header, &columns, &mut first_rows));
        }
        rows
    }

    fn next(&mut self, reader: &mut csv::Reader<&[u8]>, start: usize) -> Option<Record> {
        let mut cells = csv::StringRecord::new();
        let from = start + reader.position().byte() as usize;
        // The text is UTF-8 and records may have any length, which leaves nothing for the reader to refuse.
        if !reader.read_record(&mut cells).ok()? {
            return None;
        }
        let to = start + reader.position().byte() as usize;
        let (places, quotes) = cell_places(self.text, from..to);
        let misquoted = quotes.is_some();
        if let Some(stray) = quotes {
            let message = "a quote is not closed, or stands inside a cell without quotes".to_owned();
            let error = Diagnostic::error(codes::CSV_QUOTE, self.span(&stray), message);
            self.found.push(error.help("put the cell in quotes and double each quote in it: `\"5\"\" disk\"`"));
        }
        Some(Record { cells, places, misquoted })
    }

    /// Where each declared column stands: key columns first. Nothing (reported) where one is missing.
    fn columns<'d>(&mut self, header: &Record, declaration: &'d Declaration) -> Option<Vec<Column<'d>>> {
        let keys = declaration.keys.iter().map(|key| (key.column.as_str(), key.ty, Some(key)));
        let others = declaration.columns.iter().map(|(name, ty)| (name.as_str(), *ty, None));
        let declared: Vec<_> = keys.chain(others).collect();
        let names: Vec<&str> = declared.iter().map(|(name, ..)| *name).collect();
        let line = header.places.first().map_or(0, |p| p.start)..header.places.last().map_or(0, |p| p.end);
        if declared.len() > 1 && header.cells.len() == 1 && header.cells.iter().any(|cell| cell.contains([';', '\t'])) {
            let error =
                Diagnostic::error(codes::HEADER, self.span(&line), "the header's columns are not separated by commas");
            self.found.push(error.help("save the file with commas between its cells"));
            return None;
        }
        self.check_header(header, &names);
        let mut columns = Vec::new();
        for (name, ty, key) in &declared {
            match header.cells.iter().position(|cell| cell == *name) {
                Some(at) => columns.push(Column { name, at, ty: *ty, key: *key }),
                None => {
                    self.error(codes::HEADER, line.clone(), format!("the header does not have the column `{name}`"));
                }
            }
        }
        (columns.len() == declared.len()).then_some(columns)
    }

    fn check_header(&mut self, header: &Record, names: &[&str]) {
        for (at, (cell, place)) in header.cells.iter().zip(&header.places).enumerate() {
            if header.cells.iter().take(at).any(|earlier| earlier == cell) {
                self.error(codes::HEADER, place.clone(), format!("the column `{cell}` is there twice"));
            } else if !names.contains(&cell) {
                let message = format!("the column `{}` is not declared", shortened(cell));
                let missing = names.iter().copied().filter(|name| !header.cells.iter().any(|cell| cell == *name));
                let help = match nearest(cell.trim(), missing) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "declare it under `columns` of the lookup, or remove it".to_owned(),
                };
                self.found.push(Diagnostic::warning(codes::EXTRA_COLUMN, self.span(place), message).help(help));
            }
        }
    }

    fn row(
        &mut self,
        record: &Record,
        header: &Record,
        columns: &[Column<'_>],
        first_rows: &mut FxHashMap<Vec<Value>, Span>,
    ) -> Option<Vec<Value>> {
        if record.misquoted {
            return None;
        }
        let line = record.places.first().map_or(0, |p| p.start)..record.places.last().map_or(0, |p| p.end);
        let (found, expected) = (record.cells.len(), header.cells.len());
        if found != expected {
            let cells = if found == 1 { "cell" } else { "cells" };
            self.error(codes::ROW_LENGTH, line, format!("the row has {found} {cells}, and the header {expected}"));
            return None;
        }
        let before = self.found.len();
        let mut values = Vec::with_capacity(columns.len());
        for column in columns {
            let place = record.places.get(column.at).cloned().unwrap_or_default();
            values.extend(self.cell(record.cells.get(column.at).unwrap_or_default(), place, column));
        }
        if self.found.len() > before || values.len() != columns.len() {
            return None;
        }
        self.check_once(&values, columns, line, first_rows).then_some(values)
    }

    /// False (reported) for a key that an earlier row has.
    fn check_once(
        &mut self,
        values: &[Value],
        columns: &[Column<'_>],
        line: Range<usize>,
        first_rows: &mut FxHashMap<Vec<Value>, Span>,
    ) -> bool {
        let keys = columns.iter().zip(values).filter_map(|(column, value)| Some((column.key?, value)));
        let identity: Vec<Value> = keys.clone().map(|(key, value)| identity(key, value)).collect();
        let span = self.span(&line);
        let Some(first) = first_rows.get(&identity) else {
            first_rows.insert(identity, span);
            return true;
        };
        let shown: Vec<String> = keys.map(|(key, value)| format!("`{}`: `{}`", key.column, shown(value))).collect();
        let error = Diagnostic::error(codes::DUPLICATE_ROW, span, format!("two rows for the key {}", shown.join(", ")));
        self.found.push(error.related(*first, "the first one").help("keep one of the two"));
        false
    }

    fn cell(&mut self, text: &str, place: Range<usize>, column: &Column<'_>) -> Option<Value> {
        let mut wrong = |message: String, help: String| {
            let error =
                Diagnostic::error(codes::CELL, Span::new(self.file, place.start as u32, place.end as u32), message);
            self.found.push(error.help(help));
            None
        };
        if text.trim() != text {
            return wrong(
                format!("the cell `{}` begins or ends with a blank", shortened(text)),
                "remove the blank".into(),
            );
        }
        if text.is_empty() {
            return match column.key {
                None => Some(Value::Missing),
                Some(_) => {
                    wrong(format!("the key `{}` is empty", column.name), "every row needs all of its keys".into())
                }
            };
        }
        let read = match column.key.map(|key| key.matching) {
            Some(Matching::Cidr) => network(text).map(|net| Value::string(net.to_string())).map_err(|(_, help)| help),
            Some(Matching::Suffix) => suffix(text),
            _ => typed(text, column.ty),
        };
        match read {
            Ok(value) => Some(value),
            Err(help) => {
                wrong(format!("`{}` in column `{}` is not {}", shortened(text), column.name, expected(column)), help)
            }
        }
    }

    fn error(&mut self, code: Code, place: Range<usize>, message: String) {
        let span = self.span(&place);
        self.found.push(Diagnostic::error(code, span, message));
    }

    fn span(&self, place: &Range<usize>) -> Span {
        Span::new(self.file, place.start as u32, place.end as u32)
    }
}

/// The byte range of each cell of the record in `range` (blank lines before it belong to no cell), and of quotes that CSV does not
/// allow where they stand: the reader takes them as text, up to the end of the file if need be.
fn cell_places(text: &str, range: Range<usize>) -> (Vec<Range<usize>>, Option<Range<usize>>) {
    let raw = text.get(range.clone()).unwrap_or_default();
    let first = range.start + (raw.len() - raw.trim_start_matches(['\r', '\n']).len());
    let last = range.end - (raw.len() - raw.trim_end_matches(['\r', '\n']).len()).min(range.end - first);
    let (mut places, mut stray) = (Vec::new(), None);
    let (mut start, mut open, mut after_close) = (first, None, false);
    for (offset, c) in text.get(first..last).unwrap_or_default().char_indices() {
        let at = first + offset;
        match c {
            ',' if open.is_none() => {
                places.push(start..at);
                (start, after_close) = (at + 1, false);
            }
            '"' if open.is_some() => (open, after_close) = (None, true),
            '"' if at == start || after_close => (open, after_close) = (Some(at), false),
            '"' => stray = stray.or(Some(at..at + 1)),
            _ if after_close => {
                stray = stray.or(Some(at..at + c.len_utf8()));
                after_close = false;
            }
            _ => {}
        }
    }
    places.push(start..last);
    (places, open.map(|at| at..at + 1).or(stray))
}

/// A value as it takes part in "two rows for one key".
fn identity(key: &LookupKey, value: &Value) -> Value {
    match (key.matching, value) {
        (Matching::Nocase | Matching::Suffix, Value::String(text)) => Value::string(text.to_ascii_lowercase()),
        _ => value.clone(),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_string(),
        Value::Integer(n) => n.to_string(),
        Value::Boolean(b) => b.to_string(),
        Value::Ip(ip) => ip.to_string(),
        Value::Timestamp(ms) => Literal::Timestamp(*ms).to_string(),
        Value::Duration(ms) => Literal::Duration(*ms).to_string(),
        _ => String::new(),
    }
}

fn expected(column: &Column<'_>) -> String {
    match (column.key.map(|key| key.matching), column.ty) {
        (Some(Matching::Cidr), _) => "a network".to_owned(),
        (Some(Matching::Suffix), _) => "a domain or a text that values end in".to_owned(),
        (_, Type::INTEGER | Type::IP) => format!("an {}", column.ty),
        (_, ty) => format!("a {ty}"),
    }
}

/// A cell's value, or what would be one.
fn typed(text: &str, ty: Type) -> Result<Value, String> {
    match ty {
        Type::Scalar(Scalar::String) | Type::List(_) => Ok(Value::string(text)),
        Type::Scalar(Scalar::Boolean) => match text {
            "true" => Ok(Value::Boolean(true)),
            "false" => Ok(Value::Boolean(false)),
            _ => Err("write `true` or `false`".to_owned()),
        },
        Type::Scalar(Scalar::Integer) => {
            text.parse().map(Value::Integer).map_err(|_| "write a whole number in decimal".into())
        }
        Type::Scalar(Scalar::Number) => match text.parse::<f64>() {
            Ok(number) if number.is_finite() && text.contains(|c: char| c.is_ascii_digit()) => {
                Ok(Value::number(number))
            }
            _ => Err("write a number such as `0.25`".to_owned()),
        },
        Type::Scalar(Scalar::Ip) => match text.parse::<IpAddr>() {
            Ok(ip) => Ok(Value::ip(ip)),
            Err(_) => Err("write an address such as `10.0.0.1`".to_owned()),
        },
        Type::Scalar(Scalar::Timestamp) => match literal(text) {
            Some(Literal::Timestamp(ms)) => Ok(Value::Timestamp(ms)),
            _ => Err("write a timestamp with a zone: `2026-03-01T09:00:00Z`".to_owned()),
        },
        Type::Scalar(Scalar::Duration) => match literal(text) {
            Some(Literal::Duration(ms)) => Ok(Value::Duration(ms)),
            _ => Err("write a duration such as `1h30m`".to_owned()),
        },
    }
}

fn suffix(text: &str) -> Result<Value, String> {
    let bare = text.trim_start_matches('*').trim_start_matches('.').trim_end_matches('.');
    if bare == text && !text.is_empty() {
        return Ok(Value::string(text));
    }
    if bare.is_empty() {
        return Err("write a domain such as `example.com`, which `x.example.com` meets too".to_owned());
    }
    Err(format!("write `{bare}`, which `x.{bare}` meets too"))
}
