//! Repeating what a peer says, in a text that an operator or a log gets.

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use ocpi_domain::CredentialsToken;

/// The most characters of a peer's text that are repeated.
const CHARACTERS_MAX: usize = 200;

/// What stands in place of a secret.
const MASK: &str = "(token)";

/// The secrets of a call, which a peer may repeat in its answer, and we must not.
pub(super) struct Secrets {
    tokens: Vec<String>,
    /// Whether the answer itself is one, so that nothing of it is repeated.
    is_body_secret: bool,
}

impl Secrets {
    /// `tokens` in every form in which they are sent.
    pub(super) fn of<'a>(tokens: impl IntoIterator<Item = &'a CredentialsToken>) -> Secrets {
        Secrets {
            tokens: tokens
                .into_iter()
                .flat_map(|token| forms(token.expose()))
                .collect(),
            is_body_secret: false,
        }
    }

    /// The same, of a call whose answer may hold a token that we do not know yet: where it stands
    /// in a broken answer nobody can tell, so no byte of a body is repeated.
    pub(super) fn with_body(self) -> Secrets {
        Secrets {
            is_body_secret: true,
            ..self
        }
    }

    /// What a peer says in its body, fit for a log; `None` when nothing of that is repeated.
    pub(super) fn quote_body(&self, text: &str) -> Option<String> {
        (!self.is_body_secret).then(|| self.quote(text))
    }

    /// What is wrong with JSON of a body. A value that breaks a rule is named only where bodies
    /// are repeated; how JSON is broken is said without a value.
    pub(super) fn fault(&self, error: &serde_json::Error) -> String {
        if self.is_body_secret && error.is_data() {
            let (line, column) = (error.line(), error.column());
            return format!("a value that breaks a rule, at line {line} column {column}");
        }
        self.quote(&error.to_string())
    }

    /// A text, fit for a log: without secrets, on one line, and not too long.
    pub(super) fn quote(&self, text: &str) -> String {
        let masked = self
            .tokens
            .iter()
            .fold(text.to_owned(), |text, secret| text.replace(secret, MASK));
        let mut words = String::new();
        for word in masked.split(breaks_lines).filter(|word| !word.is_empty()) {
            if !words.is_empty() {
                words.push(' ');
            }
            words.push_str(word);
        }
        match words.char_indices().nth(CHARACTERS_MAX) {
            Some((end, _)) => format!("{}…", &words[..end]),
            None => words,
        }
    }
}

/// A secret as it is, in Base64 (whose padding is no secret), and as JSON writes it.
fn forms(secret: &str) -> Vec<String> {
    let json = serde_json::Value::from(secret).to_string();
    let mut forms = vec![
        secret.to_owned(),
        BASE64_STANDARD_NO_PAD.encode(secret),
        json.trim_matches('"').to_owned(),
    ];
    // The longer first: what holds another one is replaced whole.
    forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    forms.dedup();
    forms
}

/// Blanks and control characters, and those that turn the direction of a text or hide in it.
fn breaks_lines(character: char) -> bool {
    character.is_control()
        || character.is_whitespace()
        || matches!(
            character,
            '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds: T-13.
    #[test]
    fn no_form_of_a_secret_is_repeated() {
        let token = CredentialsToken::new(r#"se"c\ret.1"#).unwrap();
        let secrets = Secrets::of([&token]);
        for text in [
            r#"unknown token se"c\ret.1 !"#,
            r#"{"got":"Token se\"c\\ret.1"}"#,
            "got Token c2UiY1xyZXQuMQ==",
            "got c2UiY1xyZXQuMQ",
        ] {
            let quoted = secrets.quote(text);
            assert!(quoted.contains(MASK), "{quoted}");
            for secret in ["ret.1", "c2UiY1xyZXQuMQ"] {
                assert!(!quoted.contains(secret), "{quoted}");
            }
        }
    }

    /// Holds: T-13.
    #[test]
    fn nothing_of_a_secret_body_is_repeated() {
        let value = serde_json::from_str::<u8>(r#""their.token""#).unwrap_err();
        let syntax = serde_json::from_str::<u8>("their.token").unwrap_err();
        let open = Secrets::of([]);
        assert_eq!(open.quote_body("their.token").unwrap(), "their.token");
        assert!(open.fault(&value).contains("their.token"));
        let secret = Secrets::of([]).with_body();
        assert_eq!(secret.quote_body("their.token"), None);
        for error in [value, syntax] {
            let fault = secret.fault(&error);
            assert!(!fault.contains("their"), "{fault}");
            assert!(fault.contains("line 1 column"), "{fault}");
        }
    }

    #[test]
    fn a_text_becomes_one_line_of_bounded_length() {
        let secrets = Secrets::of([]);
        let text = "a\r\n\x1b[31mb\u{202e}\u{2028}c\t\u{0} é日";
        assert_eq!(secrets.quote(text), "a [31mb c é日");
        assert_eq!(secrets.quote(&"日".repeat(200)), "日".repeat(200));
        assert_eq!(
            secrets.quote(&"日".repeat(201)),
            format!("{}…", "日".repeat(200))
        );
        assert_eq!(secrets.quote("\n \t"), "");
    }
}
