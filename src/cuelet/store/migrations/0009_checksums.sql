-- A checksum in every row, so that one that a disk has changed is not believed.
-- sum_TABLE, spec_sum, schema_sum and name_of_job are functions of cuelet.store.migrating.
ALTER TABLE layer ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
UPDATE layer SET sum = sum_layer(job, idx, cores, max_cores, memory_mb, retries, tags);

ALTER TABLE layer_start ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
UPDATE layer_start SET sum = sum_layer_start(job, idx, limits, gpus, threadable, dispatch_order,
                                             frame_order, start_after, start_reason);

ALTER TABLE released_edge ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
UPDATE released_edge SET sum = sum_released_edge(job, idx);

ALTER TABLE depend ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
UPDATE depend SET sum = sum_depend(job, idx, kind, outcome, layer, er_frame, on_job, on_layer,
                                   on_frame);

ALTER TABLE comment ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
UPDATE comment SET sum = sum_comment(job, pos, number, at, user, subject, message);

ALTER TABLE frame ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
UPDATE frame SET sum = sum_frame(job, idx, state, attempt, retries, exit_status, exit_signal,
                                 start_at, stop_at, wall_s, cpu_s, max_rss_kb, freed, assumed,
                                 intent, reason, spared, raises, held_cores, held_mb, outdated);

ALTER TABLE made ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
UPDATE made SET sum = sum_made(key, command, env, frames, inputs, outputs);

ALTER TABLE limits ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
UPDATE limits SET sum = sum_limits(id, name, max_value);

ALTER TABLE host ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
UPDATE host SET sum = sum_host(only, settings);

-- What the client called the launch, so that a repeated one is the same; empty when it said nothing.
ALTER TABLE job ADD COLUMN token TEXT NOT NULL DEFAULT '';
-- The specification never changes and may be long: it has a checksum of its own.
ALTER TABLE job ADD COLUMN spec_sum INTEGER NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN sum INTEGER NOT NULL DEFAULT 0;
UPDATE job SET spec_sum = spec_sum(id, spec);
UPDATE job SET sum = sum_job(pk, id, '', state, paused, priority, autoeat, max_retries, min_cores,
                             max_cores, submitted_at, stopped_at, '', token, spec_sum);

-- How many rows each job has, so that one that is gone is missed; its name, should its own row be gone.
CREATE TABLE tally (
    job    INTEGER PRIMARY KEY,
    id     TEXT    NOT NULL,
    name   TEXT    NOT NULL,
    frames INTEGER NOT NULL,
    others INTEGER NOT NULL,
    sum    INTEGER NOT NULL
);
INSERT INTO tally (job, id, name, frames, others, sum)
SELECT pk, id, name_of_job(spec), (SELECT count(*) FROM frame WHERE job = pk),
       (SELECT count(*) FROM layer WHERE job = pk)
       + (SELECT count(*) FROM layer_start WHERE job = pk)
       + (SELECT count(*) FROM released_edge WHERE job = pk)
       + (SELECT count(*) FROM depend WHERE job = pk)
       + (SELECT count(*) FROM comment WHERE job = pk), 0
FROM job;
UPDATE tally SET sum = sum_tally(job, id, name, frames, others);

-- The same for what belongs to no job, and the schema once more, whose values follow: one row.
CREATE TABLE farm_tally (
    only       INTEGER PRIMARY KEY CHECK (only = 1),
    schema     INTEGER NOT NULL,
    schema_sum INTEGER NOT NULL,
    limits     INTEGER NOT NULL,
    hosts      INTEGER NOT NULL,
    sum        INTEGER NOT NULL
);
INSERT INTO farm_tally (only, schema, schema_sum, limits, hosts, sum)
SELECT 1, 9, 0, (SELECT count(*) FROM limits), (SELECT count(*) FROM host), 0;
