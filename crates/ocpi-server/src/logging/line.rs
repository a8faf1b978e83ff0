//! How a log line looks.
//!
//! One line an authorization is the dearest part of many an answer when a general formatter
//! writes it. This one writes texts as they are and numbers without detours.

use std::cell::RefCell;
use std::fmt::Debug;
use std::io::Write;

use ocpi_domain::DateTime;
use ocpi_ports::Clock;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::queue::LogWriter;
use crate::args::LogFormat;
use crate::system::SystemClock;

/// Writes every event as one line, for a person or as a JSON object.
pub(super) struct Lines {
    pub(super) format: LogFormat,
    pub(super) clock: SystemClock,
    pub(super) writer: LogWriter,
}

/// The field that says what happened.
const MESSAGE: &str = "message";

thread_local! {
    /// The line that a thread writes; kept, so that a line needs no memory of its own.
    static LINE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        LINE.with(|line| {
            // An event that is logged while one is written, by a field that logs, is left out.
            let Ok(mut line) = line.try_borrow_mut() else {
                self.writer.count_dropped();
                return;
            };
            line.clear();
            self.write(event, &mut line);
            self.writer.push(&line);
        });
    }
}

impl Lines {
    fn write(&self, event: &Event<'_>, line: &mut Vec<u8>) {
        let mut now = [0; DateTime::TEXT_MAX];
        let now = self.clock.now().encode(&mut now);
        let (level, target) = (event.metadata().level().as_str(), event.metadata().target());
        let parts: [&str; 7] = match self.format {
            LogFormat::Human => [now, " ", level, " ", target, ":", ""],
            LogFormat::Json => [
                "{\"timestamp\":\"",
                now,
                "\",\"level\":\"",
                level,
                "\",\"target\":\"",
                target,
                "\"",
            ],
        };
        for part in parts {
            line.extend_from_slice(part.as_bytes());
        }
        event.record(&mut Fields {
            line: &mut *line,
            format: self.format,
        });
        line.extend_from_slice(match self.format {
            LogFormat::Human => b"\n",
            LogFormat::Json => b"}\n",
        });
    }
}

/// Writes the fields of an event.
struct Fields<'a> {
    line: &'a mut Vec<u8>,
    format: LogFormat,
}

impl Fields<'_> {
    fn text(&mut self, field: &Field, value: &str) {
        self.name(field.name());
        let is_bare = match self.format {
            LogFormat::Human if field.name() == MESSAGE => !has_control(value),
            LogFormat::Human => is_word(value),
            LogFormat::Json => false,
        };
        if is_bare {
            self.line.extend_from_slice(value.as_bytes());
        } else {
            write_quoted(self.line, value);
        }
    }

    fn name(&mut self, name: &str) {
        let (before, after): (&[u8], &[u8]) = match self.format {
            LogFormat::Human if name == MESSAGE => return self.line.push(b' '),
            LogFormat::Human => (b" ", b"="),
            LogFormat::Json => (b",\"", b"\":"),
        };
        self.line.extend_from_slice(before);
        self.line.extend_from_slice(name.as_bytes());
        self.line.extend_from_slice(after);
    }

    /// Writes a field whose value needs no quotes.
    fn plain(&mut self, field: &Field, value: std::fmt::Arguments<'_>) {
        self.name(field.name());
        // Writing to memory does not fail.
        let _ = self.line.write_fmt(value);
    }
}

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.plain(field, format_args!("{value}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.plain(field, format_args!("{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field, format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text(field, &format!("{value:?}"));
    }
}

/// Whether a text can stand without quotes: nothing in it ends a field or a line.
fn is_word(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'"';
    !text.is_empty() && all_bytes(text, is_plain)
}

/// Whether a text could end a line, or make a terminal do something: a peer may have written it.
fn has_control(text: &str) -> bool {
    !all_bytes(text, is_printable) && text.chars().any(char::is_control)
}

/// A byte that is no control character, nor the first of one: U+0080 to U+009F start with 0xC2.
fn is_printable(byte: u8) -> bool {
    byte >= b' ' && byte != 0x7F && byte != 0xC2
}

/// Without a way out in the middle, the whole text is looked at in a few steps.
fn all_bytes(text: &str, is: impl Fn(u8) -> bool) -> bool {
    text.bytes().fold(true, |all, byte| all & is(byte))
}

/// Writes a JSON string without any control character.
fn write_quoted(line: &mut Vec<u8>, text: &str) {
    let is_plain = |byte: u8| is_printable(byte) && byte != b'"' && byte != b'\\';
    if all_bytes(text, is_plain) {
        line.push(b'"');
        line.extend_from_slice(text.as_bytes());
        line.push(b'"');
        return;
    }
    // JSON escapes what is below U+0020, and leaves the other control characters as they are.
    for character in serde_json::Value::from(text).to_string().chars() {
        // Writing to memory does not fail.
        let _ = if character.is_control() {
            write!(line, "\\u{:04x}", u32::from(character))
        } else {
            write!(line, "{character}")
        };
    }
}

#[cfg(test)]
pub(super) mod tests {
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;
    use crate::logging::queue::LogQueue;

    /// An output that a test reads.
    struct Output(std::sync::mpsc::Sender<Vec<u8>>);

    impl Write for Output {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let _ = self.0.send(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// What a log writes while `act` runs.
    pub(in crate::logging) fn written(format: LogFormat, act: impl FnOnce()) -> String {
        written_and_dropped(format, act).0
    }

    /// What a log writes while `act` runs, and how many lines it drops.
    fn written_and_dropped(format: LogFormat, act: impl FnOnce()) -> (String, u64) {
        let (sender, receiver) = std::sync::mpsc::channel();
        let queue = LogQueue::start(10_000, Output(sender)).unwrap();
        let lines = Lines {
            format,
            clock: SystemClock::new(),
            writer: queue.writer(),
        };
        let subscriber = tracing_subscriber::registry().with(lines);
        tracing::subscriber::with_default(subscriber, act);
        let dropped = queue.dropped();
        drop(queue);
        let text = String::from_utf8(receiver.iter().flatten().collect()).unwrap();
        (text, dropped.count())
    }

    fn log_something() {
        let text = "a \"b\"\n";
        tracing::info!(
            target: "here",
            word = "x1", text, number = 5_u64, below = -5, yes = true, shown = %"y", none = None::<&str>,
            "it happened",
        );
    }

    /// Holds: E-33.
    #[test]
    fn a_line_for_a_person_quotes_what_is_no_word() {
        let line = written(LogFormat::Human, log_something);
        let (_, rest) = line.split_once(' ').unwrap();
        assert_eq!(
            rest,
            "INFO here: it happened word=x1 text=\"a \\\"b\\\"\\n\" number=5 below=-5 yes=true shown=y\n",
        );
    }

    /// Holds: E-33.
    #[test]
    fn a_line_for_a_machine_is_one_json_object() {
        let line = written(LogFormat::Json, log_something);
        assert_eq!(line.lines().count(), 1);
        let mut object: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert!(object["timestamp"].take().is_string());
        assert_eq!(
            object,
            serde_json::json!({
                "timestamp": null, "level": "INFO", "target": "here", "message": "it happened",
                "word": "x1", "text": "a \"b\"\n", "number": 5, "below": -5, "yes": true,
                "shown": "y",
            }),
        );
    }

    /// Beyond the protocol: a peer's text forges no line, and does nothing to a terminal.
    #[test]
    fn no_text_brings_a_control_character_into_the_log() {
        let controls = ('\0'..='\u{9f}').filter(|character| character.is_control());
        for character in controls {
            let text = format!("é one{character}INFO here: two");
            for format in [LogFormat::Human, LogFormat::Json] {
                let line = written(format, || tracing::info!(field = text, "{text}"));
                let line = line.strip_suffix('\n').unwrap();
                assert!(!line.contains(char::is_control), "{line:?}");
                if format == LogFormat::Json {
                    let object: serde_json::Value = serde_json::from_str(line).unwrap();
                    assert_eq!(object["message"], text);
                    assert_eq!(object["field"], text);
                }
            }
        }
    }

    /// Beyond the protocol: a message is quoted only where it must be.
    #[test]
    fn a_message_is_bare_unless_it_has_a_control_character() {
        for (text, expected) in [
            ("a \"b\" \\ é £", "a \"b\" \\ é £"),
            ("a\nb", r#""a\nb""#),
            ("a\u{7f}\"", r#""a\u007f\"""#),
            ("é\u{9b}£", "\"é\\u009b£\""),
        ] {
            let line = written(LogFormat::Human, || {
                tracing::info!(target: "here", "{text}");
            });
            let (_, rest) = line.split_once(' ').unwrap();
            assert_eq!(rest, format!("INFO here: {expected}\n"));
        }
    }

    /// Beyond the protocol: what is lost is counted, whatever loses it.
    #[test]
    fn an_event_within_an_event_is_counted_as_dropped() {
        let within = || {
            LINE.with(|line| {
                let _written = line.borrow_mut();
                tracing::info!("within");
            });
            tracing::info!("after");
        };
        let (text, dropped) = written_and_dropped(LogFormat::Human, within);
        assert_eq!(dropped, 1);
        assert!(
            text.ends_with(": after\n") && !text.contains("within"),
            "{text}"
        );
    }
}
