//! The platforms that we know.

use std::sync::Arc;

use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ocpi_domain::{CredentialsToken, Platform, PlatformId};
use ocpi_ports::StorageError;

use super::OperatorError;
use crate::app::App;
use crate::deadline::in_time;
use crate::put_token::Written;

impl App {
    /// Every platform, in the order of their ids.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Storage`].
    pub async fn list_platforms(&self) -> Result<Vec<Arc<Platform>>, OperatorError> {
        Ok(in_time(self.ports.platforms.list_platforms()).await?)
    }

    /// The platform of that id.
    ///
    /// # Errors
    ///
    /// [`OperatorError::UnknownPlatform`], [`OperatorError::Storage`].
    pub async fn find_platform(&self, id: &PlatformId) -> Result<Arc<Platform>, OperatorError> {
        let found = in_time(self.ports.platforms.find_platform(id)).await?;
        found.ok_or(OperatorError::UnknownPlatform)
    }

    /// Creates or replaces a platform, and the token that it presents to us when one is given;
    /// without one it keeps the one that it has.
    ///
    /// # Errors
    ///
    /// [`OperatorError::CredentialsTokenTaken`] when another platform could prove itself by that
    /// token, as it is or by its Base64; [`OperatorError::Storage`]. Nothing was written then.
    pub async fn put_platform(
        &self,
        platform: Platform,
        credentials_token: Option<CredentialsToken>,
    ) -> Result<Written, OperatorError> {
        in_time(self.put_platform_of_store(platform, credentials_token)).await
    }

    async fn put_platform_of_store(
        &self,
        platform: Platform,
        credentials_token: Option<CredentialsToken>,
    ) -> Result<Written, OperatorError> {
        if let Some(token) = &credentials_token {
            self.require_free(token, &platform.id).await?;
        }
        let hash = credentials_token.map(|token| self.ports.credentials_hash.hash(&token));
        match self.ports.platforms.put_platform(platform, hash).await {
            Ok(true) => Ok(Written::Created),
            Ok(false) => Ok(Written::Updated),
            Err(StorageError::Conflict) => Err(OperatorError::CredentialsTokenTaken),
            Err(error) => Err(error.into()),
        }
    }

    /// Checks that no other platform presents the token or one that can be read as it. Only its
    /// hash is known of each, so whatever is presented like this one is looked up.
    async fn require_free(
        &self,
        token: &CredentialsToken,
        id: &PlatformId,
    ) -> Result<(), OperatorError> {
        for reading in readings(token) {
            let hash = self.ports.credentials_hash.hash(&reading);
            let holder = self.ports.platforms.find_platform_by_token_hash(&hash);
            if holder.await?.is_some_and(|holder| holder.id != *id) {
                return Err(OperatorError::CredentialsTokenTaken);
            }
        }
        Ok(())
    }

    /// Deletes the platform: it can prove itself no more.
    ///
    /// # Errors
    ///
    /// [`OperatorError::UnknownPlatform`], [`OperatorError::Storage`].
    pub async fn delete_platform(&self, id: &PlatformId) -> Result<(), OperatorError> {
        let deleted = in_time(self.ports.platforms.delete_platform(id)).await?;
        deleted.then_some(()).ok_or(OperatorError::UnknownPlatform)
    }
}

/// How a token that is presented in Base64 may be written: with its padding or without.
const TOLERANT_BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The token, the one that it encodes if it encodes one, and those that encode it: what a peer
/// presents is read as it is and decoded, without a line feed at its end.
fn readings(token: &CredentialsToken) -> Vec<CredentialsToken> {
    let plain = token.expose();
    let mut readings = vec![token.clone()];
    if let Ok(decoded) = TOLERANT_BASE64.decode(plain) {
        let line = decoded
            .strip_suffix(b"\r\n")
            .or_else(|| decoded.strip_suffix(b"\n"));
        let text = std::str::from_utf8(line.unwrap_or(&decoded));
        readings.extend(text.ok().and_then(|text| CredentialsToken::new(text).ok()));
    }
    for end in ["", "\n", "\r\n"] {
        let encoded = TOLERANT_BASE64.encode(format!("{plain}{end}"));
        let bare = encoded.trim_end_matches('=');
        readings.extend(CredentialsToken::new(bare).ok());
        // Not complete without, and yet read by us: one sign of two is another text.
        for padding in bare.len()..encoded.len() {
            readings.extend(CredentialsToken::new(&encoded[..=padding]).ok());
        }
    }
    readings
}

#[cfg(test)]
mod tests {
    use ocpi_ports::MockPlatformRepository;

    use super::*;
    use crate::Ports;
    use crate::testing::{app, platform, ports};

    fn readings_of(text: &str) -> Vec<String> {
        let readings = readings(&CredentialsToken::new(text).unwrap());
        readings.iter().map(|it| it.expose().to_owned()).collect()
    }

    /// Holds: T-04, T-05, Q-02.
    #[test]
    fn a_token_is_like_what_it_encodes_and_like_what_encodes_it() {
        for like in [
            "abc", "YWJj", "YWJjCg", "YWJjCg=", "YWJjCg==", "YWJjDQo", "YWJjDQo=",
        ] {
            assert!(readings_of("abc").contains(&like.to_owned()), "{like}");
        }
        for encoded in ["YWJj", "YWJjCg==", "YWJjCg", "YWJjDQo="] {
            assert!(
                readings_of(encoded).contains(&"abc".to_owned()),
                "{encoded}"
            );
        }
        assert!(!readings_of("YWJjCgo=").contains(&"abc".to_owned()));
    }

    #[test]
    fn a_token_whose_base64_is_too_long_for_a_token_is_like_itself_alone() {
        let text = "!".repeat(64);
        assert_eq!(readings_of(&text), [text]);
    }

    /// Puts `peer` with the token `new` where `holder` presents the token `held`.
    async fn put(new: &str, holder: &'static str, held: &str) -> Result<Written, OperatorError> {
        let held = ports()
            .credentials_hash
            .hash(&CredentialsToken::new(held).unwrap());
        let mut platforms = MockPlatformRepository::new();
        platforms
            .expect_find_platform_by_token_hash()
            .returning(move |hash| Ok((*hash == held).then(|| Arc::new(platform(holder)))));
        platforms
            .expect_put_platform()
            .returning(|_, hash| Ok(hash.is_some()));
        let app = app(Ports {
            platforms: Arc::new(platforms),
            ..ports()
        });
        app.put_platform(platform("peer"), CredentialsToken::new(new).ok())
            .await
    }

    /// Holds: T-04, T-05.
    #[tokio::test]
    async fn a_token_that_another_platform_could_present_is_taken() {
        for (new, held) in [
            ("abc", "abc"),
            ("abc", "YWJj"),
            ("abc", "YWJjCg=="),
            ("YWJj", "abc"),
            ("YWJjCg==", "abc"),
        ] {
            let refused = put(new, "other", held).await;
            assert!(
                matches!(refused, Err(OperatorError::CredentialsTokenTaken)),
                "{new} beside {held}: {refused:?}"
            );
            // Its own may be read in any way.
            assert_eq!(put(new, "peer", held).await.unwrap(), Written::Created);
        }
        assert_eq!(put("abc", "other", "abd").await.unwrap(), Written::Created);
    }

    #[tokio::test]
    async fn a_platform_without_a_token_is_put_without_a_hash() {
        let mut platforms = MockPlatformRepository::new();
        platforms
            .expect_put_platform()
            .returning(|_, hash| Ok(hash.is_none()));
        let app = app(Ports {
            platforms: Arc::new(platforms),
            ..ports()
        });
        let put = app.put_platform(platform("peer"), None).await;
        assert_eq!(put.unwrap(), Written::Created);
    }

    /// Another platform may get the token between the look and the write.
    #[tokio::test]
    async fn a_token_that_another_platform_got_meanwhile_is_taken() {
        let mut platforms = MockPlatformRepository::new();
        platforms
            .expect_find_platform_by_token_hash()
            .returning(|_| Ok(None));
        platforms
            .expect_put_platform()
            .returning(|_, _| Err(StorageError::Conflict));
        let app = app(Ports {
            platforms: Arc::new(platforms),
            ..ports()
        });
        let token = CredentialsToken::new("abc").ok();
        let refused = app.put_platform(platform("peer"), token).await;
        assert!(matches!(refused, Err(OperatorError::CredentialsTokenTaken)));
    }
}
