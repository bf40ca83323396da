-- Failures to sign in, by account and by network address: how many in a row, and when the last was. All processes count together.
CREATE TABLE "sign_in_failure" (
  "subject" {key} PRIMARY KEY,
  "count" BIGINT NOT NULL,
  "last" BIGINT NOT NULL,
  "expires" BIGINT NOT NULL
);
CREATE INDEX "ix_sign_in_failure_expires" ON "sign_in_failure" ("expires");
