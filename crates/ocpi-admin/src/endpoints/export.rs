//! Every Token of the eMSPs hosted here, in one answer.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use http::Method;
use ocpi_app::{App, ListOwnTokens, OperatorError};
use ocpi_domain::{Cursor, Page, Token};

use crate::answer::{self, Answer, Interrupted};
use crate::endpoint::{Access, Call, Content, Endpoint, Success};
use crate::failure::{self, Failure};

/// Tokens that are read and sent at once.
const PIECE: usize = 1000;

pub(super) static ENDPOINTS: [Endpoint; 1] = [Endpoint {
    method: Method::GET,
    path: "/admin/v1/tokens/export",
    id: "exportTokens",
    summary: "Every Token of the eMSPs hosted here, in creation order, as JSON lines that can be \
              imported",
    access: Access::AdminToken,
    query: &[],
    headers: &[],
    body: None,
    successes: &[Success {
        status: 200,
        when: "The Tokens, one a line. An answer that breaks off is not the whole.",
        content: Content::Lines("Token"),
        headers: &[],
    }],
    refusals: &[],
    asks_store: true,
    handler: |call| Box::pin(export(call)),
}];

/// What the next piece is made of.
enum Next {
    Tokens(Page<Arc<Token>>),
    After(Cursor),
    Nothing,
}

async fn export(call: Call<'_>) -> Result<Answer, Failure> {
    let app = Arc::clone(&call.server.app);
    // A store that fails at once is still answered with a problem.
    let first = Next::Tokens(list(&app, None).await?);
    let pieces = stream::try_unfold((app, first), |(app, next)| async move {
        let page = match next {
            Next::Tokens(page) => page,
            Next::After(place) => list(&app, Some(place))
                .await
                .map_err(|error| interrupted(&error))?,
            Next::Nothing => return Ok(None),
        };
        let piece = lines(&page.items)?;
        let next = page.next.map_or(Next::Nothing, Next::After);
        Ok(Some((piece, (app, next))))
    });
    Ok(answer::stream("application/jsonl", pieces))
}

async fn list(app: &App, after: Option<Cursor>) -> Result<Page<Arc<Token>>, OperatorError> {
    app.list_own_tokens(ListOwnTokens {
        after,
        limit: PIECE,
        ..ListOwnTokens::default()
    })
    .await
}

fn lines(tokens: &[Arc<Token>]) -> Result<Bytes, Interrupted> {
    let mut lines = Vec::new();
    for token in tokens {
        serde_json::to_writer(&mut lines, token).map_err(|_| Interrupted)?;
        lines.push(b'\n');
    }
    Ok(lines.into())
}

/// The status is sent already: all that is left to do is to stop.
fn interrupted(error: &OperatorError) -> Interrupted {
    if let OperatorError::Storage(error) = error {
        failure::log_storage(error);
    }
    Interrupted
}
