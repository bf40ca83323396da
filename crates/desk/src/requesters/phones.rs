//! The telephone numbers of a person (happyfox.md section 1.5). They are one document on the person's row; `phone` and
//! `mobile`, by which the V3 API knows two of them, follow from it and lead back to it.

use super::{Trouble, WantedPhone};
use crate::draft::Draft;
use crate::{Desk, DeskError};
use model::{Record, Value};
use serde::{Deserialize, Serialize};

/// How many numbers a person may have.
pub const PHONES_MAX: usize = 20;

/// A number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phone {
    /// Its own number, one of a kind among all phones of the desk.
    pub id: i64,
    /// `main`, `mobile`, `work`, `home` or `other`.
    #[serde(rename = "type")]
    pub kind: String,
    /// As it was sent.
    pub number: String,
}

/// All numbers of a person, in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phones {
    /// The numbers.
    pub list: Vec<Phone>,
    /// The id of the one that is the person's first.
    pub primary: Option<i64>,
}

/// Where phones get their ids from.
#[derive(Clone, Copy)]
pub(super) enum Numbering<'a> {
    /// A desk.
    Of(&'a Desk),
    /// Nowhere, since nothing is written: below zero.
    Rehearsed,
}

/// What two spellings of a number have in common: its digits.
#[must_use]
pub fn digits(number: &str) -> String {
    number.chars().filter_map(|c| c.to_digit(10)).filter_map(|d| char::from_digit(d, 10)).collect()
}

impl Phones {
    /// The numbers of a person.
    #[must_use]
    pub fn of(person: &Record) -> Self {
        person.text("phones").and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }

    /// The first number.
    #[must_use]
    pub fn primary(&self) -> Option<&Phone> {
        self.list.iter().find(|phone| Some(phone.id) == self.primary)
    }

    fn at(&self, number: &str) -> Option<usize> {
        let wanted = digits(number);
        self.list.iter().position(|phone| digits(&phone.number) == wanted)
    }

    /// The number that the V3 API calls `mobile`.
    fn mobile(&self) -> Option<usize> {
        self.list.iter().position(|phone| phone.kind == "mobile")
    }

    /// The one that it calls `phone`: the first one, or else any that is not `mobile` already.
    fn phone(&self) -> Option<usize> {
        let mobile = self.mobile();
        let primary = self.list.iter().position(|phone| Some(phone.id) == self.primary);
        let others = || (0..self.list.len()).find(|place| Some(*place) != mobile);
        primary.filter(|place| Some(*place) != mobile).or_else(others)
    }

    /// Takes over what an input lists: by id, or else by number; what is not there is added, nothing is removed.
    pub(super) async fn merge(
        &mut self,
        numbering: Numbering<'_>,
        wanted: &[WantedPhone],
    ) -> Result<(), Trouble> {
        let mut primary = None;
        for phone in wanted {
            let known = match phone.id {
                Some(id) => match self.list.iter().position(|p| p.id == id) {
                    Some(place) => Some(place),
                    None => return Err(Trouble::NoSuchPhone(id)),
                },
                None => self.at(&phone.number),
            };
            let full = self.list.len() >= PHONES_MAX;
            let id = match known.map(|place| self.list.get_mut(place)) {
                Some(Some(known)) => {
                    // What is not sent stays (happyfox.md section 1.9).
                    if let Some(kind) = phone.kind {
                        kind.clone_into(&mut known.kind);
                    }
                    // The same number in another spelling is the same number.
                    if digits(&known.number) != digits(&phone.number) {
                        known.number.clone_from(&phone.number);
                    }
                    known.id
                }
                _ if full => return Err(Trouble::TooManyPhones),
                _ => {
                    let id = match numbering {
                        Numbering::Of(desk) => desk.numbers.next("requester_phone").await?,
                        Numbering::Rehearsed => self.list.iter().map(|p| p.id).min().unwrap_or(0).min(0) - 1,
                    };
                    let (kind, number) = (phone.kind.unwrap_or("other").to_owned(), phone.number.clone());
                    self.list.push(Phone { id, kind, number });
                    id
                }
            };
            if phone.is_primary || primary.is_none() {
                primary = Some(id);
            }
        }
        self.primary = primary.or(self.primary);
        Ok(())
    }

    /// Writes the numbers, and what follows from them.
    pub(super) fn put(&self, person: &mut Record) {
        let text = |place: Option<usize>| -> Value {
            place.and_then(|place| self.list.get(place)).map(|phone| phone.number.clone()).into()
        };
        person.set("phone", text(self.phone()));
        person.set("mobile", text(self.mobile()));
        person.set("primary_phone", self.primary().map(|phone| digits(&phone.number)));
        person.set("phones", serde_json::to_string(self).ok().filter(|_| !self.list.is_empty()));
    }
}

/// Gives somebody who is loaded without the rules of users what those would have: a number, and `phone` and `mobile` as
/// phones with these ids.
pub(crate) fn number(person: &mut Record, number: i64, ids: [i64; 2]) {
    person.set("requester_number", number);
    let mut phones = Phones::default();
    for (id, (path, kind)) in ids.into_iter().zip([("phone", "work"), ("mobile", "mobile")]) {
        if let Some(number) = person.text(path) {
            phones.list.push(Phone { id, kind: kind.to_owned(), number: number.to_owned() });
            phones.primary = phones.primary.or(Some(id));
        }
    }
    phones.put(person);
}

/// A number that the V3 API wrote is one of the person's numbers.
pub(crate) async fn follow(desk: &Desk, draft: &mut Draft) -> Result<(), DeskError> {
    if draft.gives("phones") {
        return Ok(());
    }
    let mut phones = Phones::of(&draft.new);
    for (path, kind) in [("phone", "work"), ("mobile", "mobile")] {
        if !draft.gives(path) || !draft.changes(path) {
            continue;
        }
        let shown = if path == "phone" { phones.phone() } else { phones.mobile() };
        let number = draft.new.text(path).map(str::trim).filter(|number| !digits(number).is_empty());
        match (number, shown) {
            (None, Some(place)) => {
                let gone = phones.list.remove(place);
                if phones.primary == Some(gone.id) {
                    phones.primary = phones.list.first().map(|phone| phone.id);
                }
            }
            (None, None) => {}
            (Some(number), Some(place)) => {
                if let Some(phone) = phones.list.get_mut(place) {
                    number.clone_into(&mut phone.number);
                }
            }
            (Some(number), None) => {
                let id = desk.numbers.next("requester_phone").await?;
                phones.list.push(Phone { id, kind: kind.to_owned(), number: number.to_owned() });
                phones.primary = phones.primary.or(Some(id));
            }
        }
    }
    if phones != Phones::of(&draft.new) {
        // What was typed without a digit in it stays where it was typed.
        let (phone, mobile) = (draft.new.get("phone").clone(), draft.new.get("mobile").clone());
        phones.put(&mut draft.new);
        for (path, typed) in [("phone", phone), ("mobile", mobile)] {
            draft.new.set(path, typed);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_its_digits() {
        for (a, b) in [("+49 (30) 1-2.3", "493012 3"), ("555 x 12", "55512")] {
            assert_eq!(digits(a), digits(b), "{a} and {b}");
        }
    }

    #[test]
    fn the_v3_names_lead_to_two_different_numbers() {
        let phone = |id: i64, kind: &str| Phone { id, kind: kind.into(), number: id.to_string() };
        let mut phones = Phones { list: vec![phone(1, "mobile"), phone(2, "home")], primary: Some(1) };
        assert_eq!((phones.phone(), phones.mobile()), (Some(1), Some(0)));
        phones.primary = Some(2);
        assert_eq!((phones.phone(), phones.mobile()), (Some(1), Some(0)));
        phones.list.remove(1);
        assert_eq!((phones.phone(), phones.mobile()), (None, Some(0)));
    }
}
