//! Each schema is held to the type that is really written or read.

mod charge_point;
mod platforms;
mod pushed;
mod sync;

use std::sync::Arc;

use jsonschema::Validator;
use ocpi_app::Explanation;
use ocpi_domain::{
    AuthorizationRecord, DateTime, Rule, RuleOutcome, RuleStep, Token, TokenAccount, TokenPatch,
};
use ocpi_ports::{ChainFault, ChainHead, ChainLink, ChainReport};
use serde_json::{Value, json};

use super::{COMPONENTS, named};
use crate::answer::Answer;
use crate::endpoints::{audit, authorizations, backup, explain, health, import};
use crate::failure::Failure;
use crate::openapi;
use crate::page::Items;

/// A validator of the named schema, within the document.
fn validator(name: &str) -> Validator {
    let mut schema = named(name);
    schema["components"] = openapi::document()["components"].take();
    jsonschema::draft202012::new(&schema).unwrap()
}

fn assert_valid(name: &str, value: &Value) {
    let faults: Vec<String> = validator(name)
        .iter_errors(value)
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{name}: {faults:?}: {value}");
}

fn assert_invalid(name: &str, value: &Value) {
    assert!(!validator(name).is_valid(value), "{name}: {value}");
}

/// Every property of the named schema.
fn properties(name: &str) -> Vec<String> {
    let document = openapi::document();
    let schema = &document["components"]["schemas"][name];
    let properties = schema["properties"].as_object().unwrap();
    properties.keys().cloned().collect()
}

/// A value with all its fields: it validates, it shows every property that is documented and no
/// other, and no field more would pass.
fn assert_is_all(name: &str, value: &Value) {
    assert_valid(name, value);
    let mut shown: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
    let mut documented = properties(name);
    shown.sort();
    documented.sort();
    assert_eq!(shown, documented, "{name}");
    let mut more = value.clone();
    more["unknown"] = 1.into();
    let schema = &openapi::document()["components"]["schemas"][name];
    let is_strict = schema["additionalProperties"] == false;
    assert_eq!(!validator(name).is_valid(&more), is_strict, "{name}");
}

fn token() -> Value {
    json!({
        "country_code": "CH",
        "party_id": "ABC",
        "uid": "TOKEN123",
        "type": "RFID",
        "contract_id": "CH-ABC-C00000001",
        "visual_number": "1",
        "issuer": "Example",
        "group_id": "GROUP",
        "valid": true,
        "whitelist": "ALLOWED_OFFLINE",
        "language": "de",
        "default_profile_type": "GREEN",
        "energy_contract": {"supplier_name": "Green", "contract_id": "1"},
        "last_updated": "2026-01-01T00:00:00.120Z",
    })
}

fn account() -> Value {
    json!({
        "blocked": true,
        "expires_at": "2027-01-01T00:00:00Z",
        "credit": {"balance": "-12.50", "currency": "EUR"},
        "permitted_locations": [{"country_code": "NL", "party_id": "ALF"}],
        "denied_locations": [
            {"country_code": "NL", "party_id": "ALF", "location_id": "L1"},
            {"country_code": "NL", "party_id": "ALF", "location_id": "L1", "evse_uids": ["E1"]},
        ],
        "concurrent_sessions_max": 1,
        "concurrency_scope": "group",
    })
}

fn record() -> Value {
    json!({
        "reference": "R-1",
        "at": "2024-01-01T00:00:00.120Z",
        "platform": "peer",
        "request_id": "Q-1",
        "correlation_id": "C-1",
        "token_party": {"country_code": "DE", "party_id": "TNM"},
        "token_uid": "CARD",
        "token_type": "RFID",
        "asked": {"location_id": "LOC", "evse_uids": ["E-1"]},
        "allowed_location": {"location_id": "LOC", "evse_uids": []},
        "allowed": "BLOCKED",
        "status": "BLOCKED",
        "rule": "blocked",
        "latency_us": 7,
        "charge_point": {
            "cpo": {"country_code": "NL", "party_id": "ALF"},
            "purpose": "start",
            "source": "real_time",
            "reason": "the eMSP says BLOCKED",
            "decided_by": "peer",
            "contract_id": "DE-TNM-C1",
            "group_id": "GROUP",
            "authorization_reference": "A-1",
            "stops": null,
        },
    })
}

fn moment(text: &str) -> DateTime {
    text.parse().unwrap()
}

/// What the type makes of a text: what it writes itself.
fn through<T: serde::Serialize + serde::de::DeserializeOwned>(value: &Value) -> Value {
    let read: T = serde_json::from_value(value.clone()).unwrap();
    let written = json!(read);
    assert_eq!(written, *value);
    written
}

#[test]
fn a_token_is_as_its_schemas_say() {
    let token = through::<Token>(&token());
    assert_is_all("Token", &token);
    assert_is_all("TokenWrite", &token);
    assert_is_all("EnergyContract", &token["energy_contract"]);
    assert_valid(
        "TokenPage",
        &json!(Items {
            items: vec![&token],
            next: None
        }),
    );
    let mut little = token.clone();
    for name in [
        "visual_number",
        "group_id",
        "language",
        "default_profile_type",
        "energy_contract",
    ] {
        little.as_object_mut().unwrap().remove(name);
        let mut null = token.clone();
        null[name] = Value::Null;
        assert_valid("TokenWrite", &null);
        assert_invalid("Token", &null);
        assert!(serde_json::from_value::<TokenPatch>(null).is_ok());
    }
    assert_valid("Token", &through::<Token>(&little));
}

/// What breaks a rule of a Token's field does so by the schema and by the type.
#[test]
fn a_token_is_refused_by_its_type_and_by_its_schema() {
    for (name, value) in [
        ("country_code", json!("CHE")),
        ("party_id", json!("A*C")),
        ("uid", json!("")),
        ("uid", json!("#NA")),
        ("uid", json!("é")),
        ("uid", json!("x".repeat(37))),
        ("type", json!("")),
        ("contract_id", json!("x".repeat(37))),
        ("visual_number", json!("x".repeat(65))),
        ("issuer", json!("x".repeat(65))),
        ("group_id", json!("x".repeat(37))),
        ("valid", json!("true")),
        ("whitelist", json!("SOMETIMES")),
        ("language", json!("deu")),
        ("default_profile_type", json!("SLOW")),
        ("energy_contract", json!({"contract_id": "1"})),
        ("last_updated", json!(1)),
    ] {
        let mut token = token();
        token[name] = value;
        assert_invalid("Token", &token);
        assert_invalid("TokenWrite", &token);
        assert!(
            serde_json::from_value::<Token>(token.clone()).is_err(),
            "{token}"
        );
    }
}

#[test]
fn an_account_is_as_its_schemas_say() {
    let account = through::<TokenAccount>(&account());
    assert_is_all("TokenAccount", &account);
    assert_is_all("TokenAccountPatch", &account);
    assert_is_all("Credit", &account["credit"]);
    assert_is_all("CreditPatch", &account["credit"]);
    assert_is_all("AccountPlace", &account["denied_locations"][1]);
    assert_valid("TokenAccount", &json!(TokenAccount::default()));
    for name in properties("TokenAccount") {
        assert_valid("TokenAccountPatch", &json!({name.as_str(): null}));
        let nothing = json!({name.as_str(): null});
        let is_read = serde_json::from_value::<TokenAccount>(nothing.clone()).is_ok();
        assert_eq!(
            validator("TokenAccount").is_valid(&nothing),
            is_read,
            "{nothing}"
        );
    }
}

/// What breaks a rule of an account does so by the schema and by the type, an unknown field at
/// every depth among it.
#[test]
fn an_account_is_refused_by_its_type_and_by_its_schema() {
    for (place, value) in [
        ("/unknown", json!(1)),
        ("/credit/unknown", json!(1)),
        ("/credit", json!(["1", "EUR"])),
        ("/credit/balance", json!("much")),
        ("/credit/balance", json!(1)),
        ("/credit/currency", json!("EURO")),
        ("/denied_locations/1/unknown", json!(1)),
        ("/denied_locations/1/evse_uids", json!([])),
        ("/denied_locations/1/evse_uids/0", json!("")),
        ("/denied_locations/1/party_id", json!("A")),
        ("/denied_locations/0/evse_uids", json!([])),
        ("/blocked", json!("no")),
        ("/expires_at", json!(1)),
        ("/concurrent_sessions_max", json!(-1)),
        ("/concurrent_sessions_max", json!(4_294_967_296_u64)),
        ("/concurrency_scope", json!("party")),
    ] {
        let mut account = account();
        let (parent, name) = place.rsplit_once('/').unwrap();
        let parent = account.pointer_mut(parent).unwrap();
        match name.parse::<usize>() {
            Ok(index) => parent[index] = value,
            Err(_) => parent[name] = value,
        }
        assert_invalid("TokenAccount", &account);
        assert_invalid("TokenAccountPatch", &account);
        assert!(
            serde_json::from_value::<TokenAccount>(account.clone()).is_err(),
            "{account}"
        );
    }
    let place = json!([{"country_code": "NL", "party_id": "ALF", "evse_uids": ["E1"]}]);
    let account = json!({"permitted_locations": place});
    assert_invalid("TokenAccount", &account);
    assert!(serde_json::from_value::<TokenAccount>(account).is_err());
}

#[test]
fn a_record_is_as_its_schema_says() {
    let record = through::<AuthorizationRecord>(&record());
    assert_is_all("AuthorizationRecord", &record);
    assert_is_all("Party", &record["token_party"]);
    assert_is_all("LocationReferences", &record["asked"]);
    assert_is_all("ChargePointRecord", &record["charge_point"]);
    let mut of_platform = record.clone();
    of_platform.as_object_mut().unwrap().remove("charge_point");
    assert_valid(
        "AuthorizationRecord",
        &through::<AuthorizationRecord>(&of_platform),
    );
    let mut bare = record.clone();
    for name in [
        "decided_by",
        "contract_id",
        "group_id",
        "authorization_reference",
    ] {
        bare["charge_point"][name] = Value::Null;
    }
    bare["charge_point"]["stops"] = "R-0".into();
    assert_valid(
        "AuthorizationRecord",
        &through::<AuthorizationRecord>(&bare),
    );
    let mut unanswered = record.clone();
    for name in [
        "token_party",
        "asked",
        "allowed_location",
        "allowed",
        "status",
    ] {
        unanswered[name] = Value::Null;
    }
    let unanswered = through::<AuthorizationRecord>(&unanswered);
    let next = Some("7".to_owned());
    let items = vec![&record, &unanswered];
    assert_valid("AuthorizationPage", &json!(Items { items, next }));
    assert_is_all(
        "AuthorizationPage",
        &json!(Items {
            items: vec![&record],
            next: None
        }),
    );
}

#[test]
fn an_explanation_is_as_its_schema_says() {
    let step = |rule, outcome| RuleStep {
        rule,
        outcome,
        detail: "why".to_owned(),
    };
    let record: AuthorizationRecord = serde_json::from_value(record()).unwrap();
    let token: Token = serde_json::from_value(token()).unwrap();
    let full = Explanation {
        allowed: record.allowed,
        status: record.status,
        rule: Rule::Blocked,
        info: ocpi_domain::Refusal::Blocked.text(token.language),
        location: record.asked,
        token: Some(Arc::new(token)),
        account: Some(Arc::new(serde_json::from_value(account()).unwrap())),
        trail: vec![
            step(Rule::Blocked, RuleOutcome::Decided),
            step(Rule::Expired, RuleOutcome::NotReached),
        ],
        slots: pushed::slots(pushed::anywhere()).to_vec(),
    };
    let shown = json!(explain::Explained::from(&full));
    assert_is_all("Explanation", &shown);
    assert_is_all("RuleStep", &shown["trail"][0]);
    assert_is_all("DisplayText", &shown["info"]);
    let none = Explanation {
        allowed: None,
        status: None,
        rule: Rule::UnknownToken,
        info: None,
        location: None,
        token: None,
        account: None,
        trail: Vec::new(),
        slots: Vec::new(),
    };
    assert_valid("Explanation", &json!(explain::Explained::from(&none)));
}

#[test]
fn a_question_for_an_explanation_is_read_as_its_schema_says() {
    let full = json!({
        "country_code": "CH",
        "party_id": "ABC",
        "uid": "TOKEN123",
        "type": "RFID",
        "location_id": "LOC",
        "evse_uids": ["E1"],
        "cpo": {"country_code": "NL", "party_id": "ALF"},
        "platform": "peer",
        "at": "2026-01-01T00:00:00Z",
    });
    assert_is_all("ExplainRequest", &full);
    assert!(explain::reads(&full));
    for (name, value) in [
        (
            "cpo",
            json!({"country_code": "NL", "party_id": "ALF", "x": 1}),
        ),
        ("cpo", json!(["NL", "ALF"])),
        ("uid", json!(1)),
        ("type", json!("")),
        ("evse_uids", json!("E1")),
        ("evse_uids", json!([""])),
        ("platform", json!("a/b")),
        ("x", json!(1)),
    ] {
        let mut question = full.clone();
        question[name] = value;
        assert_invalid("ExplainRequest", &question);
        assert!(!explain::reads(&question), "{question}");
    }
    for name in ["uid", "country_code", "party_id", "location_id"] {
        let mut question = full.clone();
        question.as_object_mut().unwrap().remove(name);
        assert_invalid("ExplainRequest", &question);
        assert!(!explain::reads(&question), "{question}");
    }
}

#[test]
fn a_report_on_the_chain_is_as_its_schema_says() {
    let link = ChainLink([0xab; 32]);
    let report = |fault| ChainReport {
        records: 2,
        oldest: Some(1),
        head: ChainHead { number: 2, link },
        fault,
    };
    let faults = [
        ChainFault::Changed {
            number: 1,
            reference: "R-1".parse().unwrap(),
        },
        ChainFault::Missing { from: 1, to: 2 },
        ChainFault::Beginning,
        ChainFault::Ending,
        ChainFault::Hidden { number: 1 },
        ChainFault::Cut { link },
    ];
    assert_eq!(faults.len(), audit::FAULTS.len());
    for fault in faults {
        let shown = json!(audit::Verified::from(report(Some(fault))));
        assert_is_all("ChainReport", &shown);
        assert_is_all("ChainFault", &shown["fault"]);
        assert_is_all("ChainHead", &shown["head"]);
        assert_eq!(shown["verified"], false);
    }
    let mut whole = report(None);
    whole.oldest = None;
    let shown = json!(audit::Verified::from(whole));
    assert_valid("ChainReport", &shown);
    assert_eq!(shown["verified"], true);
}

#[test]
fn what_comes_of_an_import_and_of_a_backup_is_as_their_schemas_say() {
    let report = import::ImportReport {
        lines: 4,
        created: 1,
        updated: 1,
        unchanged: 1,
        refused: 1,
        refusals: vec![import::RefusedLine {
            line: 3,
            reason: "why".to_owned(),
        }],
    };
    assert_is_all("ImportReport", &json!(report));
    assert_is_all("RefusedLine", &json!(report.refusals[0]));
    let backup = backup::Backup {
        file: "/backup.db",
        bytes: 1,
    };
    assert_is_all("Backup", &json!(backup));
    assert_is_all("BackupRequest", &json!({"file": "/backup.db"}));
    assert_invalid("BackupRequest", &json!({}));
}

async fn body(answer: Answer) -> Value {
    use http_body_util::BodyExt;

    let body = answer.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&body).unwrap()
}

#[tokio::test]
async fn problems_and_health_are_as_their_schemas_say() {
    let ended = Failure::ImportEnded {
        lines: 3,
        cause: Box::new(Failure::BodyBroken),
    };
    assert_is_all("Problem", &body(ended.into_answer()).await);
    assert_valid(
        "Problem",
        &body(Failure::Unauthenticated.into_answer()).await,
    );
    for status in ["live", "ready"] {
        assert_is_all("Health", &json!(health::Health { status }));
    }
}

#[test]
fn every_named_schema_is_one_and_each_name_stands_once() {
    let mut names: Vec<&str> = COMPONENTS.iter().map(|(name, _)| *name).collect();
    for name in &names {
        validator(name);
    }
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}
