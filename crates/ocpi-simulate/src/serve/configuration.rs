//! Versions, and credentials.

use hyper::Method;
use ocpi_domain::OcpiVersion;
use serde_json::{Value, json};

use super::Call;
use crate::answer::{Answer, Status};
use crate::authority::Partner;
use crate::options::PeerRole;
use crate::register;
use crate::shared::lock;

impl Call<'_> {
    pub(super) fn versions(&self) -> Answer {
        let version = self.shared.options.version;
        let url = self.shared.url(version.as_str());
        Answer::value(&json!([{ "version": version.as_str(), "url": url }]))
    }

    pub(super) fn details(&self) -> Answer {
        let shared = self.shared;
        let version = shared.options.version;
        let role = match shared.options.role {
            PeerRole::Emsp => "SENDER",
            PeerRole::Cpo => "RECEIVER",
        };
        let credentials = shared.url(&format!("{version}/credentials"));
        let mut endpoints = json!([
            { "identifier": "credentials", "role": "SENDER", "url": credentials },
            { "identifier": "tokens", "role": role, "url": shared.tokens_url() },
        ]);
        if version == OcpiVersion::V2_1_1 {
            for endpoint in endpoints.as_array_mut().into_iter().flatten() {
                if let Some(members) = endpoint.as_object_mut() {
                    members.remove("role");
                }
            }
        }
        Answer::value(&json!({ "version": version.as_str(), "endpoints": endpoints }))
    }

    pub(super) async fn credentials(&self) -> Answer {
        let shared = self.shared;
        let is_registered = lock(&shared.authority).partner.is_some();
        match (self.method, is_registered) {
            (&Method::GET, _) => Answer::value(&register::credentials(shared, &self.presented)),
            (&Method::POST, false) | (&Method::PUT, true) => self.take_credentials().await,
            (&Method::DELETE, true) => {
                let mut authority = lock(&shared.authority);
                authority.partner = None;
                authority.forget(&self.presented);
                // Who comes again registers with the token of the beginning.
                authority.know(&shared.options.token);
                Answer::done(Status::OK)
            }
            _ => Answer::refused(Status::METHOD_NOT_ALLOWED, "not in this state"),
        }
    }

    /// Takes the credentials of the other side, looks whether it is there, and gives it ours.
    async fn take_credentials(&self) -> Answer {
        let shared = self.shared;
        let sent: Value = serde_json::from_slice(self.body).unwrap_or_default();
        let (Some(token), Some(url)) = (sent["token"].as_str(), sent["url"].as_str()) else {
            return Answer::refused(Status::INVALID, "`token` and `url` are required");
        };
        let found = register::find_version(shared, url, token).await;
        let credentials_url = match found {
            Ok(details) => details.credentials_url,
            Err(reason) => return Answer::refused(Status::CALLBACK_FAILED, reason),
        };
        let ours = shared.new_id("credentials");
        let mut authority = lock(&shared.authority);
        authority.know(&ours);
        authority.forget(&self.presented);
        authority.partner = Some(Partner {
            token: token.to_owned(),
            credentials_url,
        });
        drop(authority);
        Answer::value(&register::credentials(shared, &ours))
    }
}
