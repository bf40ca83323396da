//! Measures of the CMDB: impact analysis against reads of single CIs, lists by attributes at two sizes.

use crate::desks::Desks;
use crate::load::{self, Measured};
use crate::server::Server;
use crate::{Outcome, estate};
use std::time::Duration;

/// The CMDB that impact is analysed in.
const GRAPH: (u64, u64) = (100_000, 300_000);

/// How often each list is measured at each size; the median counts.
const TURNS: u32 = 5;

/// Lists of 100 CIs by two attributes: their names and their `list_info`.
const LISTS: [(&str, &str); 5] = [
    (
        "common value and a range, by name",
        r#""sort_field":"name","sort_order":"asc","search_criteria":[{"field":"ci_attributes.txt_environment","condition":"is","value":"Production"},{"field":"ci_attributes.num_memory","condition":"greater than","value":"300","logical_operator":"and"}]"#,
    ),
    (
        "common value and a range, newest first",
        r#""sort_field":"id","sort_order":"desc","search_criteria":[{"field":"ci_attributes.txt_environment","condition":"is","value":"Production"},{"field":"ci_attributes.num_memory","condition":"greater than","value":"300","logical_operator":"and"}]"#,
    ),
    (
        "common value and a range, by the attribute of the range",
        r#""sort_field":"ci_attributes.num_memory","sort_order":"asc","search_criteria":[{"field":"ci_attributes.txt_environment","condition":"is","value":"Production"},{"field":"ci_attributes.num_memory","condition":"greater than","value":"300","logical_operator":"and"}]"#,
    ),
    (
        "common value and a range, by another attribute, greatest first",
        r#""sort_field":"ci_attributes.num_power","sort_order":"desc","search_criteria":[{"field":"ci_attributes.txt_environment","condition":"is","value":"Production"},{"field":"ci_attributes.num_memory","condition":"greater than","value":"300","logical_operator":"and"}]"#,
    ),
    (
        "a value that some hundred CIs have, and a range, by name",
        r#""sort_field":"name","sort_order":"asc","search_criteria":[{"field":"ci_attributes.txt_environment","condition":"is","value":"Archive"},{"field":"ci_attributes.num_memory","condition":"greater than","value":"300","logical_operator":"and"}]"#,
    ),
];

/// All of them, at these numbers of CIs.
pub fn run(desks: &Desks, sizes: &[u64], time: Duration) -> Outcome<()> {
    lists(desks, sizes, time)?;
    impact(&desks.of_cis(GRAPH.0, GRAPH.1)?, time)
}

/// The lists at all sizes, in turns, because the machine is shared.
fn lists(desks: &Desks, sizes: &[u64], time: Duration) -> Outcome<()> {
    let servers: Vec<Server> = sizes.iter().map(|size| desks.of_cis(*size, 0)).collect::<Outcome<_>>()?;
    for (name, info) in LISTS {
        let input = format!("{{\"list_info\":{{\"row_count\":100,{info}}}}}");
        let path = format!("/api/v3/cmdb/{}?input_data={}", estate::TYPE, load::encoded(&input));
        let mut turns: Vec<Vec<Measured>> = servers.iter().map(|_| Vec::new()).collect();
        for _ in 0..TURNS {
            for (server, turns) in servers.iter().zip(&mut turns) {
                turns.push(load::run(server, &[load::get(&path, &server.key)], 1, time / (4 * TURNS))?);
            }
        }
        let measured: Vec<Measured> = turns.into_iter().map(load::median).collect::<Outcome<_>>()?;
        for (size, result) in sizes.iter().zip(&measured) {
            println!("| {size} CIs: list of 100: {name} | {result} |");
        }
        if let ([small, .., large], [few, .., many]) = (measured.as_slice(), sizes) {
            println!(
                "| … **server CPU at {many} against {few}** (goal ≤ 1.3) | **{:.2} ×** |",
                large.cpu_us / small.cpu_us
            );
        }
    }
    Ok(())
}

/// Impact analysis of CIs all over the graph, of which every one reaches nearly all others in the end.
fn impact(server: &Server, time: Duration) -> Outcome<()> {
    let ids = server.ids(&format!("cmdb/{}", estate::TYPE), 10, 0)?;
    let calls = |tail: &str| -> Vec<Vec<u8>> {
        let path = |id: &String| format!("/api/v3/cmdb/{}/{id}{tail}", estate::TYPE);
        ids.iter().map(|id| load::get(&path(id), &server.key)).collect()
    };
    let (cis, relationships) = GRAPH;
    let size = format!("{cis} CIs, {relationships} relationships");
    // The first one builds the graph.
    let first = calls("/impact_analysis").into_iter().take(1).collect::<Vec<_>>();
    let building = std::time::Instant::now();
    server.size_of(first.first().ok_or("no CIs")?)?;
    println!(
        "| {size}: the first analysis, which builds the graph | {} ms |",
        building.elapsed().as_millis()
    );
    for (what, tail, goal) in
        [("depth 5", "/impact_analysis?depth=5", 20.0), ("the whole closure", "/impact_analysis", 200.0)]
    {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            theirs.push(load::run(server, &calls(""), 1, time / 6)?);
            ours.push(load::run(server, &calls(tail), 1, time / 6)?);
        }
        let (ours, theirs) = (load::median(ours)?, load::median(theirs)?);
        println!("| {size}: impact analysis, {what} | {ours} |");
        println!("| … GET of one CI | {theirs} |");
        println!("| … **CPU in GETs of one CI** (goal < {goal}) | **{:.1}** |", ours.cpu_us / theirs.cpu_us);
    }
    Ok(())
}
