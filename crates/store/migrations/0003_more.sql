-- What was found missing. Statements end with ; at the end of a line.
ALTER TABLE "request" ADD COLUMN "has_resolution_attachments" BOOLEAN;
