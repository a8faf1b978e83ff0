//! The interface of a CPO: it keeps the Tokens that it is sent.

use ocpi_domain::{OcpiVersion, Party, Token, TokenKey, TokenPatch, TokenType, TokenUid};

use super::Call;
use crate::answer::{Answer, Status};
use crate::received::Took;
use crate::shared::lock;
use crate::wire;

impl Call<'_> {
    pub(super) fn put_token(&self) -> Answer {
        let sent = self.addressed().and_then(|addressed| {
            let fields = self.sent(&addressed)?;
            let token = Token::try_from(fields).map_err(|error| error.to_string())?;
            if token.party != addressed.party || token.uid != addressed.uid {
                return Err("the URL names another Token than the body".to_owned());
            }
            Ok(token)
        });
        match sent {
            Ok(token) => self.said(lock(&self.shared.received).put(token)),
            Err(reason) => Answer::refused(Status::INVALID, reason),
        }
    }

    pub(super) fn patch_token(&self) -> Answer {
        let sent = self.addressed().and_then(|addressed| {
            let fields = self.sent(&addressed)?;
            if fields.last_updated.is_none() && self.version() != OcpiVersion::V2_1_1 {
                return Err("`last_updated`: required in a PATCH".to_owned());
            }
            Ok((addressed, fields))
        });
        match sent {
            Ok((addressed, fields)) => {
                let Some(key) = self.key(&addressed) else {
                    return self.said(Took::Unknown);
                };
                self.said(lock(&self.shared.received).patch(&key, fields))
            }
            Err(reason) => Answer::refused(Status::INVALID, reason),
        }
    }

    pub(super) fn get_token(&self) -> Answer {
        let key = self
            .addressed()
            .ok()
            .and_then(|addressed| self.key(&addressed));
        let received = lock(&self.shared.received);
        match key.and_then(|key| received.tokens.get(&key)) {
            Some(found) => {
                let mut data = Vec::new();
                wire::write_token(&mut data, self.version(), &found.token);
                Answer::data(data)
            }
            None => self.said(Took::Unknown),
        }
    }

    fn addressed(&self) -> Result<Addressed, String> {
        let [country, party, uid] = self.own.as_slice() else {
            return Err("the URL names no Token".to_owned());
        };
        let invalid = |error: &dyn std::fmt::Display| error.to_string();
        let token_type = self.target.parameter("type").map(str::parse);
        Ok(Addressed {
            party: Party::new(country, party).map_err(|error| invalid(&error))?,
            uid: TokenUid::new(uid).map_err(|error| invalid(&error))?,
            token_type: token_type.transpose().map_err(|error| invalid(&error))?,
        })
    }

    fn sent(&self, addressed: &Addressed) -> Result<TokenPatch, String> {
        wire::read_token(self.body, self.version(), addressed.party)
    }

    /// Which of the Tokens that there are is addressed. 2.1.1 knows no type in a URL.
    fn key(&self, addressed: &Addressed) -> Option<TokenKey> {
        let of_type = |token_type: TokenType| TokenKey {
            party: addressed.party,
            uid: addressed.uid.clone(),
            token_type,
        };
        let rfid = of_type(TokenType::Rfid);
        if let Some(token_type) = &addressed.token_type {
            return Some(of_type(token_type.clone()));
        }
        let received = lock(&self.shared.received);
        if received.tokens.contains_key(&rfid) || self.version() != OcpiVersion::V2_1_1 {
            return Some(rfid);
        }
        let is_of = |key: &&TokenKey| key.party == addressed.party && key.uid == addressed.uid;
        received.tokens.keys().find(is_of).cloned()
    }

    fn said(&self, took: Took) -> Answer {
        match took {
            Took::Created => Answer::done(Status::CREATED),
            Took::Replaced => Answer::done(Status::OK),
            Took::Older => Answer::refused(Status::INVALID, "stale last_updated"),
            Took::Invalid(reason) => Answer::refused(Status::INVALID, reason),
            Took::Unknown => {
                let status = match self.version() {
                    OcpiVersion::V2_1_1 => Status::NOT_FOUND,
                    OcpiVersion::V2_2_1 | OcpiVersion::V2_3_0 => Status::UNKNOWN_TOKEN,
                };
                Answer::refused(status, "no such Token")
            }
        }
    }
}

/// The Token that a URL names.
struct Addressed {
    party: Party,
    uid: TokenUid,
    token_type: Option<TokenType>,
}
