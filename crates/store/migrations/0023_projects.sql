-- Statuses of projects (setup.md section 10), for those who look them up.
CREATE TABLE "project_status" (
  "id" {id},
  "name" TEXT,
  "description" TEXT,
  "in_progress" BOOLEAN,
  "color" TEXT,
  "index" BIGINT,
  "internal_name" TEXT,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "description_key" {key},
  "color_key" {key},
  "internal_name_key" {key}
);
CREATE UNIQUE INDEX "ux_project_status_name" ON "project_status" ("name_key");
