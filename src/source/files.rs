//! The texts of a run, by number.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::{FileId, Span};
use crate::diagnostic::{Code, Diagnostic, Severity};

/// A file that is not there, is not a file, or may not be read.
pub const UNREADABLE: Code = Code("E0101");
/// Bytes that are not UTF-8.
pub const INVALID_UTF8: Code = Code("E0102");
/// A file over its limit.
pub const TOO_LARGE: Code = Code("E0103");

/// Most bytes of a YAML file: rules are written by hand, and one that is larger is a mistake.
pub const YAML_LIMIT: u64 = 5_000_000;
/// Most bytes of a lookup.
pub const LOOKUP_LIMIT: u64 = 64_000_000;

/// Every text that was read, in the order of reading.
#[derive(Debug, Clone, Default)]
pub struct Files {
    all: Vec<File>,
    by_path: FxHashMap<PathBuf, FileId>,
}

#[derive(Debug, Clone)]
struct File {
    name: String,
    text: Arc<str>,
    /// Byte offset of each line's first byte.
    lines: Vec<u32>,
}

/// A position that a person counts: lines and columns from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

impl Files {
    /// Reads a file of at most `limit` bytes; a path that was read before gives the same id.
    ///
    /// # Errors
    /// A file that is missing, unreadable, larger than `limit` or not UTF-8.
    pub fn read(&mut self, path: &Path, limit: u64) -> Result<FileId, Diagnostic> {
        if let Some(id) = self.by_path.get(path) {
            return Ok(*id);
        }
        let bytes = bytes_of(path, limit)?;
        let name = path.to_string_lossy().into_owned();
        match String::from_utf8(bytes) {
            Ok(text) => {
                let id = self.add(name, text);
                self.by_path.insert(path.to_path_buf(), id);
                Ok(id)
            }
            Err(error) => Err(self.not_utf8(name, &error)),
        }
    }

    /// Keeps a text that did not come from a path: standard input, a test.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> FileId {
        let text = text.into();
        let id = FileId(self.all.len() as u32);
        let after_breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at as u32 + 1);
        let lines = std::iter::once(0).chain(after_breaks).collect();
        self.all.push(File { name: name.into(), text, lines });
        id
    }

    /// The text; empty for an id of another run.
    pub fn text(&self, file: FileId) -> &str {
        self.file(file).map_or("", |file| &file.text)
    }

    /// The text as a shared handle, for a caller that reads further files while holding it.
    pub fn shared_text(&self, file: FileId) -> Arc<str> {
        self.file(file).map_or_else(|| Arc::from(""), |file| Arc::clone(&file.text))
    }

    /// The path as it was given.
    pub fn name(&self, file: FileId) -> &str {
        self.file(file).map_or("", |file| &file.name)
    }

    /// The text that a span covers.
    pub fn slice(&self, span: Span) -> &str {
        self.text(span.file).get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// Where a span starts.
    pub fn start(&self, span: Span) -> Place {
        self.place(span.file, span.start)
    }

    /// Where a span ends: the place of the first character after it.
    pub fn end(&self, span: Span) -> Place {
        self.place(span.file, span.end)
    }

    /// Line and column of a byte offset.
    pub fn place(&self, file: FileId, offset: u32) -> Place {
        let Some(file) = self.file(file) else { return Place { line: 1, column: 1 } };
        let line = file.lines.partition_point(|start| *start <= offset).max(1);
        let start = file.lines.get(line - 1).copied().unwrap_or(0) as usize;
        let before = file.text.get(start..offset as usize).unwrap_or("");
        Place { line: line as u32, column: before.trim_start_matches('\u{feff}').chars().count() as u32 + 1 }
    }

    /// Byte range `[start, end)` of the lines `first..=last` (from 1), the last line's break included.
    pub(crate) fn line_range(&self, file: FileId, first: u32, last: u32) -> std::ops::Range<usize> {
        let Some(file) = self.file(file) else { return 0..0 };
        let start = file.lines.get(first.saturating_sub(1) as usize).copied().unwrap_or(0) as usize;
        let end = file.lines.get(last as usize).map_or(file.text.len(), |at| *at as usize);
        start..end.max(start)
    }

    fn file(&self, id: FileId) -> Option<&File> {
        self.all.get(id.0 as usize)
    }

    /// The text up to the first bad byte is kept, so that the finding has a place to show.
    fn not_utf8(&mut self, name: String, error: &std::string::FromUtf8Error) -> Diagnostic {
        let at = error.utf8_error().valid_up_to() as u32;
        let byte = error.as_bytes().get(at as usize).copied().unwrap_or(0);
        let message = format!("`{name}` is not UTF-8: byte `0x{byte:02x}` at offset {at}");
        let id = self.add(name, String::from_utf8_lossy(error.as_bytes()).into_owned());
        Diagnostic::error(INVALID_UTF8, Span::new(id, at, at + '\u{fffd}'.len_utf8() as u32), message)
            .help("save the file as UTF-8")
    }
}

fn bytes_of(path: &Path, limit: u64) -> Result<Vec<u8>, Diagnostic> {
    let shown = path.display();
    let about = |code, message| Diagnostic::new(code, Severity::Error, None, message);
    let unreadable = |error: &std::io::Error| about(UNREADABLE, format!("`{shown}` cannot be read: {}", reason(error)));
    let found = std::fs::metadata(path).map_err(|error| unreadable(&error))?;
    if !found.is_file() {
        return Err(about(UNREADABLE, format!("`{shown}` is not a file")));
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|error| unreadable(&error))?;
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > limit {
        return Err(about(TOO_LARGE, format!("`{shown}` is larger than {limit} bytes, the most that is read")));
    }
    Ok(bytes)
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string().to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_a_byte_order_mark_has_no_column() {
        let mut files = Files::default();
        let id = files.add("x", "\u{feff}a: é1\n\nb");
        assert_eq!(files.place(id, 3), Place { line: 1, column: 1 });
        assert_eq!(files.place(id, 8), Place { line: 1, column: 5 });
        assert_eq!(files.place(id, 10), Place { line: 2, column: 1 });
        assert_eq!(files.place(id, 11), Place { line: 3, column: 1 });
        assert_eq!(files.place(id, 99), Place { line: 3, column: 1 });
    }

    #[test]
    fn a_file_is_refused_when_missing_a_folder_too_large_or_not_text() {
        let folder = tempfile::tempdir().unwrap();
        let mut files = Files::default();
        let path = folder.path().join("r.yaml");
        assert_eq!(files.read(&path, 10).unwrap_err().code, UNREADABLE);
        assert_eq!(files.read(folder.path(), 10).unwrap_err().code, UNREADABLE);
        std::fs::write(&path, b"ab\xffcd").unwrap();
        let bad = files.read(&path, 10).unwrap_err();
        assert_eq!((bad.code, bad.span.map(|span| span.start)), (INVALID_UTF8, Some(2)));
        assert_eq!(files.read(&path, 4).unwrap_err().code, TOO_LARGE);
        std::fs::write(&path, "abcd").unwrap();
        let id = files.read(&path, 4).unwrap();
        assert_eq!(files.read(&path, 4).unwrap(), id);
        assert_eq!(files.text(id), "abcd");
    }
}
