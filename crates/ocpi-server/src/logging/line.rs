//! How a log line looks.
//!
//! One line an authorization is the dearest part of many an answer when a general formatter
//! writes it. This one writes texts as they are and numbers without detours.

use std::fmt::{self, Debug};

use ocpi_domain::DateTime;
use ocpi_ports::Clock;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::registry::LookupSpan;

use crate::cli::LogFormat;
use crate::system::SystemClock;

/// Writes an event as one line, for a person or as a JSON object.
pub(super) struct Line {
    pub(super) format: LogFormat,
    pub(super) clock: SystemClock,
}

/// The field that says what happened.
const MESSAGE: &str = "message";

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let now: DateTime = self.clock.now();
        let (level, target) = (event.metadata().level().as_str(), event.metadata().target());
        match self.format {
            LogFormat::Human => {
                write!(writer, "{now} ")?;
                writer.write_str(level)?;
                writer.write_str(" ")?;
                writer.write_str(target)?;
                writer.write_str(":")?;
            }
            LogFormat::Json => {
                write!(writer, "{{\"timestamp\":\"{now}\",\"level\":\"")?;
                writer.write_str(level)?;
                writer.write_str("\",\"target\":")?;
                write_quoted(&mut writer, target)?;
            }
        }
        let mut fields = Fields {
            writer: &mut writer,
            format: self.format,
            written: Ok(()),
        };
        event.record(&mut fields);
        fields.written?;
        writer.write_str(match self.format {
            LogFormat::Human => "\n",
            LogFormat::Json => "}\n",
        })
    }
}

/// Writes the fields of an event, and keeps the first error.
struct Fields<'a, 'w> {
    writer: &'a mut Writer<'w>,
    format: LogFormat,
    written: fmt::Result,
}

impl Fields<'_, '_> {
    /// Writes a field whose value needs no quotes.
    fn plain(&mut self, field: &Field, value: &str) {
        self.written = self.written.and_then(|()| {
            self.name(field.name())?;
            self.writer.write_str(value)
        });
    }

    fn text(&mut self, field: &Field, value: &str) {
        let is_bare =
            self.format == LogFormat::Human && (field.name() == MESSAGE || is_word(value));
        if is_bare {
            return self.plain(field, value);
        }
        self.written = self.written.and_then(|()| {
            self.name(field.name())?;
            write_quoted(self.writer, value)
        });
    }

    fn name(&mut self, name: &str) -> fmt::Result {
        match self.format {
            LogFormat::Human => {
                self.writer.write_str(" ")?;
                if name == MESSAGE {
                    return Ok(());
                }
                self.writer.write_str(name)?;
                self.writer.write_str("=")
            }
            LogFormat::Json => {
                self.writer.write_str(",\"")?;
                self.writer.write_str(name)?;
                self.writer.write_str("\":")
            }
        }
    }
}

impl Visit for Fields<'_, '_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.plain(field, &value.to_string());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.plain(field, &value.to_string());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.plain(field, if value { "true" } else { "false" });
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.text(field, &format!("{value:?}"));
    }
}

/// Whether a text can stand without quotes: nothing in it ends a field or a line.
fn is_word(text: &str) -> bool {
    // Without a way out in the middle, the whole text is looked at in a few steps.
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'"';
    !text.is_empty() && text.bytes().fold(true, |all, byte| all & is_plain(byte))
}

/// Writes a JSON string.
fn write_quoted(writer: &mut Writer<'_>, text: &str) -> fmt::Result {
    let is_plain = |byte: u8| (byte >= b' ') && (byte != b'"') && (byte != b'\\');
    if text.bytes().fold(true, |all, byte| all & is_plain(byte)) {
        writer.write_str("\"")?;
        writer.write_str(text)?;
        writer.write_str("\"")
    } else {
        writer.write_str(&serde_json::Value::from(text).to_string())
    }
}
