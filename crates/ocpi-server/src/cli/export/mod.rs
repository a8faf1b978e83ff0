//! `token export` and `authorizations export`.

mod output;
mod records_csv;
mod tokens_csv;

use std::ffi::OsStr;
use std::path::Path;

use http::Method;
use ocpi_domain::{AuthorizationRecord, Party};
use serde::Deserialize;
use serde_json::value::RawValue;

use self::output::Output;
use crate::cli::args::{FilterArgs, Format, OutputArgs};
use crate::cli::authorizations::list;
use crate::cli::client::Client;
use crate::cli::client::unreadable;
use crate::cli::request::Request;
use crate::exit::{Exit, Failure};

/// Records that are asked for at once.
const PAGE: u32 = 1000;

/// Writes every Token, as the server sends them.
pub(super) async fn tokens(
    client: &Client,
    args: OutputArgs,
    party: Option<Party>,
) -> Result<Exit, Failure> {
    let format = args.format()?;
    let mut output = Output::create(args.file.as_deref())?;
    if format == Format::Csv {
        tokens_csv::write_names(&mut output)?;
    }
    let request = Request::new(Method::GET, "tokens/export");
    let mut answer = client.send(request).await?;
    // What came of a line that is not complete yet.
    let mut rest = Vec::new();
    while let Some(piece) = answer.piece().await? {
        rest.extend_from_slice(&piece);
        let Some(end) = rest.iter().rposition(|byte| *byte == b'\n') else {
            continue;
        };
        let incomplete = rest.split_off(end + 1);
        for line in rest.split_inclusive(|byte| *byte == b'\n') {
            if !is_of(line, party)? {
                continue;
            }
            match format {
                Format::Csv => tokens_csv::write(&mut output, line)?,
                Format::Jsonl => output.write(line)?,
            }
        }
        rest = incomplete;
    }
    output.finish()?;
    Ok(Exit::Done)
}

/// Whether the Token belongs to the party that is asked for, if one is.
fn is_of(token: &[u8], party: Option<Party>) -> Result<bool, Failure> {
    let Some(party) = party else { return Ok(true) };
    let owner: Party = serde_json::from_slice(token).map_err(|error| unreadable(&error))?;
    Ok(owner == party)
}

/// A page of the API.
#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    items: Vec<&'a RawValue>,
    next: Option<String>,
}

/// Writes every record that matches, the newest first.
pub(super) async fn records(
    client: &Client,
    args: OutputArgs,
    filter: &FilterArgs,
) -> Result<(), Failure> {
    let format = args.format()?;
    let mut output = Output::create(args.file.as_deref())?;
    if format == Format::Csv {
        records_csv::write_names(&mut output)?;
    }
    let mut after = None;
    loop {
        let request = list(filter, PAGE, after.as_deref());
        let text = client.send(request).await?.bytes().await?;
        let page: Page<'_> = serde_json::from_slice(&text).map_err(|error| unreadable(&error))?;
        for item in page.items {
            match format {
                Format::Csv => {
                    let record: AuthorizationRecord =
                        serde_json::from_str(item.get()).map_err(|error| unreadable(&error))?;
                    records_csv::write(&mut output, &record)?;
                }
                Format::Jsonl => {
                    output.write(item.get().as_bytes())?;
                    output.write(b"\n")?;
                }
            }
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return output.finish(),
        }
    }
}

impl OutputArgs {
    /// What to write: as it is said, else as the name of the file ends.
    fn format(&self) -> Result<Format, Failure> {
        match (self.format, self.file.as_deref()) {
            (Some(format), _) => Ok(format),
            (None, None) => Ok(Format::Jsonl),
            (None, Some(file)) if output::is_standard(file) => Ok(Format::Jsonl),
            (None, Some(file)) => Format::of_name(file),
        }
    }
}

impl Format {
    /// The format that the name of a file says.
    ///
    /// # Errors
    ///
    /// When it says none.
    pub(super) fn of_name(file: &Path) -> Result<Format, Failure> {
        let extension = file.extension().map(OsStr::to_ascii_lowercase);
        match extension.as_deref().and_then(|it| it.to_str()) {
            Some("csv") => Ok(Format::Csv),
            Some("jsonl" | "ndjson") => Ok(Format::Jsonl),
            _ => Err(Failure::new(
                Exit::Usage,
                format!(
                    "{} ends neither with .csv nor with .jsonl; say --format csv or --format jsonl",
                    file.display()
                ),
            )),
        }
    }
}
