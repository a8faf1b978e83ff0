//! Proof that the records are those that were written.

use http::Method;
use ocpi_ports::{ChainFault, ChainHead, ChainReport};
use serde::Serialize;

use crate::answer::{self, Answer};
use crate::endpoint::{Access, Call, Endpoint, Parameter, Refusal, Success};
use crate::failure::Failure;
use crate::schema;

pub(super) static ENDPOINTS: [Endpoint; 1] = [Endpoint {
    method: Method::GET,
    path: "/admin/v1/audit/verify",
    id: "verifyRecords",
    summary: "Reads every record of an authorization and says whether the chain over them is \
              whole; may take minutes",
    access: Access::AdminToken,
    query: &[Parameter {
        name: "head",
        description: "A link that the log or `/metrics` showed earlier: it must be part of the \
                      chain, or the newest records were cut off or made anew.",
        schema: schema::audit::link,
    }],
    headers: &[],
    body: None,
    successes: &[Success::json(
        200,
        "What was found; `verified` says whether all is as it was written.",
        "ChainReport",
    )],
    refusals: &[Refusal::new(501, "The store in memory keeps no chain.")],
    asks_store: true,
    handler: |call| Box::pin(verify(call)),
}];

/// What was found, as the operator sees it.
#[derive(Serialize)]
pub(crate) struct Verified {
    verified: bool,
    records: u64,
    oldest: Option<u64>,
    head: Head,
    fault: Option<Fault>,
}

#[derive(Serialize)]
struct Head {
    number: u64,
    link: String,
}

/// A fault: which, and in words.
#[derive(Serialize)]
struct Fault {
    kind: &'static str,
    detail: String,
}

impl From<ChainReport> for Verified {
    fn from(report: ChainReport) -> Verified {
        let ChainHead { number, link } = report.head;
        Verified {
            verified: report.fault.is_none(),
            records: report.records,
            oldest: report.oldest,
            head: Head {
                number,
                link: link.to_string(),
            },
            fault: report.fault.map(|fault| Fault {
                kind: kind(&fault),
                detail: fault.to_string(),
            }),
        }
    }
}

/// Every kind of fault.
pub(crate) const FAULTS: [&str; 6] = ["changed", "missing", "beginning", "ending", "hidden", "cut"];

fn kind(fault: &ChainFault) -> &'static str {
    let [changed, missing, beginning, ending, hidden, cut] = FAULTS;
    match fault {
        ChainFault::Changed { .. } => changed,
        ChainFault::Missing { .. } => missing,
        ChainFault::Beginning => beginning,
        ChainFault::Ending => ending,
        ChainFault::Hidden { .. } => hidden,
        ChainFault::Cut { .. } => cut,
    }
}

async fn verify(call: Call<'_>) -> Result<Answer, Failure> {
    let head = call.query.read("head")?;
    let report = call.server.app.verify_records(head).await?;
    Ok(answer::found(&Verified::from(report)))
}
