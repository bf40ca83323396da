//! What requests are about. A topic has all that is said about one sort of trouble, so that subject, description,
//! notes, tasks and resolution of a request fit together. In braces stand the things of one request's
//! [scene](super::words::Scene).

mod access;
mod equipment;
mod network;
mod services;
mod software;

/// Who looks after a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Team {
    ServiceDesk,
    Desktop,
    Printing,
    Network,
    Identity,
    Messaging,
    Applications,
    Telephony,
    Servers,
    Security,
    /// The people at the requester's site, or else the desktop team.
    OnSite,
}

/// How much hangs on a topic, usually: how often of ten it is urgent, high, normal, low, and how often it affects
/// the business, a group, a department, a user.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weight {
    pub urgency: [i64; 4],
    pub impact: [i64; 4],
}

/// One person's inconvenience.
const ONE: Weight = Weight { urgency: [0, 2, 6, 2], impact: [0, 0, 1, 9] };
/// One person cannot work.
const STUCK: Weight = Weight { urgency: [2, 4, 4, 0], impact: [0, 1, 1, 8] };
/// Several people are held up.
const SHARED: Weight = Weight { urgency: [1, 4, 5, 0], impact: [1, 4, 4, 1] };
/// Much stands still.
const WIDE: Weight = Weight { urgency: [4, 4, 2, 0], impact: [4, 3, 3, 0] };
/// A wish.
const WISH: Weight = Weight { urgency: [0, 1, 5, 4], impact: [0, 0, 1, 9] };

/// A sort of trouble, or of wish.
pub(super) struct Topic {
    pub category: &'static str,
    pub subcategory: &'static str,
    /// Empty where there is none.
    pub item: &'static str,
    pub team: Team,
    /// A request template that is made for it; empty for the default one.
    pub template: &'static str,
    /// How common it is.
    pub share: i64,
    pub weight: Weight,
    /// What it is called, how it shows, and what ends it.
    pub troubles: &'static [[&'static str; 3]],
    pub details: &'static [&'static str],
    /// What technicians write while they look into it.
    pub findings: &'static [&'static str],
    pub tasks: &'static [&'static str],
}

/// A request template that demo requests use.
pub(super) struct Form {
    pub name: &'static str,
    pub comments: &'static str,
    /// The shipped service category, for a wish; empty for trouble.
    pub service: &'static str,
    pub subject: &'static str,
    pub mandatory: &'static [&'static str],
}

pub(super) const FORMS: [Form; 7] = [
    Form {
        name: "Printer problem",
        comments: "Paper, toner, queues and drivers",
        service: "",
        subject: "",
        mandatory: &["description"],
    },
    Form {
        name: "Outage",
        comments: "Something that many people need does not work",
        service: "",
        subject: "Outage: ",
        mandatory: &["description"],
    },
    Form {
        name: "New employee",
        comments: "Accounts and equipment for somebody who joins",
        service: "User Administration",
        subject: "New employee: ",
        mandatory: &["description"],
    },
    Form {
        name: "Leaving employee",
        comments: "Closing accounts and taking equipment back",
        service: "User Administration",
        subject: "Leaving: ",
        mandatory: &[],
    },
    Form {
        name: "Hardware order",
        comments: "Laptops, screens, telephones and accessories",
        service: "Hardware",
        subject: "Order: ",
        mandatory: &["description"],
    },
    Form {
        name: "Software installation",
        comments: "A program from the catalogue, or a new one",
        service: "Application Login",
        subject: "Install ",
        mandatory: &[],
    },
    Form {
        name: "Access to an application",
        comments: "A role in a business application or a shared folder",
        service: "Application Login",
        subject: "Access to ",
        mandatory: &["description"],
    },
];

/// All topics.
pub(super) fn all() -> impl Iterator<Item = &'static Topic> + Clone {
    [access::TOPICS, equipment::TOPICS, network::TOPICS, services::TOPICS, software::TOPICS]
        .into_iter()
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_topic_has_something_to_say() {
        for topic in all() {
            let name = (topic.category, topic.subcategory, topic.item);
            assert!(topic.troubles.len() >= 4, "{name:?}");
            assert!(topic.details.len() >= 3, "{name:?}");
            assert!(topic.findings.len() >= 3, "{name:?}");
            assert!(!topic.tasks.is_empty(), "{name:?}");
            assert!(topic.template.is_empty() || FORMS.iter().any(|f| f.name == topic.template), "{name:?}");
        }
    }

    #[test]
    fn every_placeholder_is_known() {
        let others = all().flat_map(|t| [t.details, t.findings, t.tasks]).flatten();
        for text in all().flat_map(|t| t.troubles.iter().flatten()).chain(others) {
            for part in text.split('{').skip(1) {
                let name = part.split('}').next().unwrap();
                assert!(super::super::words::Scene::default().has(name), "{{{name}}} in {text}");
            }
        }
    }
}
