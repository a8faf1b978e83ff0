//! Finding everything stored that an authorization depends on.

use ocpi_domain::{DateTime, LocationReferences, OcpiVersion, Party, PlatformId, TokenType};
use ocpi_ports::{StorageError, SubjectLookup, SubjectQuery};

use crate::addressed_token::shows_others_as;
use crate::app::App;

/// A question, as it was sent.
pub(crate) struct SubjectQuestion<'a> {
    /// The owner that it names.
    pub(crate) owner: Option<Party>,
    /// The recipient that it names.
    pub(crate) to: Option<Party>,
    /// The uid; a text that is no uid is an unknown Token.
    pub(crate) uid: &'a str,
    pub(crate) token_type: &'a TokenType,
    /// The version in which the type is meant.
    pub(crate) version: OcpiVersion,
    /// Who asks.
    pub(crate) platform: Option<&'a PlatformId>,
    /// The CPOs that the place may belong to.
    pub(crate) cpo_parties: &'a [Party],
    pub(crate) location: Option<&'a LocationReferences>,
    pub(crate) at: DateTime,
}

impl App {
    /// Everything stored about the Token and the place, under the owners that the question may
    /// mean: the one that it names as owner or as recipient, else every eMSP hosted here.
    pub(crate) async fn look_up(
        &self,
        question: &SubjectQuestion<'_>,
    ) -> Result<SubjectLookup, StorageError> {
        let hosted = self.hosting.emsp_parties();
        let named = match (question.owner, question.to) {
            (Some(owner), Some(to)) if owner != to => return Ok(SubjectLookup::Unknown),
            (owner, to) => owner.or(to),
        };
        let parties = match &named {
            Some(party) if !hosted.contains(party) => return Ok(SubjectLookup::Unknown),
            Some(party) => std::slice::from_ref(party),
            None => hosted,
        };
        let Ok(uid) = question.uid.parse() else {
            return Ok(SubjectLookup::Unknown);
        };
        let query = SubjectQuery {
            parties,
            uid: &uid,
            token_type: question.token_type,
            platform: question.platform,
            cpo_parties: question.cpo_parties,
            location: question.location,
            at: question.at,
        };
        let store = &self.ports.authorizations;
        let found = store.load_authorization_subject(&query).await?;
        if matches!(found, SubjectLookup::Unknown)
            && shows_others_as(question.version, question.token_type)
        {
            return self.look_up_shown(&query, question.version).await;
        }
        Ok(found)
    }

    /// The only Token that is shown in `version` as what was asked for; of several none is meant.
    async fn look_up_shown(
        &self,
        query: &SubjectQuery<'_>,
        version: OcpiVersion,
    ) -> Result<SubjectLookup, StorageError> {
        let mut meant = None;
        for party in query.parties {
            let shown = self.find_shown(*party, query.uid, query.token_type, version);
            for found in shown.await? {
                if meant.replace((*party, found.token)).is_some() {
                    return Ok(SubjectLookup::Unknown);
                }
            }
        }
        let Some((party, token)) = meant else {
            return Ok(SubjectLookup::Unknown);
        };
        let query = SubjectQuery {
            parties: &[party],
            uid: &token.uid,
            token_type: &token.token_type,
            ..*query
        };
        let store = &self.ports.authorizations;
        store.load_authorization_subject(&query).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ocpi_domain::{AuthorizationSubject, Role, Token};
    use ocpi_ports::MockAuthorizationRepository;
    use prometheus_client::registry::Registry;
    use serde_json::json;

    use super::*;
    use crate::testing::{hosting_of, now, party, ports, stored_token, token_store};
    use crate::{AppOptions, Ports};

    use OcpiVersion::{V2_1_1, V2_2_1, V2_3_0};

    /// The party and type of the Token that is found, of these.
    async fn found(
        tokens: &[(&str, &str)],
        version: OcpiVersion,
        asked: &str,
        to: Option<&str>,
    ) -> Option<String> {
        let tokens: Vec<_> = tokens
            .iter()
            .map(|(name, token_type)| {
                let owner = party(name);
                let more = json!({
                    "country_code": owner.country_code, "party_id": owner.party_id,
                    "type": token_type
                });
                stored_token("CARD", &more)
            })
            .collect();
        let (store, _) = token_store(&tokens);
        let mut authorizations = MockAuthorizationRepository::new();
        authorizations
            .expect_load_authorization_subject()
            .returning(move |query| {
                let of = |token: &Token| {
                    query.parties.contains(&token.party)
                        && token.uid == *query.uid
                        && token.token_type == *query.token_type
                };
                let found: Vec<_> = tokens.iter().filter(|it| of(&it.token)).collect();
                Ok(match found.as_slice() {
                    [] => SubjectLookup::Unknown,
                    [one] => SubjectLookup::One(Box::new(AuthorizationSubject::of(Token::clone(
                        &one.token,
                    )))),
                    _ => SubjectLookup::Ambiguous,
                })
            });
        let hosting = hosting_of(&[("CH/ABC", &[Role::Emsp]), ("CH/TWO", &[Role::Emsp])]);
        let ports = Ports {
            authorizations: Arc::new(authorizations),
            tokens: Arc::new(store),
            ..ports()
        };
        let app = App::new(
            ports,
            hosting,
            AppOptions::default(),
            &mut Registry::default(),
        );
        let question = SubjectQuestion {
            owner: None,
            to: to.map(party),
            uid: "card",
            token_type: &asked.parse().unwrap(),
            version,
            platform: None,
            cpo_parties: &[],
            location: None,
            at: now(),
        };
        match app.look_up(&question).await.unwrap() {
            SubjectLookup::One(subject) => {
                let token = &subject.token.token;
                Some(format!("{} {}", token.party, token.token_type))
            }
            SubjectLookup::Unknown => None,
            SubjectLookup::Ambiguous => Some("ambiguous".to_owned()),
        }
    }

    /// Holds: E-12, E-13, M-05.
    #[tokio::test]
    async fn a_question_means_the_only_token_that_is_shown_as_it_asks() {
        for (tokens, version, asked, to, expected) in [
            (
                &[("CH/ABC", "APP_USER")][..],
                V2_1_1,
                "OTHER",
                None,
                Some("CH/ABC APP_USER"),
            ),
            (
                &[("CH/TWO", "EMAID")],
                V2_2_1,
                "OTHER",
                None,
                Some("CH/TWO EMAID"),
            ),
            (
                &[("CH/ABC", "APP_USER"), ("CH/TWO", "OTHER")],
                V2_1_1,
                "OTHER",
                None,
                Some("CH/TWO OTHER"),
            ),
            (
                &[("CH/ABC", "APP_USER"), ("CH/TWO", "EMAID")],
                V2_1_1,
                "OTHER",
                None,
                None,
            ),
            (
                &[("CH/ABC", "APP_USER"), ("CH/TWO", "EMAID")],
                V2_1_1,
                "OTHER",
                Some("CH/TWO"),
                Some("CH/TWO EMAID"),
            ),
            (&[("CH/ABC", "APP_USER")], V2_2_1, "OTHER", None, None),
            (&[("CH/ABC", "EMAID")], V2_3_0, "OTHER", None, None),
            // A cloned card must not pass as an app.
            (&[("CH/ABC", "APP_USER")], V2_1_1, "RFID", None, None),
        ] {
            let found = found(tokens, version, asked, to).await;
            assert_eq!(
                found.as_deref(),
                expected,
                "{tokens:?} {version} {asked} {to:?}"
            );
        }
    }
}
