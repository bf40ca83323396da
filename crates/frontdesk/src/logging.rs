//! Log lines: one event, one line, on standard error.
//!
//! Every line that is written while a request is handled carries its trace id, whichever room wrote it: the server
//! keeps the id beside the running task (see [`crate::serve`]). Spans are not shown; events say what they mean by
//! their fields. Values are escaped, so that no client can write a log line of its own.

use std::fmt::{self, Write as _};
use std::io::Write as _;

use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::filter::Targets;

use crate::serve::current_trace;

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people: `time LEVEL target: message field=value …`.
    #[default]
    Text,
    /// For machines: one JSON object per line.
    Json,
}

/// Starts logging. A second start in one process (a test) changes nothing.
pub(crate) fn start(levels: Targets, format: Format) {
    let _ = tracing::subscriber::set_global_default(Lines { levels, format });
    // A panic is one line like any other, with the trace id of the request that met it.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let message = panic.payload_as_str().unwrap_or("no message");
        tracing::error!(place, what = message, "panic");
    }));
}

/// Writes events as lines.
struct Lines {
    levels: Targets,
    format: Format,
}

impl Subscriber for Lines {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.enabled(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && self.levels.would_enable(metadata.target(), metadata.level())
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let now = jiff::Timestamp::now();
        let mut line = match self.format {
            Format::Text => text_line(event, now),
            Format::Json => json_line(event, now),
        };
        line.push('\n');
        let _ = std::io::stderr().lock().write_all(line.as_bytes());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

fn text_line(event: &Event<'_>, now: jiff::Timestamp) -> String {
    let (level, target) = (event.metadata().level(), event.metadata().target());
    let mut text = Text { message: String::new(), fields: String::new() };
    event.record(&mut text);
    if let Some(trace) = current_trace() {
        let _ = write!(text.fields, " trace_id={trace}");
    }
    format!("{now:.3} {level:>5} {target}: {}{}", text.message, text.fields)
}

fn json_line(event: &Event<'_>, now: jiff::Timestamp) -> String {
    let mut json = Json(serde_json::Map::new());
    json.put("time", format!("{now:.3}").into());
    json.put("level", level_name(event.metadata().level()).into());
    json.put("target", event.metadata().target().into());
    event.record(&mut json);
    if let Some(trace) = current_trace() {
        json.put("trace_id", trace.to_string().into());
    }
    Value::Object(json.0).to_string()
}

fn level_name(level: &Level) -> &'static str {
    match *level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

/// Collects an event for a text line.
struct Text {
    message: String,
    fields: String,
}

impl Text {
    fn put(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            // A message is our own sentence, but what it quotes may hold line breaks or control characters.
            for c in value.chars() {
                if c.is_control() {
                    self.message.extend(c.escape_default());
                } else {
                    self.message.push(c);
                }
            }
            return;
        }
        let plain =
            !value.is_empty() && !value.contains(|c: char| c.is_whitespace() || c.is_control() || c == '"');
        let _ = if plain {
            write!(self.fields, " {}={value}", field.name())
        } else {
            write!(self.fields, " {}={value:?}", field.name())
        };
    }
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }
}

/// Collects an event for a JSON line.
struct Json(serde_json::Map<String, Value>);

impl Json {
    fn put(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }
}

impl Visit for Json {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field.name(), format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field.name(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field.name(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field.name(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field.name(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field.name(), value.into());
    }
}
