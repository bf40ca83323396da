//! Figures of many routes, in few lines.

/// The dearest of them are told with their times.
const WORST: usize = 10;

/// What was found of a route: how many times as much as is fair, and in words.
pub struct Line {
    pub name: String,
    pub times: f64,
    pub words: String,
}

/// How many lie below each of the bounds, the worst ones with their times, and the names of all others above `named`.
pub fn spread(what: &str, bounds: &[f64; 3], mut lines: Vec<Line>, named: f64) {
    let [one, two, three] = bounds;
    let above = |bound: f64| lines.iter().filter(|line| line.times > bound).count();
    let (over_one, over_two, over_three) = (above(*one), above(*two), above(*three));
    println!(
        "| … {what}: up to {one}, {two}, {three}, more | {}, {}, {}, **{over_three}** |",
        lines.len() - over_one,
        over_one - over_two,
        over_two - over_three
    );
    lines.sort_by(|a, b| b.times.total_cmp(&a.times));
    let rest = lines.split_off(WORST.min(lines.len()));
    for Line { name, times, words } in &lines {
        println!("| … `{name}` | **{times:.2} ×**: {words} |");
    }
    let rest: Vec<String> = rest
        .iter()
        .filter(|line| line.times > named)
        .map(|line| format!("`{}` {:.2} ×", line.name, line.times))
        .collect();
    if !rest.is_empty() {
        println!("| … above {named} as well | {} |", rest.join(", "));
    }
}

/// Routes by name; those below one that is named are only counted.
pub fn names(routes: &[&str]) -> String {
    let mut told: Vec<(&str, usize)> = Vec::new();
    for route in routes {
        match told.last_mut().filter(|(above, _)| route.starts_with(&format!("{above}/"))) {
            Some((_, below)) => *below += 1,
            None => told.push((route, 0)),
        }
    }
    let told = told.into_iter().map(|(route, below)| match below {
        0 => format!("`{route}`"),
        _ => format!("`{route}` and {below} below it"),
    });
    told.collect::<Vec<_>>().join(", ")
}
