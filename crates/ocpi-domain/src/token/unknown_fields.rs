//! The members of a Token that OCPI does not name.

use std::fmt;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde_json::value::RawValue;

/// Members of an object that the specification does not name, kept letter for letter.
///
/// One JSON object as text: a store holds millions of Tokens, and nobody looks inside.
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
        let (mut merged, newer) = (self.entries(), newer.entries());
        for (name, raw) in newer {
            match merged.iter_mut().find(|(known, _)| *known == name) {
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
