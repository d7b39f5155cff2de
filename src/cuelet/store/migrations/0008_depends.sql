-- Depends that a job's spec does not hold by itself: on other jobs, or added while it ran.
-- An empty layer is the whole job, an empty on_job the same job, no frame the whole layer.
CREATE TABLE depend (
    job      INTEGER NOT NULL REFERENCES job (pk) ON DELETE CASCADE,
    idx      INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    outcome  TEXT    NOT NULL CHECK (outcome IN ('succeeded', 'finished')),
    layer    TEXT    NOT NULL,
    er_frame INTEGER,
    on_job   TEXT    NOT NULL,
    on_layer TEXT    NOT NULL,
    on_frame INTEGER,
    PRIMARY KEY (job, idx)
) WITHOUT ROWID;

-- Whether the input of a running frame is being made again, so that the frame runs again too.
ALTER TABLE frame ADD COLUMN outdated INTEGER NOT NULL DEFAULT 0 CHECK (outdated IN (0, 1));
