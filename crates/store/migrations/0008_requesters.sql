-- People and their additional fields as the requester API of HappyFox knows them: by numbers of their own. The system's
-- user is nobody's requester.


ALTER TABLE "person" ADD COLUMN "phones" TEXT;

ALTER TABLE "person" ADD COLUMN "primary_phone" TEXT;

ALTER TABLE "person" ADD COLUMN "requester_number" BIGINT;

ALTER TABLE "person" ADD COLUMN "primary_phone_key" {key};

CREATE INDEX "ix_person_primary_phone" ON "person" ("primary_phone_key"{first}, "id"{first});

CREATE UNIQUE INDEX "ux_person_requester_number" ON "person" ("requester_number");

ALTER TABLE "udf_field" ADD COLUMN "requester_field_id" BIGINT;

CREATE UNIQUE INDEX "ux_udf_field_requester_field_id" ON "udf_field" ("requester_field_id");

UPDATE "person" SET "requester_number" = numbered."n" FROM (SELECT "id", row_number() OVER (ORDER BY "id") AS "n" FROM "person" WHERE "id" <> 100001000000006619) AS numbered WHERE numbered."id" = "person"."id";

INSERT INTO "counter" ("name", "value") SELECT 'requester', count(*) FROM "person" WHERE "id" <> 100001000000006619;

UPDATE "udf_field" SET "requester_field_id" = numbered."n" FROM (SELECT "id", row_number() OVER (ORDER BY "id") AS "n" FROM "udf_field" WHERE "module_name" = 'user') AS numbered WHERE numbered."id" = "udf_field"."id";

INSERT INTO "counter" ("name", "value") SELECT 'requester_field', count(*) FROM "udf_field" WHERE "module_name" = 'user';
