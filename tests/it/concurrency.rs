//! How many cars at once: `docs/protocol.md`, E-29, E-30 and S-20 to S-26, on both stores.
//!
//! The application is asked and told without HTTP, so that time can pass and many can ask at once;
//! `race` does it over sockets too.

mod counting;
mod groups;
mod model;
mod naive;
mod places;
mod race;
mod release;
mod site;

/// Rounds of a race, unless `OCPI_TEST_ROUNDS` says another number; the model is checked in as many
/// more cases, or fewer.
const ROUNDS: u32 = 100;

#[expect(
    clippy::disallowed_methods,
    reason = "how long a test runs is no setting of the server"
)]
fn rounds() -> u32 {
    let Ok(text) = std::env::var("OCPI_TEST_ROUNDS") else {
        return ROUNDS;
    };
    let rounds = text.parse();
    rounds.unwrap_or_else(|_| panic!("OCPI_TEST_ROUNDS={text}"))
}
