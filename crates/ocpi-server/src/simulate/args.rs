//! The command line of the simulator.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use ocpi_domain::{EvseUid, LocationId, OcpiUrl, OcpiVersion, Party};
use ocpi_simulate::Faults;

use crate::cli::args::party;

/// `simulate`
#[derive(Debug, Subcommand)]
pub(crate) enum SimulateCommand {
    /// An eMSP that has cards, lists them and answers about them.
    Emsp {
        #[command(flatten)]
        peer: PeerArgs,
        /// How many cards it has.
        #[arg(long, value_name = "NUMBER", default_value_t = 1000)]
        tokens: u32,
    },
    /// A CPO that keeps the Tokens that it is sent.
    Cpo {
        #[command(flatten)]
        peer: PeerArgs,
    },
    /// Cards at charge points: asks a server's operator's API again and again, and says how long
    /// the answers took. The admin token comes from `OCPI_ADMIN_TOKEN`.
    Taps(TapsArgs),
}

/// What an eMSP and a CPO have in common.
#[derive(Debug, Args)]
pub(crate) struct PeerArgs {
    /// Where it listens; port 0 is any that is free.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub(super) listen: SocketAddr,
    /// Its party; DE/EMS for an eMSP, NL/SIM for a CPO.
    #[arg(long, value_name = "CC/PID", value_parser = party)]
    pub(super) party: Option<Party>,
    /// The only version that it speaks.
    #[arg(long, value_parser = version, default_value = "2.3.0")]
    pub(super) version: OcpiVersion,
    /// What goes wrong and how often, as `slow=0.1:300,hang=0.05,authorize.html=0.02,clock_skew=60`.
    #[arg(long, value_name = "FAULTS", default_value = "")]
    pub(super) faults: Faults,
    /// What its cards and its faults come from: the same gives the same.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub(super) seed: u64,
    /// The most objects on a page.
    #[arg(long, value_name = "NUMBER", default_value_t = 1000)]
    pub(super) page_size_max: usize,
    /// The environment variable that holds the token by which it can be registered with; without it,
    /// that is `peer-token`.
    #[arg(long, value_name = "VAR")]
    pub(super) token_env: Option<String>,
    /// Register with the platform whose versions are at this URL.
    #[arg(long, value_name = "URL", requires = "token_a_env")]
    pub(super) register: Option<OcpiUrl>,
    /// The environment variable that holds the token A which that platform gave.
    #[arg(long, value_name = "VAR", requires = "register")]
    pub(super) token_a_env: Option<String>,
}

/// `simulate taps`
#[derive(Debug, Args)]
pub(crate) struct TapsArgs {
    /// The server's `admin_listen`, as `http://127.0.0.1:8001`.
    #[arg(long, value_name = "URL")]
    pub(super) admin: String,
    /// Taps a second; as fast as they are answered, unless it is given.
    #[arg(long, value_name = "NUMBER")]
    pub(super) rate: Option<f64>,
    /// Taps in all.
    #[arg(long, value_name = "NUMBER", default_value_t = 10_000)]
    pub(super) count: u64,
    /// The most questions under way at once.
    #[arg(long, value_name = "NUMBER", default_value_t = 32)]
    pub(super) in_flight: usize,
    /// The seed of the eMSP whose cards are tapped.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub(super) seed: u64,
    /// How many of its cards, from the first.
    #[arg(long, value_name = "NUMBER", default_value_t = 1000)]
    pub(super) tokens: u32,
    /// A uid to tap instead of those; may be given several times.
    #[arg(long, value_name = "UID")]
    pub(super) uid: Vec<String>,
    /// The CPO; needed where several are hosted.
    #[arg(long, value_name = "CC/PID", value_parser = party)]
    pub(super) cpo: Option<Party>,
    /// The Location.
    #[arg(long, value_name = "ID", default_value = "LOC1")]
    pub(super) location: LocationId,
    /// The EVSE.
    #[arg(long, value_name = "UID", default_value = "EVSE1")]
    pub(super) evse: EvseUid,
    /// The configuration file of the server, which may hold its admin token.
    #[arg(long, env = "OCPI_CONFIG", value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Report in JSON.
    #[arg(long)]
    pub(super) json: bool,
}

fn version(text: &str) -> Result<OcpiVersion, String> {
    let found = OcpiVersion::ALL.into_iter().find(|it| it.as_str() == text);
    found.ok_or_else(|| "must be 2.3.0, 2.2.1 or 2.1.1".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(subcommand)]
        command: SimulateCommand,
    }

    /// Beyond the protocol: what cannot be simulated is refused before anything listens.
    #[test]
    fn a_line_says_a_peer_or_is_refused() {
        let parsed = |line: &str| Line::try_parse_from(line.split(' '));
        for line in [
            "simulate emsp",
            "simulate emsp --tokens 7 --seed 3 --version 2.1.1 --party FR/XYZ",
            "simulate cpo --listen 127.0.0.1:0 --faults slow=0.1:300,clock_skew=-60",
            "simulate cpo --register https://peer.example/ocpi/versions --token-a-env TOKEN_A",
            "simulate taps --admin http://127.0.0.1:8001 --rate 2.5 --uid A --uid B",
        ] {
            assert!(parsed(line).is_ok(), "{line}");
        }
        for line in [
            "simulate hub",
            "simulate cpo --tokens 7",
            "simulate cpo --version 2.0",
            "simulate cpo --faults slow",
            "simulate cpo --register https://peer.example/ocpi/versions",
            "simulate cpo --token-a-env TOKEN_A",
            "simulate taps",
        ] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }
}
