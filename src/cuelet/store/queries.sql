-- name: insert_job
INSERT INTO job (pk, id, spec, state, paused, priority, autoeat, max_retries, min_cores, max_cores,
                 submitted_at, stopped_at, after, token, spec_sum, sum)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: next_job
SELECT coalesce(max(job), 0) + 1 FROM (SELECT max(pk) AS job FROM job UNION SELECT max(job) FROM tally)

-- name: update_job
UPDATE job SET state = ?, paused = ?, priority = ?, autoeat = ?, max_retries = ?, min_cores = ?,
               max_cores = ?, submitted_at = ?, stopped_at = ?, sum = ?
WHERE pk = ?

-- name: drop_job
DELETE FROM job WHERE pk = ?

-- name: put_frame
INSERT OR REPLACE INTO frame (job, idx, state, attempt, retries, exit_status, exit_signal, start_at,
                              stop_at, wall_s, cpu_s, max_rss_kb, freed, assumed, intent, reason,
                              spared, raises, held_cores, held_mb, outdated, sum)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: drop_layers
DELETE FROM layer WHERE job = ?

-- name: put_layer
INSERT OR REPLACE INTO layer (job, idx, cores, max_cores, memory_mb, retries, tags, sum)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)

-- name: put_released_edge
INSERT OR IGNORE INTO released_edge (job, idx, sum) VALUES (?, ?, ?)

-- name: drop_released_edge
DELETE FROM released_edge WHERE job = ? AND idx = ?

-- name: put_depend
INSERT OR IGNORE INTO depend (job, idx, kind, outcome, layer, er_frame, on_job, on_layer, on_frame,
                              sum)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: clear_after
UPDATE job SET after = '{}' WHERE pk = ?

-- name: drop_comments
DELETE FROM comment WHERE job = ?

-- name: put_comment
INSERT INTO comment (job, pos, number, at, user, subject, message, sum)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)

-- name: put_made
INSERT OR REPLACE INTO made (key, command, env, frames, inputs, outputs, sum)
VALUES (?, ?, ?, ?, ?, ?, ?)

-- name: find_made
SELECT key, command, env, frames, inputs, outputs, sum FROM made WHERE key = ?

-- name: drop_layer_starts
DELETE FROM layer_start WHERE job = ?

-- name: put_layer_start
INSERT INTO layer_start (job, idx, limits, gpus, threadable, dispatch_order, frame_order,
                         start_after, start_reason, sum)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: drop_limit
DELETE FROM limits WHERE id = ?

-- name: put_limit
INSERT INTO limits (id, name, max_value, sum) VALUES (?, ?, ?, ?)

-- name: put_host
INSERT OR REPLACE INTO host (only, settings, sum) VALUES (?, ?, ?)

-- name: drop_record
DELETE FROM record WHERE kind = ? AND id = ?

-- name: put_record
INSERT OR REPLACE INTO record (kind, id, value, sum) VALUES (?, ?, ?, ?)

-- name: count_records
SELECT count(*) FROM record WHERE kind <> ''

-- name: schema
SELECT group_concat(coalesce(sql, name), ';') FROM (SELECT sql, name FROM sqlite_master ORDER BY name)

-- name: count_machine
SELECT (SELECT count(*) FROM limits), (SELECT count(*) FROM host)

-- name: put_farm_tally
INSERT OR REPLACE INTO farm_tally (only, schema, schema_sum, limits, hosts, sum)
VALUES (?, ?, ?, ?, ?, ?)

-- name: drop_farm_tally
DELETE FROM farm_tally

-- name: frames_kept
SELECT idx FROM frame WHERE job = ?

-- name: others_kept
SELECT (SELECT count(*) FROM layer WHERE job = ?1)
       + (SELECT count(*) FROM layer_start WHERE job = ?1)
       + (SELECT count(*) FROM released_edge WHERE job = ?1)
       + (SELECT count(*) FROM depend WHERE job = ?1)
       + (SELECT count(*) FROM comment WHERE job = ?1)

-- name: put_tally
INSERT OR REPLACE INTO tally (job, id, name, frames, others, sum) VALUES (?, ?, ?, ?, ?, ?)

-- name: drop_tally
DELETE FROM tally WHERE job = ?

-- name: drop_depends
DELETE FROM depend WHERE job = ?

-- name: drop_released_edges
DELETE FROM released_edge WHERE job = ?

-- name: drop_frames
DELETE FROM frame WHERE job = ?
