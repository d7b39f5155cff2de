-- name: insert_job
INSERT INTO job (id, spec, state, paused, priority, autoeat, max_retries, min_cores, max_cores,
                 submitted_at, stopped_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: update_job
UPDATE job SET state = ?, paused = ?, priority = ?, autoeat = ?, max_retries = ?, min_cores = ?,
               max_cores = ?, submitted_at = ?, stopped_at = ?
WHERE pk = ?

-- name: drop_job
DELETE FROM job WHERE pk = ?

-- name: put_frame
INSERT OR REPLACE INTO frame (job, idx, state, attempt, retries, exit_status, exit_signal, start_at,
                              stop_at, wall_s, cpu_s, max_rss_kb, freed, assumed, intent, reason,
                              spared, raises, held_cores, held_mb, outdated)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: drop_layers
DELETE FROM layer WHERE job = ?

-- name: put_layer
INSERT OR REPLACE INTO layer (job, idx, cores, max_cores, memory_mb, retries, tags)
VALUES (?, ?, ?, ?, ?, ?, ?)

-- name: put_released_edge
INSERT OR IGNORE INTO released_edge (job, idx) VALUES (?, ?)

-- name: drop_released_edge
DELETE FROM released_edge WHERE job = ? AND idx = ?

-- name: put_depend
INSERT OR IGNORE INTO depend (job, idx, kind, outcome, layer, er_frame, on_job, on_layer, on_frame)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: clear_after
UPDATE job SET after = '{}' WHERE pk = ?

-- name: drop_comments
DELETE FROM comment WHERE job = ?

-- name: put_comment
INSERT INTO comment (job, pos, number, at, user, subject, message) VALUES (?, ?, ?, ?, ?, ?, ?)

-- name: put_made
INSERT OR REPLACE INTO made (key, command, env, frames, inputs, outputs) VALUES (?, ?, ?, ?, ?, ?)

-- name: find_made
SELECT key, command, env, frames, inputs, outputs FROM made WHERE key = ?

-- name: all_jobs
SELECT pk, id, spec, state, paused, priority, autoeat, max_retries, min_cores, max_cores,
       submitted_at, stopped_at, after
FROM job ORDER BY pk

-- name: layers_of
SELECT idx, cores, max_cores, memory_mb, retries, tags FROM layer WHERE job = ?

-- name: released_edges_of
SELECT idx FROM released_edge WHERE job = ?

-- name: depends_of
SELECT idx, kind, outcome, layer, er_frame, on_job, on_layer, on_frame
FROM depend WHERE job = ? ORDER BY idx

-- name: comments_of
SELECT number, at, user, subject, message FROM comment WHERE job = ? ORDER BY pos

-- name: frames_of
SELECT idx, state, attempt, retries, exit_status, exit_signal, start_at, stop_at, wall_s, cpu_s,
       max_rss_kb, freed, assumed, intent, reason, spared, raises, held_cores,
       held_mb, outdated
FROM frame WHERE job = ?

-- name: drop_layer_starts
DELETE FROM layer_start WHERE job = ?

-- name: put_layer_start
INSERT INTO layer_start (job, idx, limits, gpus, threadable, dispatch_order, frame_order,
                         start_after, start_reason)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)

-- name: layer_starts_of
SELECT idx, limits, gpus, threadable, dispatch_order, frame_order, start_after, start_reason
FROM layer_start WHERE job = ?

-- name: drop_limit
DELETE FROM limits WHERE id = ?

-- name: put_limit
INSERT INTO limits (id, name, max_value) VALUES (?, ?, ?)

-- name: all_limits
SELECT id, name, max_value FROM limits

-- name: put_host
INSERT OR REPLACE INTO host (only, settings) VALUES (1, ?)

-- name: the_host
SELECT settings FROM host
