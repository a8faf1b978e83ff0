//! A copy of the store.

use std::path::Path;

use ocpi_ports::StorageError;

use super::OperatorError;
use crate::app::App;

impl App {
    /// Writes what is stored now to a new file, which takes as long as it takes; its size in
    /// bytes.
    ///
    /// # Errors
    ///
    /// [`OperatorError::NotDurable`], [`OperatorError::FileExists`],
    /// [`OperatorError::Storage`].
    pub async fn back_up(&self, file: &Path) -> Result<u64, OperatorError> {
        let backup = self.ports.backup.as_ref();
        let backup = backup.ok_or(OperatorError::NotDurable)?;
        match backup.back_up(file).await {
            Ok(bytes) => Ok(bytes),
            Err(StorageError::Conflict) => Err(OperatorError::FileExists),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ocpi_ports::MockStoreBackup;

    use super::*;
    use crate::Ports;
    use crate::testing::{app, ports};

    #[tokio::test]
    async fn a_backup_overwrites_no_file_and_needs_a_store_that_can() {
        let file = Path::new("copy.db");
        let refused = app(ports()).back_up(file).await;
        assert!(matches!(refused, Err(OperatorError::NotDurable)));

        let mut backup = MockStoreBackup::new();
        backup
            .expect_back_up()
            .returning(|_| Err(StorageError::Conflict));
        let app = app(Ports {
            backup: Some(Arc::new(backup)),
            ..ports()
        });
        let refused = app.back_up(file).await;
        assert!(matches!(refused, Err(OperatorError::FileExists)));
    }
}
