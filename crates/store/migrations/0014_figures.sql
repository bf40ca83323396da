-- Figures of many requests are read from an index alone: three indexes hold besides what they are in order of all that
-- figures are grouped by, and by which a technician's view is limited. Their names and their order stay.
DROP INDEX "ix_request_status_created_time";
CREATE INDEX "ix_request_status_created_time" ON "request" ("status", "created_time"{first}, "id", "is_trashed", "priority", "group", "technician", "category", "site", "requester", "created_by", "due_by_time", "resolved_time", "completed_time", "stopped_since", "ended_late");
DROP INDEX "ix_request_created_time";
CREATE INDEX "ix_request_created_time" ON "request" ("created_time"{first}, "id", "is_trashed", "group", "technician", "site", "requester", "created_by");
DROP INDEX "ix_request_completed_time";
CREATE INDEX "ix_request_completed_time" ON "request" ("completed_time"{first}, "id", "is_trashed", "group", "technician", "site", "requester", "created_by", "priority", "ended_late", "due_by_time");
-- Requests on behalf of somebody are theirs to follow in the portal.
CREATE INDEX "ix_request_on_behalf_of_created_time" ON "request" ("on_behalf_of"{first}, "created_time"{first}, "id"{first});
-- Names of people are completed by the beginning of either name.
CREATE INDEX "ix_person_last_name" ON "person" ("last_name_key"{first}, "id"{first});
