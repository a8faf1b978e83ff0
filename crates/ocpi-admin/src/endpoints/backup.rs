//! A copy of the store.

use std::path::Path;

use http::{Method, StatusCode};
use ocpi_app::OperatorError;
use serde::{Deserialize, Serialize};

use crate::answer::{self, Answer};
use crate::endpoint::{Access, BodyKind, Call, Endpoint, Refusal, Success};
use crate::failure::Failure;

pub(super) static ENDPOINTS: [Endpoint; 1] = [Endpoint {
    method: Method::POST,
    path: "/admin/v1/backup",
    id: "backUp",
    summary: "Writes a copy of the store to a new file on the server's machine, while the server \
              works; may take minutes",
    access: Access::AdminToken,
    query: &[],
    headers: &[],
    body: Some(BodyKind::Json("BackupRequest")),
    successes: &[Success::json(
        201,
        "The copy is complete and durable.",
        "Backup",
    )],
    refusals: &[
        Refusal::new(409, "There is a file of that name already."),
        Refusal::new(501, "The store in memory cannot be backed up."),
    ],
    asks_store: true,
    handler: |call| Box::pin(back_up(call)),
}];

/// Where the copy is to be.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    file: String,
}

/// The copy.
#[derive(Serialize)]
pub(crate) struct Backup<'a> {
    pub(crate) file: &'a str,
    pub(crate) bytes: u64,
}

async fn back_up(mut call: Call<'_>) -> Result<Answer, Failure> {
    let Question { file } = call.read_body().await?;
    // The directory in which a server happens to run surprises.
    if !Path::new(&file).is_absolute() || file.contains('\0') {
        return Err(Failure::Invalid(
            "the body: `file`: must be an absolute path on the server's machine".to_owned(),
        ));
    }
    let bytes = match call.server.app.back_up(Path::new(&file)).await {
        Ok(bytes) => bytes,
        Err(OperatorError::Storage(error)) => return Err(Failure::BackupFailed(error)),
        Err(error) => return Err(error.into()),
    };
    let backup = Backup { file: &file, bytes };
    Ok(answer::json(StatusCode::CREATED, &backup))
}
