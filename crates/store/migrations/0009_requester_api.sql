-- What the requester API of HappyFox needs beside people: the order in which their additional fields are shown, keys that
-- rest and keys that are gone, and which calls were made already.

ALTER TABLE "udf_field" ADD COLUMN "requester_field_order" BIGINT;

UPDATE "udf_field" SET "requester_field_order" = "requester_field_id";

ALTER TABLE "happyfox_key" ADD COLUMN "revoked" BIGINT;

-- A call with an Idempotency-Key: claimed before it begins, done in the commit of what it writes.
CREATE TABLE "idempotent_call" (
  "hash" {key} NOT NULL PRIMARY KEY,
  "body_hash" {key} NOT NULL,
  "owner" BIGINT NOT NULL,
  "claimed" BIGINT NOT NULL,
  "record" BIGINT,
  "status" BIGINT,
  "answer" TEXT
);

CREATE INDEX "ix_idempotent_call_claimed" ON "idempotent_call" ("claimed");
