use super::schema::{Presence, Unavailable};
use super::{Pack, find_root, load};
use crate::diagnostic::Findings;
use crate::source::Files;
use crate::value::Value;
use std::fmt::Write;
use std::path::Path;

const SCHEMA: &str = "
fields:
  event.seq: { type: integer, about: order }
  device.id: { type: string, about: the device }
  device.platform: { type: string, values: [ios, android], case: lower, about: the system }
  session.duration: { type: duration, unit: s, max: 30d, about: length }
  net.bytes: { type: integer, unit: bytes, max: 1TB, about: size }
  tags: { type: list of string, about: tags }
common: { event.seq: required, device.id: required, device.platform: optional }
sources:
  mobile.session:
    { about: a session, data_components: [DC0085], tiebreaker: event.seq, fields: { net.bytes: optional, session.duration: optional } }
";

const PACK: &str = "
name: test
version: \"1\"
lookups:
  apps: { file: apps.csv, keys: { app: exact, port: { match: exact, type: integer } }, columns: { managed: boolean, note: string } }
";

const APPS: &str = "app,port,managed,note\na,1,true,x\n";

/// A pack of these files over the ones above, and everything found: `code file:line:column text | message | help`.
fn pack(files: &[(&str, &str)]) -> (Option<Pack>, String) {
    let dir = tempfile::tempdir().unwrap();
    let base = [("pack.yaml", PACK), ("schema/main.yaml", SCHEMA), ("apps.csv", APPS)];
    for (name, text) in base.iter().chain(files) {
        write(dir.path(), name, text.as_bytes());
    }
    read(dir.path())
}

fn write(root: &Path, name: &str, bytes: &[u8]) {
    let path = root.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn read(root: &Path) -> (Option<Pack>, String) {
    let (mut files, mut findings) = (Files::default(), Findings::default());
    let pack = load(root, &mut files, &mut findings);
    let mut text = String::new();
    for found in findings.all {
        let _ = write!(text, "{} ", found.code);
        if let Some(span) = found.span {
            let place = files.start(span);
            let file = Path::new(files.name(span.file)).strip_prefix(root).unwrap().display().to_string();
            let _ = write!(text, "{file}:{}:{} {} | ", place.line, place.column, files.slice(span));
        }
        let _ = write!(text, "{}", found.message.replace(&root.display().to_string(), "ROOT"));
        for part in found.help.iter().chain(found.related.iter().map(|(_, text)| text)) {
            let _ = write!(text, " | {part}");
        }
        text.push('\n');
    }
    (pack, text)
}

fn found(files: &[(&str, &str)]) -> String {
    let (_, text) = pack(files);
    assert!(!text.is_empty(), "nothing found");
    text
}

fn rows(csv: &str) -> Vec<Vec<Value>> {
    let (pack, text) = pack(&[("apps.csv", csv)]);
    assert_eq!(text, "");
    pack.unwrap().lookups["apps"].rows.clone()
}

#[test]
fn a_pack_is_read() {
    let (pack, text) = pack(&[]);
    assert_eq!(text, "");
    let pack = pack.unwrap();
    assert_eq!((pack.name.as_str(), pack.version.as_str()), ("test", "1"));
    assert_eq!(pack.environments.keys().collect::<Vec<_>>(), ["default"]);
    let source = pack.schema.source("mobile.session").unwrap();
    let (_, declared) = pack.schema.source_at(source).unwrap();
    let names: Vec<_> = declared.fields.iter().map(|(id, p)| (pack.schema.field_at(*id).unwrap().0, *p)).collect();
    assert_eq!(
        names,
        [
            ("event.seq", Presence::Required),
            ("device.id", Presence::Required),
            ("device.platform", Presence::Optional),
            ("net.bytes", Presence::Optional),
            ("session.duration", Presence::Optional),
        ]
    );
    assert_eq!(declared.tiebreaker, pack.schema.field("event.seq"));
    let field = |name| pack.schema.field_at(pack.schema.field(name).unwrap()).unwrap().1;
    assert_eq!(field("session.duration").max, Some(30 * 86_400_000));
    assert_eq!(field("net.bytes").max, Some(1_000_000_000_000));
    assert!(field("device.platform").lower);
}

#[test]
fn the_bundled_pack_has_no_finding_of_its_own() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let (mut files, mut findings) = (Files::default(), Findings::default());
    let pack = load(&root, &mut files, &mut findings).unwrap();
    let own = |code: &str| code.starts_with("E01") || code.starts_with("E04") || code.starts_with("W04");
    let own: Vec<_> = findings.all.iter().filter(|f| own(f.code.0)).collect();
    assert!(own.is_empty(), "{own:#?}");
    assert_eq!(pack.schema.sources.len(), 13, "twelve of a phone, and alerts");
    assert!(pack.lookups["managed_apps"].rows.len() >= 25);
}

#[test]
fn schema_faults_are_found_at_their_place() {
    let schema = "
fields:
  event.seq: { type: integer, about: order }
  event.name: { type: string, about: name }
  device.id: { type: strnig, about: the device }
  port: { type: int, about: port }
  source.ip: { type: ip, about: address }
  net: { type: string, case: lower, values: [TLS, tcp, tcp], about: net }
  net.bytes: { type: integer, case: lower, max: 1h, abuot: bytes }
  wait: { type: duration, unit: bytes, max: 5, about: wait }
  rate: { type: number, max: 5, about: rate }
common: { event.seq: required, event.nam: optional, rate: maybe }
sources:
  one: { about: one, tiebreaker: wait, fields: { wait: optional } }
  two: { about: two, tiebreaker: event.name }
  three: { about: three, tiebreaker: event.seqq, time: middle }
  four: { about: four, tiebreaker: rate, fields: { rate: required }, extra: 1 }
  five: { tiebreaker: event.seq }
";
    let again = "fields: { event.seq: { type: string, about: again } }\nsources: { two: { about: again } }\n";
    insta::assert_snapshot!(found(&[("schema/main.yaml", schema), ("schema/other.yaml", again)]));
}

#[test]
fn manifest_faults_are_found_at_their_place() {
    let manifest = "
name: 5
lookups:
  a: { file: ../a.csv, keys: { k: exact } }
  b: { file: /etc/passwd, keys: { k: exact } }
  c: { file: c.csv, keys: { k: exact } }
  d: { file: apps.csv, keys: { app: sufix } }
  e: { file: apps.csv, keys: { app: suffix, note: cidr } }
  f: { file: apps.csv, keys: { app: { match: nocase, type: integer } } }
  g: { file: apps.csv, keys: { app: { type: number }, port: exact }, columns: { port: string, tags: list of string } }
  h: { file: apps.csv }
schema: [schema/main.yaml, schema/none.yaml]
defaults: { environment: prd, once_per: 6 hours }
environments:
  prod:
    unavailable: [mobile.sesion, net.bytes, device.id, mobile.session.device.platform, mobile.session.tags]
    params: { no-such-rule: { a: 1 }, all: { b: word } }
    tables: { kql: { mobile.sessions: T } }
    lookups: { app: { kql: X } }
    paramz: {}
  lab:
";
    insta::assert_snapshot!(found(&[("pack.yaml", manifest)]));
}

#[test]
fn what_is_unavailable_is_a_source_a_field_or_a_field_of_a_source() {
    let pack = pack(&[]).0.unwrap();
    let schema = &pack.schema;
    let (source, field) = (schema.source("mobile.session").unwrap(), schema.field("net.bytes").unwrap());
    assert_eq!(schema.unavailable("mobile.session"), Some(Unavailable::Source(source)));
    assert_eq!(schema.unavailable("net.bytes"), Some(Unavailable::Field(None, field)));
    assert_eq!(schema.unavailable("mobile.session.net.bytes"), Some(Unavailable::Field(Some(source), field)));
    assert_eq!(schema.unavailable("mobile.session.tags"), None);
    assert_eq!(schema.unavailable("mobile"), None);
}

#[test]
fn lookups_survive_a_byte_order_mark_crlf_quotes_and_another_column_order() {
    let expected = |note: Value| vec![vec![Value::string("a,b"), Value::Integer(1), Value::Boolean(true), note]];
    let note = Value::string("say \"hi\",\nthen go");
    let csv = "\u{feff}port,app,note,managed\r\n\r\n1,\"a,b\",\"say \"\"hi\"\",\nthen go\",true\r\n";
    assert_eq!(rows(csv), expected(note));
    assert_eq!(rows("app,port,managed,note\n\"a,b\",1,true,"), expected(Value::Missing));
    assert_eq!(rows("app,port,managed,note\n\"a,b\",1,true,\"\"\n"), expected(Value::Missing));
    assert!(rows("app,port,managed,note").is_empty());
    assert_eq!(rows("app,port,managed,note\né,1,false,ü\n")[0][3], Value::string("ü"));
    assert_eq!(rows("app,port,managed,note\nA,1,true,\na,1,true,\na,2,true,\n").len(), 3);
}

#[test]
fn cell_faults_are_found_at_their_cell() {
    let cases = [
        "",
        "\u{feff}\r\n",
        "app,port,managed\na,1,true\n",
        "app,port,managed,notes\na,1,true,x\n",
        "app,port,managed,note,app\na,1,true,x,y\n",
        "app, port,managed,note\na,1,true,x\n",
        "app,port,managed,note,owner\na,1,true,x,y\n",
        "app,port,managed,note\na,1,true\nb,2,true,x,y\n\"é,\",1,TRUE,\n",
        "app,port,managed,note\n,1,true,x\nb,,true,x\nc, 1,true,x\nd,1.5,true,x \n",
        "app,port,managed,note\na,1,true,x\nb,2,true,y\na,01,false,z\n",
        "app,port,managed,note\na,1,true,\"open\nb,2,true,x\n",
        "app,port,managed,note\na,1,true,5\" disk\nb,2,true,\"x\"y\n",
        "app;port;managed;note\na;1;true;x\n",
        "app,port,managed,note\na,99999999999999999999,true,x\n",
    ];
    let mut text = String::new();
    for csv in cases {
        let _ = writeln!(text, "{csv:?}\n    {}", found(&[("apps.csv", csv)]).trim_end().replace('\n', "\n    "));
    }
    insta::assert_snapshot!(text);
}

#[test]
fn keys_are_the_same_by_the_way_that_they_match() {
    let manifest = "
name: test
version: \"1\"
lookups:
  nets: { file: nets.csv, keys: { net: cidr } }
  domains: { file: domains.csv, keys: { domain: suffix }, columns: { kind: string } }
  people: { file: people.csv, keys: { user: nocase, at: { type: ip } }, columns: { since: timestamp, every: duration, part: number } }
";
    let nets = "net\n10.0.0.0/8\n10.1.0.0/16\n10.0.0.0/8\n10.1.2.3/8\n10.0.0.1\n10.0.0.1/32\n::ffff:10.0.0.0/104\n10.0.0.0/33\nten\n";
    let domains =
        "domain,kind\nexample.com,a\nx.example.com,b\nEXAMPLE.com,c\n*.evil.example,d\n.evil.example,e\ncom.,f\n*,g\n";
    let people = "user,at,since,every,part\nAda,10.0.0.1,2026-03-01T00:00:00Z,1h,0.5\nada,::ffff:10.0.0.1,,,\nada,10.0.0.2,2026-03-01,90,NaN\n";
    let files = [("pack.yaml", manifest), ("nets.csv", nets), ("domains.csv", domains), ("people.csv", people)];
    let (pack, text) = pack(&files);
    insta::assert_snapshot!(text);
    let pack = pack.unwrap();
    let first = |name: &str| pack.lookups[name].rows.iter().map(|row| row[0].clone()).collect::<Vec<_>>();
    assert_eq!(first("nets"), ["10.0.0.0/8", "10.1.0.0/16", "10.0.0.1/32"].map(Value::string));
    assert_eq!(first("domains"), ["example.com", "x.example.com"].map(Value::string));
    assert_eq!(
        pack.lookups["people"].rows[0][2..],
        [Value::Timestamp(1_772_323_200_000), Value::Duration(3_600_000), Value::Number(0.5)]
    );
}

#[test]
fn a_flood_of_findings_is_cut() {
    let csv = format!("app,port,managed,note\n{}", "a,x,true,\n".repeat(1000));
    let text = found(&[("apps.csv", &csv)]);
    assert_eq!(text.lines().count(), 21);
    assert!(text.ends_with("980 more findings in the file of lookup `apps` are not shown\n"), "{text}");
}

#[test]
fn bytes_that_are_not_utf8_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "pack.yaml", PACK.as_bytes());
    write(dir.path(), "schema/main.yaml", SCHEMA.as_bytes());
    write(dir.path(), "apps.csv", b"app,port,managed,note\n\xff,1,true,x\n");
    let (pack, text) = read(dir.path());
    assert!(text.starts_with("E0102 apps.csv:2:1"), "{text}");
    assert!(pack.unwrap().lookups.is_empty());
}

fn rule(name: &str, id: &str) -> String {
    format!("rule: {name}\nid: {id}\ntitle: t\nevents: {{ a: {{ source: mobile.session }} }}\ndetect: {{ match: a }}\n")
}

#[test]
fn rules_are_found_and_told_apart() {
    let (a, b) = ("7d3c1f0a-6f5e-4f0c-9a53-0d2f1b7a5c11", "8d3c1f0a-6f5e-4f0c-9a53-0d2f1b7a5c11");
    let upper = a.to_uppercase();
    let (one, two, three, four) = (rule("one", a), rule("two", &upper), rule("one", b), rule("five", b));
    let eight = rule("eight", "9d3c1f0a-6f5e-4f0c-9a53-0d2f1b7a5c11");
    let top = rule("top", "ad3c1f0a-6f5e-4f0c-9a53-0d2f1b7a5c11");
    let files = [
        ("x/one.yaml", one.as_str()),
        ("x/one.test.yaml", "rule: one\ncases: []\n"),
        ("x/y/two.yaml", &two),
        ("z/one.yaml", &three),
        ("z/four.yml", &four),
        ("z/six.yaml", "rul: six\n"),
        ("z/seven.yaml", &eight),
        ("shared/base.yaml", "let: { a: device.id }\n"),
        ("targets/kql/target.yaml", "rule: no\n"),
        ("top.yaml", &top),
        ("compose.yaml", "a: &b 1\nc: *b\n"),
        (".github/work.yaml", "rule: no\n"),
    ];
    let (pack, text) = pack(&files);
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("04")).collect();
    insta::assert_snapshot!(lines.join("\n"));
    let pack = pack.unwrap();
    let names: Vec<_> = pack.rules.iter().map(|file| file.rule.name.as_ref().unwrap().value.as_str()).collect();
    assert_eq!(names, ["top", "one", "two", "one", "eight"]);
    assert_eq!(pack.shared.keys().collect::<Vec<_>>(), ["base"]);
}

#[test]
fn a_pack_is_found_from_anything_in_it() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "pack/pack.yaml", b"name: x\n");
    write(dir.path(), "pack/mobile/deep/rule.yaml", b"rule: x\n");
    let root = dir.path().join("pack");
    for below in ["", "mobile", "mobile/deep/rule.yaml", "pack.yaml", "mobile/../mobile/deep"] {
        assert_eq!(
            find_root(&root.join(below)).unwrap().canonicalize().unwrap(),
            root.canonicalize().unwrap(),
            "{below}"
        );
    }
    assert_eq!(find_root(dir.path()), None);
}

#[test]
fn a_folder_without_a_pack_gives_none() {
    let dir = tempfile::tempdir().unwrap();
    let (pack, text) = read(dir.path());
    assert!(pack.is_none() && text.starts_with("E0101"), "{text}");
    write(dir.path(), "pack.yaml", b"- a\n- b\n");
    assert!(read(dir.path()).0.is_none());
}

#[test]
fn a_schema_that_keeps_some_fields_keeps_their_numbers_and_moves_them_together() {
    let schema = pack(&[]).0.unwrap().schema;
    let id = |name: &str| schema.field(name).unwrap();
    let source = schema.source("mobile.session").unwrap();
    let kept = schema.keeping(&[id("device.id"), id("net.bytes"), id("tags")].into());
    assert_eq!(kept.field("net.bytes"), schema.field("net.bytes"));
    assert_eq!((schema.slot(source, id("device.id")), kept.slot(source, id("device.id"))), (Some(1), Some(0)));
    assert_eq!((schema.slot(source, id("net.bytes")), kept.slot(source, id("net.bytes"))), (Some(3), Some(1)));
    assert_eq!((kept.slot(source, id("event.seq")), kept.slot(source, id("tags"))), (None, None));
}
