//! The platforms that we know.

use std::sync::Arc;

use base64::Engine;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ocpi_domain::{
    CredentialsToken, CredentialsUse, InvalidField, OcpiUrl, Party, PartyRole, Platform, PlatformId,
};
use ocpi_ports::{Connection, PlatformList, PresentedToken, StoredPlatform, TokenHash};

use super::OperatorError;
use crate::app::App;
use crate::deadline::in_time;
use crate::platform_update::{WrittenPlatform, find, is_held_by_another};
use crate::put_token::Written;

/// A platform as its operator describes it.
#[derive(Debug, Clone)]
pub struct PutPlatform {
    /// The platform.
    pub platform: Platform,
    /// What it presents to us from now on; `None` leaves that as it is.
    pub credentials_token: Option<CredentialsToken>,
    /// Its versions endpoint, and what we present there from now on; `None` leaves that as it is.
    pub connection: Option<(OcpiUrl, CredentialsToken)>,
}

impl App {
    /// Every platform, in the order of their ids.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Storage`].
    pub async fn list_platforms(&self) -> Result<Vec<Arc<StoredPlatform>>, OperatorError> {
        Ok(in_time(self.ports.platforms.list_platforms())
            .await?
            .platforms)
    }

    /// The platform of that id.
    ///
    /// # Errors
    ///
    /// [`OperatorError::UnknownPlatform`], [`OperatorError::Storage`].
    pub async fn find_platform(
        &self,
        id: &PlatformId,
    ) -> Result<Arc<StoredPlatform>, OperatorError> {
        let found = in_time(self.ports.platforms.find_platform(id)).await?;
        found.ok_or(OperatorError::UnknownPlatform)
    }

    /// Creates or replaces a platform, as its operator describes it; with what is stored then.
    ///
    /// It keeps what it presents to us and how we call it, where the operator does not say it; and
    /// that it is a hub, as long as it is registered as one.
    ///
    /// # Errors
    ///
    /// [`OperatorError::Invalid`] for an id that stands for our own charge points;
    /// [`OperatorError::CredentialsTokenTaken`] when another platform could prove itself by that
    /// token, as it is or by its Base64; [`OperatorError::PartyTaken`],
    /// [`OperatorError::PartyNotAllowed`]; [`OperatorError::HandshakeRunning`] when tokens are
    /// written that a handshake is about to replace; [`OperatorError::Storage`]. Nothing was
    /// written then.
    pub async fn put_platform(
        &self,
        request: PutPlatform,
    ) -> Result<(Written, Arc<StoredPlatform>), OperatorError> {
        let written = in_time(self.put_platform_of_store(&request)).await?;
        let did = if written.is_new {
            Written::Created
        } else {
            Written::Updated
        };
        Ok((did, written.stored))
    }

    async fn put_platform_of_store(
        &self,
        request: &PutPlatform,
    ) -> Result<WrittenPlatform, OperatorError> {
        let PutPlatform {
            platform,
            credentials_token,
            connection,
        } = request;
        if platform.id.is_of_charge_points() {
            let reason = "stands for our own charge points; choose another";
            return Err(InvalidField::new("id", reason).into());
        }
        let hash = |token: &CredentialsToken| self.ports.credentials_hash.hash(token);
        let presented = credentials_token.as_ref().map(|token| PresentedToken {
            hash: hash(token),
            good_for: CredentialsUse::Live,
        });
        let like_it: Vec<TokenHash> = credentials_token
            .as_ref()
            .map(|token| readings(token).iter().map(hash).collect())
            .unwrap_or_default();
        let connection = connection.as_ref().map(|(url, token)| {
            let connection = Connection {
                versions_url: url.clone(),
                sealed_token: self.seal_for(&platform.id, token),
                served: None,
                presented: Vec::new(),
                connected_at: self.now(),
            };
            (connection, token)
        });
        let writes_tokens = presented.is_some() || connection.is_some();
        self.update_platform(|list| {
            // Asked with each attempt: one may begin between two.
            if writes_tokens && self.handshakes.is_running(&platform.id) {
                return Err(OperatorError::HandshakeRunning);
            }
            require_free(&like_it, &platform.id, list)?;
            require_parties(platform, list)?;
            let stored = find(list, &platform.id);
            let mut new = StoredPlatform::new(platform.clone());
            if let Some(stored) = stored {
                new.tokens.clone_from(&stored.tokens);
                new.connection.clone_from(&stored.connection);
                new.platform = Arc::new(Platform {
                    hub: platform.hub.or_else(|| kept_hub(platform, stored)),
                    ..platform.clone()
                });
            }
            if let Some(presented) = presented {
                new.tokens = vec![presented];
            }
            if let Some((connection, token)) = &connection {
                let rewritten =
                    |former| self.rewritten_connection(&platform.id, (connection, token), former);
                let former = new.connection.as_ref();
                new.connection = Some(former.map_or_else(|| connection.clone(), rewritten));
            }
            Ok(new)
        })
        .await
    }

    /// The connection that the operator writes, with that token, instead of another: to the same
    /// versions endpoint it is no new one, and with the same token nothing is looked up anew.
    fn rewritten_connection(
        &self,
        id: &PlatformId,
        (new, token): (&Connection, &CredentialsToken),
        former: &Connection,
    ) -> Connection {
        if former.versions_url != new.versions_url {
            return new.clone();
        }
        let opened = self.ports.credentials_seal.open(id, &former.sealed_token);
        if opened.is_ok_and(|opened| opened.expose() == token.expose()) {
            return former.clone();
        }
        Connection {
            connected_at: former.connected_at,
            ..new.clone()
        }
    }

    /// Deletes the platform: it can prove itself no more.
    ///
    /// # Errors
    ///
    /// [`OperatorError::UnknownPlatform`], [`OperatorError::Storage`].
    pub async fn delete_platform(&self, id: &PlatformId) -> Result<(), OperatorError> {
        let deleted = in_time(self.ports.platforms.delete_platform(id)).await?;
        self.platforms_changed();
        self.charge_points.platforms_changed();
        deleted.then_some(()).ok_or(OperatorError::UnknownPlatform)
    }
}

/// The hub that a platform stays which the operator writes without one: as which it registered. A
/// hub that loses its last party does not stay one, or it might speak for all parties of a sudden.
fn kept_hub(platform: &Platform, stored: &StoredPlatform) -> Option<Party> {
    let hub = stored.platform.hub?;
    let is_as_open = !platform.roles.is_empty() || stored.platform.is_open_hub();
    (stored.connection.is_some() && is_as_open).then_some(hub)
}

/// Checks that no other platform presents a token of one of these hashes: those of everything that
/// a new token could be read as. Only its hash is known of each, so all of them are compared.
fn require_free(
    like_it: &[TokenHash],
    id: &PlatformId,
    list: &PlatformList,
) -> Result<(), OperatorError> {
    let mut others = list
        .platforms
        .iter()
        .filter(|stored| stored.platform.id != *id);
    let is_taken = others.any(|stored| {
        let mut presented = stored.tokens.iter();
        presented.any(|presented| like_it.contains(&presented.hash))
    });
    if is_taken {
        Err(OperatorError::CredentialsTokenTaken)
    } else {
        Ok(())
    }
}

/// Checks that the platform may speak for its parties. The operator may give it one that is hosted
/// here, too.
fn require_parties(platform: &Platform, list: &PlatformList) -> Result<(), OperatorError> {
    for PartyRole { party, role } in &platform.roles {
        if !platform.may_hold(*party) {
            return Err(OperatorError::PartyNotAllowed(*party));
        }
        if is_held_by_another(list, &platform.id, *party, role) {
            return Err(OperatorError::PartyTaken(*party, role.clone()));
        }
    }
    Ok(())
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
    use ocpi_domain::Role;
    use ocpi_ports::{MockPlatformRepository, StorageError};

    use super::*;
    use crate::Ports;
    use crate::testing::peer::{token, versions_url};
    use crate::testing::{CountedRandomness, KnownPlatforms, app, down, party, platform, ports};

    fn readings_of(text: &str) -> Vec<String> {
        let readings = readings(&token(text));
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

    fn hash(text: &str) -> TokenHash {
        ports().credentials_hash.hash(&token(text))
    }

    fn live(text: &str) -> PresentedToken {
        PresentedToken {
            hash: hash(text),
            good_for: CredentialsUse::Live,
        }
    }

    fn holding(id: &str, roles: &[(Role, &str)]) -> Platform {
        let role = |(role, name): &(Role, &str)| PartyRole {
            party: party(name),
            role: role.clone(),
        };
        Platform {
            roles: roles.iter().map(role).collect(),
            ..platform(id)
        }
    }

    /// A platform that presents that token.
    fn presenting(platform: Platform, text: &str) -> StoredPlatform {
        StoredPlatform {
            tokens: vec![live(text)],
            ..StoredPlatform::new(platform)
        }
    }

    fn connection() -> Connection {
        Connection {
            versions_url: versions_url(),
            sealed_token: ocpi_ports::SealedToken(Box::default()),
            served: None,
            presented: Vec::new(),
            connected_at: crate::testing::now(),
        }
    }

    fn app_with(known: &Arc<KnownPlatforms>) -> App {
        app(Ports {
            platforms: Arc::clone(known) as _,
            randomness: Arc::new(CountedRandomness::default()),
            ..ports()
        })
    }

    fn write(platform: Platform, text: Option<&str>) -> PutPlatform {
        PutPlatform {
            platform,
            credentials_token: text.map(token),
            connection: None,
        }
    }

    /// Puts `peer` with the token `new` where `holder` presents the token `held`.
    async fn put(new: &str, holder: &str, held: &str) -> Result<Written, OperatorError> {
        let known = KnownPlatforms::of(vec![presenting(platform(holder), held)]);
        let request = write(platform("peer"), Some(new));
        let (written, stored) = app_with(&known).put_platform(request).await?;
        assert_eq!(stored, known.get("peer"));
        assert_eq!(stored.tokens, [live(new)]);
        Ok(written)
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
            assert_eq!(put(new, "peer", held).await.unwrap(), Written::Updated);
        }
        assert_eq!(put("abc", "other", "abd").await.unwrap(), Written::Created);
    }

    /// Another platform may get the token, or the party, between the look and the write.
    #[tokio::test]
    async fn what_another_platform_got_meanwhile_is_taken() {
        let emsp = || [(Role::Emsp, "DE/EMS")];
        let known = KnownPlatforms::of(vec![]);
        known.before_next_put(move |platforms| {
            platforms.push(Arc::new(presenting(holding("other", &emsp()), "abc")));
            Ok(())
        });
        let app = app_with(&known);
        let refused = app.put_platform(write(platform("peer"), Some("abc"))).await;
        assert!(matches!(refused, Err(OperatorError::CredentialsTokenTaken)));
        let refused = app
            .put_platform(write(holding("peer", &emsp()), None))
            .await;
        assert!(
            matches!(refused, Err(OperatorError::PartyTaken(taken, Role::Emsp)) if taken == party("DE/EMS"))
        );
        assert_eq!(known.all().len(), 1);
        // Another role of it is another's.
        let cpo = holding("peer", &[(Role::Cpo, "DE/EMS")]);
        assert!(app.put_platform(write(cpo, None)).await.is_ok());
    }

    /// Holds: C-14, C-20. What is kept of a platform that left keeps nobody from its parties.
    #[tokio::test]
    async fn a_platform_that_left_holds_no_party() {
        let emsp = [(Role::Emsp, "DE/EMS")];
        let left = StoredPlatform::new(holding("left", &emsp));
        let known = KnownPlatforms::of(vec![left]);
        let app = app_with(&known);
        let put = app.put_platform(write(holding("peer", &emsp), Some("abc")));
        assert!(put.await.is_ok());
        let back = app.put_platform(write(holding("left", &emsp), None)).await;
        assert!(matches!(back, Err(OperatorError::PartyTaken(..))));
    }

    /// Holds: C-20.
    #[tokio::test]
    async fn a_platform_is_given_no_party_that_it_may_not_have() {
        let known = KnownPlatforms::of(vec![]);
        let app = app_with(&known);
        let mut limited = holding("peer", &[(Role::Emsp, "DE/EMS")]);
        limited.allowed_parties = Some(vec![party("DE/OTH")]);
        let refused = app.put_platform(write(limited, None)).await;
        assert!(
            matches!(refused, Err(OperatorError::PartyNotAllowed(refused)) if refused == party("DE/EMS"))
        );
        // The operator may give away what is hosted here.
        let ours = holding("peer", &[(Role::Emsp, "CH/ABC"), (Role::Cpo, "CH/ABC")]);
        assert!(app.put_platform(write(ours, None)).await.is_ok());
    }

    /// Holds: C-14. Tokens and connection stay unless they are said; each alone.
    #[tokio::test]
    async fn a_platform_keeps_what_the_operator_does_not_say() {
        let stored = StoredPlatform {
            connection: Some(connection()),
            ..presenting(platform("peer"), "abc")
        };
        let known = KnownPlatforms::of(vec![stored]);
        let app = app_with(&known);
        let emsp = holding("peer", &[(Role::Emsp, "DE/EMS")]);
        let (written, stored) = app.put_platform(write(emsp.clone(), None)).await.unwrap();
        assert_eq!(written, Written::Updated);
        assert_eq!(*stored.platform, emsp);
        assert_eq!(stored.tokens, [live("abc")]);
        assert_eq!(stored.connection, Some(connection()));

        let request = PutPlatform {
            connection: Some((versions_url(), token("theirs"))),
            ..write(emsp, Some("new"))
        };
        let (_, stored) = app.put_platform(request).await.unwrap();
        assert_eq!(stored.tokens, [live("new")]);
        let connection = stored.connection.as_ref().unwrap();
        let seal = ports().credentials_seal;
        let opened = seal.open(&stored.platform.id, &connection.sealed_token);
        assert_eq!(opened.unwrap().expose(), "theirs");
        assert_eq!(connection.served, None);
    }

    /// Holds: C-06, C-14. How far both sides are in step belongs to the connection: the operator who
    /// writes what is so already begins nothing anew.
    #[tokio::test]
    async fn a_connection_to_the_same_endpoint_is_no_new_one() {
        let earlier = crate::testing::now().plus_ms(-1000);
        let seal = ports().credentials_seal;
        let id: PlatformId = "peer".parse().unwrap();
        let former = Connection {
            sealed_token: seal.seal(&id, &token("theirs"), &CountedRandomness::default()),
            served: Some(ocpi_ports::Served {
                version: ocpi_domain::OcpiVersion::V2_2_1,
                endpoints: Vec::new(),
            }),
            connected_at: earlier,
            ..connection()
        };
        let elsewhere: OcpiUrl = "https://elsewhere.example/versions".parse().unwrap();
        for (url, text, is_same, stays) in [
            (versions_url(), "theirs", true, true),
            (versions_url(), "another", false, true),
            (elsewhere, "theirs", false, false),
        ] {
            let stored = StoredPlatform {
                connection: Some(former.clone()),
                ..presenting(platform("peer"), "abc")
            };
            let app = app_with(&KnownPlatforms::of(vec![stored]));
            let request = PutPlatform {
                connection: Some((url, token(text))),
                ..write(platform("peer"), None)
            };
            let (_, stored) = app.put_platform(request).await.unwrap();
            let now = stored.connection.clone().unwrap();
            assert_eq!(now == former, is_same, "{text}: {now:?}");
            assert_eq!(now.connected_at == earlier, stays, "{text}: {now:?}");
            assert_eq!(now.served.is_some(), is_same, "{text}: {now:?}");
            let opened = seal.open(&id, &now.sealed_token);
            assert_eq!(opened.unwrap().expose(), text);
        }
    }

    /// Holds: C-18, C-21.
    #[tokio::test]
    async fn a_hub_stays_one_and_does_not_become_more() {
        let hub = |roles: &[(Role, &str)]| Platform {
            hub: Some(party("NL/HUB")),
            ..holding("peer", roles)
        };
        let behind = [(Role::Cpo, "NL/BET")];
        for (before, written, stays) in [
            (hub(&[]), holding("peer", &[]), true),
            (hub(&[]), holding("peer", &behind), true),
            (hub(&behind), holding("peer", &behind), true),
            // Without its parties it would speak for all.
            (hub(&behind), holding("peer", &[]), false),
            (holding("peer", &behind), holding("peer", &behind), false),
        ] {
            let stored = StoredPlatform {
                connection: Some(connection()),
                ..presenting(before.clone(), "abc")
            };
            let known = KnownPlatforms::of(vec![stored]);
            let app = app_with(&known);
            let (_, stored) = app
                .put_platform(write(written.clone(), None))
                .await
                .unwrap();
            assert_eq!(
                stored.platform.hub.is_some(),
                stays,
                "{before:?} {written:?}"
            );
        }
        let known = KnownPlatforms::of(vec![StoredPlatform::new(hub(&[]))]);
        let app = app_with(&known);
        let (_, stored) = app
            .put_platform(write(platform("peer"), None))
            .await
            .unwrap();
        assert_eq!(stored.platform.hub, None);
    }

    /// Holds: C-10, C-24.
    #[tokio::test]
    async fn tokens_are_not_written_into_a_handshake() {
        let known = KnownPlatforms::of(vec![StoredPlatform::new(platform("peer"))]);
        let app = app_with(&known);
        let id = "peer".parse().unwrap();
        let running = app.handshakes.begin(&id).unwrap();
        let refused = app.put_platform(write(platform("peer"), Some("abc"))).await;
        assert!(matches!(refused, Err(OperatorError::HandshakeRunning)));
        assert!(
            app.put_platform(write(platform("peer"), None))
                .await
                .is_ok()
        );
        drop(running);
        let put = app.put_platform(write(platform("peer"), Some("abc")));
        assert!(put.await.is_ok());
    }

    #[tokio::test]
    async fn a_store_that_fails_is_said() {
        let mut failing = MockPlatformRepository::new();
        failing.expect_list_platforms().returning(|| Err(down()));
        let app = app(Ports {
            platforms: Arc::new(failing),
            ..ports()
        });
        let failed = app.put_platform(write(platform("peer"), None)).await;
        assert!(matches!(
            failed,
            Err(OperatorError::Storage(StorageError::Unavailable(_)))
        ));
    }
}
