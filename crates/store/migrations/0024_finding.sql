-- People are looked up by their names without accents; the desk fills these in when it opens.
ALTER TABLE "person" ADD COLUMN "name_plain" TEXT;
ALTER TABLE "person" ADD COLUMN "last_name_plain" TEXT;
ALTER TABLE "person" ADD COLUMN "name_plain_key" {key};
ALTER TABLE "person" ADD COLUMN "last_name_plain_key" {key};
CREATE INDEX "ix_person_name_plain" ON "person" ("name_plain_key"{first}, "id"{first});
CREATE INDEX "ix_person_last_name_plain" ON "person" ("last_name_plain_key"{first}, "id"{first});
-- Tasks are found by their words.
@sqlite CREATE VIRTUAL TABLE "search_task" USING fts5(words, content='', contentless_delete=1, tokenize="unicode61 remove_diacritics 0 categories 'L* N* M* Co'", prefix='2 3', detail=none);
@sqlite CREATE VIRTUAL TABLE "search_task_words" USING fts5vocab('search_task', 'instance');
@sqlite INSERT INTO "search_task" ("search_task", rank) VALUES ('automerge', 16);
@sqlite INSERT INTO "search_task" ("search_task", rank) VALUES ('crisismerge', 64);
@sqlite INSERT INTO "search_task" (rowid, words) SELECT t0."id", coalesce(t0."title_key", '') || ' ' || coalesce(t0."description_key", '') || ' ' || '' FROM "task" t0;
@postgres CREATE TABLE "search_task" ("id" BIGINT PRIMARY KEY, "words" TSVECTOR NOT NULL);
@postgres CREATE INDEX "ix_search_task" ON "search_task" USING GIN ("words");
@postgres INSERT INTO "search_task" ("id", "words") SELECT t0."id", to_tsvector('simple', translate(left(coalesce(t0."title_key", '') || ' ' || coalesce(t0."description_key", '') || ' ' || '', 200000), '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', '                                ')) FROM "task" t0;
