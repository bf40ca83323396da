-- The words of each index, for searches by the beginning of a word; they take no room.
@sqlite CREATE VIRTUAL TABLE "search_asset_words" USING fts5vocab('search_asset', 'instance');
@sqlite CREATE VIRTUAL TABLE "search_ci_words" USING fts5vocab('search_ci', 'instance');
@sqlite CREATE VIRTUAL TABLE "search_problem_words" USING fts5vocab('search_problem', 'instance');
@sqlite CREATE VIRTUAL TABLE "search_product_words" USING fts5vocab('search_product', 'instance');
@sqlite CREATE VIRTUAL TABLE "search_request_words" USING fts5vocab('search_request', 'instance');
