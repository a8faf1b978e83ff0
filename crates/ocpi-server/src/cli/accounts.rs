//! `account`

use http::Method;
use serde_json::{Map, Value, json};

use crate::cli::args::{AccountCommand, LimitArgs, TokenArgs};
use crate::cli::client::Client;
use crate::cli::request::Request;
use crate::cli::show;
use crate::cli::tokens::parsed;
use crate::exit::{Exit, Failure};
use crate::system;

pub(super) async fn run(
    client: &Client,
    command: AccountCommand,
    is_json: bool,
) -> Result<Exit, Failure> {
    match command {
        AccountCommand::Get(token) => {
            let request = Request::new(Method::GET, "accounts").token(&token);
            let found = client.send(request).await?.bytes().await?;
            show_account(&found, is_json)?;
            Ok(Exit::Done)
        }
        AccountCommand::Set { token, limits } => {
            patch(client, &token, &changes(&limits)?, is_json).await
        }
        AccountCommand::Delete(token) => {
            let request = Request::new(Method::DELETE, "accounts").token(&token);
            client.send(request).await?;
            if is_json {
                show::json(b"{}");
            } else {
                system::print(&format!("{}: deleted\n", token.token));
            }
            Ok(Exit::Done)
        }
    }
}

/// Changes limits of a Token, and shows all that it has then.
pub(super) async fn patch(
    client: &Client,
    token: &TokenArgs,
    changes: &Value,
    is_json: bool,
) -> Result<Exit, Failure> {
    let request = Request::new(Method::PATCH, "accounts")
        .token(token)
        .body("application/merge-patch+json", changes.to_string());
    let account = client.send(request).await?.bytes().await?;
    show_account(&account, is_json)?;
    Ok(Exit::Done)
}

fn show_account(account: &[u8], is_json: bool) -> Result<(), Failure> {
    if is_json {
        show::json(account);
    } else {
        show::members(&parsed(account)?);
    }
    Ok(())
}

/// The merge patch that the flags describe.
///
/// Spec: RFC 7396.
fn changes(limits: &LimitArgs) -> Result<Value, Failure> {
    let mut credit = Map::new();
    insert(
        &mut credit,
        "balance",
        limits.credit.as_ref().map(|it| json!(it)),
    );
    insert(
        &mut credit,
        "currency",
        limits.currency.as_ref().map(|it| json!(it)),
    );
    let list = |places: &[_]| (!places.is_empty()).then(|| json!(places));
    let mut patch = Map::new();
    for (name, value) in [
        ("blocked", limits.blocked.map(Value::from)),
        ("expires_at", limits.expires_at.map(|it| json!(it))),
        (
            "credit",
            (!credit.is_empty()).then_some(Value::Object(credit)),
        ),
        ("permitted_locations", list(&limits.permit)),
        ("denied_locations", list(&limits.deny)),
        (
            "concurrent_sessions_max",
            limits.concurrent_sessions_max.map(Value::from),
        ),
        (
            "concurrency_scope",
            limits.concurrency_scope.as_ref().map(|it| json!(it)),
        ),
    ] {
        insert(&mut patch, name, value);
    }
    for name in &limits.clear {
        if patch
            .insert(name.clone(), Value::Null)
            .is_some_and(|it| !it.is_null())
        {
            let detail = format!("--clear {name}: the same limit is set by another flag");
            return Err(Failure::new(Exit::Usage, detail));
        }
    }
    Ok(Value::Object(patch))
}

fn insert(object: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        object.insert(name.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        limits: LimitArgs,
    }

    fn changes_of(flags: &[&str]) -> Result<Value, Failure> {
        let line = Line::try_parse_from(std::iter::once(&"set").chain(flags)).unwrap();
        changes(&line.limits)
    }

    /// Beyond the protocol: what is not named stays.
    #[test]
    fn only_what_is_named_is_in_the_patch() {
        let patch = changes_of(&["--blocked", "false", "--credit", "-1.50"]).unwrap();
        assert_eq!(
            patch,
            json!({"blocked": false, "credit": {"balance": "-1.50"}})
        );
        let patch = changes_of(&["--clear", "expires_at", "--clear", "credit"]).unwrap();
        assert_eq!(patch, json!({"expires_at": null, "credit": null}));
    }

    /// Beyond the protocol: a place is a party, a location or EVSEs.
    #[test]
    fn places_are_written_as_the_api_has_them() {
        let flags = [
            "--permit",
            "NL/ALF",
            "--permit",
            "NL/ALF/L1",
            "--deny",
            "NL/ALF/L1/E1,E2",
        ];
        let party = |more: Value| {
            let mut place = json!({"country_code": "NL", "party_id": "ALF"});
            place
                .as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            place
        };
        assert_eq!(
            changes_of(&flags).unwrap(),
            json!({
                "permitted_locations": [party(json!({})), party(json!({"location_id": "L1"}))],
                "denied_locations":
                    [party(json!({"location_id": "L1", "evse_uids": ["E1", "E2"]}))],
            })
        );
    }

    /// Beyond the protocol: contradictions and empty commands are slips.
    #[test]
    fn a_limit_that_is_set_and_cleared_and_no_limit_at_all_are_refused() {
        let refused = changes_of(&["--credit", "1", "--clear", "credit"]).unwrap_err();
        assert_eq!(refused.exit, Exit::Usage);
        for flags in [
            &[][..],
            &["--clear", "colour"],
            &["--permit", "NL"],
            &["--deny", "NL/ALF/L/"],
        ] {
            let line = Line::try_parse_from(std::iter::once(&"set").chain(flags));
            assert!(line.is_err(), "{flags:?}");
        }
    }
}
