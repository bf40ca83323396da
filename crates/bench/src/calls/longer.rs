//! Inputs and answers that grow from step to step: texts, files, criteria, many records in a call.

use super::caller::{Caller, Shown, number};
use super::furnish::{first, ids, made, upload};
use crate::{Outcome, load, mixed};
use serde_json::{Value, json};

/// What writes is called so often for each length, with another input each time.
const TURNS: usize = 10;

/// Bytes of a text, bytes of a file, and how many of something go in one call.
const TEXTS: [usize; 4] = [1_000, 10_000, 100_000, 1_000_000];
const FILES: [usize; 4] = [10_000, 100_000, 1_000_000, 10_000_000];
const MANY: [usize; 3] = [1, 10, 100];
const LISTS: [usize; 3] = [1, 30, 300];

/// All of it.
///
/// # Errors
/// The desk refused something.
pub fn measure(size: u64, caller: &mut Caller<'_>) -> Outcome<()> {
    println!(
        "| {size} requests: inputs and answers of several lengths | ms of each; the most that a step costs in what it \
         is longer by (linear is 1) |"
    );
    texts(caller)?;
    files(caller)?;
    criteria(caller)?;
    bulk(caller)?;
    references(caller)?;
    requesters(caller)
}

/// A call for each length; those that write have as many calls as turns.
fn steps<const N: usize>(
    caller: &mut Caller<'_>,
    (what, unit): (&str, &str),
    lengths: [usize; N],
    mut calls: impl FnMut(&mut Caller<'_>, usize) -> Outcome<Vec<Vec<u8>>>,
) -> Outcome<()> {
    let mut all: Vec<(usize, Shown)> = Vec::with_capacity(N);
    for length in lengths {
        let calls = calls(caller, length)?;
        let shown = match calls.as_slice() {
            [one] => caller.timed(one)?,
            // The first is not counted.
            several => caller.each(several)?,
        };
        all.push((length, shown));
    }
    let lengths: Vec<String> = all.iter().map(|(length, _)| length.to_string()).collect();
    let times: Vec<String> = all.iter().map(|(_, shown)| format!("{:.2}", shown.ms())).collect();
    let dearest = all.windows(2).filter_map(|pair| {
        let [(short, quick), (long, slow)] = pair else { return None };
        Some(slow.p50.div_duration_f64(quick.p50) / (number(*long) / number(*short)))
    });
    let dearest = dearest.fold(0.0, f64::max);
    println!("| … {what}: {} {unit} | {}; **{dearest:.2}** |", lengths.join(", "), times.join(", "));
    Ok(())
}

/// One for each turn.
fn turns<T>(turn: impl FnMut(u64) -> Outcome<T>) -> Outcome<Vec<T>> {
    (0..).take(TURNS).map(turn).collect()
}

/// HTML of about so many bytes, other words for each seed.
fn text(bytes: usize, seed: u64) -> String {
    let mut html = String::with_capacity(bytes);
    for n in 0.. {
        if html.len() + 32 > bytes {
            break;
        }
        let word = format!("word{} ", mixed((seed << 32) + n) % 5_000);
        html += match n % 12 {
            0 => "<p>",
            11 => "</p>",
            _ => &word,
        };
    }
    html
}

/// A request with a long description: created, read, edited, its history.
fn texts(caller: &mut Caller<'_>) -> Outcome<()> {
    let request =
        |bytes: usize, seed: u64| json!({"request": {"subject": "Long", "description": text(bytes, seed)}});
    steps(caller, ("a request with a description, created", "bytes"), TEXTS, |caller, bytes| {
        turns(|seed| Ok(caller.send("POST", "/requests", &request(bytes, seed))))
    })?;
    let mut paths = Vec::new();
    steps(caller, ("… read", "bytes"), TEXTS, |caller, bytes| {
        let path = made(caller, "/requests", &request(bytes, 99))?;
        paths.push(path.clone());
        Ok(vec![caller.get(&path, None)])
    })?;
    let mut left = paths.iter();
    steps(caller, ("… edited", "bytes"), TEXTS, |caller, bytes| {
        let path = left.next().ok_or("as many requests as lengths")?;
        turns(|seed| Ok(caller.send("PUT", path, &request(bytes, seed))))
    })?;
    let mut left = paths.iter();
    steps(caller, ("… the newest entry of its history", "bytes"), TEXTS, |caller, _| {
        let path = left.next().ok_or("as many requests as lengths")?;
        Ok(vec![caller.get(&format!("{path}/_history"), Some(r#"{"row_count":1}"#))])
    })?;
    // Tags begin in it and none ends.
    steps(caller, ("a request with a description of `<` alone, created", "bytes"), TEXTS, |caller, bytes| {
        let request = json!({"request": {"subject": "Long", "description": "<".repeat(bytes)}});
        Ok(vec![caller.send("POST", "/requests", &request); TURNS])
    })
}

/// A file: attached, and read.
fn files(caller: &mut Caller<'_>) -> Outcome<()> {
    let mut lists = Vec::new();
    steps(caller, ("a file, attached", "bytes"), FILES, |caller, bytes| {
        let at = made(caller, "/requests", &json!({"request": {"subject": "With files"}}))?;
        let list = format!("{at}/_uploads");
        let call = upload(caller, &list, &vec![b'x'; bytes]);
        lists.push(list);
        Ok(vec![call; TURNS])
    })?;
    let mut left = lists.iter();
    steps(caller, ("… read", "bytes"), FILES, |caller, _| {
        let file = first(caller, left.next().ok_or("as many lists as lengths")?)?;
        Ok(vec![caller.get(&file, None)])
    })
}

/// A list that is asked for by many values, and by many conditions.
fn criteria(caller: &mut Caller<'_>) -> Outcome<()> {
    let ids = ids(caller, "/requests")?;
    let list = |criteria: Value| {
        let shown = json!({"row_count": 100, "sort_field": "id", "fields_required": ["id"]});
        let mut info = shown.as_object().cloned().unwrap_or_default();
        info.insert("search_criteria".into(), criteria);
        Value::from(info).to_string()
    };
    steps(caller, ("a list by a condition that is met by one of", "values"), MANY, |caller, count| {
        let values: Vec<&String> = ids.iter().take(count).collect();
        let info = list(json!({"field": "id", "condition": "is", "values": values}));
        Ok(vec![caller.get("/requests", Some(&info))])
    })?;
    steps(caller, ("a list by one of", "conditions"), MANY, |caller, count| {
        let each =
            |id: &String| json!({"field": "id", "condition": "is", "value": id, "logical_operator": "or"});
        let info = list(ids.iter().take(count).map(each).collect());
        Ok(vec![caller.get("/requests", Some(&info))])
    })
}

/// The ids of as many new requests.
fn requests(caller: &mut Caller<'_>, count: usize) -> Outcome<Vec<String>> {
    let body = json!({"request": {"subject": "One of many"}});
    (0..count)
        .map(|_| {
            let path = made(caller, "/requests", &body)?;
            Ok(path.rsplit('/').next().unwrap_or_default().to_owned())
        })
        .collect()
}

/// Many records edited, and removed, in one call.
fn bulk(caller: &mut Caller<'_>) -> Outcome<()> {
    let mut lots = Vec::new();
    steps(caller, ("edited in one call", "requests"), MANY, |caller, count| {
        let of_length = turns(|_| Ok(format!("/requests?ids={}", requests(caller, count)?.join(","))))?;
        let edit = json!({"request": {"subject": "Edited"}});
        let calls = of_length.iter().map(|lot| caller.send("PUT", lot, &edit)).collect();
        lots.push(of_length);
        Ok(calls)
    })?;
    let mut left = lots.iter();
    steps(caller, ("thrown away in one call", "requests"), MANY, |caller, _| {
        let of_length = left.next().ok_or("as many lots as lengths")?;
        Ok(of_length.iter().map(|lot| caller.send("DELETE", lot, &json!({}))).collect())
    })
}

/// One record that is to refer to many others.
fn references(caller: &mut Caller<'_>) -> Outcome<()> {
    // The newest of all may be those with the longest texts.
    let [.., most] = MANY;
    let others = requests(caller, most)?;
    let some = |ids: &[String], count: usize, each: fn(&String) -> Value| {
        ids.iter().take(count).map(each).collect::<Value>()
    };
    steps(caller, ("a request, linked in one call to", "requests"), MANY, |caller, count| {
        turns(|_| {
            let at = made(caller, "/requests", &json!({"request": {"subject": "With links"}}))?;
            let links = some(&others, count, |id| json!({"linked_request": {"id": id}}));
            Ok(caller.send("POST", &format!("{at}/_link_requests"), &json!({"link_requests": links})))
        })
    })?;
    steps(caller, ("a problem, given in one call", "incidents"), MANY, |caller, count| {
        turns(|_| {
            let at = made(caller, "/problems", &json!({"problem": {"title": "With incidents"}}))?;
            let rows = some(&others, count, |id| json!({"request": {"id": id}}));
            let body = json!({"associated_requests": rows});
            Ok(caller.send("POST", &format!("{at}/_associated_requests"), &body))
        })
    })?;
    let assets = ids(caller, "/assets")?;
    steps(caller, ("a request, created with", "assets"), MANY, |caller, count| {
        let assets = some(&assets, count, |id| json!({"id": id}));
        let body = json!({"request": {"subject": "With assets", "assets": assets}});
        Ok(vec![caller.send("POST", "/requests", &body); TURNS])
    })?;
    let cis = ids(caller, "/cmdb")?;
    let mut made_so_far = 0;
    steps(caller, ("a CI, related in one call to", "CIs"), MANY, |caller, count| {
        turns(|_| {
            made_so_far += 1;
            let ci = json!({"ci_server": {"name": format!("longer-{made_so_far}")}});
            let at = made(caller, "/cmdb/ci_server", &ci)?.replace("/ci_server/", "/");
            let rows = some(
                &cis,
                count,
                |id| json!({"relationship_type": {"name": "Depends On"}, "child_ci": {"id": id}}),
            );
            let body = json!({"ci_relationships": rows});
            Ok(caller.send("POST", &format!("{at}/_ci_relationships"), &body))
        })
    })
}

/// Requesters of the HappyFox face: added, edited, listed.
fn requesters(caller: &mut Caller<'_>) -> Outcome<()> {
    let list = |caller: &Caller<'_>, count: usize, from: u64, round: u64| {
        let person =
            |n: u64| json!({"email": format!("longer.{n}@example.com"), "name": format!("{n} of {round}")});
        let people: Value = (from..).take(count).map(person).collect();
        load::post_requesters(&caller.server.basic, &people.to_string())
    };
    let mut next = 0;
    steps(caller, ("requesters, added in one call", "people"), LISTS, |caller, count| {
        turns(|_| {
            let from = next;
            next += count as u64;
            Ok(list(caller, count, from, 0))
        })
    })?;
    steps(caller, ("… edited in one call", "people"), LISTS, |caller, count| {
        turns(|round| Ok(list(caller, count, 0, round + 1)))
    })?;
    steps(caller, ("… listed", "people"), LISTS, |caller, count| {
        let basic = &caller.server.basic;
        let call = format!(
            "GET /api/v2/public/requesters/?size={count} HTTP/1.1\r\nHost: desk\r\nAuthorization: Basic {basic}\r\n\r\n"
        );
        Ok(vec![call.into_bytes()])
    })
}
