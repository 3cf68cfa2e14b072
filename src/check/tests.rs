//! Rules as YAML against a small pack: what they become, and what is said about them.

use super::{Checked, Options, check_for};
use crate::diagnostic::Findings;
use crate::ir;
use crate::source::Files;
use std::path::Path;

mod fold;
mod history;
mod meaning;

const PACK: &str = "
name: test
version: \"1\"
defaults: { environment: prod, once_per: 6h, schedule: { every: 10m, delay: 2m } }
lookups:
  apps: { file: apps.csv, keys: { app: exact }, columns: { managed: boolean, role: string } }
  ports: { file: ports.csv, keys: { role: exact, port: { match: exact, type: integer } } }
environments:
  prod: {}
  lab: { unavailable: [app.state] }
  tuned: { params: { r: { p: 2h } } }
  mistuned: { params: { r: { p: 10s, q: 3 } } }
  touchless: { unavailable: [touch] }
  portless: { unavailable: [session.destination.port] }
  blind: { unavailable: [session.device.platform] }
";

const SCHEMA: &str = "
fields:
  event.seq: { type: integer, about: order }
  device.id: { type: string, about: the device }
  host.id: { type: string, about: the host }
  device.platform: { type: string, values: [ios, android], about: the system }
  app.id: { type: string, case: lower, about: the app }
  destination.port: { type: integer, about: port }
  destination.ip: { type: ip, about: address }
  network.protocol: { type: string, values: [tls, http], about: protocol }
  session.duration: { type: duration, unit: s, about: length }
  net.bytes: { type: integer, about: size }
  tags: { type: list of string, about: tags }
  state: { type: string, about: state }
common: { event.seq: required, device.id: required, device.platform: optional }
sources:
  session:
    { about: a session, tiebreaker: event.seq,
      fields: { app.id: required, destination.port: optional, destination.ip: optional, network.protocol: optional, net.bytes: optional,
                session.duration: optional, tags: optional } }
  app.state: { about: a state, tiebreaker: event.seq, fields: { app.id: required, state: required } }
  touch: { about: a touch, tiebreaker: event.seq, fields: {} }
  proxy: { about: a proxy, tiebreaker: event.seq, fields: { host.id: required } }
";

const HEAD: &str = "rule: r
id: 7d3c1f0a-6f5e-4f0c-9a53-0d2f1b7a5c11
title: a rule
status: test
severity: low
description: d
attack: { techniques: [T1509] }
false_positives: [f]
blind_spots: [b]
response: look
";

/// The rule of this text after its metadata, in an environment, and the findings as `code text | message | help`.
fn checked(body: &str, environment: &str) -> (Checked, String) {
    let dir = tempfile::tempdir().unwrap();
    let files = [
        ("pack.yaml", PACK),
        ("schema/main.yaml", SCHEMA),
        ("apps.csv", "app,managed,role\na,true,x\n"),
        ("ports.csv", "role,port\nx,443\n"),
        ("rules/r.yaml", &format!("{HEAD}{body}")),
    ];
    for (name, text) in files {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    read(dir.path(), environment)
}

fn read(root: &Path, environment: &str) -> (Checked, String) {
    let (mut files, mut findings) = (Files::default(), Findings::default());
    let pack = crate::pack::load(root, &mut files, &mut findings).expect("a pack");
    let options = Options { today: Some(1_772_000_000_000), ..Options::default() };
    let found = check_for(&pack, &pack.rules[0].rule, &pack.environments[environment], options, &mut findings);
    let lines: Vec<String> = findings
        .all
        .iter()
        .map(|d| {
            let at = d.span.map_or("", |s| files.slice(s)).replace('\n', " ");
            let help = d.help.as_ref().map(|h| format!(" | {h}")).unwrap_or_default();
            format!("{} `{}` {}{help}", d.code, at.chars().take(40).collect::<String>(), d.message)
        })
        .collect();
    (found, lines.join("\n"))
}

fn good(body: &str) -> ir::Rule {
    good_in(body, "prod")
}

fn good_in(body: &str, environment: &str) -> ir::Rule {
    match checked(body, environment) {
        (Checked::Rule(rule), _) => *rule,
        (_, found) => panic!("{found}"),
    }
}

/// The findings of a rule that has errors.
fn bad(body: &str) -> String {
    match checked(body, "prod") {
        (Checked::Invalid, found) => found,
        (_, found) => format!("NO ERROR {found}"),
    }
}
