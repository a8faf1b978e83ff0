//! How we present ourselves.

use std::sync::Arc;

use ocpi_domain::{OcpiVersion, Platform, Role};
use prometheus_client::registry::Registry;

use super::any_token;
use crate::testing::{hosting_of, party, ports, request_of_cpo};
use crate::{App, AppOptions, Root};

type Hosted = &'static [(&'static str, &'static [Role])];

const BOTH: Hosted = &[
    ("CH/ABC", &[Role::Cpo, Role::Emsp]),
    ("NL/ALF", &[Role::Cpo]),
    ("NL/EMS", &[Role::Emsp]),
];
const CPO: Hosted = &[("NL/ALF", &[Role::Cpo]), ("NL/BET", &[Role::Cpo])];

/// The path of the URL, and the parties and roles, that a platform is told of.
fn told(
    hosted: Hosted,
    version: OcpiVersion,
    root: Root,
    our_party: Option<&str>,
) -> (String, Vec<String>) {
    let hosting = hosting_of(hosted);
    let app = App::new(
        ports(),
        hosting,
        AppOptions::default(),
        &mut Registry::default(),
    );
    let mut context = request_of_cpo();
    context.version = version;
    context.caller.platform = Arc::new(Platform {
        our_party: our_party.map(party),
        ..Platform::clone(&context.caller.platform)
    });
    let ours = app.our_credentials(&context, root, any_token());
    assert_eq!(ours.token.expose(), any_token().expose());
    assert_eq!(ours.hub, None);
    let path = ours.url.as_str().strip_prefix("https://here.example/ocpi/");
    let roles = ours.roles.iter().map(|presented| {
        assert!(!presented.business_details.name.as_str().is_empty());
        format!(
            "{}/{} {}",
            presented.country_code, presented.party_id, presented.role
        )
    });
    (path.unwrap().to_owned(), roles.collect())
}

/// Holds: C-13, C-16, C-17, C-18, M-13.
#[test]
fn a_platform_is_told_of_those_that_it_finds_below_its_root() {
    use OcpiVersion::{V2_1_1, V2_2_1, V2_3_0};
    let all = &["CH/ABC CPO", "CH/ABC EMSP", "NL/ALF CPO", "NL/EMS EMSP"][..];
    let cpos = &["CH/ABC CPO", "NL/ALF CPO"][..];
    let emsps = &["CH/ABC EMSP", "NL/EMS EMSP"][..];
    for (hosted, version, root, our_party, path, roles) in [
        (BOTH, V2_3_0, Root::Combined, None, "versions", all),
        (BOTH, V2_2_1, Root::Combined, None, "versions", all),
        (BOTH, V2_3_0, Root::Cpo, None, "cpo/versions", cpos),
        (BOTH, V2_2_1, Root::Emsp, None, "emsp/versions", emsps),
        (
            BOTH,
            V2_1_1,
            Root::Cpo,
            None,
            "cpo/versions",
            &["CH/ABC CPO"],
        ),
        (
            BOTH,
            V2_1_1,
            Root::Cpo,
            Some("NL/ALF"),
            "cpo/versions",
            &["NL/ALF CPO"],
        ),
        // Hosted, but not in that role.
        (
            BOTH,
            V2_1_1,
            Root::Emsp,
            Some("NL/ALF"),
            "emsp/versions",
            &["CH/ABC EMSP"],
        ),
        (
            CPO,
            V2_1_1,
            Root::Combined,
            None,
            "versions",
            &["NL/ALF CPO"],
        ),
        (
            CPO,
            V2_1_1,
            Root::Cpo,
            Some("NL/BET"),
            "versions",
            &["NL/BET CPO"],
        ),
        // A root where nobody is: better somebody than nobody.
        (
            CPO,
            V2_3_0,
            Root::Emsp,
            None,
            "emsp/versions",
            &["NL/ALF CPO", "NL/BET CPO"],
        ),
    ] {
        let expected = roles.iter().map(ToString::to_string).collect();
        let told = told(hosted, version, root, our_party);
        assert_eq!(
            told,
            (path.to_owned(), expected),
            "{version} {root:?} {our_party:?}"
        );
    }
}
