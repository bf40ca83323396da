-- What the web pages keep: views of lists, how somebody reads the pages, and which browsers are signed in.

CREATE TABLE "saved_view" (
  "id" {id},
  "name" TEXT,
  "module" TEXT,
  "query" TEXT,
  "is_shared" BOOLEAN,
  "created_by" BIGINT,
  "created_time" BIGINT,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "module_key" {key}
);

CREATE UNIQUE INDEX "ux_saved_view_name_module_created_by" ON "saved_view" ("name_key", coalesce("module_key", ''), coalesce("created_by", 0));

CREATE INDEX "ix_saved_view_created_by" ON "saved_view" ("created_by"{first}, "id"{first});

CREATE INDEX "ix_saved_view_is_shared" ON "saved_view" ("is_shared"{first}, "id"{first});

ALTER TABLE "person" ADD COLUMN "language" TEXT;

ALTER TABLE "person" ADD COLUMN "time_format" TEXT;

ALTER TABLE "person" ADD COLUMN "theme" TEXT;

ALTER TABLE "sign_in_session" ADD COLUMN "agent" TEXT;

ALTER TABLE "sign_in_session" ADD COLUMN "address" TEXT;

ALTER TABLE "sign_in_session" ADD COLUMN "last_seen" BIGINT;
