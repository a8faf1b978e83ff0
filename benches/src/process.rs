//! What Linux tells of a process under `/proc`.

use std::fs;
use std::time::Duration;

use anyhow::Context;

/// Processor time is counted in hundredths of a second on every platform of Linux.
const TICK: Duration = Duration::from_millis(10);

/// Resident memory of a process, in bytes.
#[derive(Clone, Copy)]
pub(crate) struct Memory {
    /// Now.
    pub(crate) resident: u64,
    /// The most that it has been.
    pub(crate) peak: u64,
}

/// The resident memory of a process.
///
/// # Errors
///
/// When the process is gone, or this is not Linux.
pub(crate) fn memory(process: u32) -> anyhow::Result<Memory> {
    let path = format!("/proc/{process}/status");
    let status = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    let field = |name| kibibytes(&status, name).with_context(|| format!("no {name} in {path}"));
    Ok(Memory {
        resident: field("VmRSS:")? * 1024,
        peak: field("VmHWM:")? * 1024,
    })
}

fn kibibytes(status: &str, name: &str) -> Option<u64> {
    let value = status.lines().find_map(|line| line.strip_prefix(name))?;
    value.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// The processor time that a process has used so far, in user and kernel mode.
///
/// # Errors
///
/// When the process is gone, or this is not Linux.
pub(crate) fn cpu_time(process: u32) -> anyhow::Result<Duration> {
    let path = format!("/proc/{process}/stat");
    let stat = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    let ticks = cpu_ticks(&stat).with_context(|| format!("no processor time in {path}"))?;
    Ok(TICK * ticks)
}

/// Fields 14 and 15; the name in field 2 may hold blanks and brackets.
fn cpu_ticks(stat: &str) -> Option<u32> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_ascii_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let kernel: u32 = fields.next()?.parse().ok()?;
    user.checked_add(kernel)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_found_behind_a_strange_name() {
        let stat = "42 (a) b (c)) S 1 42 42 0 -1 4194560 100 0 0 0 250 30 0 0 20 0 3 0 99";
        assert_eq!(cpu_ticks(stat), Some(280));
    }

    #[test]
    fn resident_memory_is_found_by_its_name() {
        let status = "Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n";
        assert_eq!(kibibytes(status, "VmRSS:"), Some(1024));
        assert_eq!(kibibytes(status, "VmSwap:"), None);
    }

    #[test]
    fn this_process_has_memory() {
        let memory = memory(std::process::id()).unwrap();
        assert!(memory.resident > 0 && memory.peak >= memory.resident);
    }
}
