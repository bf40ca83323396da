-- Serial numbers and asset tags are not one of a kind: makers leave the same placeholder in many machines.
DROP INDEX "ux_asset_asset_tag";
CREATE INDEX "ix_asset_asset_tag" ON "asset" ("asset_tag_key"{first}, "id"{first});
DROP INDEX "ux_asset_serial_number";
CREATE INDEX "ix_asset_serial_number" ON "asset" ("serial_number_key"{first}, "id"{first});
