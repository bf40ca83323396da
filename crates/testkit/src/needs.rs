//! What some tests need of the machine, and what becomes of them where it is missing.

/// Whether something that a test needs is here. Where it is not the test is left out, with a line that says so; unless
/// `FRONTDESK_TEST_ALL` is 1, as `scripts/test` sets it: then that is a failure, so that nothing is left out unnoticed.
/// `FRONTDESK_TEST_WITHOUT` names, with spaces between, what the machine does not permit all the same.
pub fn is_here(found: bool, what: &str) -> bool {
    if !found {
        let variable = |name| std::env::var(name).unwrap_or_default();
        let is_excused = variable("FRONTDESK_TEST_WITHOUT").split_whitespace().any(|named| named == what);
        assert!(is_excused || variable("FRONTDESK_TEST_ALL") != "1", "missing, and needed: {what}");
        println!("NOT TESTED, for want of: {what}");
    }
    found
}

/// Where a program is, in the folders of the search path and in those of the system.
#[must_use]
pub fn program(name: &str) -> Option<std::path::PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    folders.map(|folder| folder.join(name)).find(|path| path.is_file())
}
