//! One item of a list field.

use super::convert::{Json, Target};
use super::intern::Interner;
use crate::value::Value;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// One item of a list; none where its type is wrong.
pub struct Item<'a> {
    /// What each item has to be.
    pub target: Target,
    /// Keeps long strings once.
    pub strings: &'a mut Interner,
}

impl<'de> DeserializeSeed<'de> for Item<'_> {
    type Value = Option<Value>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Option<Value>, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Item<'_> {
    type Value = Option<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an item")
    }

    fn visit_bool<E>(self, b: bool) -> Result<Option<Value>, E> {
        Ok(self.target.convert(Json::Boolean(b), self.strings))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Option<Value>, E> {
        Ok(self.target.convert(Json::Integer(n), self.strings))
    }

    fn visit_u64<E>(self, n: u64) -> Result<Option<Value>, E> {
        let json = i64::try_from(n).map_or(Json::Number(n as f64), Json::Integer);
        Ok(self.target.convert(json, self.strings))
    }

    fn visit_f64<E>(self, n: f64) -> Result<Option<Value>, E> {
        Ok(self.target.convert(Json::Number(n), self.strings))
    }

    fn visit_str<E>(self, text: &str) -> Result<Option<Value>, E> {
        Ok(self.target.convert(Json::Text(text), self.strings))
    }

    fn visit_unit<E>(self) -> Result<Option<Value>, E> {
        Ok(Some(Value::Missing))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<Value>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Option<Value>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}
