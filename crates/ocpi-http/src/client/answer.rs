//! What an answer says, read as tolerantly as the field needs it.
//!
//! The HTTP status decides first, then the `status_code` of the envelope; and what is no envelope
//! is not a reason to break.
//!
//! Spec: 2.3.0 `transport_and_format`, Response format; `status_codes`.

use http::HeaderMap;
use ocpi_ports::RemoteError;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::left_out::LeftOut;
use super::quote::Secrets;
use super::retry_after;
use super::transport::Answered;
use crate::json;
use crate::status::{self, PeerSays};

/// What an envelope holds, as far as it is one. `null` is as if it were not there.
#[derive(Default, Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    status_code: Option<&'a RawValue>,
    #[serde(borrow)]
    status_message: Option<&'a RawValue>,
    // Where those without an envelope put their words.
    #[serde(borrow)]
    detail: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

/// A success, with what it holds.
pub(super) struct Success<'a> {
    answered: &'a Answered,
    secrets: &'a Secrets,
    data: Option<&'a RawValue>,
    code: Option<i64>,
}

impl Answered {
    /// What the answer holds, when it is a success.
    ///
    /// # Errors
    ///
    /// [`RemoteError::Unauthorized`], [`RemoteError::Refused`], and [`RemoteError::Unreadable`] for
    /// what says that it is a success and is nothing of OCPI.
    pub(super) fn success<'a>(&'a self, secrets: &'a Secrets) -> Result<Success<'a>, RemoteError> {
        let body = json::trimmed(&self.body);
        let envelope = envelope(body, secrets);
        let known = envelope.as_ref().ok();
        let code = known.and_then(|envelope| envelope.status_code.and_then(integer));
        let message = || {
            let words = known.map_or_else(|| words_of_text(body), Envelope::words);
            words.and_then(|text| secrets.quote_body(&text))
        };
        let url = self.url.clone();
        match status::of_peer(self.status, code) {
            PeerSays::Success => match envelope {
                Ok(Envelope { data, .. }) => Ok(Success {
                    answered: self,
                    secrets,
                    data,
                    code,
                }),
                Err(NoEnvelope(reason)) => Err(self.unreadable(secrets, &reason)),
            },
            PeerSays::Unauthorized => Err(RemoteError::Unauthorized {
                url,
                message: message(),
            }),
            PeerSays::Refused => Err(RemoteError::Refused {
                url,
                http: self.status.as_u16(),
                code: code.and_then(|code| u16::try_from(code).ok()),
                message: message(),
                retry_after: retry_after::of(&self.headers),
            }),
        }
    }

    /// An answer that is not what it should be.
    pub(super) fn unreadable(&self, secrets: &Secrets, reason: &str) -> RemoteError {
        RemoteError::Unreadable {
            url: self.url.clone(),
            reason: secrets.quote(reason),
        }
    }
}

impl<'a> Success<'a> {
    /// The object that is due. Some peers wrap it in an array.
    ///
    /// # Errors
    ///
    /// [`RemoteError::Unreadable`] when there is none, or more than one.
    pub(super) fn object(&self) -> Result<&'a RawValue, RemoteError> {
        let found = self.optional_object()?;
        found.ok_or_else(|| self.unreadable("there is no `data` in it"))
    }

    /// The object that is due, when there is one: an empty array is none.
    ///
    /// # Errors
    ///
    /// [`RemoteError::Unreadable`] when there is something else.
    pub(super) fn optional_object(&self) -> Result<Option<&'a RawValue>, RemoteError> {
        let Some(data) = self.data else {
            return Ok(None);
        };
        let object = match elements(data).as_deref() {
            None => data,
            Some([]) => return Ok(None),
            Some([only]) => only,
            Some(_) => return Err(self.unreadable("`data` is a list, where one object is due")),
        };
        if is_object(object) {
            Ok(Some(object))
        } else {
            Err(self.unreadable("`data` is no object"))
        }
    }

    /// The list that is due. One object alone is a list of one.
    ///
    /// # Errors
    ///
    /// [`RemoteError::Unreadable`] when there is something else.
    pub(super) fn list(&self) -> Result<Vec<&'a RawValue>, RemoteError> {
        match self.data {
            None => Err(self.unreadable("there is no `data` in it")),
            Some(data) => match elements(data) {
                Some(elements) => Ok(elements),
                None if is_object(data) => Ok(vec![data]),
                None => Err(self.unreadable("`data` is no list")),
            },
        }
    }

    /// The list that is due, where it matters that something was listed: `None` among its elements
    /// is `null`. One object alone is a list of one; and nothing at all is an empty list, where the
    /// envelope says in so many words that it is a success.
    ///
    /// # Errors
    ///
    /// [`RemoteError::Unreadable`] when there is something else.
    pub(super) fn list_with_nulls(&self) -> Result<Vec<Option<&'a RawValue>>, RemoteError> {
        match self.data.map(|data| (data, elements_and_nulls(data))) {
            Some((_, Some(elements))) => Ok(elements),
            None if self.says_success() => Ok(Vec::new()),
            _ => self.list().map(|list| list.into_iter().map(Some).collect()),
        }
    }

    /// Reads an object of the answer.
    ///
    /// # Errors
    ///
    /// [`RemoteError::Unreadable`].
    pub(super) fn read<T: Deserialize<'a>>(&self, object: &'a RawValue) -> Result<T, RemoteError> {
        serde_json::from_str(object.get())
            .map_err(|error| self.unreadable(&self.secrets.fault(&error)))
    }

    /// The objects of a list that can be read; the others are noted in `left_out`.
    pub(super) fn readable<T: Deserialize<'a>>(
        &self,
        objects: Vec<&'a RawValue>,
        left_out: &mut LeftOut,
    ) -> Vec<T> {
        let mut readable = Vec::new();
        for object in objects {
            match serde_json::from_str(object.get()) {
                Ok(read) if is_object(object) => readable.push(read),
                Ok(_) => left_out.note(|| "it is no object".to_owned()),
                Err(error) => left_out.note(|| self.secrets.fault(&error)),
            }
        }
        readable
    }

    /// Says once what is left out of a list, however much it is.
    pub(super) fn log_left_out(&self, left_out: &LeftOut) {
        let LeftOut { count, first } = left_out;
        if let Some(reason) = first {
            let url = &self.answered.url;
            let reason = self.secrets.quote(reason);
            tracing::warn!(%url, count, %reason, "elements of a peer's list are left out");
        }
    }

    /// Notes that a part of the answer is left out.
    pub(super) fn log_skipped(&self, reason: &str) {
        let url = &self.answered.url;
        let reason = self.secrets.quote(reason);
        tracing::warn!(%url, %reason, "a part of a peer's answer is left out");
    }

    /// Goes on where the envelope says in so many words that it is a success: what lets somebody in
    /// must not be half an answer.
    ///
    /// # Errors
    ///
    /// [`RemoteError::Unreadable`] when it has no `status_code`, or none that can be read.
    pub(super) fn require_code(&self) -> Result<(), RemoteError> {
        if self.says_success() {
            return Ok(());
        }
        Err(self.unreadable("its `status_code` is missing, or says no success"))
    }

    fn says_success(&self) -> bool {
        self.code.is_some_and(status::is_success_of_peer)
    }

    /// The headers that came with it.
    pub(super) fn headers(&self) -> &'a HeaderMap {
        &self.answered.headers
    }

    /// As [`Answered::unreadable`].
    pub(super) fn unreadable(&self, reason: &str) -> RemoteError {
        self.answered.unreadable(self.secrets, reason)
    }
}

impl Envelope<'_> {
    /// What the peer says to its answer.
    fn words(&self) -> Option<String> {
        let said = [self.status_message, self.detail, self.message, self.error];
        // What is no text, as a list of faults, is repeated as it is.
        said.into_iter().flatten().find_map(|said| {
            let text = serde_json::from_str(said.get()).unwrap_or_else(|_| said.get().to_owned());
            Some(text).filter(|text| !text.trim().is_empty())
        })
    }
}

/// Why a body is no envelope.
struct NoEnvelope(String);

/// The envelope that `body` is. No body is an envelope in which nothing is said, as peers answer
/// 204; and so is JSON that is no object, where nobody needs what it says.
fn envelope<'a>(body: &'a [u8], secrets: &Secrets) -> Result<Envelope<'a>, NoEnvelope> {
    if body.is_empty() {
        return Ok(Envelope::default());
    }
    let raw: &RawValue = serde_json::from_slice(body).map_err(|error| {
        let fault = format!("it is no JSON ({})", secrets.fault(&error));
        let begin = words_of_text(body).and_then(|text| secrets.quote_body(&text));
        NoEnvelope(match begin {
            Some(begin) => format!("{fault}: {begin}"),
            None => fault,
        })
    })?;
    if !is_object(raw) {
        return Ok(Envelope::default());
    }
    serde_json::from_str(raw.get()).map_err(|error| NoEnvelope(secrets.fault(&error)))
}

/// What a body says that is no JSON; a page of HTML says nothing that is worth a line.
fn words_of_text(body: &[u8]) -> Option<String> {
    if body.starts_with(b"<") {
        return Some("(a page of HTML or XML)".to_owned());
    }
    Some(String::from_utf8_lossy(body).into_owned()).filter(|text| !text.trim().is_empty())
}

/// A whole number; some peers write it as a text, or with a fraction of nothing.
fn integer(raw: &RawValue) -> Option<i64> {
    let text = raw.get().trim_matches('"');
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_whole = fraction.bytes().all(|digit| digit == b'0');
    is_whole.then(|| whole.parse().ok())?
}

/// The elements of an array; `None` for what is none. `null` among them is nothing.
pub(super) fn elements(raw: &RawValue) -> Option<Vec<&RawValue>> {
    Some(elements_and_nulls(raw)?.into_iter().flatten().collect())
}

/// The same, where it matters that something was listed: `None` among them is `null`.
pub(super) fn elements_and_nulls(raw: &RawValue) -> Option<Vec<Option<&RawValue>>> {
    serde_json::from_str(raw.get()).ok()
}

pub(super) fn is_object(raw: &RawValue) -> bool {
    raw.get().starts_with('{')
}
