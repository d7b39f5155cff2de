-- Ids of the jobs a job waits for, each with whether it still does: a JSON object.
ALTER TABLE job ADD COLUMN after TEXT NOT NULL DEFAULT '{}';
