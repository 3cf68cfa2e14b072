//! Damage to a text that keeps most of it alive: what is all wrong is refused at once, and reaches nothing.

use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Bytes that print as they can be pasted into a test.
#[derive(Clone)]
pub struct Input(pub Vec<u8>);

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "b\"{}\"", self.0.escape_ascii())
    }
}

/// Longest input, bytes: a case's time is bounded by its size.
const LONGEST: usize = 64 << 10;

/// What stands out in one of the grammars: YAML's, the expressions', JSON's, CSV's, the templates', and numbers at the ends.
const TOKENS: [&[u8]; 72] = [
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\0",
    b"\t",
    b"\r",
    b"\r\n",
    b"\n",
    b"\n\n",
    b"\x0b",
    b"\x1b[31m",
    "\u{2028}".as_bytes(),
    "\u{85}".as_bytes(),
    "é".as_bytes(),
    "e\u{301}".as_bytes(),
    "\u{1f600}".as_bytes(),
    "\u{202e}".as_bytes(),
    b"'",
    b"\"",
    b"`",
    b"\\",
    b"\\u{110000}",
    b"\\ud800",
    b"{{",
    b"}}",
    b"{{a.b",
    b"$",
    b"$idle_after",
    b"r#\"",
    b": ",
    b"- ",
    b"? ",
    b"# ",
    b", ",
    b"&a ",
    b"*a",
    b"<<: ",
    b"!!str ",
    b"|\n",
    b">-\n",
    b"---\n",
    b"...\n",
    b"null",
    b"~",
    b"{}",
    b"[]",
    b"[",
    b"{",
    b"(",
    b"]",
    b"}",
    b")",
    b"0",
    b"-1",
    b"1e999",
    b"-0.0",
    b"NaN",
    b"9223372036854775807",
    b"-9223372036854775808",
    b"99999999999999999999999999",
    b"106751991167d",
    b"9223372036854775807ms",
    b"0s",
    b"1.5h",
    b"2026-02-30T00:00:00Z",
    b"9999-12-31T23:59:59.999Z",
    b"::/0",
    b"10.0.0.0/33",
    b" not ",
    b" and ",
    b" in ",
];

/// Opens something again and again: the depth is what is tried.
const NESTS: [&[u8]; 10] = [b"[", b"{a: ", b"(", b"not ", b"- ", b"{\"a\":", b"[[", b"a: &x ", b"-", b"if(a, "];

#[derive(Debug, Clone)]
enum Edit {
    /// A byte becomes another.
    Set(Index, u8),
    /// The rest is lost.
    Truncate(Index),
    /// Some bytes are lost.
    Cut(Index, usize),
    /// Some bytes stand there again and again.
    Repeat(Index, usize, usize),
    /// A piece of another text.
    Splice(Index, Index, Index, usize),
    /// One of [`TOKENS`].
    Token(Index, &'static [u8]),
    /// One of [`NESTS`], so many times.
    Nest(Index, &'static [u8], usize),
    /// A word becomes another word of the text: mostly still a rule, with another meaning.
    Word(Index, Index),
    /// A word becomes a token.
    WordToken(Index, &'static [u8]),
    /// A line moves elsewhere; indentation stays as it was.
    MoveLine(Index, Index),
    /// A line is lost.
    CutLine(Index),
    /// A line stands there again.
    CopyLine(Index, Index),
    /// A line is indented by one more or one less.
    Indent(Index, bool),
}

/// A damaged seed, or arbitrary bytes.
pub fn input(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Input> {
    let others = seeds.clone();
    let damaged = (select(seeds), prop::collection::vec(edit(), 1..6)).prop_map(move |(mut bytes, edits)| {
        for edit in &edits {
            apply(&mut bytes, edit, &others);
            bytes.truncate(LONGEST);
        }
        Input(bytes)
    });
    let arbitrary = prop::collection::vec(any::<u8>(), 0..300).prop_map(Input);
    let tokens = prop::collection::vec(select(TOKENS.to_vec()), 0..60).prop_map(|all| Input(all.concat()));
    prop_oneof![20 => damaged, 1 => arbitrary, 1 => tokens]
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<Index>;
    let token = || select(TOKENS.to_vec());
    prop_oneof![
        2 => (at(), any::<u8>()).prop_map(|(a, b)| Edit::Set(a, b)),
        1 => at().prop_map(Edit::Truncate),
        2 => (at(), 1usize..200).prop_map(|(a, n)| Edit::Cut(a, n)),
        1 => (at(), 1usize..400, 2usize..60).prop_map(|(a, n, times)| Edit::Repeat(a, n, times)),
        3 => (at(), at(), at(), 1usize..500).prop_map(|(a, b, c, n)| Edit::Splice(a, b, c, n)),
        4 => (at(), token()).prop_map(|(a, t)| Edit::Token(a, t)),
        1 => (at(), select(NESTS.to_vec()), 1usize..3000).prop_map(|(a, t, n)| Edit::Nest(a, t, n)),
        8 => (at(), at()).prop_map(|(a, b)| Edit::Word(a, b)),
        4 => (at(), token()).prop_map(|(a, t)| Edit::WordToken(a, t)),
        2 => (at(), at()).prop_map(|(a, b)| Edit::MoveLine(a, b)),
        3 => at().prop_map(Edit::CutLine),
        1 => (at(), at()).prop_map(|(a, b)| Edit::CopyLine(a, b)),
        1 => (at(), any::<bool>()).prop_map(|(a, b)| Edit::Indent(a, b)),
    ]
}

fn apply(bytes: &mut Vec<u8>, edit: &Edit, others: &[Vec<u8>]) {
    if bytes.is_empty() {
        return;
    }
    let length = bytes.len();
    let piece = |at: usize, n: usize| at..(at + n).min(length);
    match edit {
        Edit::Set(at, byte) => bytes[at.index(length)] = *byte,
        Edit::Truncate(at) => bytes.truncate(at.index(length)),
        Edit::Cut(at, n) => drop(bytes.drain(piece(at.index(length), *n))),
        Edit::Repeat(at, n, times) => {
            let range = piece(at.index(length), *n);
            let copies = bytes[range.clone()].repeat(*times);
            bytes.splice(range, copies);
        }
        Edit::Splice(at, other, from, n) => {
            let other = other.get(others);
            let from = from.index(other.len() + 1);
            let copy = other[from..(from + n).min(other.len())].to_vec();
            bytes.splice(piece(at.index(length), *n), copy);
        }
        Edit::Token(at, token) => insert(bytes, at.index(length + 1), token),
        Edit::Nest(at, token, times) => insert(bytes, at.index(length + 1), &token.repeat(*times)),
        Edit::Word(at, with) => {
            let words = words(bytes);
            if !words.is_empty() {
                let new = bytes[with.get(&words).clone()].to_vec();
                bytes.splice(at.get(&words).clone(), new);
            }
        }
        Edit::WordToken(at, token) => {
            let words = words(bytes);
            if !words.is_empty() {
                bytes.splice(at.get(&words).clone(), token.iter().copied());
            }
        }
        Edit::MoveLine(..) | Edit::CutLine(_) | Edit::CopyLine(..) | Edit::Indent(..) => lines(bytes, edit),
    }
}

fn lines(bytes: &mut Vec<u8>, edit: &Edit) {
    let mut lines: Vec<Vec<u8>> = bytes.split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
    let count = lines.len();
    match edit {
        Edit::MoveLine(from, to) => {
            let line = lines.remove(from.index(count));
            lines.insert(to.index(count), line);
        }
        Edit::CutLine(at) => drop(lines.remove(at.index(count))),
        Edit::CopyLine(from, to) => {
            let line = lines[from.index(count)].clone();
            lines.insert(to.index(count), line);
        }
        Edit::Indent(at, more) => {
            let line = &mut lines[at.index(count)];
            if *more {
                line.insert(0, b' ');
            } else if line.first() == Some(&b' ') {
                line.remove(0);
            }
        }
        _ => {}
    }
    *bytes = lines.concat();
}

fn insert(bytes: &mut Vec<u8>, at: usize, new: &[u8]) {
    bytes.splice(at..at, new.iter().copied());
}

/// Runs of what names and numbers are made of.
fn words(bytes: &[u8]) -> Vec<std::ops::Range<usize>> {
    let inside = |b: &u8| b.is_ascii_alphanumeric() || b"_.$%".contains(b);
    let mut all = Vec::new();
    let mut start = None;
    for (at, byte) in bytes.iter().enumerate() {
        match (start, inside(byte)) {
            (None, true) => start = Some(at),
            (Some(from), false) => {
                all.push(from..at);
                start = None;
            }
            _ => {}
        }
    }
    all.extend(start.map(|from| from..bytes.len()));
    all
}
