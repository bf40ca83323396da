-- Whether a request's clock was stopped, or its first answer given, after the time that was promised.
ALTER TABLE "request" ADD COLUMN "ended_late" BOOLEAN;
ALTER TABLE "request" ADD COLUMN "response_late" BOOLEAN;

-- The clock stops at the first of these; where none is there it runs, and the flag says nothing.
UPDATE "request" SET
  "ended_late" = coalesce(coalesce("resolved_time", "completed_time", "stopped_since") IS NOT NULL
    AND "due_by_time" IS NOT NULL
    AND coalesce("resolved_time" > "due_by_time", TRUE)
    AND coalesce("completed_time" > "due_by_time", TRUE)
    AND coalesce("stopped_since" > "due_by_time", TRUE), FALSE),
  "response_late" = coalesce(coalesce("responded_time", "resolved_time", "completed_time", "stopped_since") IS NOT NULL
    AND "first_response_due_by_time" IS NOT NULL
    AND coalesce("responded_time" > "first_response_due_by_time", TRUE)
    AND coalesce("resolved_time" > "first_response_due_by_time", TRUE)
    AND coalesce("completed_time" > "first_response_due_by_time", TRUE)
    AND coalesce("stopped_since" > "first_response_due_by_time", TRUE), FALSE);
