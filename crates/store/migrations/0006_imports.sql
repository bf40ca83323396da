-- How far imports of files have got: written in the commit of the rows themselves, so that an import that was stopped
-- goes on behind the last row that is there.
CREATE TABLE "import_progress" (
  "name" {key} PRIMARY KEY,
  "last_row" BIGINT NOT NULL,
  "created" BIGINT NOT NULL,
  "updated" BIGINT NOT NULL,
  "unchanged" BIGINT NOT NULL,
  "refused" BIGINT NOT NULL,
  "begun" BIGINT NOT NULL
);
