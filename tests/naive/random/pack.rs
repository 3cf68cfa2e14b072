//! The tiny pack: three sources that share some fields, one with a tiebreaker, and four lookups.

pub const MANIFEST: &str = "\
name: tiny
version: 1.0.0
defaults:
  schedule: { every: 15m, delay: 5m }
lookups:
  known: { file: lookups/known.csv, keys: { proc: nocase }, columns: { risk: integer, kind: string } }
  approved: { file: lookups/approved.csv, keys: { user: exact, n: { match: exact, type: integer } } }
  sites: { file: lookups/sites.csv, keys: { name: suffix }, columns: { tier: string } }
  zones: { file: lookups/zones.csv, keys: { net: cidr }, columns: { zone: string } }
environments:
  whole: {}
  no-alpha: { unavailable: [t.alpha] }
  no-beta: { unavailable: [t.beta] }
  no-gamma: { unavailable: [t.gamma] }
  fieldless: { unavailable: [took, t.gamma.proc] }
  tuned:
    params: { all: { few: 1, near: 10s } }
    exceptions:
      - { name: bob, when: 'user =~ \"bob\" and state', on: hit, owner: us, reason: known, expires: 2091-01-01 }
";

pub const SCHEMA: &str = "\
fields:
  user: { type: string, about: who did it }
  state: { type: boolean, about: a switch }
  host: { type: string, about: where }
  agent: { type: string, about: where, by another name }
  proc: { type: string, about: what ran }
  n: { type: integer, about: a small number }
  seq: { type: integer, about: the record's number }
  x: { type: number, about: a fraction }
  took: { type: duration, unit: ms, about: how long }
  tags: { type: list of string, about: marks }
  ip: { type: ip, about: the peer }
common:
  user: optional
  state: optional
sources:
  t.alpha:
    about: with a tiebreaker
    tiebreaker: seq
    fields: { host: optional, proc: required, n: required, seq: required, x: optional, ip: optional }
  t.beta:
    about: without one
    fields: { host: required, n: optional, took: optional, tags: optional }
  t.gamma:
    about: an agent's
    fields: { agent: required, proc: optional, x: optional, took: optional }
";

pub const KNOWN: &str = "proc,risk,kind\nx,1,good\ny,2,\nrare tool,,bad\n";
/// The longest prefix wins.
pub const ZONES: &str = "net,zone\n10.0.0.0/8,outer\n10.0.0.0/16,inner\n2001:db8::/32,six\n";
/// The longest suffix wins, whatever the case.
pub const SITES: &str = "name,tier\nacme.example,one\nh1.acme.example,two\n";
pub const APPROVED: &str = "user,n\nann,1\nbob,2\nann,3\n";

/// The environment that lacks these fields of these sources.
pub const FIELDLESS: (usize, [(&str, &str); 3]) = (4, [("t.beta", "took"), ("t.gamma", "took"), ("t.gamma", "proc")]);

/// The pack's files: path and text.
pub fn files() -> [(&'static str, String); 6] {
    [
        ("pack.yaml", MANIFEST.to_owned()),
        ("schema/tiny.yaml", SCHEMA.replace("where, by another name", "'where, by another name'")),
        ("lookups/known.csv", KNOWN.to_owned()),
        ("lookups/approved.csv", APPROVED.to_owned()),
        ("lookups/sites.csv", SITES.to_owned()),
        ("lookups/zones.csv", ZONES.to_owned()),
    ]
}

/// Writes the pack's files.
pub fn write(root: &std::path::Path) -> std::io::Result<()> {
    for (path, text) in files() {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().expect("a file in the pack"))?;
        std::fs::write(path, text)?;
    }
    Ok(())
}

/// A set of sources.
pub type Sources = u8;
pub const SOURCES: [&str; 3] = ["t.alpha", "t.beta", "t.gamma"];
pub const ALL: Sources = 0b111;

/// What a field, a context or a measure holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    String,
    Integer,
    Number,
    Boolean,
    Duration,
    List,
    Ip,
}

/// The fields, with the sources that have them and the texts of likely literals.
pub const FIELDS: [(&str, Kind, Sources, &[&str]); 10] = [
    ("user", Kind::String, 0b111, &["ann", "bob", "Ann"]),
    ("n", Kind::Integer, 0b011, &["1", "2", "0", "3", "-1"]),
    ("proc", Kind::String, 0b101, &["x", "X", "y", "rare tool", "a\\\"b"]),
    ("state", Kind::Boolean, 0b111, &["true", "false"]),
    ("host", Kind::String, 0b011, &["h1", "h2"]),
    ("agent", Kind::String, 0b100, &["h1", "h2", "H1"]),
    ("took", Kind::Duration, 0b110, &["1s", "1500ms", "2s"]),
    ("x", Kind::Number, 0b101, &["0.5", "1.0", "-2.25"]),
    ("tags", Kind::List, 0b010, &["p", "q", "P"]),
    ("ip", Kind::Ip, 0b001, &["10.0.0.1", "10.1.0.9", "2001:db8::1"]),
];

/// The fields that all of these sources have.
pub fn fields(sources: Sources) -> Vec<(&'static str, Kind, &'static [&'static str])> {
    FIELDS.iter().filter(|(_, _, has, _)| has & sources == sources).map(|(n, k, _, l)| (*n, *k, *l)).collect()
}
