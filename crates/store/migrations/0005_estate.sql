-- Problems, assets, products and the CMDB.

-- Values in documents that are one of a kind: the database decides.
CREATE TABLE "unique_value" (
  "field" BIGINT NOT NULL,
  "key" {key} NOT NULL,
  "record" BIGINT NOT NULL
);

CREATE UNIQUE INDEX "ux_unique_value_field_key" ON "unique_value" ("field", "key");

CREATE INDEX "ix_unique_value_record" ON "unique_value" ("record", "field");

-- What graphs of relationships are checked against.
INSERT INTO "cache_version" ("name", "value") VALUES ('graph', 0);

ALTER TABLE "request" ADD COLUMN "deleted_assets" TEXT;

ALTER TABLE "request" ADD COLUMN "problem" BIGINT;

CREATE INDEX "ix_request_problem" ON "request" ("problem"{first}, "id"{first});

CREATE TABLE "problem" (
  "id" {id},
  "display_id" BIGINT,
  "title" TEXT,
  "description" TEXT,
  "reported_by" BIGINT,
  "reported_time" BIGINT,
  "due_by_time" BIGINT,
  "closed_time" BIGINT,
  "updated_time" BIGINT,
  "status" BIGINT,
  "priority" BIGINT,
  "urgency" BIGINT,
  "impact" BIGINT,
  "category" BIGINT,
  "subcategory" BIGINT,
  "item" BIGINT,
  "site" BIGINT,
  "group" BIGINT,
  "technician" BIGINT,
  "template" BIGINT,
  "problem_template_task_ids" TEXT,
  "notes_present" BOOLEAN,
  "has_attachments" BOOLEAN,
  "approval_status" BIGINT,
  "root_cause_root_cause_description" TEXT,
  "root_cause_root_cause_updated_on" BIGINT,
  "root_cause_root_cause_updated_by" BIGINT,
  "symptoms_symptoms_description" TEXT,
  "symptoms_symptoms_updated_on" BIGINT,
  "symptoms_symptoms_updated_by" BIGINT,
  "impact_details_impact_details_description" TEXT,
  "impact_details_impact_details_updated_on" BIGINT,
  "impact_details_impact_details_updated_by" BIGINT,
  "workaround_details_workaround_details_description" TEXT,
  "workaround_details_workaround_details_updated_on" BIGINT,
  "workaround_details_workaround_details_updated_by" BIGINT,
  "resolution_details_resolution_details_description" TEXT,
  "resolution_details_resolution_details_updated_on" BIGINT,
  "resolution_details_resolution_details_updated_by" BIGINT,
  "known_error_details_is_known_error" BOOLEAN,
  "known_error_details_known_error_comments" TEXT,
  "known_error_details_known_error_details_updated_on" BIGINT,
  "known_error_details_known_error_details_updated_by" BIGINT,
  "close_details_closure_code" BIGINT,
  "close_details_close_details_comments" TEXT,
  "close_details_close_details_updated_on" BIGINT,
  "close_details_close_details_updated_by" BIGINT,
  "row_version" BIGINT NOT NULL,
  "extra" TEXT,
  "title_key" {key},
  "description_key" {key},
  "root_cause_root_cause_description_key" {key},
  "symptoms_symptoms_description_key" {key},
  "impact_details_impact_details_description_key" {key},
  "workaround_details_workaround_details_description_key" {key},
  "resolution_details_resolution_details_description_key" {key},
  "known_error_details_known_error_comments_key" {key},
  "close_details_close_details_comments_key" {key}
);

CREATE UNIQUE INDEX "ux_problem_display_id" ON "problem" ("display_id");

CREATE INDEX "ix_problem_reported_time" ON "problem" ("reported_time"{first}, "id"{first});

CREATE INDEX "ix_problem_due_by_time" ON "problem" ("due_by_time"{first}, "id"{first});

CREATE INDEX "ix_problem_closed_time" ON "problem" ("closed_time"{first}, "id"{first});

CREATE INDEX "ix_problem_updated_time" ON "problem" ("updated_time"{first}, "id"{first});

CREATE INDEX "ix_problem_status_reported_time" ON "problem" ("status"{first}, "reported_time"{first}, "id"{first});

CREATE INDEX "ix_problem_technician_reported_time" ON "problem" ("technician"{first}, "reported_time"{first}, "id"{first});

CREATE INDEX "ix_problem_group_reported_time" ON "problem" ("group"{first}, "reported_time"{first}, "id"{first});

CREATE INDEX "ix_problem_priority_reported_time" ON "problem" ("priority"{first}, "reported_time"{first}, "id"{first});

CREATE INDEX "ix_problem_site_reported_time" ON "problem" ("site"{first}, "reported_time"{first}, "id"{first});

CREATE INDEX "ix_problem_category_reported_time" ON "problem" ("category"{first}, "reported_time"{first}, "id"{first});

CREATE INDEX "ix_problem_reported_by_reported_time" ON "problem" ("reported_by"{first}, "reported_time"{first}, "id"{first});

@sqlite CREATE VIRTUAL TABLE "search_problem" USING fts5(words, content='', contentless_delete=1, tokenize="unicode61 remove_diacritics 0", prefix='2 3', detail=none);

@postgres CREATE TABLE "search_problem" ("id" BIGINT PRIMARY KEY, "words" TSVECTOR NOT NULL);

@postgres CREATE INDEX "ix_search_problem" ON "search_problem" USING GIN ("words");

CREATE TABLE "problem_note" (
  "id" {id},
  "description" TEXT,
  "has_attachments" BOOLEAN,
  "problem" BIGINT,
  "performed_by" BIGINT,
  "performed_time" BIGINT,
  "row_version" BIGINT NOT NULL,
  "description_key" {key}
);

CREATE INDEX "ix_problem_note_problem" ON "problem_note" ("problem"{first}, "id"{first});

CREATE TABLE "problem_template" (
  "id" {id},
  "name" TEXT,
  "description" TEXT,
  "is_default" BOOLEAN,
  "inactive" BOOLEAN,
  "problem" TEXT,
  "mandatory_fields" TEXT,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "description_key" {key}
);

CREATE UNIQUE INDEX "ux_problem_template_name" ON "problem_template" ("name_key");

ALTER TABLE "task" ADD COLUMN "problem" BIGINT;

CREATE INDEX "ix_task_problem" ON "task" ("problem"{first}, "id"{first});

ALTER TABLE "worklog" ADD COLUMN "problem" BIGINT;

CREATE INDEX "ix_worklog_problem" ON "worklog" ("problem"{first}, "id"{first});

ALTER TABLE "approval_level" ADD COLUMN "problem" BIGINT;

CREATE UNIQUE INDEX "ux_approval_level_level_request_problem" ON "approval_level" ("level", coalesce("request", 0), coalesce("problem", 0));

CREATE INDEX "ix_approval_level_problem" ON "approval_level" ("problem"{first}, "id"{first});

DROP INDEX "ux_approval_level_level_request";

CREATE TABLE "asset" (
  "id" {id},
  "name" TEXT,
  "product" BIGINT,
  "state" BIGINT,
  "state_history_comments" TEXT,
  "asset_tag" TEXT,
  "serial_number" TEXT,
  "discovered_serial_number" TEXT,
  "barcode" TEXT,
  "acquisition_date" BIGINT,
  "warranty_expiry" BIGINT,
  "expiry_date" BIGINT,
  "location" TEXT,
  "ip_address" TEXT,
  "mac_address" TEXT,
  "is_swscan_needed" BOOLEAN,
  "retain_user_site" BOOLEAN,
  "is_loanable" BOOLEAN,
  "is_loaned" BOOLEAN,
  "site" BIGINT,
  "user" BIGINT,
  "department" BIGINT,
  "used_by_asset" BIGINT,
  "suggested_owner" BIGINT,
  "vendor" BIGINT,
  "purchase_cost" TEXT,
  "operational_cost" TEXT,
  "total_cost" TEXT,
  "purchase_lot_id" BIGINT,
  "type" BIGINT,
  "category" BIGINT,
  "product_type" BIGINT,
  "lifecycle" BIGINT,
  "asset_depreciation_depreciation_type" BIGINT,
  "asset_depreciation_useful_life" BIGINT,
  "asset_depreciation_depreciation_percent" DOUBLE PRECISION,
  "asset_depreciation_salvage_value" DOUBLE PRECISION,
  "is_depreciation_configured" BOOLEAN,
  "is_asset_association_possible" BOOLEAN,
  "is_in_contract" BOOLEAN,
  "has_attachments" BOOLEAN,
  "ci" BIGINT,
  "created_by" BIGINT,
  "created_time" BIGINT,
  "last_updated_by" BIGINT,
  "last_updated_time" BIGINT,
  "network_adapters" TEXT,
  "is_server" BOOLEAN,
  "last_logged_user" TEXT,
  "computer_system_service_tag" TEXT,
  "computer_system_model" TEXT,
  "computer_system_system_manufacturer" TEXT,
  "operating_system_os" TEXT,
  "operating_system_version" TEXT,
  "operating_system_build_number" TEXT,
  "operating_system_service_pack" TEXT,
  "memory_physical_memory" BIGINT,
  "memory_virtual_memory" BIGINT,
  "processors" TEXT,
  "hard_disks" TEXT,
  "logical_drives" TEXT,
  "monitors" TEXT,
  "ip_addresses" TEXT,
  "recent_scan_source" TEXT,
  "last_scan_status" TEXT,
  "last_scan_time" BIGINT,
  "last_success_scan_time" BIGINT,
  "row_version" BIGINT NOT NULL,
  "extra" TEXT,
  "name_key" {key},
  "state_history_comments_key" {key},
  "asset_tag_key" {key},
  "serial_number_key" {key},
  "discovered_serial_number_key" {key},
  "barcode_key" {key},
  "location_key" {key},
  "ip_address_key" {key},
  "mac_address_key" {key},
  "purchase_cost_key" DOUBLE PRECISION,
  "operational_cost_key" DOUBLE PRECISION,
  "total_cost_key" DOUBLE PRECISION,
  "last_logged_user_key" {key},
  "computer_system_service_tag_key" {key},
  "computer_system_model_key" {key},
  "computer_system_system_manufacturer_key" {key},
  "operating_system_os_key" {key},
  "operating_system_version_key" {key},
  "operating_system_build_number_key" {key},
  "operating_system_service_pack_key" {key},
  "recent_scan_source_key" {key},
  "last_scan_status_key" {key}
);

CREATE UNIQUE INDEX "ux_asset_name" ON "asset" ("name_key");

CREATE UNIQUE INDEX "ux_asset_asset_tag" ON "asset" ("asset_tag_key");

CREATE UNIQUE INDEX "ux_asset_serial_number" ON "asset" ("serial_number_key");

CREATE UNIQUE INDEX "ux_asset_barcode" ON "asset" ("barcode_key");

CREATE INDEX "ix_asset_warranty_expiry" ON "asset" ("warranty_expiry"{first}, "id"{first});

CREATE INDEX "ix_asset_expiry_date" ON "asset" ("expiry_date"{first}, "id"{first});

CREATE INDEX "ix_asset_ip_address" ON "asset" ("ip_address_key"{first}, "id"{first});

CREATE INDEX "ix_asset_created_time" ON "asset" ("created_time"{first}, "id"{first});

CREATE INDEX "ix_asset_last_updated_time" ON "asset" ("last_updated_time"{first}, "id"{first});

CREATE INDEX "ix_asset_state_name" ON "asset" ("state"{first}, "name_key"{first}, "id"{first});

CREATE INDEX "ix_asset_product_name" ON "asset" ("product"{first}, "name_key"{first}, "id"{first});

CREATE INDEX "ix_asset_product_type_name" ON "asset" ("product_type"{first}, "name_key"{first}, "id"{first});

CREATE INDEX "ix_asset_user_name" ON "asset" ("user"{first}, "name_key"{first}, "id"{first});

CREATE INDEX "ix_asset_department_name" ON "asset" ("department"{first}, "name_key"{first}, "id"{first});

CREATE INDEX "ix_asset_site_name" ON "asset" ("site"{first}, "name_key"{first}, "id"{first});

CREATE INDEX "ix_asset_vendor_name" ON "asset" ("vendor"{first}, "name_key"{first}, "id"{first});

CREATE INDEX "ix_asset_name" ON "asset" ("name_key"{first}, "id"{first});

CREATE INDEX "ix_asset_used_by_asset" ON "asset" ("used_by_asset"{first}, "id"{first});

CREATE INDEX "ix_asset_ci" ON "asset" ("ci"{first}, "id"{first});

@sqlite CREATE VIRTUAL TABLE "search_asset" USING fts5(words, content='', contentless_delete=1, tokenize="unicode61 remove_diacritics 0", prefix='2 3', detail=none);

@postgres CREATE TABLE "search_asset" ("id" BIGINT PRIMARY KEY, "words" TSVECTOR NOT NULL);

@postgres CREATE INDEX "ix_search_asset" ON "search_asset" USING GIN ("words");

CREATE TABLE "asset_cost" (
  "id" {id},
  "amount" TEXT,
  "description" TEXT,
  "cost_date" BIGINT,
  "created_by" BIGINT,
  "created_time" BIGINT,
  "asset" BIGINT,
  "row_version" BIGINT NOT NULL,
  "amount_key" DOUBLE PRECISION,
  "description_key" {key}
);

CREATE INDEX "ix_asset_cost_asset" ON "asset_cost" ("asset"{first}, "id"{first});

CREATE TABLE "asset_loan" (
  "id" {id},
  "loan_id" BIGINT,
  "loaned_to_user" BIGINT,
  "received_by" BIGINT,
  "start_time" BIGINT,
  "due_by_time" BIGINT,
  "site" BIGINT,
  "comments" TEXT,
  "closed_time" BIGINT,
  "created_by" BIGINT,
  "created_time" BIGINT,
  "row_version" BIGINT NOT NULL,
  "comments_key" {key}
);

CREATE UNIQUE INDEX "ux_asset_loan_loan_id" ON "asset_loan" ("loan_id");

CREATE INDEX "ix_asset_loan_loaned_to_user_created_time" ON "asset_loan" ("loaned_to_user"{first}, "created_time"{first}, "id"{first});

CREATE INDEX "ix_asset_loan_created_time" ON "asset_loan" ("created_time"{first}, "id"{first});

CREATE TABLE "loaned_asset" (
  "id" {id},
  "asset" BIGINT,
  "asset_loan" BIGINT,
  "start_time" BIGINT,
  "due_by_time" BIGINT,
  "returned_time" BIGINT,
  "returned_by" BIGINT,
  "comments" TEXT,
  "row_version" BIGINT NOT NULL,
  "comments_key" {key}
);

CREATE INDEX "ix_loaned_asset_asset" ON "loaned_asset" ("asset"{first}, "id"{first});

CREATE INDEX "ix_loaned_asset_asset_loan" ON "loaned_asset" ("asset_loan"{first}, "id"{first});

CREATE TABLE "product" (
  "id" {id},
  "name" TEXT,
  "product_type" BIGINT,
  "manufacturer" TEXT,
  "part_no" TEXT,
  "is_laptop" BOOLEAN,
  "cost" TEXT,
  "comments" TEXT,
  "description" TEXT,
  "software_id" BIGINT,
  "software_name" TEXT,
  "software_is_parent_suite" BOOLEAN,
  "default_image" BIGINT,
  "option_images" TEXT,
  "gl_code" TEXT,
  "type" BIGINT,
  "category" BIGINT,
  "depreciation_detail_depreciation_type" BIGINT,
  "depreciation_detail_useful_life" BIGINT,
  "depreciation_detail_depreciation_percent" DOUBLE PRECISION,
  "depreciation_detail_salvage_value" DOUBLE PRECISION,
  "created_time" BIGINT,
  "created_by" BIGINT,
  "last_updated_time" BIGINT,
  "row_version" BIGINT NOT NULL,
  "extra" TEXT,
  "name_key" {key},
  "manufacturer_key" {key},
  "part_no_key" {key},
  "cost_key" DOUBLE PRECISION,
  "comments_key" {key},
  "description_key" {key},
  "software_name_key" {key}
);

CREATE UNIQUE INDEX "ux_product_name" ON "product" ("name_key");

CREATE INDEX "ix_product_product_type_name" ON "product" ("product_type"{first}, "name_key"{first}, "id"{first});

CREATE INDEX "ix_product_name" ON "product" ("name_key"{first}, "id"{first});

@sqlite CREATE VIRTUAL TABLE "search_product" USING fts5(words, content='', contentless_delete=1, tokenize="unicode61 remove_diacritics 0", prefix='2 3', detail=none);

@postgres CREATE TABLE "search_product" ("id" BIGINT PRIMARY KEY, "words" TSVECTOR NOT NULL);

@postgres CREATE INDEX "ix_search_product" ON "search_product" USING GIN ("words");

CREATE TABLE "product_type" (
  "name" TEXT,
  "description" TEXT,
  "id" {id},
  "display_name" TEXT,
  "category" BIGINT,
  "type" BIGINT,
  "parent" BIGINT,
  "image" TEXT,
  "api_name" TEXT,
  "api_plural_name" TEXT,
  "mandatory" BOOLEAN,
  "lifecycle" BIGINT,
  "ci_type" BIGINT,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "description_key" {key},
  "display_name_key" {key},
  "image_key" {key},
  "api_name_key" {key},
  "api_plural_name_key" {key}
);

CREATE UNIQUE INDEX "ux_product_type_name" ON "product_type" ("name_key");

CREATE TABLE "asset_category" (
  "id" {id},
  "name" TEXT,
  "description" TEXT,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "description_key" {key}
);

CREATE UNIQUE INDEX "ux_asset_category_name" ON "asset_category" ("name_key");

CREATE TABLE "asset_type" (
  "id" {id},
  "name" TEXT,
  "description" TEXT,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "description_key" {key}
);

CREATE UNIQUE INDEX "ux_asset_type_name" ON "asset_type" ("name_key");

CREATE TABLE "asset_state" (
  "id" {id},
  "name" TEXT,
  "description" TEXT,
  "internal_name" TEXT,
  "ownership" BOOLEAN,
  "ownership_mandatory" BOOLEAN,
  "scanned" BOOLEAN,
  "uses_licence" BOOLEAN,
  "sort_order" BIGINT,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "description_key" {key},
  "internal_name_key" {key}
);

CREATE UNIQUE INDEX "ux_asset_state_name" ON "asset_state" ("name_key");

CREATE TABLE "asset_lifecycle" (
  "id" {id},
  "name" TEXT,
  "description" TEXT,
  "inactive" BOOLEAN,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "description_key" {key}
);

CREATE UNIQUE INDEX "ux_asset_lifecycle_name" ON "asset_lifecycle" ("name_key");

CREATE TABLE "asset_transition" (
  "id" {id},
  "name" TEXT,
  "asset_lifecycle" BIGINT,
  "from_state" BIGINT,
  "to_state" BIGINT,
  "comment_required" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "name_key" {key}
);

CREATE UNIQUE INDEX "ux_asset_transition_to_state_asset_lifecycle_from_state" ON "asset_transition" ("to_state", coalesce("asset_lifecycle", 0), coalesce("from_state", 0));

CREATE INDEX "ix_asset_transition_asset_lifecycle" ON "asset_transition" ("asset_lifecycle"{first}, "id"{first});

CREATE TABLE "vendor" (
  "id" {id},
  "name" TEXT,
  "description" TEXT,
  "contact_person" TEXT,
  "email_id" TEXT,
  "phone" TEXT,
  "fax" TEXT,
  "web_url" TEXT,
  "street" TEXT,
  "city" TEXT,
  "state" TEXT,
  "postal_code" TEXT,
  "country" TEXT,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "description_key" {key},
  "contact_person_key" {key},
  "email_id_key" {key},
  "phone_key" {key},
  "fax_key" {key},
  "web_url_key" {key},
  "street_key" {key},
  "city_key" {key},
  "state_key" {key},
  "postal_code_key" {key},
  "country_key" {key}
);

CREATE UNIQUE INDEX "ux_vendor_name" ON "vendor" ("name_key");

CREATE TABLE "manufacturer" (
  "id" {id},
  "name" TEXT,
  "description" TEXT,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "description_key" {key}
);

CREATE UNIQUE INDEX "ux_manufacturer_name" ON "manufacturer" ("name_key");

CREATE TABLE "depreciation_type" (
  "id" {id},
  "name" TEXT,
  "description" TEXT,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "description_key" {key}
);

CREATE UNIQUE INDEX "ux_depreciation_type_name" ON "depreciation_type" ("name_key");

CREATE TABLE "ci" (
  "id" {id},
  "name" TEXT,
  "description" TEXT,
  "ci_type" BIGINT,
  "linked_module" TEXT,
  "linked_instance" BIGINT,
  "has_attachments" BOOLEAN,
  "created_by" BIGINT,
  "created_time" BIGINT,
  "last_updated_by" BIGINT,
  "last_updated_time" BIGINT,
  "row_version" BIGINT NOT NULL,
  "extra" TEXT,
  "name_key" {key},
  "description_key" {key},
  "linked_module_key" {key}
);

CREATE UNIQUE INDEX "ux_ci_name_ci_type" ON "ci" ("name_key", coalesce("ci_type", 0));

CREATE UNIQUE INDEX "ux_ci_linked_instance_linked_module" ON "ci" ("linked_instance", coalesce("linked_module_key", ''));

CREATE INDEX "ix_ci_last_updated_time" ON "ci" ("last_updated_time"{first}, "id"{first});

CREATE INDEX "ix_ci_ci_type_name" ON "ci" ("ci_type"{first}, "name_key"{first}, "id"{first});

CREATE INDEX "ix_ci_name" ON "ci" ("name_key"{first}, "id"{first});

CREATE INDEX "ix_ci_linked_module_linked_instance" ON "ci" ("linked_module_key"{first}, "linked_instance"{first}, "id"{first});

@sqlite CREATE VIRTUAL TABLE "search_ci" USING fts5(words, content='', contentless_delete=1, tokenize="unicode61 remove_diacritics 0", prefix='2 3', detail=none);

@postgres CREATE TABLE "search_ci" ("id" BIGINT PRIMARY KEY, "words" TSVECTOR NOT NULL);

@postgres CREATE INDEX "ix_search_ci" ON "search_ci" USING GIN ("words");

CREATE TABLE "ci_type" (
  "id" {id},
  "name" TEXT,
  "api_plural_name" TEXT,
  "display_name" TEXT,
  "display_name_plural" TEXT,
  "icon_name" TEXT,
  "description" TEXT,
  "parent" BIGINT,
  "created_time" BIGINT,
  "created_by" BIGINT,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "api_plural_name_key" {key},
  "display_name_key" {key},
  "display_name_plural_key" {key},
  "icon_name_key" {key},
  "description_key" {key}
);

CREATE UNIQUE INDEX "ux_ci_type_name" ON "ci_type" ("name_key");

CREATE UNIQUE INDEX "ux_ci_type_display_name" ON "ci_type" ("display_name_key");

CREATE TABLE "ci_relationship_type" (
  "id" {id},
  "name" TEXT,
  "description" TEXT,
  "inverse_name" TEXT,
  "impact" TEXT,
  "acyclic" BOOLEAN,
  "only_suggested" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "description_key" {key},
  "inverse_name_key" {key},
  "impact_key" {key}
);

CREATE UNIQUE INDEX "ux_ci_relationship_type_name" ON "ci_relationship_type" ("name_key");

CREATE TABLE "ci_type_relationship" (
  "id" {id},
  "relationship_type" BIGINT,
  "parent_ci_type" BIGINT,
  "child_ci_type" BIGINT,
  "comments" TEXT,
  "row_version" BIGINT NOT NULL,
  "comments_key" {key}
);

CREATE UNIQUE INDEX "ux_ci_type_relationship_child_ci_type_relationship_type_parent_ci_type" ON "ci_type_relationship" ("child_ci_type", coalesce("relationship_type", 0), coalesce("parent_ci_type", 0));

CREATE TABLE "ci_relationship" (
  "id" {id},
  "relationship_type" BIGINT,
  "parent_ci" BIGINT,
  "child_ci" BIGINT,
  "comments" TEXT,
  "created_by" BIGINT,
  "created_time" BIGINT,
  "row_version" BIGINT NOT NULL,
  "comments_key" {key}
);

CREATE UNIQUE INDEX "ux_ci_relationship_child_ci_parent_ci_relationship_type" ON "ci_relationship" ("child_ci", coalesce("parent_ci", 0), coalesce("relationship_type", 0));

CREATE INDEX "ix_ci_relationship_parent_ci" ON "ci_relationship" ("parent_ci"{first}, "id"{first});

CREATE INDEX "ix_ci_relationship_child_ci" ON "ci_relationship" ("child_ci"{first}, "id"{first});

CREATE TABLE "business_impact" (
  "id" {id},
  "name" TEXT,
  "description" TEXT,
  "deleted" BOOLEAN,
  "row_version" BIGINT NOT NULL,
  "name_key" {key},
  "description_key" {key}
);

CREATE UNIQUE INDEX "ux_business_impact_name" ON "business_impact" ("name_key");

ALTER TABLE "portal" ADD COLUMN "problem_closure_mandatory_fields" TEXT;

ALTER TABLE "udf_field" ADD COLUMN "unique" BOOLEAN;

ALTER TABLE "udf_field" ADD COLUMN "ci_type" BIGINT;

ALTER TABLE "udf_field" ADD COLUMN "is_ci_attribute" BOOLEAN;

CREATE UNIQUE INDEX "ux_udf_field_field_key_module_name_ci_type" ON "udf_field" ("field_key_key", coalesce("module_name_key", ''), coalesce("ci_type", 0));

DROP INDEX "ux_udf_field_field_key_module_name";
