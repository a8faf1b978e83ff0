//! A CPO's sessions, as they are stored here, listed for it.
//!
//! OCPI lists sessions at their sender only; the tutorial lists them here too.

use std::sync::Arc;

use ocpi_domain::{Page, PageRequest, Role, Session};
use ocpi_ports::StorageError;

use crate::access::{AccessError, RequestContext, require_cpo};
use crate::app::App;
use crate::deadline::in_time;

/// Why there is no list.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ListSessionsError {
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl App {
    /// One page of the sessions of the CPO that asks, or of every CPO that its platform speaks
    /// for.
    ///
    /// # Errors
    ///
    /// [`ListSessionsError`].
    pub async fn list_sessions(
        &self,
        context: &RequestContext,
        page: &PageRequest,
    ) -> Result<Page<Arc<Session>>, ListSessionsError> {
        in_time(self.list_sessions_of_store(context, page)).await
    }

    async fn list_sessions_of_store(
        &self,
        context: &RequestContext,
        page: &PageRequest,
    ) -> Result<Page<Arc<Session>>, ListSessionsError> {
        self.check_routing(context, &Role::Emsp)?;
        require_cpo(context)?;
        let (platform, from) = (&context.caller.platform, context.routing.from);
        let parties = self.cpo_parties(platform, from).await?;
        let listed = self.ports.sessions.list_sessions(&parties, page).await?;
        let Page { items, total, next } = listed;
        let items = items.into_iter().map(|stored| stored.session).collect();
        Ok(Page { items, total, next })
    }
}

#[cfg(test)]
mod tests {
    use ocpi_domain::{PageStart, Party, PartyRole, Platform};
    use ocpi_ports::MockSessionRepository;

    use super::*;
    use crate::testing::{app, party, ports, request_of_cpo};
    use crate::{Ports, Routing};

    /// The parties whose sessions are listed for a platform of these roles that names `from`.
    async fn listed(
        roles: &[(&str, Role)],
        from: Option<&str>,
    ) -> Result<Vec<Party>, ListSessionsError> {
        let (told, parties) = std::sync::mpsc::channel();
        let mut sessions = MockSessionRepository::new();
        sessions
            .expect_list_sessions()
            .returning(move |parties, _| {
                told.send(parties.to_vec()).unwrap();
                Ok(Page {
                    items: vec![],
                    total: 0,
                    next: None,
                })
            });
        let app = app(Ports {
            sessions: Arc::new(sessions),
            ..ports()
        });
        let mut context = request_of_cpo();
        let roles = roles.iter().map(|(name, role)| PartyRole {
            party: party(name),
            role: role.clone(),
        });
        context.caller.platform = Arc::new(Platform {
            roles: roles.collect(),
            ..Platform::clone(&context.caller.platform)
        });
        context.routing = Routing {
            to: None,
            from: from.map(party),
        };
        let page = PageRequest {
            start: PageStart::Offset(0),
            limit: 10,
            window: ocpi_domain::DateWindow::default(),
        };
        app.list_sessions(&context, &page).await?;
        Ok(parties.recv().unwrap())
    }

    /// Holds: S-27, C-20.
    #[tokio::test]
    async fn a_platform_is_shown_the_sessions_of_its_cpos() {
        let roles = [
            ("NL/ALF", Role::Cpo),
            ("NL/BET", Role::Cpo),
            ("NL/EMS", Role::Emsp),
        ];
        let both = ["NL/ALF", "NL/BET"].map(party).to_vec();
        for (from, expected) in [
            (None, both.clone()),
            (Some("NL/BET"), vec![party("NL/BET")]),
            (Some("NL/EMS"), both.clone()),
            (Some("DE/XYZ"), both),
        ] {
            assert_eq!(listed(&roles, from).await.unwrap(), expected, "{from:?}");
        }
        let refused = listed(&roles[2..], None).await;
        assert!(matches!(
            refused,
            Err(ListSessionsError::Access(AccessError::PartyNotHeld))
        ));
    }
}
