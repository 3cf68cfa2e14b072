//! What the fleet promises: order, repetition, independence.

use super::inject::all;
use super::*;
use std::io::Read;

fn fleet(devices: u32, injections: Vec<Injection>) -> Fleet {
    Fleet { devices, days: 2, seed: 7, start: 1_772_409_600_000, injections }
}

fn read(fleet: &Fleet) -> Vec<serde_json::Value> {
    let mut text = String::new();
    fleet.lines().read_to_string(&mut text).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn events_come_in_order_within_the_days_and_each_device_counts_its_own() {
    let fleet = fleet(10, Vec::new());
    let events = read(&fleet);
    assert!(events.len() > 5_000, "{} events", events.len());
    let times: Vec<i64> = events.iter().map(|e| e["time"].as_i64().unwrap()).collect();
    assert!(times.is_sorted());
    assert!(times.iter().all(|t| (fleet.start..fleet.end()).contains(t)));
    for number in 0..10 {
        let id = device::Device::new(number, 7).id;
        let counts = events.iter().filter(|e| e["device.id"] == id.as_str()).map(|e| e["event.seq"].as_u64().unwrap());
        assert!(counts.enumerate().all(|(n, count)| count == n as u64 + 1), "{id}");
    }
}

#[test]
fn the_same_seed_gives_the_same_lines_and_another_seed_others() {
    let one = read(&fleet(4, Vec::new()));
    assert_eq!(one, read(&fleet(4, Vec::new())));
    assert_ne!(one, read(&Fleet { seed: 8, ..fleet(4, Vec::new()) }));
}

#[test]
fn a_device_lives_the_same_life_in_a_larger_fleet_and_beside_an_injected_one() {
    let of = |fleet: &Fleet| {
        let mut events = read(fleet);
        events.retain(|e| e["device.id"] == "iphone-00001");
        events
    };
    let alone = of(&fleet(2, Vec::new()));
    assert_eq!(alone, of(&fleet(9, Vec::new())));
    let behaviour = all().into_iter().find(|b| b.platform == Platform::Ios).unwrap();
    let beside = Injection { behaviour, device: 0, at: 1_772_409_600_000 + HOUR };
    assert_eq!(alone, of(&fleet(2, vec![beside])));
}

#[test]
fn what_is_injected_is_added_and_nothing_else_changes() {
    for behaviour in all() {
        let device = (0..10).find(|n| device::Device::new(*n, 7).platform == behaviour.platform).unwrap();
        let injection = Injection { behaviour, device, at: 1_772_409_600_000 + 3 * HOUR };
        let with = fleet(5, vec![injection]);
        let mut lines = with.lines();
        while lines.next_line().is_some() {}
        let injected = lines.injected().to_vec();
        assert_eq!(injected.len(), 1);
        assert!(injected[0].until > injected[0].from && !injected[0].app.is_empty(), "{injected:?}");
        let strip = |events: Vec<serde_json::Value>| {
            let line = |mut event: serde_json::Value| {
                event.as_object_mut().unwrap().remove("event.seq");
                event.to_string()
            };
            events.into_iter().map(line).collect::<Vec<_>>()
        };
        let (plain, more) = (strip(read(&fleet(5, Vec::new()))), strip(read(&with)));
        assert!(more.len() > plain.len(), "{}", behaviour.rule);
        let mut rest = more.iter();
        assert!(plain.iter().all(|line| rest.any(|l| l == line)), "{}", behaviour.rule);
    }
}

#[test]
fn a_source_of_the_schema_is_never_silent() {
    let text = include_str!("../../rules/schema/mobile.yaml");
    let schema: serde_yaml::Value = serde_yaml::from_str(text).unwrap();
    let events = read(&fleet(20, Vec::new()));
    for (name, _) in schema["sources"].as_mapping().unwrap() {
        let name = name.as_str().unwrap();
        // What rules alert on is no sensor's.
        if name == "alerts" {
            continue;
        }
        let some = events.iter().find(|e| e["source"] == name).unwrap_or_else(|| panic!("no `{name}`"));
        assert!(some["device.platform"].is_string());
    }
}

/// Every field that is written is one of its source in the bundled schema, and a word is one of the declared ones.
#[test]
fn events_fit_the_schema() {
    let text = include_str!("../../rules/schema/mobile.yaml");
    let schema: serde_yaml::Value = serde_yaml::from_str(text).unwrap();
    for event in read(&fleet(20, Vec::new())) {
        let source = &schema["sources"][event["source"].as_str().unwrap()];
        for (field, value) in event.as_object().unwrap() {
            if ["source", "time", "sensor"].contains(&field.as_str()) {
                continue;
            }
            let known = !source["fields"][field.as_str()].is_null() || !schema["common"][field.as_str()].is_null();
            assert!(known, "{field} in {event}");
            if let (Some(values), Some(word)) =
                (schema["fields"][field.as_str()]["values"].as_sequence(), value.as_str())
            {
                assert!(values.iter().any(|v| v.as_str() == Some(word)), "{field}: {word}");
            }
        }
        for (field, need) in source["fields"].as_mapping().unwrap() {
            let there = !event[field.as_str().unwrap()].is_null();
            assert!(there || need.as_str() != Some("required"), "{field:?} lacks in {event}");
        }
    }
}
