//! The members of a Token that OCPI does not name.

use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde_json::value::RawValue;

/// Members of an object that the specification does not name, kept letter for letter.
///
/// One JSON object as text: a store holds millions of Tokens, and nobody looks inside. At most
/// 16 KiB are kept; fields beyond that are left out, since what others send must not grow without
/// end and is never a reason to refuse.
///
/// Spec: 2.3.0 `transport_and_format`, Non-specified JSON fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnknownFields(Option<Box<str>>);

impl UnknownFields {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The fields with their JSON, in the order received.
    pub fn entries(&self) -> Vec<(String, Box<RawValue>)> {
        let Some(text) = &self.0 else {
            return Vec::new();
        };
        // The builder wrote it, so it reads; were it broken, there is nothing to show.
        serde_json::Deserializer::from_str(text)
            .deserialize_map(Entries)
            .unwrap_or_default()
    }

    /// The text of the field `name`, when it is a string.
    pub fn text(&self, name: &str) -> Option<String> {
        let entries = self.entries();
        let (_, raw) = entries.iter().find(|(known, _)| known == name)?;
        serde_json::from_str(raw.get()).ok()
    }

    /// These fields, with those of `newer` changed or added.
    pub(super) fn merged(&self, newer: &UnknownFields) -> UnknownFields {
        if newer.is_empty() {
            return self.clone();
        }
        let mut merged = self.entries();
        let places: HashMap<String, usize> = merged
            .iter()
            .enumerate()
            .map(|(place, (name, _))| (name.clone(), place))
            .collect();
        for (name, raw) in newer.entries() {
            match places.get(&name).and_then(|place| merged.get_mut(*place)) {
                Some(entry) => entry.1 = raw,
                None => merged.push((name, raw)),
            }
        }
        let mut builder = UnknownFieldsBuilder::default();
        for (name, raw) in &merged {
            builder.push(name, raw);
        }
        builder.finish()
    }

    pub(super) fn serialize_into<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        for (name, raw) in self.entries() {
            map.serialize_entry(&name, &raw)?;
        }
        Ok(())
    }
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<(String, Box<RawValue>)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(entries)
    }
}

/// Bytes of unknown fields that are kept.
const KEPT_BYTES_MAX: usize = 16 * 1024;

/// Collects unknown fields while an object is read.
#[derive(Default)]
pub(super) struct UnknownFieldsBuilder {
    names: std::collections::BTreeSet<Box<str>>,
    text: String,
}

impl UnknownFieldsBuilder {
    /// Keeps a field; `null` is "not sent".
    pub(super) fn add(&mut self, name: &str, raw: &RawValue) -> Result<(), String> {
        if !self.names.insert(name.into()) {
            return Err(format!("`{name}`: sent twice"));
        }
        if raw.get() != "null" {
            self.push(name, raw);
        }
        Ok(())
    }

    fn push(&mut self, name: &str, raw: &RawValue) {
        if self.text.len() + name.len() + raw.get().len() > KEPT_BYTES_MAX {
            return;
        }
        self.text.push(if self.text.is_empty() { '{' } else { ',' });
        self.text
            .push_str(&serde_json::Value::from(name).to_string());
        self.text.push(':');
        self.text.push_str(raw.get());
    }

    pub(super) fn finish(mut self) -> UnknownFields {
        if self.text.is_empty() {
            return UnknownFields(None);
        }
        self.text.push('}');
        UnknownFields(Some(self.text.into_boxed_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(names: std::ops::Range<usize>, value: &str) -> UnknownFields {
        let raw = RawValue::from_string(value.to_owned()).unwrap();
        let mut builder = UnknownFieldsBuilder::default();
        for number in names {
            builder.add(&format!("x{number}"), &raw).unwrap();
        }
        builder.finish()
    }

    /// Holds: T-62, T-63.
    #[test]
    fn what_is_kept_has_a_bound_and_merging_keeps_it() {
        let (many, others) = (fields(0..90_000, "1"), fields(45_000..135_000, "2"));
        let kept = |fields: &UnknownFields| fields.0.as_deref().map_or(0, str::len);
        assert!((KEPT_BYTES_MAX - 64..KEPT_BYTES_MAX + 64).contains(&kept(&many)));
        let merged = many.merged(&others);
        assert!(kept(&merged) < KEPT_BYTES_MAX + 64);
        assert_eq!(
            merged.entries()[..many.entries().len()].len(),
            many.entries().len()
        );
        let few = fields(0..3, "1").merged(&fields(2..4, "2"));
        assert_eq!(few.0.as_deref(), Some(r#"{"x0":1,"x1":1,"x2":2,"x3":2}"#));
    }
}
