//! `platform`

use std::path::Path;

use bytes::Bytes;
use http::Method;
use ocpi_domain::{CredentialsToken, PlatformId};
use serde_json::{Value, json};

use crate::cli::args::{PlatformCommand, RegisterArgs};
use crate::cli::client::Client;
use crate::cli::request::Request;
use crate::cli::show;
use crate::cli::show::text_of;
use crate::cli::tokens::parsed;
use crate::config_file::Secret;
use crate::exit::{Exit, Failure};
use crate::settings;
use crate::system;

/// Where the token of a registration comes from when no file is named.
const REGISTRATION_TOKEN: &str = "OCPI_REGISTRATION_TOKEN";

pub(super) async fn run(
    client: &Client,
    command: PlatformCommand,
    is_json: bool,
) -> Result<Exit, Failure> {
    match command {
        PlatformCommand::List { limit, after } => list(client, limit, after, is_json).await,
        PlatformCommand::Show { id } => {
            let found = client.send(of(Method::GET, &id)).await?.bytes().await?;
            show_platform(&found, is_json)
        }
        PlatformCommand::BootstrapToken { id } => bootstrap_token(client, &id, is_json).await,
        PlatformCommand::Register(args) => register(client, &args, is_json).await,
        PlatformCommand::Rotate { id, compromised } => {
            require_server(client, "rotate")?;
            let body = json!({"compromised": compromised});
            handshake(client, &id, "rotate", &body, is_json).await
        }
        PlatformCommand::Unregister { id, forced } => {
            let body = json!({"forced": forced});
            handshake(client, &id, "unregister", &body, is_json).await
        }
    }
}

/// A request about one platform.
fn of(method: Method, id: &PlatformId) -> Request {
    Request::new(method, "platforms").segment(id.as_str())
}

async fn list(
    client: &Client,
    limit: u32,
    after: Option<String>,
    is_json: bool,
) -> Result<Exit, Failure> {
    let request = Request::new(Method::GET, "platforms")
        .query("limit", Some(limit))
        .query("after", after);
    let page = client.send(request).await?.bytes().await?;
    if is_json {
        show::json(&page);
    } else {
        show_page(&parsed(&page)?);
    }
    Ok(Exit::Done)
}

async fn bootstrap_token(client: &Client, id: &PlatformId, is_json: bool) -> Result<Exit, Failure> {
    create_if_absent(client, id).await?;
    let request = of(Method::POST, id)
        .segment("bootstrap-token")
        .json(&json!({}));
    let issued = client.send(request).await?.bytes().await?;
    if is_json {
        show::json(&issued);
    } else {
        show::members(&parsed(&issued)?);
    }
    Ok(Exit::Done)
}

async fn register(client: &Client, args: &RegisterArgs, is_json: bool) -> Result<Exit, Failure> {
    require_server(client, "register")?;
    let token = registration_token(args.token_file.as_deref())?;
    create_if_absent(client, &args.id).await?;
    let mut body = json!({"versions_url": args.versions_url, "token": token.expose()});
    if let Some(role) = args.role {
        body["role"] = role.name().into();
    }
    handshake(client, &args.id, "register", &body, is_json).await
}

/// Asks for a handshake, and shows the platform as it is after it.
async fn handshake(
    client: &Client,
    id: &PlatformId,
    what: &str,
    body: &Value,
    is_json: bool,
) -> Result<Exit, Failure> {
    let request = of(Method::POST, id).segment(what).json(body);
    let platform = client.send(request).await?.bytes().await?;
    show_platform(&platform, is_json)
}

/// The other side calls us back before it answers, and here nobody would listen.
fn require_server(client: &Client, what: &str) -> Result<(), Failure> {
    if !client.is_in_process() {
        return Ok(());
    }
    let detail = format!(
        "platform {what}: the server must run, because the platform calls it back meanwhile; \
         start it, and give this command the same --config or --store"
    );
    Err(Failure::new(Exit::Unreachable, detail))
}

/// An operator who lets a platform register for the first time has nothing else to say of it.
async fn create_if_absent(client: &Client, id: &PlatformId) -> Result<(), Failure> {
    match client.send(of(Method::GET, id)).await {
        Err(failure) if failure.exit == Exit::NotFound => {
            let request = of(Method::PUT, id).json(&json!({}));
            client.send(request).await?;
            Ok(())
        }
        found => found.map(drop),
    }
}

/// The token that the platform gave us: out of a file or the environment.
fn registration_token(file: Option<&Path>) -> Result<CredentialsToken, Failure> {
    let (source, text) = if let Some(file) = file {
        (file.display().to_string(), read_secret(file)?)
    } else {
        let Some(Secret(text)) = settings::secret(REGISTRATION_TOKEN, None)? else {
            let detail = format!(
                "the token that the platform gave us is needed: name its file by --token-file \
                 (`-` is standard input), or set {REGISTRATION_TOKEN}"
            );
            return Err(Failure::new(Exit::Usage, detail));
        };
        (REGISTRATION_TOKEN.to_owned(), text)
    };
    CredentialsToken::new(text.trim()).map_err(|error| {
        let detail = format!("{source}: the token {error}");
        Failure::new(Exit::Usage, detail)
    })
}

fn read_secret(file: &Path) -> Result<String, Failure> {
    let read = if file.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(file)
    };
    read.map_err(|error| {
        let detail = format!("--token-file {}: {error}", file.display());
        Failure::new(Exit::Failed, detail)
    })
}

fn show_page(page: &Value) {
    let items = page["items"].as_array().map_or(&[][..], Vec::as_slice);
    let rows = items.iter().map(|platform| {
        let connection = &platform["connection"];
        [
            text_of(&platform["id"]),
            text_of(&platform["registered"]),
            text_of(&connection["version"]),
            joined(&platform["roles"], role_of),
            text_of(&connection["versions_url"]),
        ]
    });
    let names = ["PLATFORM", "REGISTERED", "VERSION", "PARTIES", "AT"];
    show::table(names, rows.collect());
    if let Some(next) = page["next"].as_str() {
        system::print(&format!("there are more: --after {next}\n"));
    }
}

fn show_platform(platform: &Bytes, is_json: bool) -> Result<Exit, Failure> {
    if is_json {
        show::json(platform);
    } else {
        show::names_and_values(&rows_of(&parsed(platform)?));
    }
    Ok(Exit::Done)
}

/// A platform as a person reads it: each list in one line, and each endpoint in a line of its own.
fn rows_of(platform: &Value) -> Vec<[String; 2]> {
    let connection = &platform["connection"];
    let mut rows = vec![
        ("id", text_of(&platform["id"])),
        ("registered", text_of(&platform["registered"])),
        ("roles", joined(&platform["roles"], role_of)),
        ("hub_party_id", text_of(&platform["hub_party_id"])),
        (
            "allowed_parties",
            joined(&platform["allowed_parties"], party_of),
        ),
        (
            "our_party",
            joined(&json!([platform["our_party"]]), party_of),
        ),
        ("profile", profile_of(&platform["profile"])),
        ("tokens", joined(&platform["tokens"], token_of)),
        ("versions_url", text_of(&connection["versions_url"])),
        ("version", text_of(&connection["version"])),
        ("breaker", breaker_of(&platform["breaker"])),
    ];
    let endpoints = connection["endpoints"].as_array();
    for endpoint in endpoints.into_iter().flatten() {
        let names = ["identifier", "role", "url"].map(|name| text_of(&endpoint[name]));
        rows.push(("endpoint", names.join(" ")));
    }
    rows.into_iter()
        .map(|(name, value)| [name.to_owned(), value])
        .collect()
}

/// The items of a list, each as `shown`; `-` when there is none.
fn joined(list: &Value, shown: impl Fn(&Value) -> String) -> String {
    let items = list.as_array().into_iter().flatten();
    let texts: Vec<String> = items.filter(|item| !item.is_null()).map(shown).collect();
    if texts.is_empty() {
        "-".to_owned()
    } else {
        texts.join(", ")
    }
}

/// `CPO NL/XYZ`
fn role_of(role: &Value) -> String {
    format!("{} {}", text_of(&role["role"]), party_of(role))
}

/// `NL/XYZ`
fn party_of(party: &Value) -> String {
    ["country_code", "party_id"]
        .map(|name| text_of(&party[name]))
        .join("/")
}

/// `auth_encoding auto, no_answer deny, tutorial`: what has a value, then the switches that are on.
fn profile_of(profile: &Value) -> String {
    let members = || profile.as_object().into_iter().flatten();
    let set = members().filter(|(_, value)| value.is_string() || value.is_number());
    let on = members().filter(|(_, value)| **value == true);
    set.map(|(name, value)| format!("{name} {}", text_of(value)))
        .chain(on.map(|(name, _)| name.clone()))
        .collect::<Vec<_>>()
        .join(", ")
}

/// `open since 2026-01-01T00:00:00Z, 5 failures: it did not answer`
fn breaker_of(breaker: &Value) -> String {
    let mut text = text_of(&breaker["state"]);
    if let Some(since) = breaker["open_since"].as_str() {
        text = format!("{text} since {since}");
    }
    if let Some(failures) = breaker["failures"].as_u64().filter(|it| *it > 0) {
        text = format!("{text}, {failures} failures");
    }
    match breaker["reason"].as_str() {
        Some(reason) => format!("{text}: {reason}"),
        None => text,
    }
}

/// `former 0a1b2c3d until 2026-01-01T00:00:00Z`
fn token_of(token: &Value) -> String {
    let name = format!("{} {}", text_of(&token["use"]), text_of(&token["hash"]));
    match token["until"].as_str() {
        Some(until) => format!("{name} until {until}"),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Beyond the protocol: what a person reads.
    #[test]
    fn a_platform_is_shown_line_by_line() {
        let party = json!({"country_code": "NL", "party_id": "XYZ"});
        let platform = json!({
            "id": "peer",
            "roles": [{"role": "CPO", "country_code": "NL", "party_id": "XYZ"}],
            "hub_party_id": null,
            "allowed_parties": [party],
            "our_party": null,
            "profile": {
                "tutorial": true,
                "strict_from": false,
                "auth_encoding": "raw",
                "no_answer": "deny",
                "authorize_timeout_ms": null,
            },
            "breaker": {
                "state": "open",
                "failures": 5,
                "open_since": "2026-01-01T00:00:00Z",
                "reason": "it did not answer within 1500 ms",
            },
            "registered": true,
            "tokens": [
                {"use": "live", "hash": "0a1b2c3d", "until": null},
                {"use": "former", "hash": "11223344", "until": "2026-01-01T00:00:00Z"},
            ],
            "connection": {
                "versions_url": "https://peer.example/versions",
                "version": "2.3.0",
                "endpoints": [
                    {"identifier": "tokens", "role": "RECEIVER", "url": "https://peer.example/t"},
                ],
                "presented": [],
            },
        });
        let rows: Vec<String> = rows_of(&platform)
            .iter()
            .map(|row| row.join(" = "))
            .collect();
        assert_eq!(
            rows,
            [
                "id = peer",
                "registered = true",
                "roles = CPO NL/XYZ",
                "hub_party_id = -",
                "allowed_parties = NL/XYZ",
                "our_party = -",
                "profile = auth_encoding raw, no_answer deny, tutorial",
                "tokens = live 0a1b2c3d, former 11223344 until 2026-01-01T00:00:00Z",
                "versions_url = https://peer.example/versions",
                "version = 2.3.0",
                "breaker = open since 2026-01-01T00:00:00Z, 5 failures: it did not answer within \
                 1500 ms",
                "endpoint = tokens RECEIVER https://peer.example/t",
            ]
        );
        let empty = rows_of(&json!({"id": "peer", "connection": null, "tokens": []}));
        assert_eq!(empty.len(), 11);
        assert_eq!(empty[7], ["tokens", "-"]);
    }

    /// Holds: T-13. The token comes out of a file, without the line break at its end, and is not
    /// repeated when it cannot be one.
    #[test]
    fn a_token_is_read_from_a_file_and_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "s3cret.token\n").unwrap();
        let token = registration_token(Some(&file)).unwrap();
        assert_eq!(token.expose(), "s3cret.token");
        for text in ["", "s3cret token", "s3crét"] {
            std::fs::write(&file, text).unwrap();
            let refused = registration_token(Some(&file)).unwrap_err();
            assert_eq!(refused.exit, Exit::Usage);
            let shown = format!("{refused:?}");
            assert!(
                shown.contains("U+0021") && !shown.contains("s3cr"),
                "{shown}"
            );
        }
        let absent = registration_token(Some(&folder.path().join("absent"))).unwrap_err();
        assert_eq!(absent.exit, Exit::Failed);
    }
}
