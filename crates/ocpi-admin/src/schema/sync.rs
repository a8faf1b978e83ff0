//! How far the exchange of Tokens is.

use serde_json::{Value, json};

use super::{
    count, date_time, named, one_of, or_null, page_of, platform as platforms, strict, text,
};
use crate::endpoints::sync::STATES;

/// An object whose members are all always there, each with what it is.
fn all(members: Vec<(&str, Value, &str)>) -> Value {
    let mut properties = json!({});
    let mut required = Vec::new();
    for (name, mut schema, description) in members {
        schema["description"] = description.into();
        properties[name] = schema;
        required.push(name);
    }
    strict(properties, &required)
}

fn moment() -> Value {
    or_null(date_time())
}

fn text_or_null() -> Value {
    json!({"type": ["string", "null"]})
}

fn state() -> Value {
    one_of(STATES.into_iter())
}

const STATE: &str = "What is done now; `backing_off`: the platform failed, and is left alone for a \
                     while.";

const FAILURES: &str = "How often it failed in a row.";

const FAILURE: &str = "What it failed at last.";

pub(super) fn request() -> Value {
    let mut what = one_of(["push", "pull"].into_iter());
    what["description"] = "Our Tokens to a CPO, or those of an eMSP to us.".into();
    let mut platform = or_null(platforms::id());
    platform["description"] = "Which one; all when it is left out.".into();
    let everything = json!({
        "type": "boolean",
        "default": false,
        "description": "Every Token anew, not only what changed.",
    });
    strict(
        json!({"what": what, "platform": platform, "everything": everything}),
        &["what"],
    )
}

pub(super) fn platform() -> Value {
    all(vec![
        ("platform", platforms::id(), "Our name for it."),
        (
            "push",
            or_null(named("PushSync")),
            "Our Tokens to it; `null` when they are not pushed.",
        ),
        (
            "pull",
            or_null(named("PullSync")),
            "Its Tokens to us; `null` when they are not pulled.",
        ),
    ])
}

pub(super) fn page() -> Value {
    page_of("PlatformSync")
}

pub(super) fn push() -> Value {
    let behind = json!({"type": "array", "items": named("BehindToken")});
    all(vec![
        ("state", state(), STATE),
        (
            "pending",
            count(),
            "Changed Tokens that it does not have yet, those that it refused included.",
        ),
        ("behind_since", moment(), "Since when there are some."),
        ("taken_at", moment(), "When it took one last."),
        (
            "taken",
            count(),
            "How many it took since this server started.",
        ),
        ("failures", count(), FAILURES),
        ("failure", text_or_null(), FAILURE),
        (
            "next_at",
            moment(),
            "When it is tried again after a failure.",
        ),
        ("behind", behind, "The Tokens that it refused."),
    ])
}

pub(super) fn behind() -> Value {
    all(vec![
        ("token", named("TokenKey"), "The Token."),
        ("attempts", count(), "How often it was refused."),
        (
            "next_at",
            date_time(),
            "When its present state is sent again.",
        ),
        ("reason", text(), "What the CPO said."),
    ])
}

pub(super) fn pull() -> Value {
    let all_or_null = json!({"type": ["boolean", "null"]});
    all(vec![
        ("state", state(), STATE),
        (
            "all",
            all_or_null,
            "Whether the crawl under way, or broken off, is one of everything; `null` when there \
             is none.",
        ),
        ("pages", count(), "Pages of that crawl."),
        ("seen", count(), "Tokens that it has seen."),
        (
            "total",
            or_null(count()),
            "How many there are in all, when the eMSP says it.",
        ),
        (
            "changed",
            count(),
            "Tokens of it that were new or changed here.",
        ),
        (
            "left_out",
            count(),
            "Objects of it that could not be read or taken.",
        ),
        (
            "left_out_reason",
            text_or_null(),
            "What is wrong with the first of those.",
        ),
        (
            "pulled_at",
            moment(),
            "When the last crawl that was finished began.",
        ),
        (
            "all_pulled_at",
            moment(),
            "When the last crawl of everything that was finished began.",
        ),
        ("failures", count(), FAILURES),
        ("failure", text_or_null(), FAILURE),
        ("next_at", moment(), "When the next crawl begins."),
    ])
}
