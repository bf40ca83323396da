-- What was found missing. Statements end with ; at the end of a line.
ALTER TABLE "request" ADD COLUMN "has_resolution_attachments" BOOLEAN;
ALTER TABLE "task_template" ADD COLUMN "priority" BIGINT;
ALTER TABLE "task_template" ADD COLUMN "owner" BIGINT;
ALTER TABLE "task_template" ADD COLUMN "group" BIGINT;
ALTER TABLE "task_template" ADD COLUMN "estimated_effort_days" BIGINT;
ALTER TABLE "task_template" ADD COLUMN "estimated_effort_hours" BIGINT;
ALTER TABLE "task_template" ADD COLUMN "estimated_effort_minutes" BIGINT;
