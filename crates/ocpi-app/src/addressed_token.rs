//! The Token that a URL addresses.

use ocpi_domain::{OcpiVersion, Party, StoredToken, TokenKey, TokenType, TokenUid};
use ocpi_ports::StorageError;

use crate::app::App;

/// Whether `version` shows Tokens of other types, which it does not list, as of this one.
pub(crate) fn shows_others_as(version: OcpiVersion, token_type: &TokenType) -> bool {
    version != OcpiVersion::V2_3_0 && *token_type == TokenType::Other
}

impl App {
    /// The Token of `party` and `uid`; without a type, the RFID token, else the only one that
    /// there is. The types are those of `version`: what it shows as another is found by that, when
    /// nothing is of that type itself and nothing else is shown so.
    ///
    /// The second choice is a leniency of 2.2.1 and 2.3.0: peers ask for app tokens without their
    /// type. 2.1.1 has no type to ask by.
    pub(crate) async fn find_addressed(
        &self,
        party: Party,
        uid: &TokenUid,
        token_type: Option<&TokenType>,
        version: OcpiVersion,
    ) -> Result<Option<StoredToken>, StorageError> {
        if let Some(token_type) = token_type {
            let key = TokenKey {
                party,
                uid: uid.clone(),
                token_type: token_type.clone(),
            };
            let exact = self.ports.tokens.find_token(&key).await?;
            if exact.is_some() || !shows_others_as(version, token_type) {
                return Ok(exact);
            }
            let shown = self.find_shown(party, uid, token_type, version).await?;
            return Ok(<[StoredToken; 1]>::try_from(shown).ok().map(|[only]| only));
        }
        let mut found = self.ports.tokens.find_tokens_by_uid(party, uid).await?;
        let of = |wanted| {
            let mut found = found.iter();
            found.position(|stored| stored.token.token_type == wanted)
        };
        let rfid = of(TokenType::Rfid);
        // 2.1.1 cannot say which it means, and shows what is neither as OTHER.
        let other = (version == OcpiVersion::V2_1_1)
            .then(|| of(TokenType::Other))
            .flatten();
        Ok(match rfid.or(other) {
            Some(index) => Some(found.swap_remove(index)),
            None if found.len() == 1 => found.pop(),
            None => None,
        })
    }

    /// The Tokens of `party` and `uid` that `version` shows as of that type.
    pub(crate) async fn find_shown(
        &self,
        party: Party,
        uid: &TokenUid,
        token_type: &TokenType,
        version: OcpiVersion,
    ) -> Result<Vec<StoredToken>, StorageError> {
        let mut found = self.ports.tokens.find_tokens_by_uid(party, uid).await?;
        found.retain(|stored| version.shown_type(&stored.token.token_type) == *token_type);
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::testing::{
        app, party, ports, request_of_owner, stored_token, token as card, token_store,
    };
    use crate::{GetTokenError, GetTokenRequest, Ports};

    use OcpiVersion::{V2_1_1, V2_2_1, V2_3_0};

    /// The type that is found of a Token with these types.
    async fn found(types: &[&str], version: OcpiVersion, asked: Option<&str>) -> Option<TokenType> {
        let tokens: Vec<_> = types
            .iter()
            .map(|token_type| stored_token("CARD", &json!({"type": token_type})))
            .collect();
        let app = app(Ports {
            tokens: Arc::new(token_store(&tokens).0),
            ..ports()
        });
        let request = GetTokenRequest {
            party: party("CH/ABC"),
            uid: card("card", &json!({})).uid.clone(),
            token_type: asked.map(|asked| asked.parse().unwrap()),
        };
        match app.get_token(&request_of_owner(version), &request).await {
            Ok(token) => Some(token.token_type.clone()),
            Err(GetTokenError::UnknownToken) => None,
            Err(error) => panic!("{error}"),
        }
    }

    /// Holds: K-11, K-12, M-04, M-05.
    #[tokio::test]
    async fn a_token_is_found_by_what_its_type_is_shown_as() {
        for (types, version, asked, expected) in [
            // Exactly, and else by the only one that is shown so.
            (
                &["OTHER", "APP_USER"][..],
                V2_1_1,
                Some("OTHER"),
                Some("OTHER"),
            ),
            (&["APP_USER"], V2_1_1, Some("OTHER"), Some("APP_USER")),
            (&["RFID", "X-CARD"], V2_1_1, Some("OTHER"), Some("X-CARD")),
            (&["APP_USER", "EMAID"], V2_1_1, Some("OTHER"), None),
            (&["EMAID"], V2_2_1, Some("OTHER"), Some("EMAID")),
            (&["EMAID", "APP_USER"], V2_2_1, Some("OTHER"), Some("EMAID")),
            (&["APP_USER"], V2_2_1, Some("OTHER"), None),
            (&["EMAID"], V2_3_0, Some("OTHER"), None),
            // The other way round nothing is meant.
            (&["OTHER"], V2_1_1, Some("RFID"), None),
            (&["OTHER"], V2_2_1, Some("APP_USER"), None),
            // Without a type, RFID or the only one.
            (&["APP_USER", "RFID"], V2_1_1, None, Some("RFID")),
            (&["APP_USER"], V2_1_1, None, Some("APP_USER")),
            (&["APP_USER", "OTHER"], V2_1_1, None, Some("OTHER")),
            (&["APP_USER", "OTHER"], V2_2_1, None, None),
            (&["APP_USER", "EMAID"], V2_1_1, None, None),
            (&[], V2_1_1, Some("OTHER"), None),
        ] {
            let expected = expected.map(|it: &str| it.parse().unwrap());
            let found = found(types, version, asked).await;
            assert_eq!(found, expected, "{types:?} {version} {asked:?}");
        }
    }
}
