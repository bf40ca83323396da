-- The second factor of people (RFC 6238). The secret is kept as it is, since codes are worked out of it. It counts when it was
-- confirmed by a code; "last_step" is the step of the last code that was taken, so that none is taken twice.
CREATE TABLE "second_factor" (
  "person" {id},
  "secret" TEXT NOT NULL,
  "created" BIGINT NOT NULL,
  "confirmed" BIGINT,
  "last_step" BIGINT NOT NULL
);
-- Codes for whoever has lost the device: hashes, each good once.
CREATE TABLE "recovery_code" (
  "hash" {key} PRIMARY KEY,
  "person" BIGINT NOT NULL,
  "used" BIGINT
);
CREATE INDEX "ix_recovery_code_person" ON "recovery_code" ("person");
-- What a browser is in the middle of before somebody is signed in: between password and code, on the way to the provider of
-- single sign-on and back, at the first set-up. Each is used once.
CREATE TABLE "sign_in_step" (
  "hash" {key} PRIMARY KEY,
  "kind" {key} NOT NULL,
  "person" BIGINT,
  "data" TEXT NOT NULL,
  "expires" BIGINT NOT NULL
);
CREATE INDEX "ix_sign_in_step_expires" ON "sign_in_step" ("expires");
-- Who of the provider of single sign-on is who here.
CREATE TABLE "sign_on_subject" (
  "issuer" {key} NOT NULL,
  "subject" {key} NOT NULL,
  "person" BIGINT NOT NULL,
  "created" BIGINT NOT NULL,
  PRIMARY KEY ("issuer", "subject")
);
CREATE INDEX "ix_sign_on_subject_person" ON "sign_on_subject" ("person");
-- A client that rests until it is enabled again.
ALTER TABLE "oauth_client" ADD COLUMN "disabled" BIGINT;
-- The setting by which technicians must have a second factor.
ALTER TABLE "portal" ADD COLUMN "technicians_need_second_factor" BOOLEAN;
-- The audit trail goes through all changes by their time.
CREATE INDEX "ix_history_time" ON "history" ("time"{first}, "id"{first});
