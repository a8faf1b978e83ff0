//! Counting wrong answers: a fast server that answers wrongly must not win.

use anyhow::bail;

/// Answers that were looked at.
#[derive(Default)]
pub(crate) struct Checked {
    answers: u64,
    wrong: u64,
    first_wrong: Option<String>,
}

impl Checked {
    /// Counts an answer.
    pub(crate) fn note(&mut self, is_right: bool, answer: &[u8]) {
        self.answers += 1;
        if !is_right {
            self.wrong += 1;
            self.first_wrong
                .get_or_insert_with(|| String::from_utf8_lossy(answer).into_owned());
        }
    }

    /// Counts those of a later run too.
    pub(crate) fn add(&mut self, later: Checked) {
        self.answers += later.answers;
        self.wrong += later.wrong;
        self.first_wrong = self.first_wrong.take().or(later.first_wrong);
    }

    /// Goes on when every answer was right.
    ///
    /// # Errors
    ///
    /// When any was wrong; shows the first.
    pub(crate) fn require_right(&self) -> anyhow::Result<()> {
        if let Some(first) = &self.first_wrong {
            bail!(
                "{} of {} answers were wrong, the first:\n{first}",
                self.wrong,
                self.answers
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_answer_of_any_run_is_counted_and_the_first_is_shown() {
        let mut checked = Checked::default();
        checked.note(true, b"good");
        checked.require_right().unwrap();
        let mut later = Checked::default();
        later.note(false, b"bad");
        later.note(false, b"worse");
        checked.add(later);
        let error = checked.require_right().unwrap_err().to_string();
        assert_eq!(error, "2 of 3 answers were wrong, the first:\nbad");
    }
}
