//! Wishes: people who come and go, things to order, questions.

use super::{ONE, Team, Topic, WISH, Weight};

/// A date is set, the day will come.
const PLANNED: Weight = Weight { urgency: [0, 2, 7, 1], impact: [0, 0, 2, 8] };

pub(super) const TOPICS: &[Topic] = &[
    Topic {
        category: "User Administration", subcategory: "Joiners and leavers", item: "New employee", team: Team::Identity,
        template: "New employee", share: 26, weight: PLANNED,
        subjects: &["New employee: {user} in {dept}", "Onboarding of {user}", "New colleague starts next month in {city}", "Intern for {dept}, accounts needed"],
        symptoms: &[
            "{user} joins {dept} in {city} at the beginning of next month.",
            "We have an intern from next Monday on, {user}, who needs the usual accounts.",
            "Please prepare everything for our new colleague {user}.",
            "{user} comes back from parental leave and needs a computer and all accounts.",
        ],
        details: &["Accounts as {first} has them, plus {app}.", "A laptop, two screens and a telephone, please.", "The desk is on floor {floor}.", "Personnel number {number}."],
        findings: &["Account created, waits for the start date.", "Laptop {asset} reserved.", "Licence for {app} ordered, delivery in {count} days."],
        answers: &["All accounts are ready and {asset} stands on the desk on floor {floor}.", "{user} was welcomed and has signed in to all systems.", "Everything was prepared; the start date was moved by the department itself."],
        tasks: &["Create the accounts of {user}", "Prepare {asset}", "Grant {app}", "Set up the desk on floor {floor}", "Introduction on the first day"],
    },
    Topic {
        category: "User Administration", subcategory: "Joiners and leavers", item: "Leaving employee", team: Team::Identity,
        template: "Leaving employee", share: 16, weight: PLANNED,
        subjects: &["Leaving: {user}, {dept}", "Offboarding of {user}", "Close accounts of {user} at the end of the month", "Contract of an external ends"],
        symptoms: &[
            "{user} leaves the company at the end of the month.",
            "The contract of our external {user} ends on Friday.",
            "Please close the accounts of {user} and take back the equipment.",
            "{user} moves to another company of the group.",
        ],
        details: &["Mails shall go to {first} for three months.", "Laptop {asset} and a phone come back.", "Please keep the documents for {dept}.", "The last working day is known to the personnel department."],
        findings: &["End date set on the account.", "Forwarding prepared.", "Equipment list: {asset}, phone, badge."],
        answers: &["Accounts were closed on the last day, mails are forwarded for three months.", "{asset} was returned and wiped.", "All rights were taken away; documents were handed over to {first}."],
        tasks: &["Disable the accounts of {user}", "Collect {asset}", "Forward the mailbox"],
    },
    Topic {
        category: "Desktop Hardware", subcategory: "Laptop", item: "Order", team: Team::Desktop,
        template: "Hardware order", share: 40, weight: WISH,
        subjects: &["Order: new laptop for {user}", "Order: second monitor", "Order: headset for customer calls", "Replacement for {asset}, four years old", "Order: tablet for the warehouse"],
        symptoms: &[
            "{asset} is four years old and too slow for {app}.",
            "For work with large drawings I would like a second monitor.",
            "I need a headset with noise cancelling for calls with customers.",
            "We need a tablet for the goods receipt in {city}.",
            "{user} needs a lighter laptop for travelling.",
        ],
        details: &["Cost centre {number}.", "The model from the catalogue is fine.", "{user} has approved the budget.", "Delivery to floor {floor}, please."],
        findings: &["Offer of the supplier: {count} days.", "In stock in {city}.", "Approval of the head of department asked for."],
        answers: &["Delivered and set up; the old device was taken back.", "The monitor was mounted on floor {floor}.", "The headset was handed over at the desk.", "{asset} was replaced, all data was moved."],
        tasks: &["Order from the supplier", "Prepare {asset}", "Hand over to {first}", "Take back the old device"],
    },
    Topic {
        category: "Services", subcategory: "Question", item: "", team: Team::ServiceDesk,
        template: "", share: 34, weight: ONE,
        subjects: &["How do I share a calendar?", "Question about {app}", "Where do I find the form for travel expenses?", "How to set up an out-of-office reply for {user}", "How long are deleted mails kept?"],
        symptoms: &[
            "How can I share my calendar with {dept} without showing details?",
            "Is there a short manual for {app}?",
            "Where do I find the current form for travel expenses?",
            "{user} is ill and nobody has set an out-of-office reply.",
            "I deleted a mail three weeks ago and would like to have it back.",
        ],
        details: &["I looked in the intranet and found only an old page.", "A link would be enough.", "There is no hurry.", "Perhaps others in {dept} have the same question."],
        findings: &["Link to the article sent.", "Showed it on the screen of {first}.", "Article in the knowledge base brought up to date."],
        answers: &["Explained by telephone and sent the link to the article.", "The out-of-office reply was set by us with the agreement of the manager.", "Deleted mails are kept for {count} days; this one was restored.", "The form is on the page of {dept} now."],
        tasks: &["Write an article for the knowledge base"],
    },
    Topic {
        category: "Services", subcategory: "Meeting", item: "Video conference", team: Team::OnSite,
        template: "", share: 22, weight: ONE,
        subjects: &["Video conference in {room} without sound", "Support for town hall meeting in {city}", "Camera in {room} shows nothing", "Guests cannot join our meeting", "Recording of the meeting is missing"],
        symptoms: &[
            "In {room} the others hear us, but we do not hear them.",
            "We need somebody to look after the technology for the meeting with {count} guests.",
            "The camera in {room} shows a black picture.",
            "External participants stay in the lobby and nobody can let them in.",
            "The recording of yesterday's meeting cannot be found.",
        ],
        details: &["The next meeting is at two o'clock.", "It worked last week.", "{user} is the host.", "We moved to another room for now."],
        findings: &["Audio output was set to the screen without loudspeakers.", "Firmware of the room system is {version}.", "Lobby policy allows only people of our own company."],
        answers: &["The audio output in {room} was set right, a test call was fine.", "The room system was updated to {version}.", "A colleague looked after the meeting, everything went well.", "Guests of known partners may join directly now."],
        tasks: &["Test the room system in {room}", "Attend the meeting in {city}"],
    },
];
