//! Calls of modules: what they carry, and what comes of them.

mod ask;
mod connection;
mod put;

use ocpi_app::OutboundError;
use ocpi_domain::{LocationReferences, Role, Token, TokenType, TokenUid};
use serde_json::{Value, json};

use super::{TOKEN_A, TOKEN_C, answer_of, follow, lists, register, registered, stage};
use crate::credentials::stage::{PEER, Stage, role};
use crate::support::pair::id;
use crate::support::peer::{Asked, Reply};
use crate::support::token::{card, with};

fn token_of(changes: &Value) -> Token {
    serde_json::from_value(with(card("CARD1"), changes)).expect("a Token")
}

/// A platform, CPO and eMSP DE/TNM, with which we registered in this version; its modules answer
/// with this.
async fn answering(version: &'static str, reply: Reply) -> Stage {
    let stage = registered_as_both(version).await;
    stage.peer.forget();
    let answer = reply;
    stage.peer.answers(move |_| answer.clone());
    stage
}

async fn registered_as_both(version: &'static str) -> Stage {
    if version == "2.1.1" {
        // One party in one role; the tests of a CPO register as with one.
        return registered(version).await;
    }
    let stage = stage().await;
    let mut book = lists(&stage, &[version]);
    book.endpoints.push(("tokens", "RECEIVER"));
    let mut credentials = answer_of(&stage, version, TOKEN_C);
    credentials["roles"] = json!([role("EMSP", "DE", "TNM"), role("CPO", "DE", "TNM")]);
    book.credentials = Some(credentials);
    follow(&stage, book);
    register(&stage).await.expect("by the book");
    stage
}

/// A CPO of 2.1.1.
async fn cpo_of_2_1_1(reply: Reply) -> Stage {
    let stage = stage().await;
    follow(&stage, lists(&stage, &["2.1.1"]));
    let request = ocpi_app::RegisterRequest {
        versions_url: stage.peer.versions_url().parse().expect("a URL"),
        token: ocpi_domain::CredentialsToken::new(TOKEN_A).expect("a token"),
        peer_role: Some(Role::Cpo),
    };
    let app = &stage.world.app;
    app.register_with(&id(PEER), request)
        .await
        .expect("by the book");
    stage.peer.forget();
    stage.peer.answers(move |_| reply.clone());
    stage
}

async fn put(stage: &Stage, token: &Token) -> Result<(), OutboundError> {
    stage.world.app.put_token_at(&id(PEER), token).await
}

async fn ask(
    stage: &Stage,
    uid: &str,
    location: Option<&LocationReferences>,
) -> Result<Option<Value>, OutboundError> {
    let uid: TokenUid = uid.parse().expect("a uid");
    let app = &stage.world.app;
    let answered = app
        .authorize_at(&id(PEER), &uid, &TokenType::Rfid, location)
        .await?;
    Ok(answered.map(|answer| {
        json!({
            "allowed": answer.allowed,
            "location": answer.location,
            "reference": answer.authorization_reference,
            "info": answer.info,
            "token": answer.token,
        })
    }))
}

fn only(stage: &Stage) -> Asked {
    let asked = stage.peer.asked();
    let [one] = asked.as_slice() else {
        panic!("asked {} times: {asked:?}", asked.len());
    };
    one.clone()
}

fn header<'a>(asked: &'a Asked, name: &str) -> &'a str {
    asked.headers.get(name).map_or("", String::as_str)
}
