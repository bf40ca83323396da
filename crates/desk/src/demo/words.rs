//! Texts: a topic's phrases with one request's things put in, made into mails, notes and resolutions.

use super::rng::Rng;
use super::topics::Topic;

pub(super) const APPS: [&str; 12] = [
    "SAP",
    "Salesforce",
    "Jira",
    "Confluence",
    "AutoCAD",
    "Power BI",
    "DocuShare",
    "TimeKeeper",
    "Warehouse Manager",
    "Adobe Acrobat",
    "Project Online",
    "PayrollPlus",
];
const ERRORS: [&str; 12] = [
    "0x80070005",
    "0x8004010F",
    "0xc000021a",
    "error 691",
    "error 809",
    "ERR_CONNECTION_RESET",
    "0x800f081f",
    "550 5.7.1",
    "ORA-12541",
    "HTTP 503",
    "0x0000007e",
    "timeout 408",
];
const ROOMS: [&str; 10] =
    ["Amsel", "Birch", "Cedar", "Dolphin", "Everest", "Falcon", "Ginkgo", "Helsinki", "Iris", "Juniper"];
const ROLES: [&str; 8] = ["app", "db", "file", "print", "mail", "dc", "web", "erp"];

/// The things and people that one request speaks of: the same in its subject, its notes and its resolution.
#[derive(Clone, Debug, Default)]
pub(super) struct Scene {
    pub asset: String,
    pub app: &'static str,
    pub host: String,
    pub printer: String,
    pub switch: String,
    pub room: &'static str,
    pub error: &'static str,
    pub ip: String,
    pub version: String,
    pub floor: String,
    pub ext: String,
    pub count: String,
    pub number: String,
    pub city: &'static str,
    pub dept: &'static str,
    /// A colleague.
    pub user: String,
    /// The requester's given name.
    pub first: String,
}

impl Scene {
    /// Invents the things; people and places are filled in by whoever knows them.
    pub fn new(rng: &mut Rng, site_code: &str) -> Self {
        let floor = rng.between(1, 6);
        let code = site_code.to_lowercase();
        Self {
            asset: format!("{site_code}-{}{:05}", rng.word(&["LT", "LT", "LT", "PC"]), rng.below(30_000)),
            app: rng.word(&APPS),
            host: format!("{code}-{}-{:02}", rng.word(&ROLES), rng.between(1, 24)),
            printer: format!("{site_code}-PRN-{floor}{:02}", rng.between(1, 18)),
            switch: format!("{code}-sw-{floor}{:02}", rng.between(1, 9)),
            room: rng.word(&ROOMS),
            error: rng.word(&ERRORS),
            ip: format!("10.{}.{}.{}", rng.between(10, 60), rng.below(256), rng.between(2, 254)),
            version: format!("{}.{}.{}", rng.between(2, 24), rng.below(10), rng.below(400)),
            floor: floor.to_string(),
            ext: rng.between(2_000, 7_999).to_string(),
            count: rng.between(2, 90).to_string(),
            number: rng.between(100_000, 999_999).to_string(),
            ..Self::default()
        }
    }

    fn thing(&self, name: &str) -> Option<&str> {
        Some(match name {
            "asset" => &self.asset,
            "app" => self.app,
            "host" => &self.host,
            "printer" => &self.printer,
            "switch" => &self.switch,
            "room" => self.room,
            "error" => self.error,
            "ip" => &self.ip,
            "version" => &self.version,
            "floor" => &self.floor,
            "ext" => &self.ext,
            "count" => &self.count,
            "number" => &self.number,
            "city" => self.city,
            "dept" => self.dept,
            "user" => &self.user,
            "first" => &self.first,
            _ => return None,
        })
    }
    /// Whether phrases may speak of it.
    #[cfg(test)]
    pub fn has(&self, name: &str) -> bool {
        self.thing(name).is_some()
    }

    /// Adds a phrase to a text, with the things in the place of their names.
    pub fn say(&self, out: &mut String, phrase: &str) {
        let mut parts = phrase.split('{');
        out.push_str(parts.next().unwrap_or_default());
        for part in parts {
            if let Some((name, rest)) = part.split_once('}') {
                out.push_str(self.thing(name).unwrap_or(name));
                out.push_str(rest);
            }
        }
    }
    /// A phrase with the things in the place of their names.
    pub fn said(&self, phrase: &str) -> String {
        let mut out = String::with_capacity(phrase.len() + 32);
        self.say(&mut out, phrase);
        out
    }
}

const GREETINGS: [&str; 7] =
    ["Hello,", "Hi team,", "Dear service desk,", "Good morning,", "Hi all,", "Dear colleagues,", "Hello IT,"];
const ENDS: [&str; 7] = [
    "Thank you!",
    "Best regards,",
    "Thanks in advance,",
    "Kind regards,",
    "Please help.",
    "Many thanks,",
    "Regards,",
];
const TRIED: [&str; 8] = [
    "restarted {asset}",
    "signed out and in again",
    "tried another network cable",
    "asked {user}, who does not know either",
    "checked the page in the intranet",
    "tried it from the computer of a colleague",
    "cleared the cache",
    "waited for an hour",
];
const ALSO: [&str; 10] = [
    "It is getting urgent because customers are waiting.",
    "Several people in {dept} are concerned.",
    "Please call me on {ext} before you take over my screen.",
    "I am in the office in {city} until four o'clock.",
    "There is no hurry, tomorrow is early enough.",
    "It happens about {count} times a day.",
    "A screenshot can follow if you need one.",
    "This is the second time this month.",
    "I work with {app} all day, so this matters to me.",
    "If I am not at my desk, {user} can help you.",
];

/// How a request describes itself: short or long, plain or HTML.
pub(super) fn description(rng: &mut Rng, topic: &Topic, symptom: &str, scene: &Scene) -> String {
    let mut out = String::with_capacity(600);
    let length = rng.below(10);
    if length < 2 {
        scene.say(&mut out, symptom);
        return out;
    }
    let html = rng.percent(80);
    let (gap, open, close) = if html { ("<br>", "<div>", "</div>") } else { ("\n", "", "\n") };
    out.push_str(open);
    out.push_str(rng.word(&GREETINGS));
    out.push_str(gap);
    out.push_str(gap);
    scene.say(&mut out, symptom);
    out.push(' ');
    scene.say(&mut out, rng.word(topic.details));
    out.push_str(close);
    if length >= 5 {
        out.push_str(open);
        scene.say(&mut out, rng.word(&ALSO));
        out.push_str(close);
    }
    if length >= 7 {
        tried(rng, scene, html, &mut out);
    }
    if length == 9 {
        log(rng, scene, html, &mut out);
    }
    out.push_str(open);
    out.push_str(rng.word(&ENDS));
    out.push_str(gap);
    out.push_str(&scene.first);
    out.push_str(close);
    out
}

fn tried(rng: &mut Rng, scene: &Scene, html: bool, out: &mut String) {
    out.push_str(if html { "<p>What I have done so far:</p><ul>" } else { "What I have done so far:\n" });
    let first = rng.place(TRIED.len());
    for phrase in TRIED.iter().cycle().skip(first).take(rng.place(3) + 2) {
        out.push_str(if html { "<li>" } else { "- " });
        scene.say(out, phrase);
        out.push_str(if html { "</li>" } else { "\n" });
    }
    if html {
        out.push_str("</ul>");
    }
}

fn log(rng: &mut Rng, scene: &Scene, html: bool, out: &mut String) {
    const LINES: [&str; 6] = [
        "connection to {host} ({ip}) refused",
        "service {app} stopped unexpectedly, {error}",
        "warning: retry {count} of 99",
        "module {app} {version} loaded on {asset}",
        "user profile read from {host}",
        "request {number} aborted after 30000 ms",
    ];
    out.push_str(if html { "<pre>" } else { "" });
    let mut second = rng.between(7, 17) * 3600 + rng.below(1800);
    for _ in 0..rng.between(4, 14) {
        second += rng.below(150);
        out.push_str(&format!("{:02}:{:02}:{:02} ", second / 3600, second / 60 % 60, second % 60));
        scene.say(out, rng.word(&LINES));
        out.push('\n');
    }
    out.push_str(if html { "</pre>" } else { "" });
}

const INTERNAL: [&str; 8] = [
    "Called {first}, no answer. Trying again in the afternoon.",
    "{first} confirms that it happens on {asset} only.",
    "Remote session agreed for tomorrow morning.",
    "Same as an earlier case with {host}, see the knowledge base.",
    "Waiting for the vendor of {app}.",
    "Handed over by the early shift, everything so far is above.",
    "Asked {user} in {dept} for a second opinion.",
    "Could not reproduce it on a test machine with version {version}.",
];

/// A technician's note.
pub(super) fn finding(rng: &mut Rng, topic: &Topic, scene: &Scene) -> String {
    let phrase = if rng.percent(65) { rng.word(topic.findings) } else { rng.word(&INTERNAL) };
    let mut out = String::with_capacity(200);
    let html = rng.percent(60);
    out.push_str(if html { "<div>" } else { "" });
    scene.say(&mut out, phrase);
    if rng.percent(30) {
        out.push_str(if html { "<br>" } else { " " });
        scene.say(&mut out, rng.word(topic.findings));
    }
    out.push_str(if html { "</div>" } else { "" });
    out
}

const ASKED: [&str; 7] = [
    "Is there any news? I still wait.",
    "It happened again just now on {asset}.",
    "Thank you, it looks better, but I want to watch it until tomorrow.",
    "I am back at my desk and can be called on {ext}.",
    "{user} reports the same since noon.",
    "Sorry for the late answer, I was travelling to {city}.",
    "The number you asked for is {number}.",
];

/// What a requester adds later.
pub(super) fn asked(rng: &mut Rng, scene: &Scene) -> String {
    format!("<div>{}</div>", scene.said(rng.word(&ASKED)))
}

const REPLIES: [&str; 6] = [
    "thank you for your message. We are looking into it and will come back to you today.",
    "could you please tell us the exact time and whether it also happens on another computer?",
    "we have found something and would like to take over your screen. When does it suit you?",
    "a colleague will come to floor {floor} this afternoon.",
    "we have asked the vendor of {app} and expect an answer tomorrow.",
    "please restart {asset} and try again. Does it work now?",
];

/// A technician's mail to the requester.
pub(super) fn reply(rng: &mut Rng, scene: &Scene, technician: &str, done: Option<&str>) -> String {
    let mut out = format!("<div>Hello {},<br><br>", scene.first);
    match done {
        Some(answer) => {
            out.push_str("your request has been completed: ");
            scene.say(&mut out, answer);
        }
        None => scene.say(&mut out, rng.word(&REPLIES)),
    }
    out.push_str("<br><br>Kind regards,<br>");
    out.push_str(technician);
    out.push_str("<br>IT Service Desk</div>");
    out
}

/// What ended the trouble.
pub(super) fn resolution(rng: &mut Rng, scene: &Scene, answer: &str) -> String {
    const AFTER: [&str; 5] = [
        "{first} has confirmed it.",
        "We watch {host} for another week.",
        "An article was added to the knowledge base.",
        "No further action is needed.",
        "If it comes back, please open this request again.",
    ];
    let mut out = String::from("<div>");
    scene.say(&mut out, answer);
    out.push_str("</div>");
    if rng.percent(45) {
        out.push_str("<div>");
        scene.say(&mut out, rng.word(&AFTER));
        out.push_str("</div>");
    }
    out
}

/// At most so many characters of a text, cut between words where that is possible.
pub(super) fn cut(text: String, max: usize) -> String {
    if text.chars().count() <= max {
        return text;
    }
    let head: String = text.chars().take(max).collect();
    head.rsplit_once(' ').map_or(head.clone(), |(front, _)| front.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::rng::Stream;

    #[test]
    fn things_take_the_place_of_their_names() {
        let scene = Scene { first: "Ann".into(), city: "Lyon", ..Scene::default() };
        assert_eq!(scene.said("{first} is in {city}."), "Ann is in Lyon.");
        assert_eq!(scene.said("nothing"), "nothing");
    }

    #[test]
    fn no_text_keeps_a_brace() {
        let mut rng = Rng::new(1, Stream::Requests, 0);
        for topic in super::super::topics::all() {
            let scene = Scene::new(&mut rng, "BER");
            for _ in 0..20 {
                let [_, symptom, answer] = rng.one(topic.troubles).unwrap();
                let texts = [
                    description(&mut rng, topic, symptom, &scene),
                    finding(&mut rng, topic, &scene),
                    asked(&mut rng, &scene),
                    reply(&mut rng, &scene, "Bo", Some(answer)),
                    resolution(&mut rng, &scene, answer),
                ];
                for text in texts {
                    assert!(!text.contains(['{', '}']), "{text}");
                }
            }
        }
    }

    #[test]
    fn long_texts_are_cut_between_words() {
        assert_eq!(cut("one two three".into(), 9), "one two");
        assert_eq!(cut("one".into(), 9), "one");
    }
}
