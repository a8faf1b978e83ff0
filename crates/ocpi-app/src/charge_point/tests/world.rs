//! A CPO, its copies of Tokens, and eMSPs that say what a test tells them to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ocpi_domain::{
    AuthorizationRecord, AuthorizationSubject, Endpoint, InterfaceRole, ModuleId, OcpiVersion,
    PartyRole, Platform, PlatformId, Profile, Role, SlotClaim, SlotOutcome, StoredToken, Token,
};
use ocpi_ports::{
    Connection, MockAuthorizationRepository, MockTokenRepository, PlatformRepository,
    RemoteAuthorization, RemoteError, Served, StorageError, StoredPlatform, SubjectLookup,
    TokenEncoding,
};
use prometheus_client::registry::Registry;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::testing::peer::{Peer, later, token, url, versions_url};
use crate::testing::{
    CountedRandomness, KnownPlatforms, PausedClock, TokenWrites, hosting, now, party, platform,
    ports, stored_token,
};
use crate::{
    App, AppOptions, ChargePointAnswer, ChargePointError, ChargePointOptions, ChargePointRequest,
    Ports, StartedBy, Wanted,
};

/// What an eMSP does with each question.
#[derive(Debug, Clone)]
pub(super) enum Does {
    Says(Box<RemoteAuthorization>),
    SaysUnknown,
    Fails(RemoteError),
    Hangs,
    After(u64, Box<Does>),
}

/// The answer that is that word only.
pub(super) fn said(allowed: &str) -> RemoteAuthorization {
    RemoteAuthorization {
        allowed: allowed.parse().unwrap(),
        status: None,
        location: None,
        authorization_reference: None,
        info: None,
        token: None,
    }
}

pub(super) fn says(allowed: &str) -> Does {
    Does::Says(Box::new(said(allowed)))
}

impl Does {
    /// The same, after so many milliseconds.
    pub(super) fn after(self, ms: u64) -> Does {
        Does::After(ms, Box::new(self))
    }
}

/// A refusal with that HTTP status and code.
pub(super) fn fails_with(http: u16, code: Option<u16>) -> Does {
    Does::Fails(RemoteError::Refused {
        url: "https://emsp.example".to_owned(),
        http,
        code,
        message: None,
        retry_after: None,
    })
}

/// An eMSP of these parties that is connected and serves its Tokens.
pub(super) fn emsp(id: &str, parties: &[&str]) -> StoredPlatform {
    emsp_of(OcpiVersion::V2_3_0, id, parties)
}

/// The same, in that version.
pub(super) fn emsp_of(version: OcpiVersion, id: &str, parties: &[&str]) -> StoredPlatform {
    let tokens = Endpoint {
        identifier: ModuleId::Tokens,
        role: InterfaceRole::Sender,
        url: url(&format!("https://{id}.example/tokens")),
    };
    let role = |name: &&str| PartyRole {
        party: party(name),
        role: Role::Emsp,
    };
    let of = Platform {
        roles: parties.iter().map(role).collect(),
        ..platform(id)
    };
    let seal = ports().credentials_seal;
    StoredPlatform {
        connection: Some(Connection {
            versions_url: versions_url(),
            sealed_token: seal.seal(&of.id, &token("theirs"), &CountedRandomness::default()),
            served: Some(Served {
                version,
                endpoints: vec![tokens],
            }),
            presented: vec![],
            connected_at: now(),
        }),
        ..StoredPlatform::new(of)
    }
}

/// The same platform with another profile.
pub(super) fn with_profile(
    mut stored: StoredPlatform,
    change: impl FnOnce(&mut Profile),
) -> StoredPlatform {
    change(&mut Arc::make_mut(&mut stored.platform).profile);
    stored
}

/// The same platform, which is asked about cards that nobody knows.
pub(super) fn asked_about_unknown(stored: StoredPlatform) -> StoredPlatform {
    with_profile(stored, |profile| profile.ask_unknown = true)
}

/// Our copy of the Token CARD of DE/TNM with the fields of `more`.
pub(super) fn copy(more: &Value) -> StoredToken {
    let mut fields = json!({"country_code": "DE", "party_id": "TNM"});
    for (name, value) in more.as_object().unwrap() {
        fields[name] = value.clone();
    }
    let uid = fields["uid"].as_str().unwrap_or("CARD").to_owned();
    stored_token(&uid, &fields)
}

/// The question of a driver with CARD who wants to start at EVSE E1 of Location LOC1 of NL/ALF.
pub(super) fn start() -> ChargePointRequest {
    ChargePointRequest {
        cpo: Some(party("NL/ALF")),
        uid: "CARD".parse().unwrap(),
        token_type: None,
        location_id: "LOC1".parse().unwrap(),
        evse_uid: Some("E1".parse().unwrap()),
        wanted: Wanted::Start { commanded_at: None },
    }
}

/// The same, of another card.
pub(super) fn start_of(uid: &str, token_type: Option<&str>) -> ChargePointRequest {
    ChargePointRequest {
        uid: uid.parse().unwrap(),
        token_type: token_type.map(|text| text.parse().unwrap()),
        ..start()
    }
}

/// The question whether a card may stop a session.
pub(super) fn stop_of(uid: &str, started_by: StartedBy) -> ChargePointRequest {
    ChargePointRequest {
        wanted: Wanted::Stop(started_by),
        ..start_of(uid, None)
    }
}

type Records = Arc<Mutex<Vec<Arc<AuthorizationRecord>>>>;
type Claims = Arc<Mutex<Vec<SlotClaim>>>;

/// Everything around the use case.
pub(super) struct World {
    pub(super) app: Arc<App>,
    pub(super) peer: Arc<Peer>,
    pub(super) platforms: Arc<KnownPlatforms>,
    pub(super) writes: TokenWrites,
    pub(super) records: Records,
    /// The slots that were claimed.
    pub(super) claims: Claims,
    tokens: Arc<Mutex<Vec<StoredToken>>>,
    does: Arc<Mutex<HashMap<String, Does>>>,
    registry: Registry,
}

impl World {
    pub(super) fn new(platforms: Vec<StoredPlatform>, tokens: Vec<StoredToken>) -> World {
        World::with(platforms, tokens, |_| ())
    }

    pub(super) fn with(
        platforms: Vec<StoredPlatform>,
        tokens: Vec<StoredToken>,
        change: impl FnOnce(&mut ChargePointOptions),
    ) -> World {
        let does: Arc<Mutex<HashMap<String, Does>>> = Arc::default();
        let peer = Peer::knowing("theirs", TokenEncoding::Base64);
        let script = Arc::clone(&does);
        peer.say(move |question| {
            let host = question.url.trim_start_matches("https://");
            let id = host.split('.').next().unwrap();
            let to = question.call.routing.and_then(|routing| routing.to);
            let of_party = to.map(|to| format!("{id} {to}"));
            let script = script.lock().unwrap();
            let does = of_party.and_then(|name| script.get(&name));
            do_it(
                does.or_else(|| script.get(id))
                    .cloned()
                    .unwrap_or(Does::SaysUnknown),
            )
        });
        let tokens = Arc::new(Mutex::new(tokens));
        let (token_store, writes) = token_store(&tokens);
        let (records, claims) = (Records::default(), Claims::default());
        let platforms = KnownPlatforms::of(platforms);
        let mut options = AppOptions::default();
        change(&mut options.charge_point);
        let mut registry = Registry::default();
        let ports = Ports {
            tokens: Arc::new(token_store),
            authorizations: Arc::new(record_store(&records, &claims, &tokens)),
            platforms: Arc::clone(&platforms) as _,
            remote: Arc::clone(&peer) as _,
            clock: Arc::new(PausedClock::new()),
            randomness: Arc::new(CountedRandomness::default()),
            ..ports()
        };
        let app = App::new(ports, hosting(), options, &mut registry);
        World {
            app: Arc::new(app),
            peer,
            platforms,
            writes,
            records,
            claims,
            tokens,
            does,
            registry,
        }
    }

    /// One eMSP, `tnm` of DE/TNM, whose Token CARD we have a copy of.
    pub(super) fn of_copy(more: &Value) -> World {
        World::new(vec![emsp("tnm", &["DE/TNM"])], vec![copy(more)])
    }

    /// The platform does this from now on, or one of its eMSPs: `id` or `id DE/TNM`.
    pub(super) fn does(&self, id: &str, does: Does) -> &World {
        self.does.lock().unwrap().insert(id.to_owned(), does);
        self
    }

    /// There is that Token from now on, instead of the one of its key.
    pub(super) fn put_copy(&self, stored: StoredToken) {
        let mut tokens = self.tokens.lock().unwrap();
        tokens.retain(|it| it.token.key() != stored.token.key());
        tokens.push(stored);
    }

    /// There are no Tokens any more.
    pub(super) fn forget_copies(&self) {
        self.tokens.lock().unwrap().clear();
    }

    /// Writes a platform, as other uses of the store do.
    pub(super) async fn put_platform(&self, stored: StoredPlatform) {
        self.platforms.put_platform(stored, None).await.unwrap();
        self.app.charge_points.platforms_changed();
    }

    pub(super) async fn ask(
        &self,
        request: ChargePointRequest,
    ) -> Result<ChargePointAnswer, ChargePointError> {
        self.app.authorize_at_charge_point(request).await
    }

    /// The answer to a question that has one.
    pub(super) async fn answer(&self, request: ChargePointRequest) -> ChargePointAnswer {
        self.ask(request).await.unwrap()
    }

    /// `source allowed` of the answer to the question about CARD.
    pub(super) async fn outcome(&self) -> String {
        outcome(&self.answer(start()).await)
    }

    /// The platforms that were asked, in their order.
    pub(super) fn asked(&self) -> Vec<String> {
        let questions = self.peer.questions();
        let host = |text: &str| text.trim_start_matches("https://").to_owned();
        let id = |host: String| host.split('.').next().unwrap().to_owned();
        questions
            .iter()
            .map(|question| id(host(&question.url)))
            .collect()
    }

    /// The metrics as they are shown.
    pub(super) fn metrics(&self) -> String {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry).unwrap();
        text
    }
}

/// `source allowed`.
pub(super) fn outcome(answer: &ChargePointAnswer) -> String {
    format!("{} {}", answer.source, answer.allowed)
}

/// Lets so many milliseconds pass, and everything happen that is due in them.
pub(super) async fn pass_ms(ms: u64) {
    later(Duration::from_millis(ms)).await;
}

/// The time that something takes, milliseconds.
pub(super) async fn ms_of<T>(work: impl Future<Output = T>) -> (T, u128) {
    let began = Instant::now();
    let done = work.await;
    (done, began.elapsed().as_millis())
}

async fn do_it(mut does: Does) -> Result<Option<RemoteAuthorization>, RemoteError> {
    loop {
        match does {
            Does::Says(said) => return Ok(Some(*said)),
            Does::SaysUnknown => return Ok(None),
            Does::Fails(error) => return Err(error),
            Does::Hangs => std::future::pending().await,
            Does::After(ms, then) => {
                pass_ms(ms).await;
                does = *then;
            }
        }
    }
}

fn token_store(tokens: &Arc<Mutex<Vec<StoredToken>>>) -> (MockTokenRepository, TokenWrites) {
    let mut store = MockTokenRepository::new();
    let all = Arc::clone(tokens);
    store
        .expect_find_tokens_of_any_party()
        .returning(move |uid, limit| {
            let is_meant = |stored: &&StoredToken| {
                let Token {
                    uid: of,
                    token_type,
                    ..
                } = &*stored.token;
                of == uid || token_type.as_str() == "EMAID" && of.is_same_emaid(uid)
            };
            let all = all.lock().unwrap();
            Ok(all.iter().filter(is_meant).take(limit).cloned().collect())
        });
    let all = Arc::clone(tokens);
    store.expect_find_token().returning(move |key| {
        let all = all.lock().unwrap();
        Ok(all.iter().find(|it| it.token.has_key(key)).cloned())
    });
    let writes = TokenWrites::default();
    let told = Arc::clone(&writes);
    store.expect_put_token().returning(move |write| {
        told.lock().unwrap().push(write.clone());
        Ok(StoredToken {
            token: write.token,
            marks: write.marks,
            revision: ocpi_domain::Revision(6),
        })
    });
    (store, writes)
}

/// Keeps records; an ALLOWED that claims a slot of the group FULL gets none.
fn record_store(
    records: &Records,
    claims: &Claims,
    tokens: &Arc<Mutex<Vec<StoredToken>>>,
) -> MockAuthorizationRepository {
    let mut store = MockAuthorizationRepository::new();
    let told = Arc::clone(records);
    store.expect_append_record().returning(move |record| {
        told.lock().unwrap().push(record);
        Ok(())
    });
    let (told, claimed) = (Arc::clone(records), Arc::clone(claims));
    store
        .expect_append_record_with_slot()
        .returning(move |record, claim| {
            claimed.lock().unwrap().push(claim.clone());
            let group = claim.holder.group_id.as_ref();
            let is_full = group.is_some_and(|group| group.as_str() == "FULL");
            let kept = if is_full {
                Arc::new(record.refused_for_concurrency())
            } else {
                record
            };
            told.lock().unwrap().push(kept);
            Ok(if is_full {
                SlotOutcome::Full
            } else {
                SlotOutcome::Taken
            })
        });
    let told = Arc::clone(records);
    store.expect_find_record().returning(move |reference| {
        let told = told.lock().unwrap();
        Ok(told.iter().find(|it| it.reference == *reference).cloned())
    });
    let all = Arc::clone(tokens);
    store
        .expect_load_authorization_subject()
        .returning(move |query| {
            let [cpo] = query.cpo_parties else {
                panic!("{:?}", query.cpo_parties);
            };
            assert_eq!(
                *query.platform.unwrap(),
                PlatformId::of_charge_points_of(*cpo)
            );
            let all = all.lock().unwrap();
            let found = all.iter().find(|it| {
                query.parties.contains(&it.token.party)
                    && it.token.uid == *query.uid
                    && it.token.token_type == *query.token_type
            });
            let Some(found) = found else {
                return Ok::<_, StorageError>(SubjectLookup::Unknown);
            };
            let mut subject = AuthorizationSubject::of(Token::clone(&found.token));
            subject.groups_are_limited = true;
            Ok(SubjectLookup::One(Box::new(subject)))
        });
    store
}
