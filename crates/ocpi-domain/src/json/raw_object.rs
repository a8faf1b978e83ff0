//! An object whose members are kept as they came.

use std::collections::HashMap;
use std::fmt;

use serde::de::{self, Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use crate::error::InvalidField;

/// The members of a JSON object, letter for letter and in their order.
///
/// Of an object that we pass on or return, only a few members mean something to us. They are read
/// out of this; the others stay as they are. A member whose value is `null` counts as not sent,
/// and is not kept.
///
/// ```
/// use ocpi_domain::json::RawObject;
/// let mut object: RawObject = serde_json::from_str(r#"{"kwh": 1.50, "x": null}"#)?;
/// object.merge(serde_json::from_str(r#"{"y": [1.0]}"#)?);
/// assert_eq!(serde_json::to_string(&object)?, r#"{"kwh":1.50,"y":[1.0]}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct RawObject(Vec<(Box<str>, Box<RawValue>)>);

impl RawObject {
    /// The value of that name.
    pub fn get(&self, name: &str) -> Option<&RawValue> {
        let found = self.0.iter().find(|(known, _)| &**known == name);
        found.map(|(_, value)| &**value)
    }

    /// Takes the member of that name out.
    pub fn take(&mut self, name: &str) -> Option<Box<RawValue>> {
        let place = self.0.iter().position(|(known, _)| &**known == name)?;
        Some(self.0.remove(place).1)
    }

    /// Gives the member of that name the value; a new one comes at the end.
    pub fn set(&mut self, name: &str, value: Box<RawValue>) {
        match self.0.iter_mut().find(|(known, _)| &**known == name) {
            Some(member) => member.1 = value,
            None => self.0.push((name.into(), value)),
        }
    }

    /// Gives the member of that name the text as its value.
    pub fn set_text(&mut self, name: &str, value: &str) {
        let text = serde_json::Value::from(value).to_string();
        // The text of a JSON value is one.
        if let Ok(raw) = RawValue::from_string(text) {
            self.set(name, raw);
        }
    }

    /// Changes and adds the members of `newer`; the others stay.
    pub fn merge(&mut self, newer: RawObject) {
        // Looked up and not looked for: both may have as many members as a body can hold.
        let places: HashMap<Box<str>, usize> = self
            .0
            .iter()
            .enumerate()
            .map(|(place, (name, _))| (name.clone(), place))
            .collect();
        for (name, value) in newer.0 {
            match places.get(&name).and_then(|place| self.0.get_mut(*place)) {
                Some(member) => member.1 = value,
                None => self.0.push((name, value)),
            }
        }
    }

    /// Reads the member of that name, when it was sent.
    ///
    /// # Errors
    ///
    /// [`InvalidField`] that names it when its value breaks the rule of `T`.
    pub fn read<T: DeserializeOwned>(&self, name: &'static str) -> Result<Option<T>, InvalidField> {
        self.get(name)
            .map(|value| {
                serde_json::from_str(value.get()).map_err(|error| {
                    let text = error.to_string();
                    // The place within the value says nothing to who sent the whole.
                    let reason = text.rsplit_once(" at line ");
                    let reason = reason.map_or(&*text, |(reason, _)| reason);
                    InvalidField::new(name, reason.to_owned())
                })
            })
            .transpose()
    }

    /// Reads the member of that name.
    ///
    /// # Errors
    ///
    /// As [`read`](RawObject::read), and when it was not sent.
    pub fn require<T: DeserializeOwned>(&self, name: &'static str) -> Result<T, InvalidField> {
        self.read(name)?
            .ok_or(InvalidField::new(name, "required, but missing"))
    }

    /// Checks that all of these were sent.
    ///
    /// # Errors
    ///
    /// [`InvalidField`] that names all that were not.
    pub fn require_all(&self, names: &[&'static str]) -> Result<(), InvalidField> {
        let missing: Vec<_> = names
            .iter()
            .copied()
            .filter(|name| self.get(name).is_none())
            .collect();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(InvalidField::new(
                missing.join(", "),
                "required, but missing",
            ))
        }
    }

    /// Bytes of the names and values.
    pub fn bytes(&self) -> usize {
        let texts = self.texts();
        texts.map(|(name, value)| name.len() + value.len()).sum()
    }

    /// The names, and the values as JSON.
    fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        let members = self.0.iter();
        members.map(|(name, value)| (&**name, value.get()))
    }

    /// Writes the members into an object that is being written.
    ///
    /// # Errors
    ///
    /// Those of the serializer.
    pub fn serialize_into<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        let mut members = self.0.iter();
        members.try_for_each(|(name, value)| map.serialize_entry(name, value))
    }
}

/// The same to the letter, in the same order.
impl PartialEq for RawObject {
    fn eq(&self, other: &RawObject) -> bool {
        self.texts().eq(other.texts())
    }
}

impl Eq for RawObject {}

impl Serialize for RawObject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        self.serialize_into(&mut map)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for RawObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<RawObject, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = RawObject;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawObject, A::Error> {
        let mut names = std::collections::BTreeSet::new();
        let mut members = Vec::new();
        while let Some((name, value)) = map.next_entry::<Box<str>, Box<RawValue>>()? {
            if !names.insert(name.clone()) {
                return Err(de::Error::custom(format_args!("`{name}`: sent twice")));
            }
            if value.get() != "null" {
                members.push((name, value));
            }
        }
        Ok(RawObject(members))
    }
}
