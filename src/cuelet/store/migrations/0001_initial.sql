CREATE TABLE job (
    pk           INTEGER PRIMARY KEY,
    id           TEXT    NOT NULL UNIQUE,
    spec         TEXT    NOT NULL,
    state        INTEGER NOT NULL CHECK (state IN (0, 1)),
    paused       INTEGER NOT NULL CHECK (paused IN (0, 1)),
    priority     INTEGER NOT NULL,
    autoeat      INTEGER NOT NULL CHECK (autoeat IN (0, 1)),
    max_retries  INTEGER NOT NULL,
    min_cores    REAL    NOT NULL,
    max_cores    REAL    NOT NULL,
    submitted_at REAL    NOT NULL,
    stopped_at   REAL    NOT NULL
);

-- Only layers whose settings differ from the job's spec.
CREATE TABLE layer (
    job       INTEGER NOT NULL REFERENCES job (pk) ON DELETE CASCADE,
    idx       INTEGER NOT NULL,
    cores     REAL    NOT NULL,
    max_cores REAL    NOT NULL,
    memory_mb INTEGER NOT NULL,
    retries   INTEGER NOT NULL,
    tags      TEXT    NOT NULL,
    PRIMARY KEY (job, idx)
) WITHOUT ROWID;

-- Only depends that were satisfied or dropped by somebody.
CREATE TABLE released_edge (
    job INTEGER NOT NULL REFERENCES job (pk) ON DELETE CASCADE,
    idx INTEGER NOT NULL,
    PRIMARY KEY (job, idx)
) WITHOUT ROWID;

-- Only frames that ran or were touched: the others follow from the job's spec.
CREATE TABLE frame (
    job         INTEGER NOT NULL REFERENCES job (pk) ON DELETE CASCADE,
    idx         INTEGER NOT NULL,
    state       INTEGER NOT NULL CHECK (state IN (0, 2, 3, 4, 5, 6)),
    attempt     INTEGER NOT NULL,
    retries     INTEGER NOT NULL,
    exit_status INTEGER NOT NULL,
    exit_signal INTEGER NOT NULL,
    start_at    REAL    NOT NULL,
    stop_at     REAL    NOT NULL,
    wall_s      REAL    NOT NULL,
    cpu_s       REAL    NOT NULL,
    max_rss_kb  INTEGER NOT NULL,
    freed       INTEGER NOT NULL CHECK (freed IN (0, 1)),
    assumed     INTEGER NOT NULL CHECK (assumed IN (0, 1)),
    intent      TEXT    NOT NULL,
    reason      TEXT    NOT NULL,
    PRIMARY KEY (job, idx)
) WITHOUT ROWID;
