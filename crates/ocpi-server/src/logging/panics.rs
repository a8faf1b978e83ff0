//! What the log says of a panic.

use std::panic::PanicHookInfo;

/// Logs where a thread panicked, in one line. What it panicked with is left out: it may hold
/// anything, a secret too.
pub(super) fn log(panic: &PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string);
    let thread = std::thread::current();
    tracing::error!(location, thread = thread.name(), "a thread panicked");
}

#[cfg(test)]
mod tests {
    use std::thread;

    use crate::args::LogFormat;
    use crate::logging::line::tests::written;

    const DOOMED: &str = "doomed";

    /// Beyond the protocol: a panic is one line of the log, which says where, but not what.
    #[test]
    fn a_panic_is_one_line_without_what_it_says() {
        // The other tests of this process keep their hook.
        let others = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| match thread::current().name() {
            Some(DOOMED) => super::log(panic),
            _ => others(panic),
        }));
        for (format, name) in [
            (LogFormat::Human, " thread=doomed"),
            (LogFormat::Json, ",\"thread\":\"doomed\""),
        ] {
            let act = || panic!("s3cret\nINFO forged");
            let doomed = thread::Builder::new().name(DOOMED.to_owned());
            let thread = doomed.spawn(move || {
                written(format, || {
                    let ended = std::panic::catch_unwind(act);
                    assert!(ended.is_err());
                })
            });
            let line = thread.unwrap().join().unwrap();
            assert_eq!(line.lines().count(), 1, "{line}");
            for part in ["ERROR", "a thread panicked", file!(), name] {
                assert!(line.contains(part), "`{part}` is not in: {line}");
            }
            assert!(!line.contains("s3cret"), "{line}");
        }
    }
}
