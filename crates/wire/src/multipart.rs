//! multipart/form-data from a byte slice (RFC 7578; conventions 6). Nothing is copied but names: the data of
//! a part is a range of the body.

use memchr::memmem;
use std::ops::Range;

/// More parts than this are not read.
pub(crate) const PARTS_MAX: usize = 1000;

/// One part, its headers understood.
#[derive(Debug)]
pub(crate) struct Part {
    pub name: String,
    pub file_name: Option<String>,
    pub content_type: Option<String>,
    pub data: Range<usize>,
}

/// The body breaks off before the closing boundary, has too many parts, or a part has no end of headers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Broken;

/// The parts, or `None` when this is not multipart: the boundary comes from the header when the body really
/// has it, else from the body's first line when that begins with two hyphens.
pub(crate) fn read(body: &[u8], content_type: Option<&str>) -> Option<Result<Vec<Part>, Broken>> {
    let delimiter = named_delimiter(content_type)
        .filter(|d| memmem::find(body, d).is_some())
        .or_else(|| sniffed_delimiter(body))?;
    Some(parts(body, &delimiter))
}

fn named_delimiter(content_type: Option<&str>) -> Option<Vec<u8>> {
    let header = content_type?;
    if !header.trim_start().get(..10)?.eq_ignore_ascii_case("multipart/") {
        return None;
    }
    let boundary = parameters(header).into_iter().find(|(name, _)| name == "boundary")?.1;
    (!boundary.is_empty()).then(|| format!("--{boundary}").into_bytes())
}

fn sniffed_delimiter(body: &[u8]) -> Option<Vec<u8>> {
    let line = body.split(|b| matches!(b, b'\r' | b'\n')).next()?.trim_ascii_end();
    // A boundary has at most 70 characters (RFC 2046); some makers are generous.
    (line.starts_with(b"--") && (3..=200).contains(&line.len())).then(|| line.to_vec())
}

fn parts(body: &[u8], delimiter: &[u8]) -> Result<Vec<Part>, Broken> {
    let finder = memmem::Finder::new(delimiter);
    let mut found = Vec::new();
    // The preamble before the first boundary has no meaning.
    let (_, mut after) = next_boundary(body, &finder, 0).ok_or(Broken)?;
    loop {
        if tail(body, after).starts_with(b"--") {
            return Ok(found);
        }
        let headers_at = after + memchr::memchr(b'\n', tail(body, after)).ok_or(Broken)? + 1;
        let mut part = Part { name: String::new(), file_name: None, content_type: None, data: 0..0 };
        let mut line_at = headers_at;
        loop {
            let length = memchr::memchr(b'\n', tail(body, line_at)).ok_or(Broken)?;
            let line = body.get(line_at..line_at + length).unwrap_or_default().trim_ascii();
            line_at += length + 1;
            if line.is_empty() {
                break;
            }
            header(&mut part, &String::from_utf8_lossy(line));
        }
        // The line break that ended the headers may be the one that begins the next boundary.
        let (end, next) = next_boundary(body, &finder, line_at - 1).ok_or(Broken)?;
        part.data = line_at..end.max(line_at);
        found.push(part);
        if found.len() > PARTS_MAX {
            return Err(Broken);
        }
        after = next;
    }
}

fn tail(body: &[u8], at: usize) -> &[u8] {
    body.get(at..).unwrap_or_default()
}

/// The next delimiter on a line of its own: where the data before it ends, and where the delimiter ends.
fn next_boundary(body: &[u8], finder: &memmem::Finder<'_>, from: usize) -> Option<(usize, usize)> {
    let mut at = from;
    loop {
        let start = at + finder.find(tail(body, at))?;
        let end = start + finder.needle().len();
        let before = body.get(..start).unwrap_or_default();
        let starts_line = before.is_empty() || before.ends_with(b"\n");
        let ends_name = tail(body, end).starts_with(b"--")
            || matches!(body.get(end), None | Some(b'\r' | b'\n' | b' ' | b'\t'));
        if starts_line && ends_name {
            let data = before.strip_suffix(b"\n").unwrap_or(before);
            return Some((data.strip_suffix(b"\r").unwrap_or(data).len(), end));
        }
        at = start + 1;
    }
}

fn header(part: &mut Part, line: &str) {
    let Some((name, value)) = line.split_once(':') else { return };
    if name.trim().eq_ignore_ascii_case("content-type") {
        part.content_type = Some(value.trim().to_owned());
    } else if name.trim().eq_ignore_ascii_case("content-disposition") {
        for (name, value) in parameters(value) {
            match name.as_str() {
                "name" => part.name = value,
                // Browsers write a quote in a file name as %22 (WHATWG, multipart/form-data).
                "filename" if part.file_name.is_none() => part.file_name = Some(value.replace("%22", "\"")),
                "filename*" => part.file_name = extended(&value).or(part.file_name.take()),
                _ => {}
            }
        }
    }
}

/// `UTF-8''na%C3%AFve.txt` (RFC 8187).
fn extended(value: &str) -> Option<String> {
    let (_charset, rest) = value.split_once('\'')?;
    let (_language, name) = rest.split_once('\'')?;
    Some(percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned())
}

/// The `; name=value` parameters of a header value, names in lower case.
fn parameters(header: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = header.split_once(';').map_or("", |(_, rest)| rest);
    while let Some((name, tail)) = rest.split_once('=') {
        let name = name.rsplit(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let tail = tail.trim_start();
        let (value, tail) = match tail.strip_prefix('"') {
            Some(quoted) => unquote(quoted),
            None => {
                let (token, tail) = tail.split_once(';').unwrap_or((tail, ""));
                (token.trim().to_owned(), tail)
            }
        };
        found.push((name, value));
        rest = tail;
    }
    found
}

/// The text up to the closing quote, and what follows. Only quote and backslash can be escaped: old browsers
/// send Windows paths with plain backslashes.
fn unquote(quoted: &str) -> (String, &str) {
    let mut value = String::new();
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' if chars.as_str().starts_with(['"', '\\']) => value.extend(chars.next()),
            c => value.push(c),
        }
    }
    (value, chars.as_str())
}
