-- What the technician's day keeps: a running timer, who looks at what, and when somebody looked at their first page.

CREATE TABLE "timer" (
  "person" BIGINT PRIMARY KEY,
  "module" TEXT NOT NULL,
  "record" BIGINT NOT NULL,
  "title" TEXT NOT NULL,
  "started" BIGINT NOT NULL,
  "stopped" BIGINT
);

CREATE TABLE "presence" (
  "process" BIGINT PRIMARY KEY,
  "version" BIGINT NOT NULL,
  "seen" BIGINT NOT NULL,
  "people" TEXT NOT NULL
);

CREATE TABLE "looked" (
  "person" BIGINT PRIMARY KEY,
  "seen" BIGINT NOT NULL,
  "earlier" BIGINT NOT NULL
);
