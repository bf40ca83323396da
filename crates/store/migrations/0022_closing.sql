-- A closure code names its module by number and by name; those that were added had the name alone.
UPDATE "closure_code" SET "module_id" = CASE "module_name" WHEN 'request' THEN 1 WHEN 'problem' THEN 2 WHEN 'change' THEN 3 ELSE 4 END WHERE "module_id" IS NULL;
