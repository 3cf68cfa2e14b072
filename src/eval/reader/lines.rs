//! Lines of bytes, borrowed from one buffer.

use std::io::{self, Read};

/// Bytes that are asked for at once.
const CHUNK: usize = 1 << 18;

/// Lines of an input, each up to a limit.
#[derive(Debug)]
pub struct Lines<R> {
    input: R,
    limit: usize,
    buffer: Vec<u8>,
    /// The present line in the buffer.
    line: std::ops::Range<usize>,
    /// The first byte after the present line, and after what was read.
    next: usize,
    filled: usize,
    ended: bool,
}

/// What came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Raw {
    /// A line.
    Line,
    /// A line beyond the limit; it was passed over.
    TooLong,
}

impl<R: Read> Lines<R> {
    /// From the beginning.
    pub fn new(input: R, limit: usize) -> Lines<R> {
        Lines { input, limit, buffer: Vec::new(), line: 0..0, next: 0, filled: 0, ended: false }
    }

    /// Goes to the next line; none at the end.
    pub fn advance(&mut self) -> io::Result<Option<Raw>> {
        let mut searched = self.next;
        let mut too_long = false;
        loop {
            let fresh = self.buffer.get(searched..self.filled).unwrap_or_default();
            if let Some(found) = memchr::memchr(b'\n', fresh) {
                let end = searched + found;
                self.line = self.next..end;
                self.next = end + 1;
                return Ok(Some(if too_long || self.line.len() > self.limit { Raw::TooLong } else { Raw::Line }));
            }
            if self.filled - self.next > self.limit {
                too_long = true;
                self.next = self.filled;
            }
            if self.ended {
                let any = too_long || self.filled > self.next;
                self.line = self.next..self.filled;
                self.next = self.filled;
                let raw = if too_long { Raw::TooLong } else { Raw::Line };
                return Ok(any.then_some(raw));
            }
            // What is left of the line moves to the front and has no end in it.
            searched = self.filled - self.next;
            self.fill()?;
        }
    }

    /// The present line without its end.
    pub fn line(&self) -> &[u8] {
        self.buffer.get(self.line.clone()).unwrap_or_default()
    }

    /// Reads more, behind what is left of the line.
    fn fill(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.next..self.filled, 0);
        self.filled -= self.next;
        self.next = 0;
        if self.buffer.len() < self.filled + CHUNK {
            self.buffer.resize(self.filled + CHUNK, 0);
        }
        loop {
            match self.input.read(self.buffer.get_mut(self.filled..).unwrap_or_default()) {
                Ok(0) => self.ended = true,
                Ok(read) => self.filled += read,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            }
            return Ok(());
        }
    }
}
