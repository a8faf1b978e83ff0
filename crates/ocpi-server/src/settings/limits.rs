//! Limits: each has a default, and a range.

use std::num::NonZeroU32;
use std::ops::RangeInclusive;

use anyhow::Context;
use ocpi_app::AppOptions;
use ocpi_http::Limits;
use ocpi_memstore::MemStoreOptions;

use super::{DurableLimits, charge_point, registration, sync};
use crate::config_file::{ConfigFile, LimitsSection};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
const HOUR_MS: i64 = 60 * 60 * 1000;

/// The longest that a call of a platform may take: a minute. Somebody waits for most of them.
pub(super) const CALL_MS_MAX: u64 = 60_000;

/// What a durable store can work with: 1 MiB to 1 TiB.
const BYTES: RangeInclusive<u64> = 1 << 20..=1 << 40;

/// What a peer may take.
pub(super) fn limits(section: &LimitsSection) -> anyhow::Result<Limits> {
    let default = Limits::default();
    Ok(Limits {
        body_bytes_max: limit("body_bytes_max", section.body_bytes_max, 1..=1 << 30)?
            .unwrap_or(default.body_bytes_max),
        location_body_bytes_max: limit(
            "location_body_bytes_max",
            section.location_body_bytes_max,
            1..=1 << 30,
        )?
        .unwrap_or(default.location_body_bytes_max),
        header_bytes_max: limit("header_bytes_max", section.header_bytes_max, 1..=1 << 20)?
            .unwrap_or(default.header_bytes_max),
        // Longer ones do not come through the parser of URLs.
        url_bytes_max: limit("url_bytes_max", section.url_bytes_max, 1..=65_534)?
            .unwrap_or(default.url_bytes_max),
        read_timeout_ms: limit("read_timeout_ms", section.read_timeout_ms, 1..=DAY_MS)?
            .unwrap_or(default.read_timeout_ms),
        idle_timeout_ms: limit("idle_timeout_ms", section.idle_timeout_ms, 1..=DAY_MS)?
            .unwrap_or(default.idle_timeout_ms),
        connections_max: limit("connections_max", section.connections_max, 1..=1_000_000)?
            .unwrap_or(default.connections_max),
        requests_per_second_per_platform: limit(
            "requests_per_second_per_platform",
            section.requests_per_second_per_platform,
            0..=1_000_000,
        )?
        .unwrap_or(default.requests_per_second_per_platform),
        page_size_default: limit("page_size_default", section.page_size_default, 1..=100_000)?
            .unwrap_or(default.page_size_default),
        page_size_max: limit("page_size_max", section.page_size_max, 1..=100_000)?
            .unwrap_or(default.page_size_max),
        shutdown_timeout_ms: limit(
            "shutdown_timeout_ms",
            section.shutdown_timeout_ms,
            0..=DAY_MS,
        )?
        .unwrap_or(default.shutdown_timeout_ms),
    })
}

/// How much the store in memory keeps.
pub(super) fn memory(section: &LimitsSection) -> anyhow::Result<MemStoreOptions> {
    let default = MemStoreOptions::default();
    let records_max = limit(
        "memory_records_max",
        section.memory_records_max,
        1..=10_000_000,
    )?;
    let records_bytes_max = limit(
        "memory_records_bytes_max",
        section.memory_records_bytes_max,
        1..=1 << 36,
    )?;
    let sessions_max = limit(
        "memory_sessions_max",
        section.memory_sessions_max,
        1..=10_000_000,
    )?;
    Ok(MemStoreOptions {
        records_max: records_max
            .and_then(NonZeroU32::new)
            .unwrap_or(default.records_max),
        records_bytes_max: records_bytes_max.unwrap_or(default.records_bytes_max),
        sessions_max: sessions_max
            .and_then(NonZeroU32::new)
            .unwrap_or(default.sessions_max),
    })
}

/// How much a durable store takes beside its file.
pub(super) fn durable(section: &LimitsSection) -> anyhow::Result<DurableLimits> {
    let cache_bytes_max = limit(
        "store_cache_bytes_max",
        section.store_cache_bytes_max,
        BYTES,
    )?;
    let wal_bytes_max = limit("store_wal_bytes_max", section.store_wal_bytes_max, BYTES)?;
    Ok(DurableLimits {
        cache_bytes_max: cache_bytes_max.unwrap_or(1 << 30),
        wal_bytes_max: wal_bytes_max.unwrap_or(64 << 20),
    })
}

/// What the use cases go by: how long a session counts as active, how long a platform may take, and
/// what one must have to be registered.
pub(super) fn options(file: &ConfigFile) -> anyhow::Result<AppOptions> {
    let default = AppOptions::default();
    let section = &file.limits;
    let pending_slot_s: Option<i64> = limit(
        "pending_slot_seconds",
        section.pending_slot_seconds,
        1..=3600,
    )?;
    let session_silence_hours: Option<i64> = limit(
        "active_session_hours_max",
        section.active_session_hours_max,
        1..=8760,
    )?;
    let outbound_timeout_ms = in_range(
        "outbound.timeout_ms",
        file.outbound.timeout_ms,
        1..=CALL_MS_MAX,
    )?;
    let outbound_authorize_timeout_ms = in_range(
        "outbound.authorize_timeout_ms",
        file.outbound.authorize_timeout_ms,
        1..=CALL_MS_MAX,
    )?;
    let platforms = &file.registration;
    let bootstrap_token_ms = registration::bootstrap_token_ms(platforms)?;
    let of_cpo = registration::required("required_of_cpo", platforms.required_of_cpo.as_ref())?;
    let of_emsp = registration::required("required_of_emsp", platforms.required_of_emsp.as_ref())?;
    Ok(AppOptions {
        list_all_token_types: file.list_all_token_types,
        pending_slot_ms: pending_slot_s.map_or(default.pending_slot_ms, |s| s * 1000),
        session_silence_ms_max: session_silence_hours
            .map_or(default.session_silence_ms_max, |hours| hours * HOUR_MS),
        outbound_timeout_ms: outbound_timeout_ms.unwrap_or(default.outbound_timeout_ms),
        outbound_authorize_timeout_ms: outbound_authorize_timeout_ms
            .unwrap_or(default.outbound_authorize_timeout_ms),
        bootstrap_token_ms: bootstrap_token_ms.unwrap_or(default.bootstrap_token_ms),
        required_of_cpo: of_cpo.unwrap_or(default.required_of_cpo),
        required_of_emsp: of_emsp.unwrap_or(default.required_of_emsp),
        charge_point: charge_point::options(&file.charge_point)?,
        sync: sync::options(&file.sync)?,
    })
}

/// How long something is kept, by the name of its setting: two years unless it is set, `None` for
/// ever.
pub(super) fn keep_days(name: &str, set: Option<u64>) -> anyhow::Result<Option<u32>> {
    let days = in_range(name, set, 0..=36_500)?.unwrap_or(730);
    Ok((days > 0).then_some(days))
}

/// A limit that the file sets, when it is in its range.
fn limit<T: TryFrom<u64>>(
    name: &str,
    set: Option<u64>,
    range: RangeInclusive<u64>,
) -> anyhow::Result<Option<T>> {
    in_range(&format!("limits.{name}"), set, range)
}

/// A number that the file sets, when it is in its range.
pub(super) fn in_range<T: TryFrom<u64>>(
    name: &str,
    set: Option<u64>,
    range: RangeInclusive<u64>,
) -> anyhow::Result<Option<T>> {
    let Some(value) = set else {
        return Ok(None);
    };
    let is_within = range.contains(&value);
    let (min, max) = range.into_inner();
    T::try_from(value)
        .ok()
        .filter(|_| is_within)
        .map(Some)
        .with_context(|| format!("{name}: must be {min} to {max}"))
}

#[cfg(test)]
mod tests {
    use ocpi_domain::{InterfaceRole, ModuleId};

    use super::*;

    /// What the settings make of this section of a file.
    fn options_of(limits: LimitsSection) -> anyhow::Result<AppOptions> {
        options(&ConfigFile {
            limits,
            ..ConfigFile::default()
        })
    }

    /// Holds: E-30, S-21. How long a session counts is set in the units that operators think in.
    #[test]
    fn how_long_sessions_count_is_set_in_seconds_and_hours() {
        let nothing = options_of(LimitsSection::default()).unwrap();
        assert_eq!(nothing, AppOptions::default());
        assert_eq!(nothing.pending_slot_ms, 3 * 60 * 1000);
        assert_eq!(nothing.session_silence_ms_max, 48 * 60 * 60 * 1000);
        let set = options_of(LimitsSection {
            pending_slot_seconds: Some(3600),
            active_session_hours_max: Some(8760),
            ..LimitsSection::default()
        });
        let set = set.unwrap();
        assert_eq!(set.pending_slot_ms, 3_600_000);
        assert_eq!(set.session_silence_ms_max, 31_536_000_000);
        for limits in [
            LimitsSection {
                pending_slot_seconds: Some(3601),
                ..LimitsSection::default()
            },
            LimitsSection {
                active_session_hours_max: Some(0),
                ..LimitsSection::default()
            },
        ] {
            assert!(options_of(limits).is_err());
        }
    }

    /// Holds: C-23, C-27.
    #[test]
    fn how_long_a_platform_may_take_and_what_it_must_have_is_set() {
        let of = |text: &str| options(&toml::from_str(text).unwrap());
        let nothing = of("").unwrap();
        assert_eq!(nothing.outbound_timeout_ms, 10_000);
        assert_eq!(nothing.outbound_authorize_timeout_ms, 1500);
        assert_eq!(nothing.bootstrap_token_ms, 7 * 24 * HOUR_MS);
        assert_eq!(nothing.required_of_cpo, []);
        let tokens = (ModuleId::Tokens, InterfaceRole::Sender);
        assert_eq!(nothing.required_of_emsp, [tokens]);
        let set = of(
            "outbound = { timeout_ms = 60000, authorize_timeout_ms = 1 }\n\
             registration = { required_of_emsp = [], required_of_cpo = [\"tokens SENDER\"] }",
        );
        let set = set.unwrap();
        assert_eq!(
            (set.outbound_timeout_ms, set.outbound_authorize_timeout_ms),
            (60_000, 1)
        );
        assert_eq!(
            (set.required_of_emsp.len(), set.required_of_cpo.len()),
            (0, 1)
        );
        for (text, key) in [
            ("outbound = { timeout_ms = 60001 }", "outbound.timeout_ms: "),
            (
                "outbound = { authorize_timeout_ms = 0 }",
                "outbound.authorize_timeout_ms: ",
            ),
        ] {
            let refused = of(text).unwrap_err().to_string();
            assert!(refused.starts_with(key), "{refused}");
        }
    }

    /// Beyond the protocol: what is said of nothing is two years, and nought is for ever.
    #[test]
    fn things_are_kept_for_two_years_unless_it_is_said() {
        for (set, days) in [(None, Some(730)), (Some(0), None), (Some(1), Some(1))] {
            assert_eq!(keep_days("sessions_keep_days", set).unwrap(), days);
        }
        let refused = keep_days("sessions_keep_days", Some(36_501)).unwrap_err();
        assert!(refused.to_string().starts_with("sessions_keep_days: "));
    }

    /// Beyond the protocol: the store in memory is bounded in each thing that it keeps.
    #[test]
    fn what_the_store_in_memory_keeps_is_set_thing_by_thing() {
        let set = memory(&LimitsSection {
            memory_sessions_max: Some(7),
            ..LimitsSection::default()
        });
        let expected = MemStoreOptions {
            sessions_max: NonZeroU32::MIN.saturating_add(6),
            ..MemStoreOptions::default()
        };
        let shown = |options: MemStoreOptions| {
            let MemStoreOptions {
                records_max,
                records_bytes_max,
                sessions_max,
            } = options;
            (records_max, records_bytes_max, sessions_max)
        };
        assert_eq!(shown(set.unwrap()), shown(expected));
    }
}
