-- The first schema of a desk.

-- Values of user-defined and many-valued fields, typed, for search and sort. The row's own document is for reading.
CREATE TABLE "field_value" (
  "field" BIGINT NOT NULL,
  "record" BIGINT NOT NULL,
  "position" BIGINT NOT NULL,
  "number" BIGINT,
  "real" DOUBLE PRECISION,
  "word" {key},
  PRIMARY KEY ("record", "field", "position")
);
CREATE INDEX "ix_field_value_number" ON "field_value" ("field", "number"{first}, "record"{first});
CREATE INDEX "ix_field_value_real" ON "field_value" ("field", "real"{first}, "record"{first});
CREATE INDEX "ix_field_value_word" ON "field_value" ("field", "word"{first}, "record"{first});

-- Numbers given out in blocks: a request's display_id.
CREATE TABLE "counter" (
  "name" {key} PRIMARY KEY,
  "value" BIGINT NOT NULL
);

-- What caches are checked against: raised in the commit that changes what they hold.
CREATE TABLE "cache_version" (
  "name" {key} PRIMARY KEY,
  "value" BIGINT NOT NULL
);

-- The running processes, each with its number for making ids.
CREATE TABLE "node" (
  "number" BIGINT NOT NULL PRIMARY KEY,
  "token" BIGINT NOT NULL,
  "leased_until" BIGINT NOT NULL
);

INSERT INTO "cache_version" ("name", "value") VALUES ('setup', 1);
INSERT INTO "cache_version" ("name", "value") VALUES ('people', 1);

-- requests
CREATE TABLE "request" (
  "id" {id},
  "display_id" BIGINT,
  "subject" TEXT,
  "description" TEXT,
  "impact_details" TEXT,
  "update_reason" TEXT,
  "status_change_comments" TEXT,
  "email_ids_to_notify" TEXT,
  "delete_pre_template_tasks" BOOLEAN,
  "request_template_task_ids" TEXT,
  "created_time" BIGINT,
  "due_by_time" BIGINT,
  "first_response_due_by_time" BIGINT,
  "scheduled_start_time" BIGINT,
  "scheduled_end_time" BIGINT,
  "assigned_time" BIGINT,
  "responded_time" BIGINT,
  "resolved_time" BIGINT,
  "completed_time" BIGINT,
  "deleted_time" BIGINT,
  "last_updated_time" BIGINT,
  "stopped_ms" BIGINT,
  "stopped_since" BIGINT,
  "status" BIGINT,
  "template" BIGINT,
  "request_type" BIGINT,
  "mode" BIGINT,
  "level" BIGINT,
  "impact" BIGINT,
  "urgency" BIGINT,
  "priority" BIGINT,
  "category" BIGINT,
  "subcategory" BIGINT,
  "item" BIGINT,
  "service_category" BIGINT,
  "sla" BIGINT,
  "site" BIGINT,
  "group" BIGINT,
  "department" BIGINT,
  "technician" BIGINT,
  "requester" BIGINT,
  "on_behalf_of" BIGINT,
  "editor" BIGINT,
  "created_by" BIGINT,
  "last_updated_by" BIGINT,
  "deleted_by" BIGINT,
  "merged_into" BIGINT,
  "resolution_content" TEXT,
  "resolution_add_to_linked_requests" BOOLEAN,
  "resolution_submitted_by" BIGINT,
  "resolution_submitted_on" BIGINT,
  "closure_info_requester_ack_resolution" BOOLEAN,
  "closure_info_requester_ack_comments" TEXT,
  "closure_info_closure_comments" TEXT,
  "closure_info_closure_code" BIGINT,
  "onhold_scheduler_scheduled_time" BIGINT,
  "onhold_scheduler_comments" TEXT,
  "onhold_scheduler_change_to_status" BIGINT,
  "onhold_scheduler_held_by" BIGINT,
  "cancel_flag_comments_id" BIGINT,
  "cancel_flag_comments_comment" TEXT,
  "linked_to_request_request" BIGINT,
  "linked_to_request_comments" TEXT,
  "service_approvers" TEXT,
  "resources" TEXT,
  "approval_status" BIGINT,
  "service_cost" TEXT,
  "total_cost" TEXT,
  "project_id" TEXT,
  "is_fcr" BOOLEAN,
  "is_service_request" BOOLEAN,
  "is_escalated" BOOLEAN,
  "is_read" BOOLEAN,
  "is_reopened" BOOLEAN,
  "is_trashed" BOOLEAN,
  "cancellation_requested" BOOLEAN,
  "completed_by_denial" BOOLEAN,
  "has_notes" BOOLEAN,
  "has_attachments" BOOLEAN,
  "has_linked_requests" BOOLEAN,
  "has_problem" BOOLEAN,
  "has_project" BOOLEAN,
  "has_purchase_orders" BOOLEAN,
  "has_draft" BOOLEAN,
  "has_request_initiated_change" BOOLEAN,
  "has_change_initiated_request" BOOLEAN,
  "unreplied_count" BIGINT,
  "notification_status" TEXT,
  "editor_status" BIGINT,
  "email_to" TEXT,
  "email_cc" TEXT,
  "email_bcc" TEXT,
  "row_version" BIGINT NOT NULL,
  "extra" TEXT,
  "subject_key" {key},
  "description_key" {key},
  "impact_details_key" {key},
  "update_reason_key" {key},
  "status_change_comments_key" {key},
  "resolution_content_key" {key},
  "closure_info_requester_ack_comments_key" {key},
  "closure_info_closure_comments_key" {key},
  "onhold_scheduler_comments_key" {key},
  "cancel_flag_comments_comment_key" {key},
  "linked_to_request_comments_key" {key},
  "service_cost_key" DOUBLE PRECISION,
  "total_cost_key" DOUBLE PRECISION,
  "project_id_key" {key},
  "notification_status_key" {key}
);
CREATE UNIQUE INDEX "ux_request_display_id" ON "request" ("display_id");
CREATE INDEX "ix_request_created_time" ON "request" ("created_time"{first}, "id"{first});
CREATE INDEX "ix_request_due_by_time" ON "request" ("due_by_time"{first}, "id"{first});
CREATE INDEX "ix_request_completed_time" ON "request" ("completed_time"{first}, "id"{first});
CREATE INDEX "ix_request_last_updated_time" ON "request" ("last_updated_time"{first}, "id"{first});
CREATE INDEX "ix_request_onhold_scheduler_scheduled_time" ON "request" ("onhold_scheduler_scheduled_time"{first}, "id"{first});
CREATE INDEX "ix_request_status_created_time" ON "request" ("status"{first}, "created_time"{first}, "id"{first});
CREATE INDEX "ix_request_technician_created_time" ON "request" ("technician"{first}, "created_time"{first}, "id"{first});
CREATE INDEX "ix_request_group_created_time" ON "request" ("group"{first}, "created_time"{first}, "id"{first});
CREATE INDEX "ix_request_requester_created_time" ON "request" ("requester"{first}, "created_time"{first}, "id"{first});
CREATE INDEX "ix_request_priority_created_time" ON "request" ("priority"{first}, "created_time"{first}, "id"{first});
CREATE INDEX "ix_request_site_created_time" ON "request" ("site"{first}, "created_time"{first}, "id"{first});
CREATE INDEX "ix_request_category_created_time" ON "request" ("category"{first}, "created_time"{first}, "id"{first});
CREATE INDEX "ix_request_department_created_time" ON "request" ("department"{first}, "created_time"{first}, "id"{first});
CREATE INDEX "ix_request_created_by_created_time" ON "request" ("created_by"{first}, "created_time"{first}, "id"{first});
@sqlite CREATE VIRTUAL TABLE "search_request" USING fts5(words, content='', contentless_delete=1, tokenize="unicode61 remove_diacritics 0", prefix='2 3', detail=none);
@postgres CREATE TABLE "search_request" ("id" BIGINT PRIMARY KEY, "words" TSVECTOR NOT NULL);
@postgres CREATE INDEX "ix_search_request" ON "search_request" USING GIN ("words");

-- request_links
CREATE TABLE "request_link" (
  "id" {id},
  "request" BIGINT,
  "linked_request" BIGINT,
  "comments" TEXT,
  "created_by" BIGINT,
  "created_time" BIGINT,
  "row_version" BIGINT NOT NULL,
  "comments_key" {key}
);
CREATE UNIQUE INDEX "ux_request_link_request_linked_request" ON "request_link" ("request", coalesce("linked_request", 0));
CREATE INDEX "ix_request_link_request" ON "request_link" ("request"{first}, "id"{first});
CREATE INDEX "ix_request_link_linked_request" ON "request_link" ("linked_request"{first}, "id"{first});

-- request_templates
CREATE TABLE "request_template" (
  "id" {id},
  "description" TEXT,
  "name" TEXT,
  "comments" TEXT,
  "is_default" BOOLEAN,
  "is_service_template" BOOLEAN,
  "inactive" BOOLEAN,
  "image" TEXT,
  "show_to_requester" BOOLEAN,
  "service_category" BIGINT,
  "request" TEXT,
  "mandatory_fields" TEXT,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "description_key" {key},
  "name_key" {key},
  "comments_key" {key},
  "image_key" {key}
);
CREATE UNIQUE INDEX "ux_request_template_name" ON "request_template" ("name_key");

-- priority_matrices
CREATE TABLE "priority_matrix" (
  "id" {id},
  "name" TEXT,
  "impact" BIGINT,
  "urgency" BIGINT,
  "priority" BIGINT,
  "row_version" BIGINT NOT NULL,
  "name_key" {key}
);
CREATE UNIQUE INDEX "ux_priority_matrix_impact_urgency" ON "priority_matrix" ("impact", coalesce("urgency", 0));

-- tags
CREATE TABLE "tag" (
  "id" {id},
  "name" TEXT,
  "description" TEXT,
  "color" TEXT,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "description_key" {key},
  "color_key" {key}
);
CREATE UNIQUE INDEX "ux_tag_name" ON "tag" ("name_key");

-- notes
CREATE TABLE "request_note" (
  "id" {id},
  "description" TEXT,
  "show_to_requester" BOOLEAN,
  "notify_technician" BOOLEAN,
  "mark_first_response" BOOLEAN,
  "add_to_linked_requests" BOOLEAN,
  "created_time" BIGINT,
  "created_by" BIGINT,
  "last_updated_time" BIGINT,
  "last_updated_by" BIGINT,
  "request" BIGINT,
  "has_attachments" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "description_key" {key}
);
CREATE INDEX "ix_request_note_request" ON "request_note" ("request"{first}, "id"{first});

-- notifications
CREATE TABLE "notification" (
  "id" {id},
  "subject" TEXT,
  "description" TEXT,
  "to" TEXT,
  "cc" TEXT,
  "bcc" TEXT,
  "is_public" BOOLEAN,
  "type" TEXT,
  "in_reply_to" TEXT,
  "sender" BIGINT,
  "time" BIGINT,
  "request" BIGINT,
  "has_attachments" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "subject_key" {key},
  "description_key" {key},
  "type_key" {key}
);
CREATE INDEX "ix_notification_request" ON "notification" ("request"{first}, "id"{first});

-- drafts
CREATE TABLE "draft" (
  "id" {id},
  "subject" TEXT,
  "description" TEXT,
  "to" TEXT,
  "cc" TEXT,
  "bcc" TEXT,
  "type" TEXT,
  "created_time" BIGINT,
  "created_by" BIGINT,
  "request" BIGINT,
  "row_version" BIGINT NOT NULL,
  "subject_key" {key},
  "description_key" {key},
  "type_key" {key}
);
CREATE INDEX "ix_draft_request" ON "draft" ("request"{first}, "id"{first});

-- attachments
CREATE TABLE "attachment" (
  "id" {id},
  "name" TEXT,
  "description" TEXT,
  "bytes" BIGINT,
  "content_type" TEXT,
  "module" TEXT,
  "owner" BIGINT,
  "blob" TEXT,
  "listed" BOOLEAN,
  "attached_by" BIGINT,
  "attached_on" BIGINT,
  "row_version" BIGINT NOT NULL
);
CREATE INDEX "ix_attachment_owner" ON "attachment" ("owner"{first}, "id"{first});

-- history
CREATE TABLE "history" (
  "id" {id},
  "owner" BIGINT,
  "module" TEXT,
  "record" BIGINT,
  "by" BIGINT,
  "time" BIGINT,
  "operation" TEXT,
  "description" TEXT,
  "diff" TEXT,
  "row_version" BIGINT NOT NULL
);
CREATE INDEX "ix_history_owner" ON "history" ("owner"{first}, "id"{first});

-- tasks
CREATE TABLE "task" (
  "id" {id},
  "title" TEXT,
  "description" TEXT,
  "template" BIGINT,
  "status" BIGINT,
  "priority" BIGINT,
  "task_type" BIGINT,
  "owner" BIGINT,
  "group" BIGINT,
  "marked_group" BIGINT,
  "marked_technician" BIGINT,
  "site" BIGINT,
  "percentage_completion" BIGINT,
  "scheduled_start_time" BIGINT,
  "scheduled_end_time" BIGINT,
  "actual_start_time" BIGINT,
  "actual_end_time" BIGINT,
  "estimated_effort_days" BIGINT,
  "estimated_effort_hours" BIGINT,
  "estimated_effort_minutes" BIGINT,
  "estimated_effort" BIGINT,
  "email_before" BIGINT,
  "additional_cost" TEXT,
  "deleted" BOOLEAN,
  "created_by" BIGINT,
  "created_date" BIGINT,
  "completed_time" BIGINT,
  "index" BIGINT,
  "associated_entity" TEXT,
  "module" TEXT,
  "request" BIGINT,
  "has_attachments" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "title_key" {key},
  "description_key" {key},
  "additional_cost_key" DOUBLE PRECISION,
  "associated_entity_key" {key},
  "module_key" {key}
);
CREATE INDEX "ix_task_created_date" ON "task" ("created_date"{first}, "id"{first});
CREATE INDEX "ix_task_request" ON "task" ("request"{first}, "id"{first});
CREATE INDEX "ix_task_owner_created_date" ON "task" ("owner"{first}, "created_date"{first}, "id"{first});

-- comments
CREATE TABLE "task_comment" (
  "id" {id},
  "content" TEXT,
  "task" BIGINT,
  "created_time" BIGINT,
  "created_by" BIGINT,
  "last_updated_time" BIGINT,
  "row_version" BIGINT NOT NULL,
  "content_key" {key}
);
CREATE INDEX "ix_task_comment_task" ON "task_comment" ("task"{first}, "id"{first});

-- worklogs
CREATE TABLE "worklog" (
  "id" {id},
  "owner" BIGINT,
  "description" TEXT,
  "start_time" BIGINT,
  "end_time" BIGINT,
  "recorded_time" BIGINT,
  "time_spent" BIGINT,
  "include_nonoperational_hours" BOOLEAN,
  "mark_first_response" BOOLEAN,
  "tech_charge" TEXT,
  "other_charge" TEXT,
  "total_charge" TEXT,
  "worklog_type" BIGINT,
  "created_by" BIGINT,
  "created_time" BIGINT,
  "request" BIGINT,
  "task" BIGINT,
  "row_version" BIGINT NOT NULL,
  "description_key" {key},
  "tech_charge_key" DOUBLE PRECISION,
  "other_charge_key" DOUBLE PRECISION,
  "total_charge_key" DOUBLE PRECISION
);
CREATE INDEX "ix_worklog_request" ON "worklog" ("request"{first}, "id"{first});
CREATE INDEX "ix_worklog_task" ON "worklog" ("task"{first}, "id"{first});

-- approval_levels
CREATE TABLE "approval_level" (
  "id" {id},
  "level" BIGINT,
  "rule" TEXT,
  "status" BIGINT,
  "created_time" BIGINT,
  "created_by" BIGINT,
  "associated_entity" TEXT,
  "request" BIGINT,
  "row_version" BIGINT NOT NULL,
  "associated_entity_key" {key}
);
CREATE UNIQUE INDEX "ux_approval_level_level_request" ON "approval_level" ("level", coalesce("request", 0));
CREATE INDEX "ix_approval_level_request" ON "approval_level" ("request"{first}, "id"{first});

-- approvals
CREATE TABLE "approval" (
  "id" {id},
  "approver" BIGINT,
  "comments" TEXT,
  "original_approver" BIGINT,
  "xpath_path" TEXT,
  "xpath_display_name" TEXT,
  "approval_level" BIGINT,
  "status" BIGINT,
  "sent_on" BIGINT,
  "action_taken_on" BIGINT,
  "row_version" BIGINT NOT NULL,
  "comments_key" {key},
  "xpath_path_key" {key},
  "xpath_display_name_key" {key}
);
CREATE UNIQUE INDEX "ux_approval_approver_approval_level" ON "approval" ("approver", coalesce("approval_level", 0));
CREATE INDEX "ix_approval_approval_level" ON "approval" ("approval_level"{first}, "id"{first});
CREATE INDEX "ix_approval_approver" ON "approval" ("approver"{first}, "id"{first});

-- reminders
CREATE TABLE "reminder" (
  "id" {id},
  "summary" TEXT,
  "date" BIGINT,
  "remind_before" TEXT,
  "status" TEXT,
  "created_by" BIGINT,
  "created_time" BIGINT,
  "request" BIGINT,
  "row_version" BIGINT NOT NULL,
  "summary_key" {key},
  "remind_before_key" {key},
  "status_key" {key}
);
CREATE INDEX "ix_reminder_request" ON "reminder" ("request"{first}, "id"{first});

-- checklists
CREATE TABLE "checklist" (
  "id" {id},
  "name" TEXT,
  "description" TEXT,
  "created_by" BIGINT,
  "created_time" BIGINT,
  "request" BIGINT,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "description_key" {key}
);
CREATE INDEX "ix_checklist_request" ON "checklist" ("request"{first}, "id"{first});

-- checklist_items
CREATE TABLE "checklist_item" (
  "id" {id},
  "name" TEXT,
  "order" BIGINT,
  "completed" BOOLEAN,
  "value" TEXT,
  "checklist" BIGINT,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "value_key" {key}
);
CREATE INDEX "ix_checklist_item_checklist" ON "checklist_item" ("checklist"{first}, "id"{first});

-- task_types
CREATE TABLE "task_type" (
  "id" {id},
  "name" TEXT,
  "description" TEXT,
  "color" TEXT,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "description_key" {key},
  "color_key" {key}
);
CREATE UNIQUE INDEX "ux_task_type_name" ON "task_type" ("name_key");

-- task_templates
CREATE TABLE "task_template" (
  "id" {id},
  "name" TEXT,
  "description" TEXT,
  "title" TEXT,
  "comments" TEXT,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "description_key" {key},
  "title_key" {key},
  "comments_key" {key}
);
CREATE UNIQUE INDEX "ux_task_template_name" ON "task_template" ("name_key");

-- worklog_types
CREATE TABLE "worklog_type" (
  "id" {id},
  "name" TEXT,
  "description" TEXT,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "description_key" {key}
);
CREATE UNIQUE INDEX "ux_worklog_type_name" ON "worklog_type" ("name_key");

-- approval_statuses
CREATE TABLE "approval_status" (
  "id" {id},
  "name" TEXT,
  "description" TEXT,
  "internal_name" TEXT,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "description_key" {key},
  "internal_name_key" {key}
);
CREATE UNIQUE INDEX "ux_approval_status_name" ON "approval_status" ("name_key");

-- users
CREATE TABLE "person" (
  "id" {id},
  "name" TEXT,
  "first_name" TEXT,
  "middle_name" TEXT,
  "last_name" TEXT,
  "email_id" TEXT,
  "employee_id" TEXT,
  "phone" TEXT,
  "mobile" TEXT,
  "sms_mail" TEXT,
  "sms_mail_id" TEXT,
  "job_title" TEXT,
  "department" BIGINT,
  "site" BIGINT,
  "reporting_to" BIGINT,
  "is_vip_user" BOOLEAN,
  "is_technician" BOOLEAN,
  "cost_per_hour" TEXT,
  "user_scope" TEXT,
  "photo_url" TEXT,
  "description" TEXT,
  "requester_allowed_to_view" TEXT,
  "purchase_approval_limit" TEXT,
  "purchase_approver" BOOLEAN,
  "service_request_approver" BOOLEAN,
  "secondary_emailids" TEXT,
  "login_name" TEXT,
  "role" BIGINT,
  "time_zone" TEXT,
  "inactive" BOOLEAN,
  "created_time" BIGINT,
  "created_by" BIGINT,
  "last_updated_time" BIGINT,
  "password_hash" TEXT,
  "row_version" BIGINT NOT NULL,
  "extra" TEXT,
  "name_key" {key},
  "first_name_key" {key},
  "middle_name_key" {key},
  "last_name_key" {key},
  "email_id_key" {key},
  "employee_id_key" {key},
  "phone_key" {key},
  "mobile_key" {key},
  "sms_mail_key" {key},
  "sms_mail_id_key" {key},
  "job_title_key" {key},
  "cost_per_hour_key" DOUBLE PRECISION,
  "user_scope_key" {key},
  "photo_url_key" {key},
  "description_key" {key},
  "requester_allowed_to_view_key" {key},
  "purchase_approval_limit_key" DOUBLE PRECISION,
  "login_name_key" {key},
  "time_zone_key" {key}
);
CREATE INDEX "ix_person_name" ON "person" ("name_key"{first}, "id"{first});
CREATE UNIQUE INDEX "ux_person_email_id" ON "person" ("email_id_key");
CREATE INDEX "ix_person_employee_id" ON "person" ("employee_id_key"{first}, "id"{first});
CREATE INDEX "ix_person_last_updated_time" ON "person" ("last_updated_time"{first}, "id"{first});
CREATE INDEX "ix_person_is_technician_name" ON "person" ("is_technician"{first}, "name_key"{first}, "id"{first});
CREATE INDEX "ix_person_department_name" ON "person" ("department"{first}, "name_key"{first}, "id"{first});
CREATE INDEX "ix_person_site_name" ON "person" ("site"{first}, "name_key"{first}, "id"{first});

-- roles
CREATE TABLE "role" (
  "id" {id},
  "name" TEXT,
  "description" TEXT,
  "access" TEXT,
  "limited_to_sites" BOOLEAN,
  "limited_to_groups" BOOLEAN,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "description_key" {key},
  "access_key" {key}
);
CREATE UNIQUE INDEX "ux_role_name" ON "role" ("name_key");

-- regions
CREATE TABLE "region" (
  "id" {id},
  "name" TEXT,
  "description" TEXT,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "description_key" {key}
);
CREATE UNIQUE INDEX "ux_region_name" ON "region" ("name_key");

-- sites
CREATE TABLE "site" (
  "id" {id},
  "name" TEXT,
  "description" TEXT,
  "is_default" BOOLEAN,
  "region" BIGINT,
  "email_id" TEXT,
  "web_url" TEXT,
  "landline" TEXT,
  "fax" TEXT,
  "door_no" TEXT,
  "street" TEXT,
  "landmark" TEXT,
  "city" TEXT,
  "state" TEXT,
  "postal_code" TEXT,
  "country" TEXT,
  "latitude" TEXT,
  "longitude" TEXT,
  "timezone" TEXT,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "description_key" {key},
  "email_id_key" {key},
  "web_url_key" {key},
  "landline_key" {key},
  "fax_key" {key},
  "door_no_key" {key},
  "street_key" {key},
  "landmark_key" {key},
  "city_key" {key},
  "state_key" {key},
  "postal_code_key" {key},
  "country_key" {key},
  "latitude_key" {key},
  "longitude_key" {key},
  "timezone_key" {key}
);
CREATE UNIQUE INDEX "ux_site_name" ON "site" ("name_key");

-- departments
CREATE TABLE "department" (
  "id" {id},
  "description" TEXT,
  "name" TEXT,
  "site" BIGINT,
  "department_head" BIGINT,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "description_key" {key},
  "name_key" {key}
);
CREATE UNIQUE INDEX "ux_department_name_site" ON "department" ("name_key", coalesce("site", 0));

-- support_groups
CREATE TABLE "support_group" (
  "id" {id},
  "description" TEXT,
  "name" TEXT,
  "site" BIGINT,
  "sender_name" TEXT,
  "sender_email_id" TEXT,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "description_key" {key},
  "name_key" {key},
  "sender_name_key" {key},
  "sender_email_id_key" {key}
);
CREATE UNIQUE INDEX "ux_support_group_name_site" ON "support_group" ("name_key", coalesce("site", 0));

-- portals
CREATE TABLE "portal" (
  "id" {id},
  "name" TEXT,
  "description" TEXT,
  "display_name" TEXT,
  "is_default" BOOLEAN,
  "status" TEXT,
  "scope" TEXT,
  "portal_type" TEXT,
  "department_type" TEXT,
  "logo_url" TEXT,
  "timezone" TEXT,
  "start_day_of_week" BIGINT,
  "owner_owner_name" TEXT,
  "owner_email_id" TEXT,
  "priority_override" BOOLEAN,
  "auto_create_requesters" BOOLEAN,
  "closure_mandatory_fields" TEXT,
  "closed_requests_locked" BOOLEAN,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "description_key" {key},
  "display_name_key" {key},
  "status_key" {key},
  "scope_key" {key},
  "portal_type_key" {key},
  "department_type_key" {key},
  "logo_url_key" {key},
  "timezone_key" {key},
  "owner_owner_name_key" {key},
  "owner_email_id_key" {key}
);
CREATE UNIQUE INDEX "ux_portal_name" ON "portal" ("name_key");

-- statuses
CREATE TABLE "status" (
  "id" {id},
  "name" TEXT,
  "description" TEXT,
  "internal_name" TEXT,
  "color" TEXT,
  "in_progress" BOOLEAN,
  "stop_timer" BOOLEAN,
  "sort_order" BIGINT,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "description_key" {key},
  "internal_name_key" {key},
  "color_key" {key}
);
CREATE UNIQUE INDEX "ux_status_name" ON "status" ("name_key");

-- priorities
CREATE TABLE "priority" (
  "id" {id},
  "name" TEXT,
  "description" TEXT,
  "color" TEXT,
  "priority_order" BIGINT,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "description_key" {key},
  "color_key" {key}
);
CREATE UNIQUE INDEX "ux_priority_name" ON "priority" ("name_key");

-- urgencies
CREATE TABLE "urgency" (
  "id" {id},
  "name" TEXT,
  "description" TEXT,
  "sort_order" BIGINT,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "description_key" {key}
);
CREATE UNIQUE INDEX "ux_urgency_name" ON "urgency" ("name_key");

-- impacts
CREATE TABLE "impact" (
  "id" {id},
  "name" TEXT,
  "description" TEXT,
  "sort_order" BIGINT,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "description_key" {key}
);
CREATE UNIQUE INDEX "ux_impact_name" ON "impact" ("name_key");

-- levels
CREATE TABLE "level" (
  "id" {id},
  "name" TEXT,
  "description" TEXT,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "description_key" {key}
);
CREATE UNIQUE INDEX "ux_level_name" ON "level" ("name_key");

-- modes
CREATE TABLE "mode" (
  "id" {id},
  "name" TEXT,
  "description" TEXT,
  "internal_name" TEXT,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "description_key" {key},
  "internal_name_key" {key}
);
CREATE UNIQUE INDEX "ux_mode_name" ON "mode" ("name_key");

-- request_types
CREATE TABLE "request_type" (
  "id" {id},
  "name" TEXT,
  "description" TEXT,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "description_key" {key}
);
CREATE UNIQUE INDEX "ux_request_type_name" ON "request_type" ("name_key");

-- service_categories
CREATE TABLE "service_category" (
  "id" {id},
  "name" TEXT,
  "description" TEXT,
  "inactive" BOOLEAN,
  "sort_index" BIGINT,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "description_key" {key}
);
CREATE UNIQUE INDEX "ux_service_category_name" ON "service_category" ("name_key");

-- slas
CREATE TABLE "sla" (
  "id" {id},
  "name" TEXT,
  "description" TEXT,
  "inactive" BOOLEAN,
  "is_service_sla" BOOLEAN,
  "sort_order" BIGINT,
  "resolution_due_by_days" BIGINT,
  "resolution_due_by_hours" BIGINT,
  "resolution_due_by_minutes" BIGINT,
  "response_due_by_days" BIGINT,
  "response_due_by_hours" BIGINT,
  "response_due_by_minutes" BIGINT,
  "priority" BIGINT,
  "site" BIGINT,
  "category" BIGINT,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "description_key" {key}
);
CREATE UNIQUE INDEX "ux_sla_name" ON "sla" ("name_key");

-- closure_codes
CREATE TABLE "closure_code" (
  "id" {id},
  "description" TEXT,
  "name" TEXT,
  "module_id" BIGINT,
  "module_name" TEXT,
  "inactive" BOOLEAN,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "description_key" {key},
  "name_key" {key},
  "module_name_key" {key}
);
CREATE UNIQUE INDEX "ux_closure_code_name_module_name" ON "closure_code" ("name_key", coalesce("module_name_key", ''));

-- udf_fields
CREATE TABLE "udf_field" (
  "id" {id},
  "name" TEXT,
  "display_name" TEXT,
  "field_key" TEXT,
  "description" TEXT,
  "type" TEXT,
  "field_type" TEXT,
  "module_name" TEXT,
  "sub_module_internal_name" TEXT,
  "constraints" TEXT,
  "allowed_values" TEXT,
  "reference_entity" TEXT,
  "field_config" TEXT,
  "default_value" TEXT,
  "mandatory" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "display_name_key" {key},
  "field_key_key" {key},
  "description_key" {key},
  "type_key" {key},
  "field_type_key" {key},
  "module_name_key" {key},
  "sub_module_internal_name_key" {key}
);
CREATE UNIQUE INDEX "ux_udf_field_field_key_module_name" ON "udf_field" ("field_key_key", coalesce("module_name_key", ''));

-- categories
CREATE TABLE "category" (
  "id" {id},
  "name" TEXT,
  "description" TEXT,
  "technician" BIGINT,
  "change_manager" BIGINT,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "description_key" {key}
);
CREATE UNIQUE INDEX "ux_category_name" ON "category" ("name_key");

-- subcategories
CREATE TABLE "subcategory" (
  "id" {id},
  "description" TEXT,
  "name" TEXT,
  "category" BIGINT,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "description_key" {key},
  "name_key" {key}
);
CREATE UNIQUE INDEX "ux_subcategory_name_category" ON "subcategory" ("name_key", coalesce("category", 0));

-- items
CREATE TABLE "item" (
  "id" {id},
  "description" TEXT,
  "name" TEXT,
  "subcategory" BIGINT,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "description_key" {key},
  "name_key" {key}
);
CREATE UNIQUE INDEX "ux_item_name_subcategory" ON "item" ("name_key", coalesce("subcategory", 0));

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

-- What lists are planned by on SQLite, one row for each table that was counted.
CREATE TABLE "statistics" (
  "name" {key} PRIMARY KEY,
  "counted" TEXT NOT NULL
);
