-- Whoever reports what a machine noticed looks first whether there is a request or a problem of that name already.
CREATE INDEX "ix_request_subject" ON "request" ("subject_key"{first}, "id"{first});
CREATE INDEX "ix_problem_title" ON "problem" ("title_key"{first}, "id"{first});
