//! Files, up and down.

use crate::support::{by_key, quick, with_key};
use connector::Upload;
use testkit::{Act, Port, on_both_engines};

on_both_engines! {
    a_file_goes_up_and_comes_down_as_it_was(app) {
        let port = Port::of(app).await;
        let client = by_key(app, &port);
        let record = format!("/requests/{}", app.admin().new_request("Printer").await);
        let bytes: Vec<u8> = (0..300_000_u32).map(|n| (n % 251) as u8).collect();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("Bericht ü 1.bin");
        std::fs::write(&path, &bytes).unwrap();
        let upload = Upload::file(&path).unwrap().description("The report");
        let made = client.upload(&record, &upload).await.unwrap();
        let attachment = &made["attachment"];
        assert_eq!(attachment["name"], "Bericht ü 1.bin");
        let id = attachment["id"].as_str().unwrap();
        let listed = client.attachments(&record).await.unwrap();
        assert_eq!(listed["attachments"][0]["id"], id);
        let down = client.download(&record, id).await.unwrap();
        assert_eq!(down.bytes(1 << 20).await.unwrap(), bytes);
        let target = dir.path().join("down.bin");
        assert_eq!(client.download(&record, id).await.unwrap().save(&target).await.unwrap(), 300_000);
        assert_eq!(std::fs::read(&target).unwrap(), bytes);
        let small = client.download(&record, id).await.unwrap().bytes(10).await.unwrap_err();
        assert!(small.to_string().contains("larger"), "{small}");
        client.delete_attachment(&record, id).await.unwrap();
        assert!(client.download(&record, id).await.unwrap_err().is_not_found());
        let text = Upload::bytes("a.txt", "text").content_type("text/plain");
        assert_eq!(client.upload(&record, &text).await.unwrap()["attachment"]["content_type"], "text/plain");
    }

    an_upload_whose_answer_is_lost_is_not_sent_twice(app) {
        let record = format!("/requests/{}", app.admin().new_request("Printer").await);
        let port = Port::with(Some(app), |n, _| if n == 0 { Act::CutAfter } else { Act::Pass }).await;
        let client = by_key(app, &port);
        let error = client.upload(&record, &Upload::bytes("a.txt", "text")).await.unwrap_err();
        assert!(error.is_uncertain(), "{error}");
        assert_eq!(client.attachments(&record).await.unwrap()["attachments"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_half_file_is_no_file() {
    let app = testkit::App::start(testkit::Engine::Sqlite).await.unwrap();
    let record = format!("/requests/{}", app.admin().new_request("Printer").await);
    let whole = Port::of(&app).await;
    let bytes = vec![7_u8; 200_000];
    let made = by_key(&app, &whole).upload(&record, &Upload::bytes("a.bin", bytes)).await.unwrap();
    let id = made["attachment"]["id"].as_str().unwrap().to_owned();
    let port = Port::with(Some(&app), |_, _| Act::CutWithin).await;
    let client = with_key(&port, &app.secrets.technician_key, quick());
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("a.bin");
    let down = client.download(&record, &id).await.unwrap();
    assert!(down.save(&target).await.is_err());
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left");
}
