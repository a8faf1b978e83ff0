//! A platform of `ocpi-kit` that registers with us: its client calls us, and its mock peer answers
//! when we call back. Everything on the wire is the library's; this only says what to do, and
//! prints each check as one line of JSON.
//!
//! Its argument is a JSON object, see [`given::Given`].

mod asks;
mod given;
mod peer;
mod pushes;
mod registration;
mod report;

use std::error::Error;

use given::Given;
use ocpi_kit::client::{ClientConfig, OcpiClient};
use ocpi_kit::v2_3_0::types::Role;
use peer::OtherSide;
use report::Report;

type Fallible = Result<(), Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Fallible {
    let text = std::env::args().nth(1).ok_or("no argument")?;
    let given: Given = serde_json::from_str(&text)?;
    let client = OcpiClient::with_config(ClientConfig::for_testing())?;
    let us = OtherSide::serve(&given).await?;
    let mut report = Report::new(&given);

    let first = registration::registers(&mut report, &client, &given, &us).await?;
    match us.role() {
        Role::Emsp => pushes::tokens(&mut report, &client, &first, &us).await?,
        _ => asks::all(&mut report, &client, &first, &us, &given).await?,
    }
    registration::registers_twice(&mut report, &client, &given, &first, &us).await?;
    let second = registration::rotates(&mut report, &client, &given, &first, &us).await?;
    registration::leaves(&mut report, &client, &given, &second, &us).await
}
