//! `like`: `*` is any run of characters, newlines too, `?` is one character, and the whole text has to fit.

use crate::ir::LikePiece;

/// A pattern in characters.
#[derive(Debug)]
pub struct Like {
    fold: bool,
    pieces: Box<[Piece]>,
}

#[derive(Debug, Clone, Copy)]
enum Piece {
    Char(char),
    One,
    Run,
}

impl Like {
    /// Ready to run; `fold` ignores ASCII case.
    pub fn new(fold: bool, pieces: &[LikePiece]) -> Like {
        let mut flat = Vec::new();
        for piece in pieces {
            match piece {
                LikePiece::Text(text) => flat.extend(text.chars().map(Piece::Char)),
                LikePiece::AnyOne => flat.push(Piece::One),
                LikePiece::AnyRun => flat.push(Piece::Run),
            }
        }
        Like { fold, pieces: flat.into() }
    }

    /// Whether the whole text fits. A run first takes nothing; where the rest fails, the newest run takes one more.
    pub fn fits(&self, text: &str) -> bool {
        let mut rest = text.chars();
        let mut at = 0;
        let mut retry = None;
        loop {
            if let Some(Piece::Run) = self.pieces.get(at) {
                at += 1;
                retry = Some((at, rest.clone()));
                continue;
            }
            let fits = match (rest.next(), self.pieces.get(at)) {
                (None, None) => return true,
                (Some(c), Some(piece)) => self.takes(*piece, c),
                (None, Some(_)) => return false,
                (Some(_), None) => false,
            };
            if fits {
                at += 1;
                continue;
            }
            let Some((after_run, mut from)) = retry else { return false };
            if from.next().is_none() {
                return false;
            }
            at = after_run;
            rest = from.clone();
            retry = Some((after_run, from));
        }
    }

    fn takes(&self, piece: Piece, c: char) -> bool {
        match piece {
            Piece::Char(p) if self.fold => p.eq_ignore_ascii_case(&c),
            Piece::Char(p) => p == c,
            Piece::One | Piece::Run => true,
        }
    }
}
