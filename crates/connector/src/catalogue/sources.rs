//! Data sources, which fill a choice with records, and the trigger.

use super::input::{Input, Kind};

/// A data source.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DataSource {
    /// Its stable name.
    pub key: &'static str,
    /// What people read.
    pub label: &'static str,
    /// What it does.
    pub help: &'static str,
    /// What it gives: `picklist`.
    pub kind: &'static str,
    /// Its inputs.
    pub inputs: &'static [Input],
    pub(crate) path: &'static str,
    pub(crate) label_field: &'static str,
}

const CONNECTION: Input = Input { key: "connection", ..super::CONNECTION_INPUT };

const SEARCH: Input = Input {
    key: "search",
    label: "Search",
    example: Some("printer"),
    help: "Only records whose label contains these words, whatever their case",
    ..Input::TEXT
};

const fn picklist(
    key: &'static str,
    label: &'static str,
    help: &'static str,
    path: &'static str,
    label_field: &'static str,
) -> DataSource {
    DataSource { key, label, help, kind: "picklist", inputs: &[CONNECTION, SEARCH], path, label_field }
}

/// The data sources.
pub const DATA_SOURCES: &[DataSource] = &[
    picklist("selectAsset", "Select Asset", "The assets, by name.", "/assets", "name"),
    picklist("selectProblem", "Select Problem", "The problems, by title.", "/problems", "title"),
    picklist("selectRequest", "Select Request", "The requests, by subject.", "/requests", "subject"),
];

/// The data source with this key.
#[must_use]
pub fn data_source(key: &str) -> Option<&'static DataSource> {
    DATA_SOURCES.iter().find(|source| source.key == key)
}

/// The trigger as data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trigger {
    /// Its stable name.
    pub key: &'static str,
    /// What people read.
    pub label: &'static str,
    /// What it does.
    pub help: &'static str,
    /// Its inputs.
    pub inputs: &'static [Input],
}

/// What can be polled: value and label.
pub const POLL_RESOURCES: &[(&str, &str)] =
    &[("requests", "Requests"), ("problems", "Problems"), ("assets", "Assets")];

/// The trigger.
pub const TRIGGER: Trigger = Trigger {
    key: "pollChangesTrigger",
    label: "New Records",
    help: "Tells of records that are new, and of those that were changed.",
    inputs: &[
        super::CONNECTION_INPUT,
        Input {
            key: "pollResourceType",
            label: "Resource Type",
            required: true,
            default: Some("requests"),
            choices: POLL_RESOURCES,
            help: "Which records",
            ..Input::TEXT
        },
        Input {
            key: "showNewRecords",
            label: "Show New Records",
            kind: Kind::Boolean,
            required: true,
            default: Some("true"),
            help: "Tell of new records",
            ..Input::TEXT
        },
        Input {
            key: "showUpdatedRecords",
            label: "Show Updated Records",
            kind: Kind::Boolean,
            default: Some("false"),
            help: "Tell of changed records, too",
            ..Input::TEXT
        },
        Input {
            key: "since",
            label: "Since",
            kind: Kind::Code,
            shape: super::Shape::Time,
            example: Some("2026-01-31T14:00:00Z"),
            help: "Where the first poll begins; without it the first poll tells of nothing and only notes the time",
            ..Input::TEXT
        },
        Input {
            key: "wholeRecords",
            label: "Whole Records",
            kind: Kind::Boolean,
            default: Some("false"),
            help: "Read each record as a whole: one more call for each, instead of the row that lists show",
            ..Input::TEXT
        },
    ],
};
