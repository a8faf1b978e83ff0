//! Checks, as the run reads them.

use serde_json::json;

use crate::given::Given;

/// Prints checks.
pub struct Report {
    about: String,
}

impl Report {
    /// For checks of this role in this version.
    pub fn new(given: &Given) -> Report {
        Report {
            about: format!("{}, as {}", given.version, given.role),
        }
    }

    /// Prints one check. `answered` is what came back, or the library's error.
    pub fn check(&mut self, what: &str, passed: bool, called: &str, answered: impl ToString) {
        let line = json!({
            "what": format!("{}: {what}", self.about),
            "passed": passed,
            "called": called,
            "answered": answered.to_string(),
        });
        println!("{line}");
    }

    /// Prints a call that must succeed, and hands on what it gave.
    pub fn succeeds<T, E: ToString>(
        &mut self,
        what: &str,
        called: &str,
        result: Result<T, E>,
    ) -> Option<T> {
        match result {
            Ok(value) => {
                self.check(what, true, called, "success");
                Some(value)
            }
            Err(error) => {
                self.check(what, false, called, error);
                None
            }
        }
    }

    /// Prints a call that must fail as `is_expected` says.
    pub fn fails<T, E: ToString>(
        &mut self,
        what: &str,
        called: &str,
        result: Result<T, E>,
        is_expected: impl Fn(&E) -> bool,
    ) {
        match result {
            Ok(_) => self.check(what, false, called, "success"),
            Err(error) => self.check(what, is_expected(&error), called, error),
        }
    }
}
