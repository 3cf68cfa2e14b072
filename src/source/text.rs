//! A value that was decoded from a file and still knows where each of its bytes was written.

use super::Span;

/// A decoded string with the way back to the file: an expression inside a quoted or folded YAML value is underlined at the
/// character that its author wrote.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    /// The decoded value.
    pub value: String,
    /// All of it as written, quotes included.
    pub whole: Span,
    segments: Vec<Segment>,
}

/// A run of decoded bytes and the run of file bytes that gave it. Where both have one length they are the same text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Segment {
    /// First decoded byte.
    pub(super) at: u32,
    /// Decoded bytes.
    pub(super) length: u32,
    /// First byte in the file.
    pub(super) from: u32,
    /// Bytes in the file.
    pub(super) written: u32,
}

impl Text {
    /// A text that stands in the file exactly as it reads, starting where `whole` starts.
    pub fn verbatim(value: impl Into<String>, whole: Span) -> Self {
        let value = value.into();
        let length = value.len() as u32;
        let segments = vec![Segment { at: 0, length, from: whole.start, written: length }];
        Self { value, whole, segments }
    }

    pub(super) fn mapped(value: String, whole: Span, segments: Vec<Segment>) -> Self {
        Self { value, whole, segments }
    }

    /// Where the decoded bytes `[range.start, range.end)` were written; all of the value where that is not known.
    /// An empty range gives an empty span at its place.
    pub fn span(&self, range: std::ops::Range<usize>) -> Span {
        let (start, end) = (range.start as u32, range.end.max(range.start) as u32);
        let from = self.start_of(start);
        let to = if end == start { from } else { self.end_of(end) };
        match (from, to) {
            (Some(from), Some(to)) => Span::new(self.whole.file, from, to.max(from)),
            _ => self.whole,
        }
    }

    fn start_of(&self, at: u32) -> Option<u32> {
        let index = self.segments.partition_point(|segment| segment.at + segment.length <= at);
        match self.segments.get(index) {
            Some(segment) => Some(segment.from + segment.offset(at.saturating_sub(segment.at))),
            None => self.segments.last().map(|segment| segment.from + segment.written),
        }
    }

    fn end_of(&self, end: u32) -> Option<u32> {
        let index = self.segments.partition_point(|segment| segment.at + segment.length < end);
        let segment = self.segments.get(index).or(self.segments.last())?;
        let inside = end.saturating_sub(segment.at);
        Some(
            segment.from
                + if segment.length == segment.written { inside.min(segment.written) } else { segment.written },
        )
    }
}

impl Segment {
    /// An escape or a fold has no inside: any byte of it is its start.
    fn offset(self, inside: u32) -> u32 {
        if self.length == self.written { inside } else { 0 }
    }
}
