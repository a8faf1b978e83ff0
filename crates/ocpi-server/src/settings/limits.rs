//! Limits: each has a default, and a range.

use std::num::NonZeroU32;
use std::ops::RangeInclusive;

use anyhow::Context;
use ocpi_http::Limits;
use ocpi_memstore::MemStoreOptions;

use super::DurableLimits;
use crate::config_file::LimitsSection;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// What a durable store can work with: 1 MiB to 1 TiB.
const BYTES: RangeInclusive<u64> = 1 << 20..=1 << 40;

/// What a peer may take.
pub(super) fn limits(section: &LimitsSection) -> anyhow::Result<Limits> {
    let default = Limits::default();
    Ok(Limits {
        body_bytes_max: limit("body_bytes_max", section.body_bytes_max, 1..=1 << 30)?
            .unwrap_or(default.body_bytes_max),
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
    Ok(MemStoreOptions {
        records_max: records_max
            .and_then(NonZeroU32::new)
            .unwrap_or(default.records_max),
        records_bytes_max: records_bytes_max.unwrap_or(default.records_bytes_max),
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

/// How long records are kept: two years unless it is set, `None` for ever.
pub(super) fn records_keep_days(set: Option<u64>) -> anyhow::Result<Option<u32>> {
    let days = in_range("records_keep_days", set, 0..=36_500)?.unwrap_or(730);
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
fn in_range<T: TryFrom<u64>>(
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
