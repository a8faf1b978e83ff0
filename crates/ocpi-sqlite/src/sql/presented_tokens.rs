//! The credentials tokens that platforms present, as keyed hashes, and what each is good for.

use ocpi_domain::{CredentialsUse, PlatformId};
use ocpi_ports::{PresentedToken, TokenHash};
use rusqlite::{Connection, params};

use super::SqlError;
use super::columns::Columns;

const REGISTRATION: &str = "registration";
const OFFERED: &str = "offered";
const REPLACING: &str = "replacing";
const LIVE: &str = "live";
const FORMER: &str = "former";

pub(super) const OF_PLATFORM: &str = "SELECT platform, hash, good_for, until_ms
     FROM presented_tokens WHERE platform = ?1 ORDER BY place";

/// What that platform may present, in its order.
pub(super) fn list(
    db: &Connection,
    platform: &PlatformId,
) -> Result<Vec<PresentedToken>, SqlError> {
    let mut statement = db.prepare_cached(OF_PLATFORM)?;
    let mut rows = statement.query([platform.as_str()])?;
    let mut tokens = Vec::new();
    while let Some(row) = rows.next()? {
        let mut columns = Columns::new(row, "presented_tokens", 0);
        columns.text()?;
        tokens.push(PresentedToken {
            hash: TokenHash(columns.bytes()?),
            good_for: read_use(&mut columns)?,
        });
    }
    Ok(tokens)
}

fn read_use(columns: &mut Columns<'_>) -> Result<CredentialsUse, SqlError> {
    let name = columns.text()?;
    if name == LIVE {
        return Ok(CredentialsUse::Live);
    }
    let with_end: fn(_) -> _ = match name {
        REGISTRATION => |until| CredentialsUse::Registration { until },
        FORMER => |until| CredentialsUse::Former { until },
        OFFERED => |until| CredentialsUse::Offered {
            until,
            replaces: false,
        },
        REPLACING => |until| CredentialsUse::Offered {
            until,
            replaces: true,
        },
        _ => return Err(columns.corrupt("must be a use of a credentials token")),
    };
    columns.moment().map(with_end)
}

pub(super) const HAS_OTHER_HOLDER: &str =
    "SELECT 1 FROM presented_tokens WHERE hash = ?1 AND platform <> ?2";

/// Whether a hash of these stands twice, or another platform has it.
pub(super) fn are_taken(
    db: &Connection,
    platform: &PlatformId,
    tokens: &[PresentedToken],
) -> Result<bool, SqlError> {
    let mut statement = db.prepare_cached(HAS_OTHER_HOLDER)?;
    for (place, token) in tokens.iter().enumerate() {
        let is_twice = tokens[..place].iter().any(|one| one.hash == token.hash);
        if is_twice || statement.exists(params![token.hash.0, platform.as_str()])? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Replaces what that platform may present.
pub(super) fn replace(
    db: &Connection,
    platform: &PlatformId,
    tokens: &[PresentedToken],
) -> Result<(), SqlError> {
    delete(db, platform)?;
    let mut statement = db.prepare_cached(
        "INSERT INTO presented_tokens (platform, place, hash, good_for, until_ms)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (place, token) in (0_i64..).zip(tokens) {
        let (good_for, until) = match token.good_for {
            CredentialsUse::Registration { until } => (REGISTRATION, Some(until)),
            CredentialsUse::Offered { until, replaces } => {
                (if replaces { REPLACING } else { OFFERED }, Some(until))
            }
            CredentialsUse::Live => (LIVE, None),
            CredentialsUse::Former { until } => (FORMER, Some(until)),
        };
        statement.execute(params![
            platform.as_str(),
            place,
            token.hash.0,
            good_for,
            until.map(ocpi_domain::DateTime::unix_ms),
        ])?;
    }
    Ok(())
}

pub(super) const DELETE: &str = "DELETE FROM presented_tokens WHERE platform = ?1";

/// Has that platform present nothing.
pub(super) fn delete(db: &Connection, platform: &PlatformId) -> Result<(), SqlError> {
    db.prepare_cached(DELETE)?.execute([platform.as_str()])?;
    Ok(())
}
