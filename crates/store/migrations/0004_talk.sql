-- The owner's address is called by the vendor's name; sites tell since when they are there.

ALTER TABLE "portal" RENAME COLUMN "owner_email_id" TO "owner_email";
ALTER TABLE "portal" RENAME COLUMN "owner_email_id_key" TO "owner_email_key";
ALTER TABLE "site" ADD COLUMN "created_time" BIGINT;
