//! Proof that the records are those that were written.

use std::sync::Arc;

use ocpi_app::Ports;
use ocpi_ports::{ChainFault, ChainHead, ChainLink, ChainReport, MockRecordAudit};
use serde_json::{Value, json};

use super::{Operator, start, started};
use crate::support::world::{World, WorldBuilder};

const VERIFY: &str = "/admin/v1/audit/verify";

/// A world whose chain is found to be so; a head that is not the chain's own was cut off.
async fn chained(fault: Option<ChainFault>) -> (World, Operator) {
    let head = ChainHead {
        number: 7,
        link: ChainLink([0xab; 32]),
    };
    let mut audit = MockRecordAudit::new();
    audit.expect_head().return_const(head);
    audit.expect_verify().returning(move |asked| {
        let cut = asked.filter(|link| *link != head.link);
        Ok(ChainReport {
            records: 5,
            oldest: Some(3),
            head,
            fault: cut.map(|link| ChainFault::Cut { link }).or(fault.clone()),
        })
    });
    let ports = |ports| Ports {
        audit: Some(Arc::new(audit)),
        ..ports
    };
    start(WorldBuilder::new().ports(ports)).await
}

/// Holds: E-33. A chain that is whole is said to be.
#[tokio::test]
async fn a_whole_chain_is_verified() {
    let (_world, operator) = chained(None).await;
    let link = "ab".repeat(32);
    let expected = json!({
        "verified": true,
        "records": 5,
        "oldest": 3,
        "head": {"number": 7, "link": link},
        "fault": null,
    });
    for target in [
        VERIFY.to_owned(),
        format!("{VERIFY}?head={}", link.to_uppercase()),
    ] {
        assert_eq!(operator.get(&target).await.found(), expected, "{target}");
    }
}

/// Holds: E-33. A changed, missing or re-made record is found, and so is a cut tail.
#[tokio::test]
async fn a_fault_is_an_answer_that_says_what_it_is() {
    let changed = ChainFault::Changed {
        number: 4,
        reference: "R-4".parse().expect("a reference"),
    };
    let missing = ChainFault::Missing { from: 4, to: 5 };
    for (fault, kind, said) in [
        (changed, "changed", "record 4 (R-4)"),
        (missing, "missing", "4 to 5"),
        (ChainFault::Beginning, "beginning", "begins"),
        (ChainFault::Ending, "ending", "ends"),
    ] {
        let (_world, operator) = chained(Some(fault)).await;
        let report = operator.get(VERIFY).await.found();
        assert_eq!(
            (&report["verified"], &report["fault"]["kind"]),
            (&false.into(), &kind.into())
        );
        let detail = report["fault"]["detail"].as_str().expect("a detail");
        assert!(detail.contains(said), "{detail}");
    }
    let (_world, operator) = chained(None).await;
    let cut = operator
        .get(&format!("{VERIFY}?head={}", "00".repeat(32)))
        .await
        .found();
    assert_eq!(cut["fault"]["kind"], "cut");
    assert_eq!(cut["verified"], false);
}

/// Beyond the protocol: the store in memory says that it keeps no chain, and what to do.
#[tokio::test]
async fn without_a_chain_nothing_is_verified() {
    let (_world, operator) = started().await;
    let problem = operator.get(VERIFY).await;
    assert!(problem.problem(501).contains("sqlite:"));
    assert_eq!(problem.json().get("lines"), None::<&Value>);
}
