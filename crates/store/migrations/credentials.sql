-- Credentials. Of every secret only its SHA-256 is here, in hexadecimal; passwords are on the person's row.

-- What may ask for tokens. A `server` client sends people to the consent page, a `self` client is given its codes.
CREATE TABLE "oauth_client" (
  "id" {id},
  "client_id" {key} NOT NULL,
  "secret_hash" {key} NOT NULL,
  "name" TEXT NOT NULL,
  "kind" TEXT NOT NULL,
  "redirect_uris" TEXT NOT NULL,
  "service_person" BIGINT,
  "service_scopes" BIGINT NOT NULL,
  "created" BIGINT NOT NULL,
  "last_used" BIGINT,
  "revoked" BIGINT
);
CREATE UNIQUE INDEX "ux_oauth_client_client_id" ON "oauth_client" ("client_id");

-- A code, the refresh token it gave and the access tokens of both carry one number, "grant_id": taking back the
-- grant takes back all of them.
CREATE TABLE "oauth_code" (
  "hash" {key} NOT NULL PRIMARY KEY,
  "grant_id" BIGINT NOT NULL,
  "client" BIGINT NOT NULL,
  "person" BIGINT NOT NULL,
  "scopes" BIGINT NOT NULL,
  "redirect_uri" TEXT,
  "challenge" TEXT,
  "challenge_method" TEXT,
  "offline" BOOLEAN NOT NULL,
  "created" BIGINT NOT NULL,
  "expires" BIGINT NOT NULL,
  "used" BIGINT
);
CREATE INDEX "ix_oauth_code_expires" ON "oauth_code" ("expires");
CREATE INDEX "ix_oauth_code_client" ON "oauth_code" ("client");

CREATE TABLE "refresh_token" (
  "id" {id},
  "hash" {key} NOT NULL,
  "client" BIGINT NOT NULL,
  "person" BIGINT NOT NULL,
  "scopes" BIGINT NOT NULL,
  "created" BIGINT NOT NULL,
  "last_used" BIGINT,
  "revoked" BIGINT
);
CREATE UNIQUE INDEX "ux_refresh_token_hash" ON "refresh_token" ("hash");
CREATE INDEX "ix_refresh_token_client" ON "refresh_token" ("client");

CREATE TABLE "access_token" (
  "hash" {key} NOT NULL PRIMARY KEY,
  "grant_id" BIGINT NOT NULL,
  "client" BIGINT NOT NULL,
  "person" BIGINT NOT NULL,
  "scopes" BIGINT NOT NULL,
  "expires" BIGINT NOT NULL
);
CREATE INDEX "ix_access_token_grant_id" ON "access_token" ("grant_id");
CREATE INDEX "ix_access_token_client" ON "access_token" ("client");
CREATE INDEX "ix_access_token_expires" ON "access_token" ("expires");

CREATE TABLE "technician_key" (
  "id" {id},
  "hash" {key} NOT NULL,
  "person" BIGINT NOT NULL,
  "name" TEXT NOT NULL,
  "created" BIGINT NOT NULL,
  "last_used" BIGINT,
  "revoked" BIGINT
);
CREATE UNIQUE INDEX "ux_technician_key_hash" ON "technician_key" ("hash");

-- The key is public, the code beside it is the secret.
CREATE TABLE "happyfox_key" (
  "id" {id},
  "api_key" {key} NOT NULL,
  "code_hash" {key} NOT NULL,
  "person" BIGINT NOT NULL,
  "name" TEXT NOT NULL,
  "created" BIGINT NOT NULL,
  "last_used" BIGINT,
  "disabled" BIGINT
);
CREATE UNIQUE INDEX "ux_happyfox_key_api_key" ON "happyfox_key" ("api_key");

-- Who is signed in with a browser.
CREATE TABLE "sign_in_session" (
  "hash" {key} NOT NULL PRIMARY KEY,
  "person" BIGINT NOT NULL,
  "created" BIGINT NOT NULL,
  "expires" BIGINT NOT NULL
);
CREATE INDEX "ix_sign_in_session_person" ON "sign_in_session" ("person");
CREATE INDEX "ix_sign_in_session_expires" ON "sign_in_session" ("expires");
