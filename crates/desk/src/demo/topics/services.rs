//! Wishes: people who come and go, things to order, questions.

use super::{ONE, Team, Topic, WISH, Weight};

/// A date is set, the day will come.
const PLANNED: Weight = Weight { urgency: [0, 2, 7, 1], impact: [0, 0, 2, 8] };

pub(super) const TOPICS: &[Topic] = &[
    Topic {
        category: "User Administration",
        subcategory: "Joiners and leavers",
        item: "New employee",
        team: Team::Identity,
        template: "New employee",
        share: 26,
        weight: PLANNED,
        troubles: &[
            [
                "New employee: {user} in {dept}",
                "{user} joins {dept} in {city} at the beginning of next month.",
                "All accounts are ready and {asset} stands on the desk on floor {floor}.",
            ],
            [
                "Onboarding of {user}",
                "Please prepare everything for our new colleague {user}.",
                "{user} was welcomed and has signed in to all systems.",
            ],
            [
                "Intern for {dept}, accounts needed",
                "We have an intern from next Monday on, {user}, who needs the usual accounts.",
                "The accounts of {user} are ready and end by themselves with the internship.",
            ],
            [
                "{user} returns from parental leave",
                "{user} comes back from parental leave and needs a computer and all accounts.",
                "The accounts were opened again and {asset} was prepared for {user}.",
            ],
            [
                "New colleague starts next month in {city}",
                "A new colleague, {user}, starts next month in {city}.",
                "Everything was prepared; the start date was moved by the department itself.",
            ],
        ],
        details: &[
            "Accounts as {first} has them, plus {app}.",
            "A laptop, two screens and a telephone, please.",
            "The desk is on floor {floor}.",
            "Personnel number {number}.",
        ],
        findings: &[
            "Account created, waits for the start date.",
            "Laptop {asset} reserved.",
            "Licence for {app} ordered, delivery in {count} days.",
        ],
        tasks: &[
            "Create the accounts of {user}",
            "Prepare {asset}",
            "Grant {app}",
            "Set up the desk on floor {floor}",
            "Introduction on the first day",
        ],
    },
    Topic {
        category: "User Administration",
        subcategory: "Joiners and leavers",
        item: "Leaving employee",
        team: Team::Identity,
        template: "Leaving employee",
        share: 16,
        weight: PLANNED,
        troubles: &[
            [
                "Leaving: {user}, {dept}",
                "{user} leaves the company at the end of the month.",
                "Accounts were closed on the last day, mails are forwarded for three months.",
            ],
            [
                "Offboarding of {user}",
                "Please close the accounts of {user} and take back the equipment.",
                "{asset} was returned and wiped, the accounts of {user} are closed.",
            ],
            [
                "{user} moves to another company of the group",
                "{user} moves to another company of the group and keeps nothing of ours.",
                "All rights were taken away; documents were handed over to {first}.",
            ],
            [
                "Contract of an external ends",
                "The contract of our external {user} ends on Friday.",
                "The account of {user} ends on Friday evening, the badge was collected.",
            ],
        ],
        details: &[
            "Mails shall go to {first} for three months.",
            "Laptop {asset} and a phone come back.",
            "Please keep the documents for {dept}.",
            "The last working day is known to the personnel department.",
        ],
        findings: &[
            "End date set on the account.",
            "Forwarding prepared.",
            "Equipment list: {asset}, phone, badge.",
        ],
        tasks: &["Disable the accounts of {user}", "Collect {asset}", "Forward the mailbox"],
    },
    Topic {
        category: "Desktop Hardware",
        subcategory: "Laptop",
        item: "Order",
        team: Team::Desktop,
        template: "Hardware order",
        share: 40,
        weight: WISH,
        troubles: &[
            [
                "Order: new laptop for {user}",
                "{user} needs a lighter laptop for travelling.",
                "Delivered and set up; the old device was taken back.",
            ],
            [
                "Order: second monitor",
                "For work with large drawings I would like a second monitor.",
                "The monitor was mounted on floor {floor}.",
            ],
            [
                "Order: headset for customer calls",
                "I need a headset with noise cancelling for calls with customers.",
                "The headset was handed over at the desk.",
            ],
            [
                "Replacement for {asset}, four years old",
                "{asset} is four years old and too slow for {app}.",
                "{asset} was replaced, all data was moved.",
            ],
            [
                "Order: tablet for the warehouse",
                "We need a tablet for the goods receipt in {city}.",
                "The tablet was delivered to {city} with a case and a charger.",
            ],
        ],
        details: &[
            "Cost centre {number}.",
            "The model from the catalogue is fine.",
            "{user} has approved the budget.",
            "Delivery to floor {floor}, please.",
        ],
        findings: &[
            "Offer of the supplier: {count} days.",
            "In stock in {city}.",
            "Approval of the head of department asked for.",
        ],
        tasks: &[
            "Order from the supplier",
            "Prepare {asset}",
            "Hand over to {first}",
            "Take back the old device",
        ],
    },
    Topic {
        category: "Services",
        subcategory: "Question",
        item: "",
        team: Team::ServiceDesk,
        template: "",
        share: 34,
        weight: ONE,
        troubles: &[
            [
                "How do I share a calendar?",
                "How can I share my calendar with {dept} without showing details?",
                "Explained by telephone and sent the link to the article.",
            ],
            [
                "Question about {app}",
                "Is there a short manual for {app}?",
                "The manual for {app} is in the knowledge base, the link was sent.",
            ],
            [
                "Where do I find the form for travel expenses?",
                "Where do I find the current form for travel expenses?",
                "The form is on the page of {dept} now.",
            ],
            [
                "Out-of-office reply for {user}",
                "{user} is ill and nobody has set an out-of-office reply.",
                "The out-of-office reply was set by us with the agreement of the manager.",
            ],
            [
                "How long are deleted mails kept?",
                "I deleted a mail three weeks ago and would like to have it back.",
                "Deleted mails are kept for 90 days; this one was restored.",
            ],
        ],
        details: &[
            "I looked in the intranet and found only an old page.",
            "A link would be enough.",
            "There is no hurry.",
            "Perhaps others in {dept} have the same question.",
        ],
        findings: &[
            "Link to the article sent.",
            "Showed it on the screen of {first}.",
            "Article in the knowledge base brought up to date.",
        ],
        tasks: &["Write an article for the knowledge base"],
    },
    Topic {
        category: "Services",
        subcategory: "Meeting",
        item: "Video conference",
        team: Team::OnSite,
        template: "",
        share: 22,
        weight: ONE,
        troubles: &[
            [
                "Video conference in {room} without sound",
                "In {room} the others hear us, but we do not hear them.",
                "The audio output in {room} was set right, a test call was fine.",
            ],
            [
                "Support for town hall meeting in {city}",
                "We need somebody to look after the technology for the meeting with {count} guests in {city}.",
                "A colleague looked after the meeting, everything went well.",
            ],
            [
                "Camera in {room} shows nothing",
                "The camera in {room} shows a black picture.",
                "The room system was updated to {version}, the camera works.",
            ],
            [
                "Guests cannot join our meeting",
                "External participants stay in the lobby and nobody can let them in.",
                "Guests of known partners may join directly now.",
            ],
            [
                "Recording of the meeting is missing",
                "The recording of yesterday's meeting cannot be found.",
                "The recording was in the folder of {user}, who had started it, and was shared.",
            ],
        ],
        details: &[
            "The next meeting is at two o'clock.",
            "It worked last week.",
            "{user} is the host.",
            "We moved to another room for now.",
        ],
        findings: &[
            "Audio output was set to the screen without loudspeakers.",
            "Firmware of the room system is {version}.",
            "Lobby policy allows only people of our own company.",
        ],
        tasks: &["Test the room system in {room}", "Attend the meeting in {city}"],
    },
];
