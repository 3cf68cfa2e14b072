//! Units, truth values and spellings of the mapping reach the text.

use super::kit::{body, compile_with, parsed};

fn said(filter: &str, set: Option<&str>, own: Option<&str>) -> String {
    let rule = format!(
        "events:\n  s:\n    source: mobile.network_session\n    where: |\n      {filter}\ndetect: {{ match: s }}\n"
    );
    let query = compile_with(&rule, set, own).unwrap_or_else(|e| panic!("{filter}: {e:?}"));
    parsed(std::slice::from_ref(&query.text));
    let text = body(&query).replace("\n  ", " ");
    text.split_once(" and ").map_or(String::new(), |(_, rest)| rest.to_owned())
}

#[test]
fn ecs_keeps_durations_in_nanoseconds_and_rules_see_whole_milliseconds() {
    let ecs = |filter: &str| said(filter, Some("ecs"), None);
    assert_eq!(ecs("session.duration >= 30m"), "?event.duration >= 1800000000000");
    assert_eq!(ecs("session.duration < 1ms"), "?event.duration < 1000000");
    assert_eq!(ecs("session.duration > 1ms"), "?event.duration >= 2000000");
    assert_eq!(ecs("session.duration == 1ms"), "?event.duration >= 1000000 and ?event.duration < 2000000");
    assert_eq!(ecs("session.duration != 1ms"), "not (?event.duration >= 1000000 and ?event.duration < 2000000)");
    assert_eq!(ecs("session.start < 2026-03-01T09:00:00Z"), "?event.start < \"2026-03-01T09:00:00.000Z\"");
}

#[test]
fn ecs_domains_may_carry_capitals_and_a_dot() {
    let ecs = |filter: &str| said(filter, Some("ecs"), None);
    assert_eq!(ecs("destination.domain == \"x.org\""), "?destination.domain in~ (\"x.org\", \"x.org.\")");
    assert_eq!(
        ecs("destination.domain endswith \".x.org\""),
        "(?destination.domain like~ \"*.x.org\" or ?destination.domain like~ \"*.x.org.\")"
    );
}

#[test]
fn booleans_and_seconds_are_written_as_they_are_kept() {
    let own = "default: { table: x, select: { kind: s }, time: t, types: { duration: { as: number, unit: s } } }
sources:
  mobile.network_session:
    fields:
      device.supervised: { column: sup, as: string, truth: [\"yes\", \"no\"] }
      session.duration: dur
      destination.port: { column: port, as: string }
      app.version: unavailable
      network.direction: dir
";
    let own = |filter: &str| said(filter, None, Some(own));
    assert_eq!(own("not device.supervised"), "?sup != \"yes\"");
    assert_eq!(own("device.supervised == false"), "?sup == \"no\"");
    assert_eq!(own("session.duration >= 1500ms"), "?dur >= 1.5");
    assert_eq!(own("destination.port == 443"), "?port == \"443\"");
    assert_eq!(own("app.version != \"1\" and network.direction == \"outbound\""), "dir == \"outbound\"");
}

#[test]
fn every_shipped_mapping_names_every_field_of_the_mobile_schema() {
    use siemc::backend::Target;
    use siemc::backend::target::{Mapping, MappingRequest, mapping};
    use siemc::diagnostic::Findings;
    use siemc::pack::Environment;
    use siemc::source::{Files, Span};
    use siemc::syntax::rule::At;
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let (mut files, mut findings) = (Files::default(), Findings::default());
    let pack = siemc::pack::load(&root, &mut files, &mut findings).unwrap();
    for target in Target::ALL {
        for set in mapping::sets(target, None) {
            let at = |value: &str| At { value: value.to_owned(), span: Span::default() };
            let environment = Environment { mappings: vec![(at(target.name()), at(&set))], ..Environment::default() };
            let request =
                MappingRequest { target, environment: Some(&environment), schema: &pack.schema, pack_root: None };
            let mut findings = Findings::default();
            let mapping = Mapping::load(request, &mut files, &mut findings).unwrap();
            assert!(findings.all.is_empty(), "{set}: {:?}", findings.all);
            for (name, source) in &pack.schema.sources {
                let id = pack.schema.source(name).unwrap();
                let mapped = mapping.source(id).unwrap_or_else(|| panic!("{set}: {name}"));
                for field in source.fields.keys() {
                    let known = mapped.fields.contains_key(field) || mapped.unavailable.contains(field);
                    assert!(known, "{set}: {name} {:?}", pack.schema.field_at(*field).map(|f| f.0));
                }
            }
        }
    }
}
