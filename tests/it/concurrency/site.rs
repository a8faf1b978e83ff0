//! An eMSP, asked and told by two CPOs.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ocpi_app::{
    App, AuthorizeTokenRequest, PatchSessionError, PatchSessionRequest, PutSessionError,
    PutSessionRequest, RequestContext, Routing, Written,
};
use ocpi_domain::{
    AllowedType, AuthorizationReference, AuthorizationStatus, Caller, CredentialsUse,
    LocationReferences, MessageId, OcpiVersion, Party, Profile, Role, TokenAccount, TokenKey,
    TokenMarks, TokenType,
};
use ocpi_ports::{AccountWrite, TokenWrite};
use serde_json::{Value, json};

use crate::support::clock::{CountingRandomness, TestClock};
use crate::support::program::Directory;
use crate::support::stores::{Kind, Stores};
use crate::support::token::{card, with};
use crate::support::world::{WorldBuilder, party, platform};

/// Both stores.
pub(super) const KINDS: [Kind; 2] = [Kind::Memory, Kind::Sqlite];

/// The CPOs, each with a platform of its own.
pub(super) const CPOS: [(&str, &str); 2] = [("NL", "ALF"), ("FR", "BET")];

/// An answer, as far as it matters how many cars there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// ALLOWED under this reference.
    Allowed(AuthorizationReference),
    /// `NOT_ALLOWED` with the status `CONCURRENT_TX`.
    Concurrent,
}

impl Answer {
    pub(super) fn is_allowed(&self) -> bool {
        matches!(self, Answer::Allowed(_))
    }

    /// The reference of an ALLOWED.
    pub(super) fn reference(&self) -> &AuthorizationReference {
        match self {
            Answer::Allowed(reference) => reference,
            Answer::Concurrent => panic!("it was refused"),
        }
    }
}

/// CH/ABC as eMSP, on a store of either kind.
pub(super) struct Site {
    pub(super) app: Arc<App>,
    pub(super) clock: Arc<TestClock>,
    /// No reference may come twice, not after a restart either.
    pub(super) randomness: Arc<CountingRandomness>,
    pub(super) stores: Stores,
    kind: Kind,
    directory: Directory,
}

impl Site {
    /// One that knows no Token.
    pub(super) async fn new(kind: Kind) -> Site {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let directory = Directory::new(&format!("site-{number}"));
        let clock = Arc::new(TestClock::new());
        Site::open(kind, directory, clock, Arc::default()).await
    }

    async fn open(
        kind: Kind,
        directory: Directory,
        clock: Arc<TestClock>,
        randomness: Arc<CountingRandomness>,
    ) -> Site {
        let stores = Stores::open(kind, &directory.path().join("ocpi.db"));
        let mut builder = WorldBuilder::new();
        builder.clock = Arc::clone(&clock);
        builder.randomness = Arc::clone(&randomness);
        // Who asks is said by the test.
        builder.platforms.clear();
        builder.stores = Some(stores.clone());
        let (app, _) = builder.build().await;
        Site {
            app,
            clock,
            randomness,
            stores,
            kind,
            directory,
        }
    }

    /// The same after a restart; a store in memory has none.
    pub(super) async fn restarted(self) -> Site {
        if self.kind == Kind::Memory {
            return self;
        }
        let Site {
            app,
            clock,
            randomness,
            stores,
            kind,
            directory,
        } = self;
        // The file can be opened again when nobody has it any more.
        drop((app, stores));
        Site::open(kind, directory, clock, randomness).await
    }

    /// Stores a card with this account; in this group, when there is one.
    pub(super) async fn add(&self, uid: &str, group_id: Option<&str>, account: &Value) {
        let token = with(card(uid), &json!({"group_id": group_id}));
        let token = TokenWrite {
            token: Arc::new(serde_json::from_value(token).expect("a Token")),
            marks: TokenMarks::default(),
            follows: None,
        };
        self.stores.tokens.put_token(token).await.expect("stored");
        let account: TokenAccount = serde_json::from_value(account.clone()).expect("an account");
        let account = AccountWrite {
            key: TokenKey {
                party: party("CH", "ABC"),
                uid: uid.parse().expect("a uid"),
                token_type: TokenType::Rfid,
            },
            account: Arc::new(account),
            follows: None,
        };
        self.stores
            .accounts
            .put_account(account)
            .await
            .expect("stored");
    }

    /// Asks as the first CPO whether a card may charge at the only EVSE named.
    pub(super) async fn ask(&self, uid: &str, evse: &str) -> Answer {
        self.ask_at(uid, Some(("LOC1", &[evse]))).await
    }

    /// Asks as the first CPO.
    pub(super) async fn ask_at(&self, uid: &str, place: Option<(&str, &[&str])>) -> Answer {
        self.ask_as(0, uid, place).await
    }

    /// Asks as one of the [`CPOS`].
    pub(super) async fn ask_as(
        &self,
        cpo: usize,
        uid: &str,
        place: Option<(&str, &[&str])>,
    ) -> Answer {
        let location = place.map(|(location_id, evse_uids)| LocationReferences {
            location_id: location_id.parse().expect("an id"),
            evse_uids: evse_uids
                .iter()
                .map(|uid| uid.parse().expect("a uid"))
                .collect(),
        });
        ask(&self.app, &context(cpo), uid, location).await
    }

    /// Puts a session of one of the [`CPOS`], which must be taken.
    pub(super) async fn put(&self, session: &Value) -> Written {
        self.try_put(session).await.expect("it is taken")
    }

    pub(super) async fn try_put(&self, session: &Value) -> Result<Written, PutSessionError> {
        let text = |name: &str| session[name].as_str().expect("a text");
        let party = party(text("country_code"), text("party_id"));
        let request = PutSessionRequest {
            party,
            id: text("id").parse().expect("an id"),
            members: serde_json::from_value(session.clone()).expect("members"),
        };
        self.app.put_session(&context_of(party), request).await
    }

    /// Patches a session of the first CPO, which must be taken.
    pub(super) async fn patch(&self, id: &str, change: &Value) {
        self.try_patch(0, id, change).await.expect("it is taken");
    }

    pub(super) async fn try_patch(
        &self,
        cpo: usize,
        id: &str,
        change: &Value,
    ) -> Result<(), PatchSessionError> {
        let request = PatchSessionRequest {
            party: cpo_party(cpo),
            id: id.parse().expect("an id"),
            members: serde_json::from_value(change.clone()).expect("members"),
        };
        self.app.patch_session(&context(cpo), request).await
    }

    /// The moment, as the `last_updated` of a push.
    pub(super) fn now(&self) -> String {
        self.app.now().to_string()
    }

    /// A running session of a card at an EVSE of `LOC1`, of this moment.
    pub(super) fn session(&self, id: &str, uid: &str, evse: &str) -> Value {
        with(
            crate::support::push::session(id, uid),
            &json!({"evse_uid": evse, "last_updated": self.now()}),
        )
    }

    /// The end of a session, of this moment.
    pub(super) fn end(&self) -> Value {
        json!({"status": "COMPLETED", "last_updated": self.now()})
    }

    /// Lets time pass.
    pub(super) fn wait_ms(&self, ms: u32) {
        self.clock.advance_ms(ms);
    }
}

/// Asks as the platform of the context.
pub(super) async fn ask(
    app: &App,
    context: &RequestContext,
    uid: &str,
    location: Option<LocationReferences>,
) -> Answer {
    let request = AuthorizeTokenRequest {
        owner: None,
        uid,
        token_type: TokenType::Rfid,
        location,
    };
    let answer = app.authorize_token(context, request).await;
    let answer = answer.unwrap_or_else(|error| panic!("{uid}: {error}"));
    let reference = answer.info.authorization_reference;
    match (answer.info.allowed, answer.status, reference) {
        (AllowedType::Allowed, AuthorizationStatus::Accepted, Some(reference)) => {
            Answer::Allowed(reference)
        }
        (AllowedType::NotAllowed, AuthorizationStatus::ConcurrentTx, None) => Answer::Concurrent,
        other => panic!("{uid}: {other:?}"),
    }
}

fn cpo_party(cpo: usize) -> Party {
    let (country_code, party_id) = CPOS[cpo];
    party(country_code, party_id)
}

/// The context of a request of one of the [`CPOS`].
pub(super) fn context(cpo: usize) -> RequestContext {
    context_of(cpo_party(cpo))
}

fn context_of(cpo: Party) -> RequestContext {
    let (country_code, party_id) = (cpo.country_code.to_string(), cpo.party_id.to_string());
    let roles = [(&*country_code, &*party_id, Role::Cpo)];
    RequestContext {
        caller: Caller {
            platform: Arc::new(platform(&party_id, Profile::default(), &roles)),
            credentials: CredentialsUse::Live,
        },
        version: OcpiVersion::V2_3_0,
        routing: Routing::default(),
        request_id: MessageId::new("request").expect("an id"),
        correlation_id: MessageId::new("correlation").expect("an id"),
    }
}
