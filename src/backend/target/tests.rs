use super::*;
use crate::pack::schema::{FieldId, Schema, SourceId};
use crate::source::Files;
use crate::value::{Scalar, Type, Value};

fn schema() -> Schema {
    use crate::pack::schema::{Field, Presence, Source};
    let mut schema = Schema::default();
    let fields = [
        ("device.id", Type::STRING),
        ("event.seq", Type::INTEGER),
        ("session.duration", Type::DURATION),
        ("device.locked", Type::BOOLEAN),
        ("destination.ip", Type::IP),
        ("tags", Type::List(Scalar::String)),
    ];
    for (name, ty) in fields {
        let about = String::new();
        let field = Field {
            ty,
            unit: None,
            values: vec![],
            lower: false,
            max: None,
            about,
            span: crate::source::Span::default(),
        };
        schema.fields.insert(name.into(), field);
    }
    let presence = |i| if i < 2 { Presence::Required } else { Presence::Optional };
    let fields = (0..6).map(|i| (FieldId(i), presence(i))).collect();
    let tiebreaker = Some(FieldId(1));
    let about = String::new();
    let source = Source { fields, tiebreaker, data_components: vec![], about, span: crate::source::Span::default() };
    schema.sources.insert("mobile.network_session".into(), source);
    schema
}

fn request<'a>(
    target: Target,
    schema: &'a Schema,
    pack: Option<&'a Path>,
    env: Option<&'a crate::pack::Environment>,
) -> MappingRequest<'a> {
    MappingRequest { target, environment: env, schema, pack_root: pack }
}

fn environment(target: &str, set: &str, table: Option<&str>) -> crate::pack::Environment {
    let at = |value: &str| crate::syntax::rule::At { value: value.into(), span: crate::source::Span::default() };
    let mut environment = crate::pack::Environment::default();
    environment.mappings.push((at(target), at(set)));
    if let Some(table) = table {
        environment.tables.push((at(target), vec![(at("mobile.network_session"), at(table))]));
    }
    environment
}

#[test]
fn every_embedded_file_is_read_without_a_finding() {
    let schema = schema();
    for target in Target::ALL {
        let (mut files, mut findings) = (Files::default(), Findings::default());
        let data = TargetData::load(target, None, &mut files, &mut findings);
        assert!(data.is_some_and(|d| d.operators.len() > 20 && !d.assumptions.is_empty()), "{findings:?}");
        for set in mapping::sets(target, None) {
            let environment = environment(target.name(), &set, None);
            Mapping::load(request(target, &schema, None, Some(&environment)), &mut files, &mut findings);
        }
        assert!(findings.all.is_empty(), "{target:?}: {findings:?}");
    }
}

#[test]
fn canonical_names_follow_the_schema_in_each_dialect() {
    let schema = schema();
    let load =
        |target| Mapping::load(request(target, &schema, None, None), &mut Files::default(), &mut Findings::default());
    let kql = load(Target::Kql).unwrap();
    let source = kql.source(SourceId(0)).unwrap();
    assert_eq!((source.table.as_str(), source.time.column.as_str()), ("mobile_network_session", "TimeGenerated"));
    let duration = kql.field(SourceId(0), FieldId(2)).unwrap();
    assert_eq!(
        (duration.column.as_str(), duration.ty, duration.unit),
        ("session_duration", Scalar::Integer, Some(Unit::Milliseconds))
    );
    assert!(duration.nullable && !kql.field(SourceId(0), FieldId(0)).unwrap().nullable);
    assert!(kql.field(SourceId(0), FieldId(5)).unwrap().list);
    let spl = load(Target::Spl).unwrap();
    let source = spl.source(SourceId(0)).unwrap();
    assert_eq!(source.select, [("sourcetype".to_owned(), "mobile:network_session".to_owned())]);
    assert_eq!(spl.field(SourceId(0), FieldId(3)).unwrap().truth, Some(("true".into(), "false".into())));
    let eql = load(Target::Eql).unwrap();
    assert_eq!(
        eql.source(SourceId(0)).unwrap().select,
        [("event.dataset".to_owned(), "mobile.network_session".to_owned())]
    );
    assert_eq!(eql.field(SourceId(0), FieldId(4)).unwrap().ty, Scalar::Ip);
}

#[test]
fn a_pack_says_something_else_and_its_faults_have_places() {
    let schema = schema();
    let pack = tempfile::tempdir().unwrap();
    let folder = pack.path().join("targets/kql/mapping/ours");
    std::fs::create_dir_all(&folder).unwrap();
    let text = "sources:\n  mobile.network_session:\n    table: Ours_CL\n    time: { column: t, unit: ms }\n    fields:\n      device.id: Dev\n      event.seq: unavailable\n      device.locked: { column: L, as: integer, truth: [\"1\", \"0\"] }\n      destination.ip: unavailable\n      session.duration: { column: D, as: integer }\n      session.durations: D\n";
    std::fs::write(folder.join("a.yaml"), text).unwrap();
    let (mut files, mut findings) = (Files::default(), Findings::default());
    let environment = environment("kql", "ours", Some("Theirs_CL"));
    let mapping =
        Mapping::load(request(Target::Kql, &schema, Some(pack.path()), Some(&environment)), &mut files, &mut findings)
            .unwrap();
    let found: Vec<_> = findings.all.iter().map(|d| (d.code.0, files.slice(d.span.unwrap()))).collect();
    assert_eq!(found, [("E1115", "session.durations"), ("E1116", "event.seq"), ("E1117", "session.duration")]);
    assert_eq!(mapping.source(SourceId(0)).unwrap().table, "Theirs_CL");
    assert!(mapping.is_unavailable(SourceId(0), FieldId(4)) && mapping.field(SourceId(0), FieldId(4)).is_none());
    assert!(mapping.field(SourceId(0), FieldId(5)).is_none(), "a field that no entry names is not mapped");
    assert_eq!(mapping.field(SourceId(0), FieldId(3)).unwrap().store(&Value::Boolean(true)), Value::Integer(1));
}

#[test]
fn a_set_that_is_not_there_is_named_with_the_nearest() {
    let (mut files, mut findings) = (Files::default(), Findings::default());
    let (schema, environment) = (schema(), environment("kql", "cannonical", None));
    assert!(
        Mapping::load(request(Target::Kql, &schema, None, Some(&environment)), &mut files, &mut findings).is_none()
    );
    assert_eq!(findings.all[0].help.as_deref(), Some("did you mean `canonical`?"));
}

#[test]
fn stored_values_are_in_the_columns_unit() {
    let field = |ty, unit| MappedField {
        column: String::new(),
        ty,
        unit,
        list: false,
        nullable: true,
        truth: None,
        lower: false,
        trailing_dot: false,
    };
    let store = |ty, unit, ms| field(ty, Some(unit)).store(&Value::Duration(ms));
    assert_eq!(store(Scalar::Integer, Unit::Nanoseconds, 1_500), Value::Integer(1_500_000_000));
    assert_eq!(store(Scalar::Number, Unit::Seconds, 1_500), Value::Number(1.5));
    assert_eq!(store(Scalar::Number, Unit::Nanoseconds, i64::MAX), Value::Number(i64::MAX as f64 * 1e6));
    assert_eq!(field(Scalar::Integer, None).store(&Value::Duration(5)), Value::Duration(5));
}
