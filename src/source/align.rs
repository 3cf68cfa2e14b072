//! From a decoded YAML scalar back to its bytes in the file.
//!
//! The YAML parser gives a scalar's value and where it was written, not which byte became which. This walks both side by side,
//! by the rules of each style (YAML 1.2.2, chapters 7.3 and 8.1), and checks every step against the value; a scalar that it
//! cannot follow has no map, and is then underlined as a whole.

use super::text::Segment;

/// How a scalar was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Without quotes, on one line or several.
    Plain,
    /// `'...'`.
    Single,
    /// `"..."`.
    Double,
    /// `|` or `>`, with the column of its first line of content.
    Block(usize),
}

/// The map from `decoded` to `raw`, which starts at byte `base` of the file and has no quotes or block header.
pub(super) fn align(style: Style, raw: &str, base: u32, decoded: &str) -> Option<Vec<Segment>> {
    let mut walk = Walk { raw, at: 0, decoded, out: 0, base, segments: Vec::new() };
    match style {
        Style::Block(indent) => walk.block(indent)?,
        _ => walk.flow(style)?,
    }
    (walk.out == decoded.len()).then_some(walk.segments)
}

struct Walk<'a> {
    raw: &'a str,
    at: usize,
    decoded: &'a str,
    out: usize,
    base: u32,
    segments: Vec<Segment>,
}

impl Walk<'_> {
    fn flow(&mut self, style: Style) -> Option<()> {
        loop {
            let plain =
                self.rest().bytes().position(|byte| matches!(byte, b'\\' | b'\'' | b' ' | b'\t' | b'\n' | b'\r'));
            self.same(plain.unwrap_or(self.rest().len()))?;
            let Some(next) = self.rest().chars().next() else { return Some(()) };
            let blank = blank_run(self.rest());
            match next {
                '\\' if style == Style::Double => self.escape()?,
                '\'' if style == Style::Single => self.take(2, 1)?,
                _ if breaks(blank) > 0 => self.take(blank.len(), breaks(blank).max(2) - 1)?,
                _ => self.same(next.len_utf8())?,
            }
        }
    }

    /// A backslash before a line break joins the lines; the blank lines after it stay.
    fn escape(&mut self) -> Option<()> {
        let after = self.rest().get(1..)?;
        let written = match after.chars().next()? {
            '\n' | '\r' => {
                let blank = blank_run(after);
                return self.take(1 + blank.len(), breaks(blank) - 1);
            }
            'x' => 4,
            'u' => 6,
            'U' => 10,
            other => 1 + other.len_utf8(),
        };
        let length = self.expected().chars().next()?.len_utf8();
        self.take(written, length)
    }

    fn block(&mut self, indent: usize) -> Option<()> {
        // The parser's place is the first line with content; blank lines above it are in the value already.
        let above = self.newlines();
        self.take(0, above)?;
        while !self.rest().is_empty() {
            let line = self.rest().find(['\n', '\r']).unwrap_or(self.rest().len());
            self.same(line.min(self.expected().len()))?;
            let gap = self.gap(indent);
            let folded = usize::from(self.newlines() == 0 && self.expected().starts_with(' '));
            self.take(gap, self.newlines().max(folded))?;
        }
        Some(())
    }

    /// Bytes from here to the next line's content: line breaks, blank lines, indentation.
    fn gap(&self, indent: usize) -> usize {
        let mut gap = self.rest().find('\n').map_or(self.rest().len(), |at| at + 1);
        loop {
            let after = self.rest().get(gap..).unwrap_or("");
            let margin = after.bytes().take(indent).take_while(|byte| *byte == b' ').count();
            let content = after.get(margin..).unwrap_or("").trim_start_matches('\r');
            gap += margin;
            match content.strip_prefix('\n') {
                Some(below) => gap = self.rest().len() - below.len(),
                None => return gap,
            }
        }
    }

    fn newlines(&self) -> usize {
        self.expected().bytes().take_while(|byte| *byte == b'\n').count()
    }

    fn rest(&self) -> &str {
        self.raw.get(self.at..).unwrap_or("")
    }

    fn expected(&self) -> &str {
        self.decoded.get(self.out..).unwrap_or("")
    }

    /// `length` bytes that read as they were written.
    fn same(&mut self, length: usize) -> Option<()> {
        (self.rest().get(..length)? == self.expected().get(..length)?).then_some(())?;
        self.take(length, length)
    }

    fn take(&mut self, written: usize, length: usize) -> Option<()> {
        self.expected().get(..length)?;
        let segment = Segment {
            at: self.out as u32,
            length: length as u32,
            from: self.base + self.at as u32,
            written: written as u32,
        };
        self.at += written;
        self.out += length;
        match self.segments.last_mut() {
            _ if length == 0 => {}
            Some(last) if joins(*last, segment) => {
                last.length += segment.length;
                last.written += segment.written;
            }
            _ => self.segments.push(segment),
        }
        Some(())
    }
}

fn joins(last: Segment, next: Segment) -> bool {
    let same = |segment: Segment| segment.length == segment.written;
    same(last) && same(next) && last.from + last.written == next.from && last.at + last.length == next.at
}

fn blank_run(text: &str) -> &str {
    let end = text.find(|c| !matches!(c, ' ' | '\t' | '\n' | '\r')).unwrap_or(text.len());
    text.get(..end).unwrap_or("")
}

fn breaks(blank: &str) -> usize {
    blank.bytes().filter(|byte| *byte == b'\n').count()
}
