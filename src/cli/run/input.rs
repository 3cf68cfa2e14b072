//! Events from a file or standard input, plain or compressed: known by the first bytes, whatever the name.

use indicatif::{ProgressBar, ProgressStyle};
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;

/// A file of fewer bytes is read before anyone wonders.
const LONG: u64 = 32 << 20;

/// An open input.
pub struct Input {
    /// Its bytes, decompressed.
    pub read: Box<dyn Read>,
    /// It comes from another program: alerts go on at once.
    pub is_live: bool,
}

/// Opens the file; `-` is standard input. Where a person watches, a long file shows how far it was read.
pub fn open(path: &Path, watched: bool) -> io::Result<Input> {
    if path == Path::new("-") {
        return Ok(Input { read: decompressed(io::stdin())?, is_live: true });
    }
    let file = File::open(path)?;
    let about = file.metadata()?;
    if about.is_dir() {
        return Err(io::Error::other("it is a directory"));
    }
    let read = if watched && about.len() >= LONG {
        decompressed(bar(about.len()).wrap_read(file))?
    } else {
        decompressed(file)?
    };
    Ok(Input { read, is_live: !about.is_file() })
}

fn bar(bytes: u64) -> ProgressBar {
    let bar = ProgressBar::new(bytes);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {elapsed}, {eta} left") {
        bar.set_style(style);
    }
    bar
}

fn decompressed(mut input: impl Read + 'static) -> io::Result<Box<dyn Read>> {
    let mut first = Vec::with_capacity(4);
    input.by_ref().take(4).read_to_end(&mut first)?;
    let is_gzip = first.starts_with(&[0x1f, 0x8b]);
    // A zstd stream may begin with a frame to be skipped (RFC 8878, 3.1.2).
    let is_zstd = matches!(first.as_slice(), [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18]);
    let whole = Cursor::new(first).chain(input);
    Ok(if is_gzip {
        Box::new(flate2::read::MultiGzDecoder::new(BufReader::with_capacity(1 << 16, whole)))
    } else if is_zstd {
        Box::new(zstd::stream::read::Decoder::new(whole)?)
    } else {
        Box::new(whole)
    })
}
