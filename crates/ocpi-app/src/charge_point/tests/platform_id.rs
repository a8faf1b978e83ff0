//! The ids that stand for our own charge points.

use ocpi_domain::PlatformId;

use crate::testing::{app, party, platform, ports};
use crate::{OperatorError, PutPlatform};

/// Holds: W-32. No platform may pass for our charge points.
#[tokio::test]
async fn no_platform_has_an_id_of_our_charge_points() {
    let of_one = PlatformId::of_charge_points_of(party("NL/ALF"));
    let all = PlatformId::of_charge_points();
    for id in [all.as_str(), of_one.as_str(), "charge-point.anything"] {
        let request = PutPlatform {
            platform: platform(id),
            credentials_token: None,
            connection: None,
        };
        let refused = app(ports()).put_platform(request).await;
        assert!(matches!(refused, Err(OperatorError::Invalid(_))), "{id}");
    }
}
