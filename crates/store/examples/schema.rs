//! Prints the tables that the catalogue wants, in the form of a migration file. Whoever adds a module copies
//! its part into a new file under `migrations/`. Statements that make search documents anew are comments: a new table needs none.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

fn main() {
    let catalogue = model::Catalogue::new(&model::Additions::default());
    for module in catalogue.modules().iter().filter(|m| m.fixed.is_none()) {
        println!("-- {}", module.plural);
        for statement in store::migrations::describe(module) {
            println!("{statement};");
        }
        if store::search::is_searched(module) {
            let [sqlite, postgres] = store::search::refill(module, &catalogue);
            println!("-- @sqlite {sqlite};\n-- @postgres {postgres};");
        }
        println!();
    }
}
