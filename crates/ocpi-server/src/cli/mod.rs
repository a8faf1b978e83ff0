//! What the operator does on the command line.
//!
//! Every command is a client of the operator's API: of the server that holds the store, or, when
//! nobody does, of one in this process that listens nowhere.

mod accounts;
pub(crate) mod args;
mod audit;
mod authorizations;
mod backup;
mod charge_point;
mod client;
mod columns;
mod explain;
mod export;
mod import;
mod platforms;
mod request;
mod secret_key;
mod sessions;
mod show;
mod sync;
mod tokens;

use anyhow::Context;

use crate::cli::args::{OperatorCommand, SecretKeyCommand, TargetArgs, TokenCommand};
use crate::cli::client::{Client, IfAbsent};
use crate::exit::{Exit, Failure};

/// Does what the operator says, and says how it went.
pub(crate) fn run(command: OperatorCommand) -> Exit {
    let is_json = command.target().json;
    execute(command).unwrap_or_else(|failure| {
        failure.print(is_json);
        failure.exit
    })
}

fn execute(command: OperatorCommand) -> Result<Exit, Failure> {
    match command {
        OperatorCommand::Token { target, command } => {
            let if_absent = match command {
                // The first of many things that an operator may do.
                TokenCommand::Import(_) | TokenCommand::Put { .. } => IfAbsent::Create,
                _ => IfAbsent::Refuse,
            };
            let work = async |client: &Client| tokens::run(client, command, target.json).await;
            with_client(&target, if_absent, work)
        }
        OperatorCommand::Account { target, command } => {
            let work = async |client: &Client| accounts::run(client, command, target.json).await;
            with_client(&target, IfAbsent::Refuse, work)
        }
        OperatorCommand::Authorizations { target, command } => {
            let work =
                async |client: &Client| authorizations::run(client, command, target.json).await;
            with_client(&target, IfAbsent::Refuse, work)
        }
        OperatorCommand::Session { target, command } => {
            let work = async |client: &Client| sessions::run(client, command, target.json).await;
            with_client(&target, IfAbsent::Refuse, work)
        }
        OperatorCommand::Platform { target, command } => {
            let work = async |client: &Client| platforms::run(client, command, target.json).await;
            with_client(&target, IfAbsent::Refuse, work)
        }
        OperatorCommand::Sync { target, command } => {
            let work = async |client: &Client| sync::run(client, command, target.json).await;
            with_client(&target, IfAbsent::Refuse, work)
        }
        OperatorCommand::ChargePoint { target, command } => {
            let work =
                async |client: &Client| charge_point::run(client, command, target.json).await;
            with_client(&target, IfAbsent::Refuse, work)
        }
        OperatorCommand::Audit { target, command } => {
            let work = async |client: &Client| audit::run(client, command, target.json).await;
            with_client(&target, IfAbsent::Refuse, work)
        }
        OperatorCommand::Explain { target, question } => {
            let work = async |client: &Client| explain::run(client, question, target.json).await;
            with_client(&target, IfAbsent::Refuse, work)
        }
        OperatorCommand::Backup { target, file } => {
            let work = async |client: &Client| backup::back_up(client, &file, target.json).await;
            with_client(&target, IfAbsent::Refuse, work)
        }
        OperatorCommand::Restore { target, file } => backup::restore(&target, &file),
        OperatorCommand::SecretKey {
            target,
            command: SecretKeyCommand::Change,
        } => secret_key::change(&target),
    }
}

/// Runs a command on the store or server that is meant, and closes the store after it.
fn with_client(
    target: &TargetArgs,
    if_absent: IfAbsent,
    work: impl AsyncFnOnce(&Client) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let client = Client::open(target, if_absent)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the command cannot be started")?;
    runtime.block_on(work(&client))
}

impl OperatorCommand {
    fn target(&self) -> &TargetArgs {
        match self {
            OperatorCommand::Token { target, .. }
            | OperatorCommand::Account { target, .. }
            | OperatorCommand::Authorizations { target, .. }
            | OperatorCommand::Session { target, .. }
            | OperatorCommand::Platform { target, .. }
            | OperatorCommand::Sync { target, .. }
            | OperatorCommand::ChargePoint { target, .. }
            | OperatorCommand::Audit { target, .. }
            | OperatorCommand::Explain { target, .. }
            | OperatorCommand::Backup { target, .. }
            | OperatorCommand::Restore { target, .. }
            | OperatorCommand::SecretKey { target, .. } => target,
        }
    }
}
