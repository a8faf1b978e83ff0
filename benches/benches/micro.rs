//! What the steps of an authorization cost: reading JSON, the rules, writing JSON, dates.

#![expect(
    clippy::expect_used,
    reason = "a fixture that is wrong must end the run, not be measured"
)]

use std::sync::Arc;

use divan::{Bencher, black_box};
use ocpi_domain::{
    AllowedType, AuthorizationInfo, AuthorizationRequest, AuthorizationSubject, DateTime,
    LocationReferences, Party, Token, TokenAccount, TokenPatch, decide,
};
use serde::de::DeserializeOwned;

const TOKEN: &str = r#"{"country_code":"CH","party_id":"ABC","uid":"04A3B2C1D0E5F6",
    "type":"RFID","contract_id":"CH-ABC-C00000001","visual_number":"CH-ABC-00000001",
    "issuer":"ChargePoint Inc","group_id":"FLEET-00000001","valid":true,
    "whitelist":"ALLOWED_OFFLINE","language":"en","last_updated":"2024-01-01T00:00:00Z"}"#;

const PATCH: &str = r#"{"valid":false,"last_updated":"2024-06-01T12:30:00.250Z"}"#;

const LOCATION: &str = r#"{"location_id":"LOC001","evse_uids":["EVSE001","EVSE002"]}"#;

const ACCOUNT: &str = r#"{
    "expires_at": "2034-01-01T00:00:00Z",
    "credit": {"balance": "12.50", "currency": "EUR"},
    "permitted_locations": [
        {"country_code": "NL", "party_id": "ALF"},
        {"country_code": "CH", "party_id": "ABC", "location_id": "LOC000"},
        {"country_code": "CH", "party_id": "ABC", "location_id": "LOC001",
         "evse_uids": ["EVSE001", "EVSE002", "EVSE003"]}
    ],
    "denied_locations": [
        {"country_code": "CH", "party_id": "ABC", "location_id": "LOC001",
         "evse_uids": ["EVSE002"]}
    ],
    "concurrent_sessions_max": 2
}"#;

const NOW: &str = "2026-01-01T00:00:00.250Z";

fn main() {
    divan::main();
}

fn fixture<T: DeserializeOwned>(json: &str) -> T {
    serde_json::from_str(json).expect("a fixture is right")
}

fn moment() -> DateTime {
    NOW.parse().expect("a fixture is right")
}

fn answer() -> AuthorizationInfo {
    AuthorizationInfo {
        allowed: AllowedType::Allowed,
        token: Arc::new(fixture(TOKEN)),
        location: Some(fixture(LOCATION)),
        authorization_reference: Some(fixture(r#""5f2b1c3e-8d4a-4c6f-9e01-000000000001""#)),
        info: None,
    }
}

#[divan::bench]
fn parse_token(bencher: Bencher<'_, '_>) {
    fixture::<Token>(TOKEN);
    bencher.bench(|| serde_json::from_str::<Token>(black_box(TOKEN)));
}

#[divan::bench]
fn parse_token_patch(bencher: Bencher<'_, '_>) {
    fixture::<TokenPatch>(PATCH);
    bencher.bench(|| serde_json::from_str::<TokenPatch>(black_box(PATCH)));
}

#[divan::bench]
fn write_token(bencher: Bencher<'_, '_>) {
    let token: Token = fixture(TOKEN);
    bencher.bench(|| serde_json::to_vec(black_box(&token)));
}

#[divan::bench]
fn write_authorization_info(bencher: Bencher<'_, '_>) {
    let answer = answer();
    bencher.bench(|| serde_json::to_vec(black_box(&answer)));
}

#[divan::bench]
fn decide_without_account(bencher: Bencher<'_, '_>) {
    bench_decide(bencher, None);
}

#[divan::bench]
fn decide_with_places(bencher: Bencher<'_, '_>) {
    bench_decide(bencher, Some(fixture(ACCOUNT)));
}

fn bench_decide(bencher: Bencher<'_, '_>, account: Option<TokenAccount>) {
    let subject = AuthorizationSubject {
        account: account.map(Arc::new),
        ..AuthorizationSubject::of(fixture(TOKEN))
    };
    let location: LocationReferences = fixture(LOCATION);
    let cpo_parties = [Party::new("CH", "ABC").expect("a fixture is right")];
    let request = AuthorizationRequest {
        cpo_parties: &cpo_parties,
        location: Some(&location),
    };
    let now = moment();
    let decision = decide(&subject, &request, now);
    assert_eq!(decision.allowed(), Some(AllowedType::Allowed));
    bencher.bench(|| decide(black_box(&subject), black_box(&request), now));
}

#[divan::bench]
fn parse_date_time(bencher: Bencher<'_, '_>) {
    moment();
    bencher.bench(|| black_box(NOW).parse::<DateTime>());
}

#[divan::bench]
fn write_date_time(bencher: Bencher<'_, '_>) {
    let moment = moment();
    bencher.bench(|| serde_json::to_vec(black_box(&moment)));
}
