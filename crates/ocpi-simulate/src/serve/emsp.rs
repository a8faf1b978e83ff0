//! The interface of an eMSP: its list, and its answers.

use std::fmt::Write;

use ocpi_domain::{DateTime, DateWindow, OcpiVersion, Token, TokenType};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::Call;
use crate::answer::{Answer, Status};
use crate::shared::lock;
use crate::wire;

impl Call<'_> {
    pub(super) fn list_tokens(&self) -> Answer {
        let page = match self.page() {
            Ok(page) => page,
            Err(reason) => return Answer::refused(Status::INVALID, reason),
        };
        let Page {
            window,
            offset,
            limit,
        } = page;
        let slice = lock(&self.shared.tokens).slice(window, offset, limit);
        let mut data = Vec::from(&b"["[..]);
        for (index, token) in slice.tokens.iter().enumerate() {
            if index > 0 {
                data.push(b',');
            }
            wire::write_token(&mut data, self.version(), token);
        }
        data.push(b']');
        let answer = Answer::data(data)
            .with_header("x-total-count", slice.total.to_string())
            .with_header("x-limit", limit.to_string());
        let after = offset.saturating_add(slice.tokens.len());
        if slice.tokens.is_empty() || after >= slice.total {
            return answer;
        }
        let next = self.next_url(after, limit);
        answer.with_header("link", format!("<{next}>; rel=\"next\""))
    }

    fn page(&self) -> Result<Page, String> {
        let number = |name: &str| match self.target.parameter(name).map(str::parse) {
            None => Ok(None),
            Some(Ok(number)) => Ok(Some(number)),
            Some(Err(_)) => Err(format!("`{name}`: must be a number")),
        };
        let moment = |name: &str| match self.target.parameter(name).map(str::parse::<DateTime>) {
            None => Ok(None),
            Some(Ok(moment)) => Ok(Some(moment)),
            Some(Err(error)) => Err(format!("`{name}`: {error}")),
        };
        let max = self.shared.options.page_size_max;
        Ok(Page {
            window: DateWindow {
                from: moment("date_from")?,
                to: moment("date_to")?,
            },
            offset: number("offset")?.unwrap_or_default(),
            limit: number("limit")?.unwrap_or(max).min(max),
        })
    }

    /// The URL of the page that begins there: every parameter as it came, but for those two.
    fn next_url(&self, offset: usize, limit: usize) -> String {
        let mut url = format!("{}?offset={offset}&limit={limit}", self.shared.tokens_url());
        for (name, value) in &self.target.parameters {
            if name != "offset" && name != "limit" {
                let encoded = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
                // To a text nothing fails.
                let _ = write!(url, "&{}={}", encoded(name), encoded(value));
            }
        }
        url
    }

    pub(super) fn authorize(&self) -> Answer {
        let [uid, _] = self.own.as_slice() else {
            return Answer::refused(Status::NOT_FOUND, "there is nothing here");
        };
        let scripted = lock(&self.shared.answers)
            .get(&uid.to_ascii_lowercase())
            .cloned();
        if let Some(info) = scripted {
            return Answer::value(&info);
        }
        let said = self.target.parameter("type").unwrap_or("RFID");
        let token_type: Result<TokenType, _> = said.parse();
        let token = token_type
            .ok()
            .and_then(|token_type| lock(&self.shared.tokens).find(uid, &token_type));
        let Some(token) = token else {
            let status = match self.version() {
                OcpiVersion::V2_1_1 => Status::NOT_FOUND,
                OcpiVersion::V2_2_1 | OcpiVersion::V2_3_0 => Status::UNKNOWN_TOKEN,
            };
            return Answer::refused(status, "no such Token");
        };
        Answer::value(&self.info(&token))
    }

    /// A Token that is valid may charge, wherever it is.
    fn info(&self, token: &Token) -> Value {
        let mut info = json!({ "allowed": if token.valid { "ALLOWED" } else { "BLOCKED" } });
        let place: Value = serde_json::from_slice(self.body).unwrap_or_default();
        if token.valid && place["location_id"].is_string() {
            let evses = place["evse_uids"].as_array().cloned().unwrap_or_default();
            info["location"] = json!({
                "location_id": place["location_id"], "evse_uids": evses,
            });
        }
        if self.version() != OcpiVersion::V2_1_1 {
            let mut written = Vec::new();
            wire::write_token(&mut written, self.version(), token);
            info["token"] = serde_json::from_slice(&written).unwrap_or_default();
            if token.valid {
                let reference = self.shared.new_id("REF");
                info["authorization_reference"] = Value::from(reference);
            }
        }
        info
    }

    pub(super) fn version(&self) -> OcpiVersion {
        self.shared.options.version
    }
}

/// What of a list is asked for.
struct Page {
    window: DateWindow,
    offset: usize,
    limit: usize,
}
