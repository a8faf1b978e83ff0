//! What of the exchange of Tokens is stored as JSON of our own.

use ocpi_domain::{
    CountryCode, DateTime, DateWindow, OcpiUrl, Party, PartyId, Revision, TokenKey, TokenType,
    TokenUid,
};
use ocpi_ports::{BehindToken, Crawl};
use serde::{Deserialize, Serialize};

/// A [`BehindToken`] as JSON.
#[derive(Serialize, Deserialize)]
pub(super) struct BehindFields {
    country_code: CountryCode,
    party_id: PartyId,
    uid: TokenUid,
    #[serde(rename = "type")]
    token_type: TokenType,
    attempts: u32,
    next_at: DateTime,
    reason: String,
}

/// A [`Crawl`] as JSON.
#[derive(Serialize, Deserialize)]
pub(super) struct CrawlFields {
    began_at: DateTime,
    began_after: u64,
    from: Option<DateTime>,
    to: Option<DateTime>,
    next: Option<OcpiUrl>,
    total: Option<u64>,
    pages: u64,
    seen: u64,
    changed: u64,
    left_out: u64,
    left_out_reason: Option<String>,
}

impl From<&BehindToken> for BehindFields {
    fn from(behind: &BehindToken) -> BehindFields {
        BehindFields {
            country_code: behind.key.party.country_code,
            party_id: behind.key.party.party_id,
            uid: behind.key.uid.clone(),
            token_type: behind.key.token_type.clone(),
            attempts: behind.attempts,
            next_at: behind.next_at,
            reason: behind.reason.clone(),
        }
    }
}

impl From<BehindFields> for BehindToken {
    fn from(fields: BehindFields) -> BehindToken {
        BehindToken {
            key: TokenKey {
                party: Party {
                    country_code: fields.country_code,
                    party_id: fields.party_id,
                },
                uid: fields.uid,
                token_type: fields.token_type,
            },
            attempts: fields.attempts,
            next_at: fields.next_at,
            reason: fields.reason,
        }
    }
}

impl From<&Crawl> for CrawlFields {
    fn from(crawl: &Crawl) -> CrawlFields {
        CrawlFields {
            began_at: crawl.began_at,
            began_after: crawl.began_after.0,
            from: crawl.window.from,
            to: crawl.window.to,
            next: crawl.next.clone(),
            total: crawl.total,
            pages: crawl.pages,
            seen: crawl.seen,
            changed: crawl.changed,
            left_out: crawl.left_out,
            left_out_reason: crawl.left_out_reason.clone(),
        }
    }
}

impl From<CrawlFields> for Crawl {
    fn from(fields: CrawlFields) -> Crawl {
        Crawl {
            began_at: fields.began_at,
            began_after: Revision(fields.began_after),
            window: DateWindow {
                from: fields.from,
                to: fields.to,
            },
            next: fields.next,
            total: fields.total,
            pages: fields.pages,
            seen: fields.seen,
            changed: fields.changed,
            left_out: fields.left_out,
            left_out_reason: fields.left_out_reason,
        }
    }
}
