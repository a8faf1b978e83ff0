//! `[outbound]`: what we may call.

use std::path::PathBuf;

use super::limits::in_range;
use crate::config_file::OutboundSection;

/// How platforms may be called, beside the times that the application keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OutboundSettings {
    /// Call `http` URLs too.
    pub(crate) allow_http: bool,
    /// Call addresses of this machine and of private networks too.
    pub(crate) allow_private_addresses: bool,
    /// A file of certificate authorities beside those of the system, PEM.
    pub(crate) extra_ca: Option<PathBuf>,
    /// Bytes of an answer that are taken.
    pub(crate) response_bytes_max: usize,
}

/// Bytes of an answer: enough for the longest list of endpoints, whatever is set.
const RESPONSE_BYTES: std::ops::RangeInclusive<u64> = 16 * 1024..=1 << 30;

/// What the section says. A demonstration is on this machine alone, so it may call this machine.
pub(super) fn outbound(
    section: &OutboundSection,
    is_quickstart: bool,
) -> anyhow::Result<OutboundSettings> {
    let response_bytes_max = in_range(
        "outbound.response_bytes_max",
        section.response_bytes_max,
        RESPONSE_BYTES,
    )?;
    Ok(OutboundSettings {
        allow_http: section.allow_http || is_quickstart,
        allow_private_addresses: section.allow_private_addresses || is_quickstart,
        extra_ca: section.extra_ca.clone(),
        response_bytes_max: response_bytes_max.unwrap_or(1 << 20),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds: C-23. Nothing of our own network is called unless somebody said so; a demonstration,
    /// which nobody else reaches, may call itself.
    #[test]
    fn only_https_to_the_world_is_called_unless_it_is_said() {
        let nothing = OutboundSection::default();
        let strict = outbound(&nothing, false).unwrap();
        assert!(!strict.allow_http && !strict.allow_private_addresses);
        assert_eq!(strict.response_bytes_max, 1_048_576);
        let demonstration = outbound(&nothing, true).unwrap();
        assert!(demonstration.allow_http && demonstration.allow_private_addresses);
        let section = OutboundSection {
            allow_http: true,
            response_bytes_max: Some(16_384),
            ..OutboundSection::default()
        };
        let set = outbound(&section, false).unwrap();
        assert!(set.allow_http && !set.allow_private_addresses);
        assert_eq!(set.response_bytes_max, 16_384);
        let section = OutboundSection {
            response_bytes_max: Some(16_383),
            ..OutboundSection::default()
        };
        let refused = outbound(&section, false).unwrap_err().to_string();
        assert!(
            refused.starts_with("outbound.response_bytes_max: "),
            "{refused}"
        );
    }
}
