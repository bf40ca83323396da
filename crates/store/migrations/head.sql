-- The first schema of a desk.

-- Values of user-defined and many-valued fields, typed, for search and sort. The row's own document is for reading.
CREATE TABLE "field_value" (
  "field" BIGINT NOT NULL,
  "record" BIGINT NOT NULL,
  "position" BIGINT NOT NULL,
  "number" BIGINT,
  "real" DOUBLE PRECISION,
  "word" {key},
  PRIMARY KEY ("record", "field", "position")
);
CREATE INDEX "ix_field_value_number" ON "field_value" ("field", "number"{first}, "record"{first});
CREATE INDEX "ix_field_value_real" ON "field_value" ("field", "real"{first}, "record"{first});
CREATE INDEX "ix_field_value_word" ON "field_value" ("field", "word"{first}, "record"{first});

-- Numbers given out in blocks: a request's display_id.
CREATE TABLE "counter" (
  "name" {key} PRIMARY KEY,
  "value" BIGINT NOT NULL
);

-- What caches are checked against: raised in the commit that changes what they hold.
CREATE TABLE "cache_version" (
  "name" {key} PRIMARY KEY,
  "value" BIGINT NOT NULL
);

-- The running processes, each with its number for making ids.
CREATE TABLE "node" (
  "number" BIGINT NOT NULL PRIMARY KEY,
  "token" BIGINT NOT NULL,
  "leased_until" BIGINT NOT NULL
);

INSERT INTO "cache_version" ("name", "value") VALUES ('setup', 1);
INSERT INTO "cache_version" ("name", "value") VALUES ('people', 1);

