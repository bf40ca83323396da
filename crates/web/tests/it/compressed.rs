//! Pages that go compressed to browsers, and what is not compressed.

use flate2::read::GzDecoder;
use std::io::Read;
use testkit::{Browser, Page, on_both_engines};

/// What browsers say that they read.
const BROWSERS: &str = "gzip, deflate, br, zstd";

async fn asked(browser: &Browser<'_>, path: &str, accepted: &str) -> Page {
    browser.send("GET", path, &[("Accept-Encoding", accepted)], "").await.shown()
}

fn unpacked(page: &Page) -> String {
    let mut text = String::new();
    GzDecoder::new(&*page.reply.bytes).read_to_string(&mut text).unwrap();
    text
}

/// A page without the tokens of its forms and the keys by which they are carried out once, which are others each time.
fn without_secrets(html: &str) -> String {
    let is_secret =
        |value: &&str| value.len() >= 18 && value.chars().all(|c| c == '-' || c.is_ascii_hexdigit());
    html.split('"').filter(|value| !is_secret(value)).collect()
}

on_both_engines! {
    pages_and_scripts_are_compressed_for_who_reads_that(app) {
        let admin = app.admins_browser().await;
        let plain = admin.get("/requests/new").await.shown();
        let style = plain.html().split("href=\"").find(|rest| rest.starts_with("/static/desk-")).unwrap().split('"').next().unwrap().to_owned();
        for path in ["/requests/new", "/admin", style.as_str()] {
            let plain = admin.get(path).await.shown();
            let packed = asked(&admin, path, BROWSERS).await;
            assert_eq!((packed.header("content-encoding"), plain.header("content-encoding")), ("gzip", ""), "{path}");
            assert_eq!(packed.header("vary"), "accept-encoding", "{path}");
            assert_eq!(packed.header("content-type"), plain.header("content-type"));
            assert!(packed.reply.bytes.len() * 3 < plain.reply.bytes.len(), "{path}: {} of {}", packed.reply.bytes.len(), plain.reply.bytes.len());
            assert!(without_secrets(&unpacked(&packed)) == without_secrets(&plain.html()), "{path}: {}", unpacked(&packed));
        }
        for refused in ["", "identity", "br", "gzip;q=0"] {
            assert_eq!(asked(&admin, "/requests/new", refused).await.header("content-encoding"), "", "{refused}");
        }
    }

    files_to_keep_go_as_they_are(app) {
        let admin = app.admins_browser().await;
        for n in 0..40 {
            app.admin().new_request(&format!("A subject that is the same but for its number, {n}")).await;
        }
        let table = asked(&admin, "/requests.csv?in=All_Requests", BROWSERS).await;
        assert!(table.reply.bytes.len() > 2 * 1024 && table.says("but for its number, 39"), "{}", table.html());
        assert_eq!((table.header("content-encoding"), table.header("content-type")), ("", "text/csv; charset=utf-8"));
        let fields = [("requester", "ada.admin@example.com"), ("subject", "Broken")];
        let to = admin.upload("/requests/new", &fields, &[("log.html", &"the same line\n".repeat(500))]).await.leads_on();
        let page = admin.get(&to).await.shown().html();
        let file = page.split("href=\"").find(|rest| rest.contains("/files/")).unwrap().split('"').next().unwrap().to_owned();
        let file = asked(&admin, &file, BROWSERS).await;
        assert_eq!((file.header("content-encoding"), file.reply.bytes.len()), ("", 7000));
    }

    a_token_is_another_one_in_each_page(app) {
        let admin = app.admins_browser().await;
        let tokens = [admin.get("/me").await.hidden("token"), admin.get("/me").await.hidden("token")];
        assert_ne!(tokens[0], tokens[1]);
        let sent = async |token: &str| admin.post_as_it_is("/me/theme", &[("token", token), ("theme", "dark")]).await.status();
        for token in &tokens {
            assert_eq!(sent(token).await, 303, "{token}");
            let (number, hash) = token.split_once('-').unwrap();
            for wrong in [hash.to_owned(), format!("{number}1-{hash}"), format!("-{hash}"), String::new(), format!("{number}-")] {
                assert_eq!(sent(&wrong).await, 403, "{wrong}");
            }
        }
        let other = app.admins_browser().await;
        assert_eq!(other.post_as_it_is("/me/theme", &[("token", &tokens[0]), ("theme", "dark")]).await.status(), 403);
    }
}
