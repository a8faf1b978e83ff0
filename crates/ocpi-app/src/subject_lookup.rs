//! Finding everything stored that an authorization depends on.

use ocpi_domain::{DateTime, LocationReferences, Party, PlatformId, TokenType};
use ocpi_ports::{StorageError, SubjectLookup, SubjectQuery};

use crate::app::App;

/// A question, as it was sent.
pub(crate) struct SubjectQuestion<'a> {
    /// The owner that it names.
    pub(crate) owner: Option<Party>,
    /// The recipient that it names.
    pub(crate) to: Option<Party>,
    /// The uid; a text that is no uid is an unknown Token.
    pub(crate) uid: &'a str,
    pub(crate) token_type: &'a TokenType,
    /// Who asks.
    pub(crate) platform: Option<&'a PlatformId>,
    /// The CPOs that the place may belong to.
    pub(crate) cpo_parties: &'a [Party],
    pub(crate) location: Option<&'a LocationReferences>,
    pub(crate) at: DateTime,
}

impl App {
    /// Everything stored about the Token and the place, under the owners that the question may
    /// mean: the one that it names as owner or as recipient, else every eMSP hosted here.
    pub(crate) async fn look_up(
        &self,
        question: &SubjectQuestion<'_>,
    ) -> Result<SubjectLookup, StorageError> {
        let hosted = self.hosting.emsp_parties();
        let named = match (question.owner, question.to) {
            (Some(owner), Some(to)) if owner != to => return Ok(SubjectLookup::Unknown),
            (owner, to) => owner.or(to),
        };
        let parties = match &named {
            Some(party) if !hosted.contains(party) => return Ok(SubjectLookup::Unknown),
            Some(party) => std::slice::from_ref(party),
            None => hosted,
        };
        let Ok(uid) = question.uid.parse() else {
            return Ok(SubjectLookup::Unknown);
        };
        let query = SubjectQuery {
            parties,
            uid: &uid,
            token_type: question.token_type,
            platform: question.platform,
            cpo_parties: question.cpo_parties,
            location: question.location,
            at: question.at,
        };
        let store = &self.ports.authorizations;
        store.load_authorization_subject(&query).await
    }
}
