-- On SQLite the side table lies in the order of its key, so that all values of a record are found at once; and an index
-- holds only the rows that have a value of its kind, so that a value is written into one of the three.
@sqlite CREATE TABLE "field_value_by_record" (
  "field" BIGINT NOT NULL,
  "record" BIGINT NOT NULL,
  "position" BIGINT NOT NULL,
  "number" BIGINT,
  "real" DOUBLE PRECISION,
  "word" {key},
  PRIMARY KEY ("record", "field", "position")
) WITHOUT ROWID;
@sqlite INSERT INTO "field_value_by_record" ("field", "record", "position", "number", "real", "word") SELECT "field", "record", "position", "number", "real", "word" FROM "field_value" ORDER BY "record", "field", "position";
@sqlite DROP TABLE "field_value";
@sqlite ALTER TABLE "field_value_by_record" RENAME TO "field_value";
@sqlite CREATE INDEX "ix_field_value_number" ON "field_value" ("field", "number", "record") WHERE "number" IS NOT NULL;
@sqlite CREATE INDEX "ix_field_value_real" ON "field_value" ("field", "real", "record") WHERE "real" IS NOT NULL;
@sqlite CREATE INDEX "ix_field_value_word" ON "field_value" ("field", "word", "record") WHERE "word" IS NOT NULL;
