-- What somebody let applications have is listed under their account, and ends with their password.
CREATE INDEX "ix_refresh_token_person" ON "refresh_token" ("person");
CREATE INDEX "ix_access_token_person" ON "access_token" ("person");
