-- Work that one process at a time does for all, such as the nightly backup: when it was last taken up, and last done.
CREATE TABLE "job" (
  "name" {key} PRIMARY KEY,
  "taken" BIGINT NOT NULL,
  "done" BIGINT
);
