//! `simulate`: a fake peer, or a load of taps, for tests. It has no store and no settings.

mod args;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use ocpi_domain::{DateTime, Party};
use ocpi_simulate::taps::{self, TapsOptions};
use ocpi_simulate::{Clock, Counts, Peer, PeerOptions, PeerRole, PeerTokens};
use serde_json::json;
use tokio::sync::watch;

use self::args::{PeerArgs, TapsArgs};
use crate::config_file::{ConfigFile, Secret};
use crate::exit::{Exit, Failure};
use crate::settings;
use crate::signals;
use crate::system::{self, SystemClock};

pub(crate) use self::args::SimulateCommand;

/// How often a peer tells its counts, when they changed.
const TELL_EVERY: Duration = Duration::from_secs(5);

impl Clock for SystemClock {
    fn now(&self) -> DateTime {
        ocpi_ports::Clock::now(self)
    }

    fn elapsed_us(&self) -> u64 {
        ocpi_ports::Clock::elapsed_us(self)
    }
}

/// Simulates what the operator says, and says how it went.
pub(crate) fn run(command: SimulateCommand) -> Exit {
    execute(command).unwrap_or_else(|failure| {
        failure.print(false);
        failure.exit
    })
}

fn execute(command: SimulateCommand) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the simulator cannot be started")?;
    match command {
        SimulateCommand::Emsp { peer, tokens } => {
            let tokens = PeerTokens::Generated(tokens);
            runtime.block_on(be_peer(PeerRole::Emsp, tokens, peer))
        }
        SimulateCommand::Cpo { peer } => {
            let none = PeerTokens::Generated(0);
            runtime.block_on(be_peer(PeerRole::Cpo, none, peer))
        }
        SimulateCommand::Taps(args) => runtime.block_on(tap(args)),
    }
}

/// Is a peer until a signal comes. Every line that it prints is a JSON object: where it is, then
/// what it counted.
async fn be_peer(role: PeerRole, tokens: PeerTokens, args: PeerArgs) -> Result<Exit, Failure> {
    let (stop_sender, mut stop) = watch::channel(false);
    signals::stop_on_signal(stop_sender)?;
    let mut options = PeerOptions::new(role, party(role, &args)?, Arc::new(SystemClock::new()));
    options.version = args.version;
    options.seed = args.seed;
    options.tokens = tokens;
    options.faults = args.faults;
    options.page_size_max = args.page_size_max;
    if let Some(variable) = &args.token_env {
        options.token = required(variable)?;
    }
    // Nobody looks at single requests here.
    options.seen_max = 0;
    let peer = Peer::start(options, args.listen).await.map_err(failed)?;
    let at = json!({
        "versions_url": peer.versions_url(),
        "tokens_url": peer.tokens_url(),
        "version": args.version.as_str(),
        "token_env": args.token_env,
        "token": args.token_env.is_none().then(|| peer.token()),
    });
    system::print(&format!("{at}\n"));
    if let (Some(url), Some(variable)) = (&args.register, &args.token_a_env) {
        let token_a = required(variable)?;
        let registered = peer.register(url.as_str(), &token_a).await;
        registered.map_err(failed)?;
        system::print(&format!("{}\n", json!({"registered_with": url})));
    }
    let mut told = Counts::default();
    while !*stop.borrow() {
        tokio::select! {
            _ = stop.wait_for(|stop| *stop) => {}
            () = tokio::time::sleep(TELL_EVERY) => {
                let counts = peer.counts();
                if counts != told {
                    system::print(&format!("{}\n", json!(counts)));
                    told = counts;
                }
            }
        }
    }
    system::print(&format!("{}\n", json!(peer.counts())));
    peer.stop().await;
    Ok(Exit::Done)
}

fn party(role: PeerRole, args: &PeerArgs) -> Result<Party, Failure> {
    let usual = match role {
        PeerRole::Emsp => Party::new("DE", "EMS"),
        PeerRole::Cpo => Party::new("NL", "SIM"),
    };
    match args.party {
        Some(party) => Ok(party),
        None => Ok(usual.context("the usual party")?),
    }
}

/// A secret that a variable of the environment must hold.
fn required(variable: &str) -> Result<String, Failure> {
    match settings::secret(variable, None)? {
        Some(Secret(text)) if !text.trim().is_empty() => Ok(text.trim().to_owned()),
        _ => Err(Failure::new(
            Exit::Usage,
            format!("{variable}: must hold a token, and is not set"),
        )),
    }
}

/// Taps, and reports.
async fn tap(args: TapsArgs) -> Result<Exit, Failure> {
    let token = admin_token(&args)?;
    let options = TapsOptions {
        rate: args.rate,
        count: args.count,
        in_flight: args.in_flight,
        seed: args.seed,
        cards: args.tokens,
        uids: args.uid,
        cpo: args.cpo,
        location_id: args.location.to_string(),
        evse_uid: Some(args.evse.to_string()),
        ..TapsOptions::new(&args.admin, &token, Arc::new(SystemClock::new()))
    };
    let report = taps::run(options).await;
    let report = report.map_err(|error| Failure::new(Exit::Usage, error.to_string()))?;
    if args.json {
        system::print(&format!("{}\n", json!(report)));
    } else {
        system::print(&report.to_string());
    }
    Ok(match report.answered {
        0 if report.asked > 0 => Exit::Failed,
        answered if answered < report.asked => Exit::Partly,
        _ => Exit::Done,
    })
}

/// The token of the operator's API.
fn admin_token(args: &TapsArgs) -> Result<String, Failure> {
    let file = args.config.as_deref().map(ConfigFile::read).transpose()?;
    let set = settings::secret("OCPI_ADMIN_TOKEN", file.and_then(|file| file.admin_token))?;
    let Some(Secret(token)) = set else {
        let detail = "admin_token: needed to ask the server; set OCPI_ADMIN_TOKEN";
        return Err(Failure::new(Exit::Failed, detail));
    };
    Ok(token)
}

fn failed(error: ocpi_simulate::PeerError) -> Failure {
    Failure::from(anyhow::Error::from(error))
}
