//! A client of the operator's API, wherever it is.

mod http_transport;
mod in_process;

use std::path::Path;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Response, StatusCode};
use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use ocpi_sqlite::Holder;
use serde_json::Value;

use crate::args::ServeArgs;
use crate::cli::args::TargetArgs;
use crate::cli::request::Request;
use crate::exit::{Exit, Failure};
use crate::settings::{Settings, StoreUrl};

use self::http_transport::HttpTransport;
use self::in_process::InProcess;

/// Why an answer broke off.
type BodyError = Box<dyn std::error::Error + Send + Sync>;

/// The body of an answer.
type AnswerBody = UnsyncBoxBody<Bytes, BodyError>;

/// What its user can do about a 401.
const WRONG_ADMIN_TOKEN: &str = "the admin token is not the one of the server: name the server's \
                                 configuration file by --config, or set OCPI_ADMIN_TOKEN";

/// What to do about a store that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IfAbsent {
    Create,
    Refuse,
}

/// A client of the operator's API.
pub(crate) struct Client {
    transport: Transport,
    authorization: HeaderValue,
    target: String,
    is_volatile: bool,
}

enum Transport {
    Http(HttpTransport),
    InProcess(InProcess),
}

/// A successful answer.
pub(crate) struct Answer {
    status: StatusCode,
    body: AnswerBody,
}

impl Client {
    /// A client of the server that is named or holds the store; when nobody holds it, of the
    /// store itself.
    ///
    /// # Errors
    ///
    /// What is wrong with the settings, and who cannot be reached.
    pub(crate) fn open(target: &TargetArgs, if_absent: IfAbsent) -> Result<Client, Failure> {
        let settings = settings(target)?;
        let over_http = |url: &str, target: String, is_volatile| {
            let token = settings.admin_token.as_ref().ok_or_else(|| {
                let detail = "admin_token: needed to speak to the server; set OCPI_ADMIN_TOKEN";
                Failure::new(Exit::Failed, detail)
            })?;
            Ok(Client {
                transport: Transport::Http(HttpTransport::new(url)?),
                authorization: authorization(&token.0)?,
                target,
                is_volatile,
            })
        };
        if let Some(url) = &target.admin_url {
            return over_http(url, url.clone(), false);
        }
        let path = match &settings.store {
            StoreUrl::Sqlite(path) => path.clone(),
            // It is nowhere but in its server.
            StoreUrl::Memory => {
                let url = format!("http://{}", settings.admin_listen);
                return over_http(&url, url.clone(), true);
            }
        };
        match holder(&path)? {
            Holder::Somebody { contact: Some(at) } => {
                over_http(&format!("http://{at}"), name_of(&path), false)
            }
            Holder::Somebody { contact: None } => Err(Failure::new(
                Exit::Unreachable,
                format!(
                    "{} is in use by a process that offers no operator's address: one that \
                     starts, or another command; try again when it is done",
                    path.display()
                ),
            )),
            Holder::Nobody if if_absent == IfAbsent::Refuse && !path.exists() => Err(Failure::new(
                Exit::Unreachable,
                format!(
                    "there is no store at {}; name the right one by --config or --store",
                    path.display()
                ),
            )),
            Holder::Nobody => {
                let (server, token) = InProcess::open(settings, target.json)?;
                Ok(Client {
                    transport: Transport::InProcess(server),
                    authorization: authorization(&token)?,
                    target: name_of(&path),
                    is_volatile: false,
                })
            }
        }
    }

    /// What is spoken to, by a name that stays when the server of a store comes or goes.
    pub(crate) fn target(&self) -> &str {
        &self.target
    }

    /// Whether what is written ends with the server.
    pub(crate) fn is_volatile(&self) -> bool {
        self.is_volatile
    }

    /// Whether there is no network between, nor a server that has others to answer.
    pub(crate) fn is_in_process(&self) -> bool {
        matches!(self.transport, Transport::InProcess(_))
    }

    /// Does the work. Where no server goes on with it, Tokens are exchanged here meanwhile.
    pub(crate) async fn while_exchanging<T>(&self, work: impl Future<Output = T>) -> T {
        match &self.transport {
            Transport::Http(_) => work.await,
            Transport::InProcess(server) => server.while_exchanging(work).await,
        }
    }

    /// Sends a request; an answer that is no success is a failure.
    ///
    /// # Errors
    ///
    /// The problem that the server names, and whatever keeps us from an answer.
    pub(crate) async fn send(&self, request: Request) -> Result<Answer, Failure> {
        let mut request = request.into_http()?;
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, self.authorization.clone());
        let response = match &self.transport {
            Transport::Http(http) => http.send(request).await?,
            Transport::InProcess(server) => server.send(request).await,
        };
        let (head, body) = response.into_parts();
        let answer = Answer {
            status: head.status,
            body,
        };
        if head.status.is_success() {
            Ok(answer)
        } else {
            Err(answer.into_failure().await)
        }
    }
}

impl Answer {
    /// Whether the request created what it wrote.
    pub(crate) fn is_created(&self) -> bool {
        self.status == StatusCode::CREATED
    }

    /// The body, to its end.
    ///
    /// # Errors
    ///
    /// When the connection breaks.
    pub(crate) async fn bytes(self) -> Result<Bytes, Failure> {
        let collected = self.body.collect().await.map_err(|error| broken(&error))?;
        Ok(collected.to_bytes())
    }

    /// The next piece of the body; `None` at its end.
    ///
    /// # Errors
    ///
    /// When the connection breaks.
    pub(crate) async fn piece(&mut self) -> Result<Option<Bytes>, Failure> {
        while let Some(frame) = self.body.frame().await {
            if let Ok(piece) = frame.map_err(|error| broken(&error))?.into_data() {
                return Ok(Some(piece));
            }
        }
        Ok(None)
    }

    async fn into_failure(self) -> Failure {
        let status = self.status;
        let exit = match status {
            // All that a command sends comes from its flags.
            StatusCode::BAD_REQUEST => Exit::Usage,
            StatusCode::NOT_FOUND => Exit::NotFound,
            StatusCode::SERVICE_UNAVAILABLE => Exit::Unreachable,
            _ => Exit::Failed,
        };
        let bytes = self.bytes().await.unwrap_or_default();
        match serde_json::from_slice::<Value>(&bytes) {
            Ok(mut problem) if problem["detail"].is_string() => {
                if status == StatusCode::UNAUTHORIZED {
                    problem["detail"] = WRONG_ADMIN_TOKEN.into();
                }
                Failure::of_problem(exit, problem)
            }
            _ => Failure::new(
                Exit::Failed,
                format!("{status} is no answer of an operator's API: is this `admin_listen`?"),
            ),
        }
    }
}

/// The settings of the server that is meant; nothing of them is needed to listen.
pub(crate) fn settings(target: &TargetArgs) -> Result<Settings, Failure> {
    let args = ServeArgs {
        config: target.config.clone(),
        store: target.store.clone(),
        ..ServeArgs::default()
    };
    Ok(Settings::load(&args)?)
}

/// Who holds the store.
pub(crate) fn holder(path: &Path) -> Result<Holder, Failure> {
    ocpi_sqlite::holder(path).map_err(|error| {
        let detail = format!("{}: cannot be looked at: {error}", path.display());
        Failure::new(Exit::Unreachable, detail)
    })
}

fn name_of(path: &Path) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    format!("sqlite:{}", absolute.display())
}

fn authorization(token: &str) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::try_from(format!("Bearer {token}"))
        .map_err(|_| Failure::new(Exit::Failed, "admin_token: cannot stand in a header"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// An answer that is not what the API sends.
pub(crate) fn unreadable(error: &serde_json::Error) -> Failure {
    let detail = format!("the server's answer cannot be read: {error}");
    Failure::new(Exit::Failed, detail)
}

fn broken(error: &BodyError) -> Failure {
    let detail = format!("the server did not finish its answer: {error}");
    Failure::new(Exit::Unreachable, detail)
}

/// An answer whose body is one of ours.
fn boxed<B>(response: Response<B>) -> Response<AnswerBody>
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BodyError>,
{
    response.map(|body| body.map_err(Into::into).boxed_unsync())
}
