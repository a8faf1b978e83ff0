//! What is tapped, where and how fast.

use std::fmt;
use std::sync::Arc;

use ocpi_domain::Party;

use crate::clock::Clock;

/// What is tapped, where and how fast.
#[derive(Clone)]
pub struct TapsOptions {
    /// The beginning of the operator's API, as `http://127.0.0.1:8001`.
    pub admin_url: String,
    /// The token of the operator's API.
    pub admin_token: String,
    /// Taps a second, 0.001 or more; `None` as fast as `in_flight` allows.
    pub rate: Option<f64>,
    /// Taps in all.
    pub count: u64,
    /// The most questions under way at once; 1 or more.
    pub in_flight: usize,
    /// What the cards, and which of them is tapped, come from: that of the eMSP, for its cards.
    pub seed: u64,
    /// The cards that are tapped are those with a number below this one, 1 or more; each question
    /// names one of them by chance. Not used where `uids` names some.
    pub cards: u32,
    /// The uids that are tapped, by chance; none for the cards of the seed.
    pub uids: Vec<String>,
    /// The CPO of the charge point; `None` where only one is hosted.
    pub cpo: Option<Party>,
    /// Where the charge point is.
    pub location_id: String,
    /// The EVSE, when it is named.
    pub evse_uid: Option<String>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl TapsOptions {
    /// Ten thousand taps of the first card of seed 0 at `LOC1`, 32 at once.
    pub fn new(admin_url: &str, admin_token: &str, clock: Arc<dyn Clock>) -> TapsOptions {
        TapsOptions {
            admin_url: admin_url.to_owned(),
            admin_token: admin_token.to_owned(),
            rate: None,
            count: 10_000,
            in_flight: 32,
            seed: 0,
            cards: 1,
            uids: Vec::new(),
            cpo: None,
            location_id: "LOC1".to_owned(),
            evse_uid: Some("EVSE1".to_owned()),
            clock,
        }
    }
}

impl fmt::Debug for TapsOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the token.
        f.debug_struct("TapsOptions")
            .field("admin_url", &self.admin_url)
            .field("rate", &self.rate)
            .field("count", &self.count)
            .field("in_flight", &self.in_flight)
            .finish_non_exhaustive()
    }
}
