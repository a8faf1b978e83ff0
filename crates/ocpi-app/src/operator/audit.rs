//! Proof that the records are those that were written.

use ocpi_ports::{ChainHead, ChainLink, ChainReport};

use super::OperatorError;
use crate::app::App;

impl App {
    /// Reads every record and says whether the chain over them is whole, which takes as long as
    /// it takes. `head`, a link that was published earlier, must be part of it.
    ///
    /// # Errors
    ///
    /// [`OperatorError::NotDurable`], [`OperatorError::Storage`]. A fault of the chain is no
    /// error: the report says it.
    pub async fn verify_records(
        &self,
        head: Option<ChainLink>,
    ) -> Result<ChainReport, OperatorError> {
        let audit = self.ports.audit.as_ref();
        let audit = audit.ok_or(OperatorError::NotDurable)?;
        Ok(audit.verify(head).await?)
    }

    /// The end of the chain of records; `None` when the store keeps no chain.
    pub fn chain_head(&self) -> Option<ChainHead> {
        self.ports.audit.as_ref().map(|audit| audit.head())
    }

    /// Writes the end of the chain of records to the log, for the day on which somebody asks
    /// whether the newest records were cut off. Without a chain, nothing is written.
    pub fn log_chain_head(&self) {
        if let Some(ChainHead { number, link }) = self.chain_head() {
            tracing::info!(target: "ocpi::audit", number, %link, "record chain head");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ocpi_ports::MockRecordAudit;
    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;

    use super::*;
    use crate::Ports;
    use crate::testing::{app, app_of, ports};

    #[tokio::test]
    async fn a_store_without_a_chain_has_nothing_to_verify() {
        let app = app(ports());
        assert_eq!(app.chain_head(), None);
        let refused = app.verify_records(None).await;
        assert!(matches!(refused, Err(OperatorError::NotDurable)));
    }

    /// Beyond the protocol: who keeps what the metrics show can tell later that a tail was cut.
    #[test]
    fn the_metrics_show_the_end_of_the_chain() {
        let head = ChainHead {
            number: 12,
            link: ChainLink([0xab; 32]),
        };
        let mut audit = MockRecordAudit::new();
        audit.expect_head().return_const(head);
        let mut registry = Registry::default();
        let ports = Ports {
            audit: Some(Arc::new(audit)),
            ..ports()
        };
        let app = app_of(ports, &mut registry);
        assert_eq!(app.chain_head(), Some(head));
        let mut shown = String::new();
        encode(&mut shown, &registry).unwrap();
        let link = "ab".repeat(32);
        for line in [
            "ocpi_record_chain_number 12".to_owned(),
            format!("ocpi_record_chain_head_info{{link=\"{link}\"}} 1"),
        ] {
            assert!(shown.lines().any(|it| it == line), "{line} in {shown}");
        }
    }
}
