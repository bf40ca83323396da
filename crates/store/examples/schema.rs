//! Prints the tables that the catalogue wants, in the form of a migration file. Whoever adds a module copies
//! its part into a new file under `migrations/`.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

fn main() {
    for module in
        model::Catalogue::new(&model::Additions::default()).modules().iter().filter(|m| m.fixed.is_none())
    {
        println!("-- {}", module.plural);
        for statement in store::migrations::describe(module) {
            println!("{statement};");
        }
        println!();
    }
}
