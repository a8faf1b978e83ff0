//! `[registration]`: who may register, and with what.

use anyhow::Context;
use ocpi_domain::{InterfaceRole, ModuleId};

use super::limits::in_range;
use crate::config_file::RegistrationSection;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// How long a bootstrap token is good, milliseconds; `None` when it is not set.
pub(super) fn bootstrap_token_ms(section: &RegistrationSection) -> anyhow::Result<Option<i64>> {
    let name = "registration.bootstrap_token_days";
    let days: Option<i64> = in_range(name, section.bootstrap_token_days, 1..=365)?;
    Ok(days.map(|days| days * DAY_MS))
}

/// The endpoints that a setting names, as `tokens SENDER` each; `None` when it is not set.
pub(super) fn required(
    name: &str,
    set: Option<&Vec<String>>,
) -> anyhow::Result<Option<Vec<(ModuleId, InterfaceRole)>>> {
    let read = |text: &String| {
        endpoint(text).with_context(|| {
            format!(
                "registration.{name}: `{text}` is no module and its role, as `tokens SENDER` or \
                 `locations RECEIVER`"
            )
        })
    };
    set.map(|texts| texts.iter().map(read).collect())
        .transpose()
}

/// `tokens SENDER`. A module that OCPI does not list is a slip: no platform would have it.
fn endpoint(text: &str) -> Option<(ModuleId, InterfaceRole)> {
    let (module, role) = text.split_once(' ')?;
    let module: ModuleId = module.parse().ok()?;
    let is_listed = ModuleId::LISTED.contains(&module);
    Some((module, role.parse().ok()?)).filter(|_| is_listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds: C-27. What a platform must have is set, by the words of the specification.
    #[test]
    fn required_endpoints_are_modules_with_their_roles() {
        let read = |texts: &[&str]| {
            let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
            required("required_of_cpo", Some(&texts))
        };
        assert_eq!(required("required_of_cpo", None).unwrap(), None);
        assert_eq!(read(&[]).unwrap(), Some(vec![]));
        assert_eq!(
            read(&["tokens RECEIVER", "locations SENDER"]).unwrap(),
            Some(vec![
                (ModuleId::Tokens, InterfaceRole::Receiver),
                (ModuleId::Locations, InterfaceRole::Sender),
            ])
        );
        for text in [
            "",
            "tokens",
            "tokens sender",
            "token SENDER",
            "SENDER tokens",
        ] {
            let refused = read(&[text]).unwrap_err().to_string();
            let start = format!("registration.required_of_cpo: `{text}` ");
            assert!(refused.starts_with(&start), "{refused}");
        }
    }

    /// Holds: C-02. A bootstrap token has an end.
    #[test]
    fn how_long_a_bootstrap_token_is_good_is_set_in_days() {
        let of = |days| {
            bootstrap_token_ms(&RegistrationSection {
                bootstrap_token_days: days,
                ..RegistrationSection::default()
            })
        };
        assert_eq!(of(None).unwrap(), None);
        assert_eq!(of(Some(1)).unwrap(), Some(86_400_000));
        for days in [0, 366] {
            let refused = of(Some(days)).unwrap_err().to_string();
            assert!(refused.starts_with("registration.bootstrap_token_days: "));
        }
    }
}
