//! An import that was stopped goes on behind the last row that is there.

use crate::{Files, admin, import, of, products, sums, total};
use std::sync::Arc;
use testkit::on_both_engines;
use tokio::sync::Notify;
use transfer::ImportOptions;

on_both_engines! {
    a_stopped_import_goes_on_where_it_stopped(app) {
        products(app).await;
        let files = Files::new();
        let mut text = "name,product,state,barcode\n".to_owned();
        for n in 1..=3000 {
            // A row that is refused now and then, without a barcode that would keep rows from being there twice.
            let product = if n % 400 == 0 { "Nothing" } else { "Catalyst" };
            text.push_str(&format!("R{n},{product},In Store,\n"));
        }
        let options = ImportOptions { report: Some(files.path("report.csv")), ..of("assets", &files.write("a.csv", text)) };
        let far_enough = Arc::new(Notify::new());
        let (desk, ctx, tell, first) = (app.desk.clone(), admin(app).await, far_enough.clone(), options.clone());
        let task = tokio::spawn(async move {
            transfer::import(&desk, &ctx, &first, &move |progress| {
                if progress.rows >= 1000 {
                    tell.notify_one();
                }
            }).await
        });
        far_enough.notified().await;
        task.abort();
        let stopped = task.await.is_err();
        // A commit that was under way is finished all the same.
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        let done = import(app, &options).await.unwrap();
        assert!(!stopped || done.resumed_behind >= 1000, "{done:?}");
        assert_eq!(sums(&done), [2993, 0, 0, 7]);
        assert_eq!(total(app, "/assets").await, 2993);
        let report = files.read("report.csv");
        let rows: Vec<&str> = report.lines().filter_map(|line| line.split(',').next()).collect();
        assert_eq!(rows, ["row", "400", "800", "1200", "1600", "2000", "2400", "2800", "", "", "", ""]);
        // It came to its end: once more is a new import, of names that are taken.
        let done = import(app, &options).await.unwrap();
        assert_eq!((sums(&done), done.resumed_behind), ([0, 0, 0, 3000], 0));
    }
}
