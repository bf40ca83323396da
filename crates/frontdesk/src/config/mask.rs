//! Database URLs with their passwords hidden.

/// The URL with every password replaced by `***`: between user and host, and in a `password=` parameter. What does not
/// look like a URL is hidden altogether, because a password may be anywhere in it.
pub fn mask_url(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return "***".to_owned();
    };
    let (rest, query) = match rest.split_once('?') {
        Some((rest, query)) => (rest, Some(query)),
        None => (rest, None),
    };
    let rest = match rest.rsplit_once('@') {
        Some((user, place)) => match user.split_once(':') {
            Some((user, _)) => format!("{user}:***@{place}"),
            None => format!("{user}@{place}"),
        },
        None => rest.to_owned(),
    };
    match query {
        Some(query) => format!("{scheme}://{rest}?{}", mask_query(query)),
        None => format!("{scheme}://{rest}"),
    }
}

fn mask_query(query: &str) -> String {
    let parts: Vec<String> = query
        .split('&')
        .map(|part| match part.split_once('=') {
            Some((key, _)) if key.to_lowercase().contains("password") => format!("{key}=***"),
            _ => part.to_owned(),
        })
        .collect();
    parts.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_hidden_wherever_they_stand() {
        for (url, expected) in [
            ("postgres://host/db", "postgres://host/db"),
            ("postgres://me@host/db", "postgres://me@host/db"),
            ("postgres://me:secret@host:5432/db", "postgres://me:***@host:5432/db"),
            ("postgres://me:sec@ret/x@host/db", "postgres://me:***@host/db"),
            ("postgres://host/db?user=me&password=secret", "postgres://host/db?user=me&password=***"),
            ("postgres://host/db?sslpassword=x&a=b", "postgres://host/db?sslpassword=***&a=b"),
            ("host=h password=secret", "***"),
        ] {
            assert_eq!(mask_url(url), expected);
        }
    }
}
