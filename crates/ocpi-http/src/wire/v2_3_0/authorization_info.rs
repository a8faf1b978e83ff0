//! The answer to an authorize request, with the tutorial's `status` where it is understood.

use ocpi_app::AuthorizationAnswer;
use serde::ser::{Serialize, SerializeStruct, Serializer};

/// An answer as it is written.
pub(super) struct Written<'a> {
    pub(super) answer: &'a AuthorizationAnswer,
    /// With `status`, which OCPI does not have.
    pub(super) dialect: bool,
}

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let AuthorizationAnswer { info, status } = self.answer;
        if !self.dialect {
            return info.serialize(serializer);
        }
        let mut written = serializer.serialize_struct("AuthorizationInfo", 6)?;
        written.serialize_field("allowed", &info.allowed)?;
        written.serialize_field("status", status)?;
        written.serialize_field("token", &info.token)?;
        if let Some(location) = &info.location {
            written.serialize_field("location", location)?;
        }
        if let Some(reference) = &info.authorization_reference {
            written.serialize_field("authorization_reference", reference)?;
        }
        if let Some(text) = &info.info {
            written.serialize_field("info", text)?;
        }
        written.end()
    }
}
