//! A CPO, NL/ALF, over real sockets, with eMSPs that the test plays.

use std::sync::Arc;

use ocpi_app::{ChargePointAnswer, ChargePointOptions, ChargePointRequest, StartedBy, Wanted};
use ocpi_domain::{
    AllowedType, AuthorizationRecord, AuthorizationReference, DecisionSource, OcpiVersion,
    Platform, Profile, Role, Token, TokenMarks, TokenType,
};
use ocpi_ports::{
    AuthorizationRepository, RecordQuery, StoredPlatform, TokenRepository, TokenWrite,
};
use serde_json::{Value, json};

use crate::support::peer::{Asked, Peer, Reply};
use crate::support::remote::connected_at;
use crate::support::token::{card, with};
use crate::support::world::{World, WorldBuilder, hosted, platform};

/// What is asked of NL/ALF's charge point at the EVSE E1 of LOC1.
pub(super) fn to_start(uid: &str) -> ChargePointRequest {
    ChargePointRequest {
        cpo: None,
        uid: uid.parse().expect("a uid"),
        token_type: None,
        location_id: "LOC1".parse().expect("a location"),
        evse_uid: Some("E1".parse().expect("an EVSE")),
        wanted: Wanted::Start { commanded_at: None },
    }
}

/// The same, to stop the session that this began.
pub(super) fn to_stop(uid: &str, started: StartedBy) -> ChargePointRequest {
    ChargePointRequest {
        wanted: Wanted::Stop(started),
        ..to_start(uid)
    }
}

/// A Token of DE/TNM.
pub(super) fn foreign(uid: &str, changes: &Value) -> Value {
    let owner = json!({"country_code": "DE", "party_id": "TNM"});
    with(with(card(uid), &owner), changes)
}

/// The answer of an eMSP that allows this Token, with these members changed.
pub(super) fn allowing(token: &Value, changes: &Value) -> Value {
    with(json!({"allowed": "ALLOWED", "token": token}), changes)
}

/// Which Token is asked about.
pub(super) fn uid_asked(asked: &Asked) -> String {
    let path = asked.target.split('?').next().unwrap_or_default();
    let segments: Vec<&str> = path.split('/').collect();
    match segments.as_slice() {
        [.., uid, "authorize"] => (*uid).to_owned(),
        _ => panic!("no question: {}", asked.line()),
    }
}

/// A CPO and what it knows.
pub(super) struct Stage {
    pub(super) world: World,
}

/// What a stage is made of.
pub(super) struct StageBuilder {
    pub(super) builder: WorldBuilder,
    platforms: Vec<StoredPlatform>,
}

impl StageBuilder {
    /// NL/ALF hosted as CPO, nobody known, and nobody waited for longer than needed.
    pub(super) fn new() -> StageBuilder {
        let mut builder = WorldBuilder::alone();
        builder.hosted = vec![hosted("NL", "ALF", &[Role::Cpo])];
        StageBuilder {
            builder,
            platforms: Vec::new(),
        }
    }

    /// Sets what the operator may set.
    pub(super) fn options(mut self, set: impl FnOnce(&mut ChargePointOptions)) -> StageBuilder {
        set(&mut self.builder.options.charge_point);
        self
    }

    /// Knows the platform of this peer, in that version.
    pub(super) fn knows(
        mut self,
        known: Platform,
        version: OcpiVersion,
        peer: &Peer,
    ) -> StageBuilder {
        let url = format!("{}/ocpi", peer.url);
        self.platforms.push(connected_at(known, version, &url));
        self
    }

    /// Knows the eMSP DE/TNM, which this peer is.
    pub(super) fn emsp(self, profile: Profile, peer: &Peer) -> StageBuilder {
        let emsp = platform("emsp", profile, &[("DE", "TNM", Role::Emsp)]);
        self.knows(emsp, OcpiVersion::V2_3_0, peer)
    }

    pub(super) async fn start(self) -> Stage {
        let mut builder = self.builder;
        builder.platforms = self.platforms;
        Stage {
            world: builder.start().await,
        }
    }
}

impl Stage {
    /// A CPO that knows the eMSP DE/TNM, which this peer is.
    pub(super) async fn with(peer: &Peer) -> Stage {
        StageBuilder::new()
            .emsp(Profile::default(), peer)
            .start()
            .await
    }

    /// Has a copy of this Token.
    pub(super) async fn copy(&self, token: &Value) {
        let token: Token = serde_json::from_value(token.clone()).expect("a Token");
        let write = TokenWrite {
            token: Arc::new(token),
            marks: TokenMarks::default(),
            follows: None,
        };
        let stored = self.world.store.put_token(write).await;
        stored.expect("it is new");
    }

    /// The answer to a question.
    pub(super) async fn answer(&self, request: ChargePointRequest) -> ChargePointAnswer {
        let answered = self.world.app.authorize_at_charge_point(request).await;
        answered.unwrap_or_else(|error| panic!("no answer: {error}"))
    }

    /// What becomes of who starts with this.
    pub(super) async fn starts(&self, uid: &str) -> (AllowedType, DecisionSource) {
        let answer = self.answer(to_start(uid)).await;
        (answer.allowed, answer.source)
    }

    /// Everything recorded, the newest first.
    pub(super) async fn records(&self) -> Vec<Arc<AuthorizationRecord>> {
        let query = RecordQuery::default();
        let listed = self.world.store.list_records(&query, None, 1000).await;
        let records = listed.expect("the store lists");
        records.into_iter().map(|stored| stored.record).collect()
    }

    /// The record of this answer.
    pub(super) async fn record(&self, of: &AuthorizationReference) -> Arc<AuthorizationRecord> {
        let found = self.world.store.find_record(of).await;
        found.expect("the store reads").expect("it is recorded")
    }
}

/// An eMSP that answers so.
pub(super) async fn emsp(reply: Reply) -> Peer {
    let peer = Peer::start().await;
    peer.answers(move |_| reply.clone());
    peer
}

/// The type that a charge point says.
pub(super) fn of_type(request: ChargePointRequest, token_type: TokenType) -> ChargePointRequest {
    ChargePointRequest {
        token_type: Some(token_type),
        ..request
    }
}
