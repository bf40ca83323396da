//! Who may do what, as a table that a change of the rules shows up in.

use desk::permissions::role_allows;
use desk::{Access, Verb};
use model::Catalogue;
use std::fmt::Write;

#[test]
fn the_table_of_permissions_is_the_one_agreed() {
    let mut table = String::from("# module: what administrator, technician and requester may do (c r u d)\n");
    for module in Catalogue::new(&model::Additions::default()).modules() {
        write!(table, "{:<20}", module.name).unwrap();
        for access in [Access::Administrator, Access::Technician, Access::Requester] {
            let letters: String = Verb::ALL
                .iter()
                .zip("crud".chars())
                .map(|(verb, letter)| if role_allows(access, module, *verb) { letter } else { '-' })
                .collect();
            write!(table, "  {letters}").unwrap();
        }
        table.push('\n');
    }
    let agreed = include_str!("../permissions.txt");
    assert_eq!(table, agreed, "if the change is meant, put this into tests/permissions.txt:\n{table}");
}
