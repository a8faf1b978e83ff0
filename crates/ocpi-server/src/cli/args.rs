//! The commands of the operator.

mod charge_point;
mod platforms;
mod sync;

use std::path::PathBuf;
use std::str::FromStr;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use ocpi_domain::{
    AccountPlace, AllowedType, AuthorizationReference, DateTime, EvseUid, EvseUids, InvalidField,
    LocationId, Party, PlatformId, TokenType, TokenUid,
};
use ocpi_ports::ChainLink;

use crate::cli::columns::Column;

pub(crate) use self::charge_point::{ChargePointArgs, ChargePointCommand};
pub(crate) use self::platforms::{PlatformCommand, RegisterArgs, SecretKeyCommand};
pub(crate) use self::sync::{SyncArgs, SyncCommand};

const TARGET: &str = "Store and answer";

/// Which store is meant, and how to answer. A flag wins over the environment, the environment
/// over the file.
#[derive(Debug, Clone, Args)]
pub(crate) struct TargetArgs {
    /// The configuration file of the server (TOML).
    #[arg(long, env = "OCPI_CONFIG", value_name = "FILE", global = true, help_heading = TARGET)]
    pub(crate) config: Option<PathBuf>,
    /// The store, as `sqlite:PATH`.
    #[arg(long, env = "OCPI_STORE", value_name = "URL", global = true, help_heading = TARGET)]
    pub(crate) store: Option<String>,
    /// Speak to the server at this address, as `http://127.0.0.1:8001`, wherever its store is.
    /// Its admin token comes from `OCPI_ADMIN_TOKEN` or the configuration file.
    #[arg(long, value_name = "URL", global = true, help_heading = TARGET)]
    pub(crate) admin_url: Option<String>,
    /// Answer as the operator's API does, in JSON; errors too.
    #[arg(long, global = true, help_heading = TARGET)]
    pub(crate) json: bool,
}

/// What the operator can do. Each command works on the store itself when nobody holds it, and
/// through the server that holds it otherwise.
#[derive(Debug, Subcommand)]
pub(crate) enum OperatorCommand {
    /// Tokens of the parties hosted here as eMSP.
    Token {
        #[command(flatten)]
        target: TargetArgs,
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Limits of those Tokens, which never leave by OCPI.
    Account {
        #[command(flatten)]
        target: TargetArgs,
        #[command(subcommand)]
        command: AccountCommand,
    },
    /// Records of authorizations.
    Authorizations {
        #[command(flatten)]
        target: TargetArgs,
        #[command(subcommand)]
        command: AuthorizationsCommand,
    },
    /// Sessions that CPOs pushed.
    Session {
        #[command(flatten)]
        target: TargetArgs,
        #[command(subcommand)]
        command: SessionCommand,
    },
    /// The platforms that this server knows, and registering with them.
    Platform {
        #[command(flatten)]
        target: TargetArgs,
        #[command(subcommand)]
        command: PlatformCommand,
    },
    /// Tokens on their way: ours to CPOs, and those of eMSPs to us.
    Sync {
        #[command(flatten)]
        target: TargetArgs,
        #[command(subcommand)]
        command: SyncCommand,
    },
    /// The questions of a CPO's charge points.
    ChargePoint {
        #[command(flatten)]
        target: TargetArgs,
        #[command(subcommand)]
        command: ChargePointCommand,
    },
    /// The proof that the records are those that were written.
    Audit {
        #[command(flatten)]
        target: TargetArgs,
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Ask what an authorize request would be answered, and why; nothing is written.
    Explain {
        #[command(flatten)]
        target: TargetArgs,
        #[command(flatten)]
        question: ExplainArgs,
    },
    /// Write a copy of the store to a new file, while the store works.
    Backup {
        #[command(flatten)]
        target: TargetArgs,
        /// The file to be written; there must be none of that name.
        file: PathBuf,
    },
    /// Replace the store by a backup, while nobody holds the store.
    Restore {
        #[command(flatten)]
        target: TargetArgs,
        /// The backup.
        file: PathBuf,
    },
    /// The key of the secrets in the store.
    SecretKey {
        #[command(flatten)]
        target: TargetArgs,
        #[command(subcommand)]
        command: SecretKeyCommand,
    },
}

/// Which Token.
#[derive(Debug, Clone, Args)]
pub(crate) struct TokenArgs {
    /// Country, party and uid, as `CH/ABC/TOKEN123`.
    #[arg(value_name = "CC/PID/UID")]
    pub(crate) token: TokenName,
    /// The type; RFID, or the only one of that uid, unless it is given.
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) token_type: Option<TokenType>,
}

/// `token`
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Store the Tokens of a file, CSV or JSON lines.
    Import(ImportArgs),
    /// Write every Token to a file, or to standard output.
    Export {
        #[command(flatten)]
        output: OutputArgs,
        /// Those of this party only.
        #[arg(long, value_name = "CC/PID", value_parser = party)]
        party: Option<Party>,
    },
    /// Show a Token.
    Get(TokenArgs),
    /// Create a Token, or replace it.
    Put {
        #[command(flatten)]
        token: TokenArgs,
        #[command(flatten)]
        fields: Box<TokenFieldArgs>,
    },
    /// Refuse a Token from now on.
    Block(TokenArgs),
    /// End a block.
    Unblock(TokenArgs),
}

/// `token import`
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The file: CSV with the names of the fields in its first line, or one JSON object a line.
    pub(crate) file: PathBuf,
    /// What the file is; known by its end `.csv`, `.jsonl` or `.ndjson`.
    #[arg(long)]
    pub(crate) format: Option<Format>,
    /// Where lines go that cannot be stored; `FILE.rejects` unless it is given.
    #[arg(long, value_name = "FILE")]
    pub(crate) rejects: Option<PathBuf>,
    /// Begin at the first line, even if an earlier import of the file was interrupted.
    #[arg(long)]
    pub(crate) restart: bool,
}

/// What a file of Tokens or records is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// The names of the columns, then one object a line.
    Csv,
    /// One JSON object a line.
    Jsonl,
}

/// Where an export goes.
#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    /// The file; standard output when it is `-` or absent.
    pub(crate) file: Option<PathBuf>,
    /// What to write; known by the end of FILE, else JSON lines.
    #[arg(long)]
    pub(crate) format: Option<Format>,
}

/// The fields of a Token, written as in a CSV file.
#[derive(Debug, Args)]
pub(crate) struct TokenFieldArgs {
    /// The contract of the driver.
    #[arg(long, value_name = "TEXT")]
    contract_id: Option<String>,
    /// The number printed on the card.
    #[arg(long, value_name = "TEXT")]
    visual_number: Option<String>,
    /// The company that issued it.
    #[arg(long, value_name = "TEXT")]
    issuer: Option<String>,
    /// The group that it belongs to.
    #[arg(long, value_name = "TEXT")]
    group_id: Option<String>,
    /// Whether it is valid at all.
    #[arg(long, value_name = "BOOL")]
    valid: Option<String>,
    /// ALWAYS, ALLOWED, `ALLOWED_OFFLINE` or NEVER.
    #[arg(long, value_name = "TYPE")]
    whitelist: Option<String>,
    /// The language of the driver.
    #[arg(long, value_name = "CODE")]
    language: Option<String>,
    /// CHEAP, FAST, GREEN or REGULAR.
    #[arg(long, value_name = "TYPE")]
    default_profile_type: Option<String>,
    /// The energy contract, a JSON object.
    #[arg(long, value_name = "JSON")]
    energy_contract: Option<String>,
    /// When it changed last; now, unless it is given.
    #[arg(long, value_name = "TIME")]
    last_updated: Option<String>,
    /// Further fields, a JSON object.
    #[arg(long, value_name = "JSON")]
    extra: Option<String>,
}

impl TokenFieldArgs {
    /// The fields that were given.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (Column, &str)> {
        [
            (Column::ContractId, &self.contract_id),
            (Column::VisualNumber, &self.visual_number),
            (Column::Issuer, &self.issuer),
            (Column::GroupId, &self.group_id),
            (Column::Valid, &self.valid),
            (Column::Whitelist, &self.whitelist),
            (Column::Language, &self.language),
            (Column::DefaultProfileType, &self.default_profile_type),
            (Column::EnergyContract, &self.energy_contract),
            (Column::LastUpdated, &self.last_updated),
            (Column::Extra, &self.extra),
        ]
        .into_iter()
        .filter_map(|(column, text)| text.as_deref().map(|text| (column, text)))
    }
}

/// `account`
#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Show the limits of a Token.
    Get(TokenArgs),
    /// Change some limits of a Token; the others stay.
    Set {
        #[command(flatten)]
        token: TokenArgs,
        #[command(flatten)]
        limits: Box<LimitArgs>,
    },
    /// Remove every limit of a Token.
    Delete(TokenArgs),
}

/// Limits to be changed.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("limit").required(true).multiple(true))]
pub(crate) struct LimitArgs {
    /// Refuse everything.
    #[arg(long, value_name = "BOOL", group = "limit")]
    pub(crate) blocked: Option<bool>,
    /// Refuse from this moment on.
    #[arg(long, value_name = "TIME", group = "limit")]
    pub(crate) expires_at: Option<DateTime>,
    /// What is left to spend, as `12.50`; at zero the Token is refused.
    #[arg(
        long,
        value_name = "BALANCE",
        allow_hyphen_values = true,
        group = "limit"
    )]
    pub(crate) credit: Option<String>,
    /// The currency of the credit, as `EUR`.
    #[arg(long, value_name = "CODE", group = "limit")]
    pub(crate) currency: Option<String>,
    /// A place to charge at; all of them together replace the list.
    #[arg(long, value_name = "CC/PID[/LOC[/EVSE,..]]", value_parser = place, group = "limit")]
    pub(crate) permit: Vec<AccountPlace>,
    /// A place not to charge at; all of them together replace the list.
    #[arg(long, value_name = "CC/PID[/LOC[/EVSE,..]]", value_parser = place, group = "limit")]
    pub(crate) deny: Vec<AccountPlace>,
    /// The most sessions at once.
    #[arg(long, value_name = "NUMBER", group = "limit")]
    pub(crate) concurrent_sessions_max: Option<u32>,
    /// Whose sessions count.
    #[arg(long, value_name = "SCOPE", value_parser = ["token", "group"], group = "limit")]
    pub(crate) concurrency_scope: Option<String>,
    /// A limit to be removed, by its name in the API.
    #[arg(long, value_name = "FIELD", value_parser = CLEARED, group = "limit")]
    pub(crate) clear: Vec<String>,
}

/// The limits that can be removed.
const CLEARED: [&str; 7] = [
    "blocked",
    "expires_at",
    "credit",
    "permitted_locations",
    "denied_locations",
    "concurrent_sessions_max",
    "concurrency_scope",
];

/// `authorizations`
#[derive(Debug, Subcommand)]
pub(crate) enum AuthorizationsCommand {
    /// Show records, the newest first.
    List {
        #[command(flatten)]
        filter: FilterArgs,
        /// The most to be shown.
        #[arg(long, value_name = "NUMBER", default_value_t = 50)]
        limit: u32,
        /// Those before this place, as an earlier list gave it.
        #[arg(long, value_name = "CURSOR")]
        after: Option<String>,
    },
    /// Write records to a file, or to standard output, the newest first.
    Export {
        #[command(flatten)]
        output: OutputArgs,
        #[command(flatten)]
        filter: FilterArgs,
    },
    /// Show one record.
    Get {
        /// Its `authorization_reference`.
        reference: AuthorizationReference,
    },
}

/// Which records; all that is given must hold.
#[derive(Debug, Args)]
pub(crate) struct FilterArgs {
    /// The uid that was asked for.
    #[arg(long, value_name = "UID")]
    pub(crate) token_uid: Option<String>,
    /// From this moment on.
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<DateTime>,
    /// Before this moment.
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Option<DateTime>,
    /// The answer, as ALLOWED or BLOCKED.
    #[arg(long, value_name = "ALLOWED")]
    pub(crate) allowed: Option<AllowedType>,
    /// Who asked.
    #[arg(long, value_name = "ID")]
    pub(crate) platform: Option<PlatformId>,
}

/// `session`
#[derive(Debug, Subcommand)]
pub(crate) enum SessionCommand {
    /// Show sessions, the newest first.
    List {
        /// Those only that count as active now.
        #[arg(long)]
        active: bool,
        /// The uid of the Token that they count for.
        #[arg(long, value_name = "UID")]
        token_uid: Option<String>,
        /// Who pushed them last.
        #[arg(long, value_name = "ID")]
        platform: Option<PlatformId>,
        /// The most to be shown.
        #[arg(long, value_name = "NUMBER", default_value_t = 50)]
        limit: u32,
        /// Those before this place, as an earlier list gave it.
        #[arg(long, value_name = "CURSOR")]
        after: Option<String>,
    },
}

/// `audit`
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Read every record and compute the chain anew.
    Verify {
        /// A head that was published earlier, by the log or the metrics: it must be in the chain.
        #[arg(long, value_name = "LINK")]
        head: Option<ChainLink>,
    },
}

/// `explain`
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    pub(crate) token: TokenArgs,
    /// The Location that is asked for.
    #[arg(long, value_name = "ID")]
    pub(crate) location: Option<LocationId>,
    /// EVSEs of that Location.
    #[arg(
        long,
        value_name = "UID,..",
        value_delimiter = ',',
        requires = "location"
    )]
    pub(crate) evse: Vec<EvseUid>,
    /// The CPO whose Location it is.
    #[arg(long, value_name = "CC/PID", value_parser = party)]
    pub(crate) cpo: Option<Party>,
    /// The platform that asks.
    #[arg(long, value_name = "ID")]
    pub(crate) platform: Option<PlatformId>,
    /// The moment; now, unless it is given.
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<DateTime>,
}

/// A Token of a party, without its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TokenName {
    pub(crate) party: Party,
    pub(crate) uid: TokenUid,
}

impl std::fmt::Display for TokenName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.party, self.uid)
    }
}

impl FromStr for TokenName {
    type Err = String;

    fn from_str(text: &str) -> Result<TokenName, String> {
        let mut parts = text.splitn(3, '/');
        let (Some(country_code), Some(party_id), Some(uid)) =
            (parts.next(), parts.next(), parts.next())
        else {
            return Err("must be country, party and uid, as CH/ABC/TOKEN123".to_owned());
        };
        Ok(TokenName {
            party: Party::new(country_code, party_id).map_err(|error| error.to_string())?,
            uid: TokenUid::new(uid).map_err(|error| format!("`uid`: {error}"))?,
        })
    }
}

/// `CC/PID`
pub(crate) fn party(text: &str) -> Result<Party, InvalidField> {
    let (country_code, party_id) = text.split_once('/').unwrap_or((text, ""));
    Party::new(country_code, party_id)
}

/// `CC/PID[/LOC[/EVSE,..]]`
fn place(text: &str) -> Result<AccountPlace, String> {
    let parts: Vec<&str> = text.splitn(4, '/').collect();
    let location = |text| LocationId::new(text).map_err(|error| format!("`location_id`: {error}"));
    let evse = |text| EvseUid::new(text).map_err(|error| format!("`evse_uids`: {error}"));
    let owner = |code, id| Party::new(code, id).map_err(|error| error.to_string());
    match parts[..] {
        [code, id] => Ok(AccountPlace::Party(owner(code, id)?)),
        [code, id, place] => Ok(AccountPlace::Location(owner(code, id)?, location(place)?)),
        [code, id, place, evses] => {
            let evses = evses.split(',').map(evse).collect::<Result<_, _>>()?;
            let evses = EvseUids::new(evses).ok_or("`evse_uids`: must not be empty")?;
            Ok(AccountPlace::Evses(
                owner(code, id)?,
                location(place)?,
                evses,
            ))
        }
        _ => {
            Err("must be a party, a location of it, or EVSEs of that, as CH/CPO/LOC1/E1,E2".into())
        }
    }
}
