//! Many Tokens at once, as JSON lines.

mod lines;

use http::Method;
use ocpi_app::{Imported, OperatorError};
use ocpi_domain::TokenPatch;
use serde::Serialize;

use self::lines::{Line, Lines};
use crate::answer::{self, Answer};
use crate::endpoint::{Access, BodyKind, Call, Endpoint, Success};
use crate::failure::Failure;
use crate::json;
use crate::server::{AdminOptions, AdminServer};

/// Refusals that are told one by one; all are counted.
pub(crate) const REFUSALS_MAX: usize = 1000;

/// Bytes of the lines of one transaction, however many lines they are.
const BATCH_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Bytes of a reason: it may repeat what was sent, and that may be long.
const REASON_BYTES_MAX: usize = 300;

pub(super) static ENDPOINTS: [Endpoint; 1] = [Endpoint {
    method: Method::POST,
    path: "/admin/v1/tokens/import",
    id: "importTokens",
    summary: "Creates or replaces many Tokens; a line that is refused does not keep the others \
              out",
    access: Access::AdminToken,
    query: &[],
    headers: &[],
    body: Some(BodyKind::Lines("TokenWrite")),
    successes: &[Success::json(
        200,
        "What came of the lines.",
        "ImportReport",
    )],
    refusals: &[],
    asks_store: true,
    handler: |call| Box::pin(import(call)),
}];

/// What came of the lines of an import.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct ImportReport {
    /// Lines that were not blank: the sum of those that follow.
    pub(crate) lines: u64,
    pub(crate) created: u64,
    pub(crate) updated: u64,
    pub(crate) unchanged: u64,
    pub(crate) refused: u64,
    /// The first of the refused lines.
    pub(crate) refusals: Vec<RefusedLine>,
}

/// A line that was refused.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct RefusedLine {
    /// Its number, from 1; blank lines count.
    pub(crate) line: u64,
    pub(crate) reason: String,
}

/// Lines that are stored in one transaction, and the refused ones among them.
#[derive(Default)]
struct Batch {
    tokens: Vec<TokenPatch>,
    /// The number of the line of each Token.
    numbers: Vec<u64>,
    refused: Vec<RefusedLine>,
    /// The number of the last line.
    last: u64,
    /// No line follows.
    is_end: bool,
}

async fn import(call: Call<'_>) -> Result<Answer, Failure> {
    let Call { server, body, .. } = call;
    let options = &server.options;
    let mut report = ImportReport::default();
    let mut dealt_with = 0;
    let ended = |lines, cause: Failure| Failure::ImportEnded {
        lines,
        cause: Box::new(cause),
    };
    let mut lines = Lines::new(body);
    let mut next = read_batch(&mut lines, options).await;
    loop {
        let batch = next.map_err(|cause| ended(dealt_with, cause))?;
        let (last, is_end) = (batch.last, batch.is_end);
        let storing = store(server, batch, &mut report);
        // While these are stored, the next ones are read.
        let (stored, following) = tokio::join!(storing, async {
            if is_end {
                Ok(Batch::default())
            } else {
                read_batch(&mut lines, options).await
            }
        });
        stored.map_err(|cause| ended(dealt_with, cause.into()))?;
        dealt_with = last;
        if is_end {
            return Ok(answer::found(&report));
        }
        next = following;
    }
}

/// Reads as many lines as are stored at once, or as there are.
async fn read_batch(lines: &mut Lines<'_>, options: &AdminOptions) -> Result<Batch, Failure> {
    let mut batch = Batch {
        last: lines.number(),
        ..Batch::default()
    };
    let mut bytes = 0;
    let max = options.import_lines_max.max(1);
    while batch.tokens.len() + batch.refused.len() < max && bytes < BATCH_BYTES_MAX {
        let Some(line) = lines.next(options).await? else {
            batch.is_end = true;
            break;
        };
        batch.last += 1;
        let read = match line {
            Line::Blank => continue,
            Line::TooLong => Err(format!("has more than {} bytes", lines::LINE_BYTES_MAX)),
            Line::Text(text) => {
                bytes += text.len();
                json::read(text)
            }
        };
        match read {
            Ok(token) => {
                batch.tokens.push(token);
                batch.numbers.push(batch.last);
            }
            Err(reason) => batch.refused.push(refused_line(batch.last, reason)),
        }
    }
    Ok(batch)
}

fn refused_line(line: u64, mut reason: String) -> RefusedLine {
    reason.truncate(reason.floor_char_boundary(REASON_BYTES_MAX));
    RefusedLine { line, reason }
}

/// Stores the Tokens of a batch and adds to the report what came of its lines.
async fn store(
    server: &AdminServer,
    batch: Batch,
    report: &mut ImportReport,
) -> Result<(), OperatorError> {
    let mut refused = batch.refused;
    let imported = if batch.tokens.is_empty() {
        Vec::new()
    } else {
        server.app.import_tokens(batch.tokens).await?
    };
    report.lines += (imported.len() + refused.len()) as u64;
    for (imported, line) in imported.into_iter().zip(batch.numbers) {
        match imported {
            Imported::Created => report.created += 1,
            Imported::Updated => report.updated += 1,
            Imported::Unchanged => report.unchanged += 1,
            Imported::Refused(reason) => refused.push(refused_line(line, reason)),
        }
    }
    report.refused += refused.len() as u64;
    refused.sort_by_key(|refused| refused.line);
    refused.truncate(REFUSALS_MAX.saturating_sub(report.refusals.len()));
    report.refusals.append(&mut refused);
    Ok(())
}
