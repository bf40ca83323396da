//! What can be polled, and what can happen to it.

use crate::list::{id_number, time_ms};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// What is polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resource {
    /// Requests.
    Requests,
    /// Problems.
    Problems,
    /// Assets.
    Assets,
}

/// What happened to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// It is new.
    Created,
    /// It was changed.
    Updated,
}

/// A record that is new or was changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// The same whenever the same thing is told: `requests/123/created/1488451440000`.
    pub id: String,
    /// What happened.
    pub event: What,
    /// What kind of record.
    pub resource: Resource,
    /// The record.
    pub record: Json,
}

/// By what events follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// A time of the record that only the service sets.
    Time(&'static str),
    /// The record's id.
    Id,
}

impl Resource {
    /// The resource with this name: `requests`, `problems` or `assets`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Requests, Self::Problems, Self::Assets].into_iter().find(|resource| resource.word() == name)
    }
    /// Its name.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Problems => "problems",
            Self::Assets => "assets",
        }
    }
    pub(super) const fn entity(self) -> &'static str {
        match self {
            Self::Requests => "request",
            Self::Problems => "problem",
            Self::Assets => "asset",
        }
    }
    pub(super) fn path(self) -> String {
        format!("/{}", self.word())
    }
    /// Problems have no time of creation; the time that they were reported is anybody's to set (problems.md section 2),
    /// so a problem of last week may be new.
    pub(super) const fn order(self, what: What) -> Order {
        match (what, self) {
            (What::Created, Self::Problems) => Order::Id,
            (What::Created, _) => Order::Time("created_time"),
            (What::Updated, Self::Problems) => Order::Time("updated_time"),
            (What::Updated, _) => Order::Time("last_updated_time"),
        }
    }
    /// When it came about, for beginning at a time.
    pub(super) const fn birth(self) -> &'static str {
        match self {
            Self::Problems => "reported_time",
            Self::Requests | Self::Assets => "created_time",
        }
    }
    /// What an event shows of a record: what lists show, and the times.
    pub(super) const fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Requests => &[
                "display_id",
                "subject",
                "requester",
                "technician",
                "group",
                "status",
                "priority",
                "template",
                "due_by_time",
                "is_service_request",
                "created_time",
                "last_updated_time",
            ],
            Self::Problems => &[
                "display_id",
                "title",
                "reported_by",
                "technician",
                "group",
                "status",
                "priority",
                "due_by_time",
                "reported_time",
                "updated_time",
            ],
            Self::Assets => &[
                "name",
                "asset_tag",
                "barcode",
                "serial_number",
                "state",
                "product",
                "product_type",
                "user",
                "site",
                "created_time",
                "last_updated_time",
            ],
        }
    }
}

impl What {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
        }
    }
}

impl Order {
    /// Where a row stands.
    pub(super) fn place(self, row: &Json) -> Option<i64> {
        match self {
            Self::Time(field) => time_ms(row, field),
            Self::Id => i64::try_from(id_number(row)?).ok(),
        }
    }
    /// The field that says it.
    pub(super) const fn field(self) -> &'static str {
        match self {
            Self::Time(field) => field,
            Self::Id => "id",
        }
    }
}
