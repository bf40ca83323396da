-- Desks that are copied into this one: which, how far each part of them has got, which record of theirs is which of ours,
-- and what could not be taken over as it was. Written in the commit of the records themselves.
CREATE TABLE "migration" (
  "id" {id},
  "source" {key} NOT NULL,
  "begun" BIGINT NOT NULL
);
CREATE UNIQUE INDEX "ux_migration_source" ON "migration" ("source");
-- "step" rises with every commit: of two processes that copy the same desk one stops.
CREATE TABLE "migration_part" (
  "migration" BIGINT NOT NULL,
  "part" {key} NOT NULL,
  "step" BIGINT NOT NULL,
  "last_id" BIGINT NOT NULL,
  "done" BOOLEAN NOT NULL,
  "created" BIGINT NOT NULL,
  "updated" BIGINT NOT NULL,
  "unchanged" BIGINT NOT NULL,
  "refused" BIGINT NOT NULL,
  "seen_until" BIGINT NOT NULL,
  PRIMARY KEY ("migration", "part")
);
CREATE TABLE "migrated" (
  "migration" BIGINT NOT NULL,
  "module" {key} NOT NULL,
  "source_id" BIGINT NOT NULL,
  "id" BIGINT NOT NULL,
  PRIMARY KEY ("migration", "module", "source_id")
);
-- Of one field of a record, or of the whole record where "field" is empty.
CREATE TABLE "migration_remark" (
  "migration" BIGINT NOT NULL,
  "module" {key} NOT NULL,
  "source_id" BIGINT NOT NULL,
  "field" {key} NOT NULL,
  "words" TEXT NOT NULL,
  PRIMARY KEY ("migration", "module", "source_id", "field")
);
