//! `audit`

use http::Method;

use crate::cli::args::AuditCommand;
use crate::cli::client::Client;
use crate::cli::request::Request;
use crate::cli::show;
use crate::cli::tokens::parsed;
use crate::exit::{Exit, Failure};

pub(super) async fn run(
    client: &Client,
    command: AuditCommand,
    is_json: bool,
) -> Result<Exit, Failure> {
    let AuditCommand::Verify { head } = command;
    let request = Request::new(Method::GET, "audit/verify").query("head", head);
    let text = client.send(request).await?.bytes().await?;
    let report = parsed(&text)?;
    if is_json {
        show::json(&text);
    } else {
        show::members(&report);
    }
    if report["fault"].is_null() {
        Ok(Exit::Done)
    } else {
        Ok(Exit::Fault)
    }
}
