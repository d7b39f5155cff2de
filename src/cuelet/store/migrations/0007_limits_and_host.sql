-- How many frames may run at a time of the layers that carry a name; -1 is no limit.
CREATE TABLE limits (
    id        TEXT    PRIMARY KEY,
    name      TEXT    NOT NULL UNIQUE,
    max_value INTEGER NOT NULL CHECK (max_value >= -1)
) WITHOUT ROWID;

-- What people said of the machine: at most one row, a JSON object.
CREATE TABLE host (
    only     INTEGER PRIMARY KEY CHECK (only = 1),
    settings TEXT    NOT NULL
);

-- When and where frames of a layer start; only layers that differ from the job's spec.
CREATE TABLE layer_start (
    job            INTEGER NOT NULL REFERENCES job (pk) ON DELETE CASCADE,
    idx            INTEGER NOT NULL,
    limits         TEXT    NOT NULL,
    gpus           INTEGER NOT NULL,
    threadable     INTEGER NOT NULL CHECK (threadable IN (0, 1)),
    dispatch_order INTEGER NOT NULL,
    frame_order    TEXT    NOT NULL,
    start_after    REAL    NOT NULL,
    start_reason   TEXT    NOT NULL,
    PRIMARY KEY (job, idx)
) WITHOUT ROWID;
