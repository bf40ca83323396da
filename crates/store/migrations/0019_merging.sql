-- SQLite merges full-text indexes while nobody writes; those who write merge only what has grown much since.
@sqlite INSERT INTO "search_asset" ("search_asset", rank) VALUES ('automerge', 16);
@sqlite INSERT INTO "search_asset" ("search_asset", rank) VALUES ('crisismerge', 64);
@sqlite INSERT INTO "search_ci" ("search_ci", rank) VALUES ('automerge', 16);
@sqlite INSERT INTO "search_ci" ("search_ci", rank) VALUES ('crisismerge', 64);
@sqlite INSERT INTO "search_problem" ("search_problem", rank) VALUES ('automerge', 16);
@sqlite INSERT INTO "search_problem" ("search_problem", rank) VALUES ('crisismerge', 64);
@sqlite INSERT INTO "search_product" ("search_product", rank) VALUES ('automerge', 16);
@sqlite INSERT INTO "search_product" ("search_product", rank) VALUES ('crisismerge', 64);
@sqlite INSERT INTO "search_request" ("search_request", rank) VALUES ('automerge', 16);
@sqlite INSERT INTO "search_request" ("search_request", rank) VALUES ('crisismerge', 64);
