//! The commands of a CPO.

use clap::{Args, Subcommand};
use ocpi_domain::{
    AuthorizationReference, CiString, DateTime, EvseUid, LocationId, Party, TokenType, TokenUid,
};

use super::{TokenName, party};

/// `charge-point`
#[derive(Debug, Subcommand)]
pub(crate) enum ChargePointCommand {
    /// Ask as a charge point does: may this card charge here, or stop this session? The eMSP may be
    /// asked, and a record is left.
    Authorize(Box<ChargePointArgs>),
}

/// `charge-point authorize`
#[derive(Debug, Args)]
pub(crate) struct ChargePointArgs {
    /// The uid, as the reader saw it.
    pub(crate) uid: TokenUid,
    /// The type; whatever is known of the uid, else RFID, unless it is given.
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) token_type: Option<TokenType>,
    /// The Location.
    #[arg(long, value_name = "ID")]
    pub(crate) location: LocationId,
    /// The EVSE of that Location.
    #[arg(long, value_name = "UID")]
    pub(crate) evse: Option<EvseUid>,
    /// The CPO; needed where several are hosted.
    #[arg(long, value_name = "CC/PID", value_parser = party)]
    pub(crate) cpo: Option<Party>,
    /// When the eMSP sent a command to start here for this Token.
    #[arg(long, value_name = "TIME", conflicts_with_all = ["stops", "stops_token"])]
    pub(crate) commanded_at: Option<DateTime>,
    /// Stop the session that began with this answer: its `reference`.
    #[arg(long, value_name = "REFERENCE", conflicts_with = "stops_token")]
    pub(crate) stops: Option<AuthorizationReference>,
    /// Stop the session that began with this Token, as `CH/ABC/TOKEN123`.
    #[arg(long, value_name = "CC/PID/UID")]
    pub(crate) stops_token: Option<TokenName>,
    /// The type of that Token; RFID unless it is given.
    #[arg(long, value_name = "TYPE", requires = "stops_token")]
    pub(crate) stops_type: Option<TokenType>,
    /// The group of that Token; that of our copy unless it is given.
    #[arg(long, value_name = "GROUP", requires = "stops_token")]
    pub(crate) stops_group: Option<CiString<36>>,
}
