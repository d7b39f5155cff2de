-- How sets of outputs were made, for layers with skip_existing: digests, the latest success of each set.
CREATE TABLE made (
    key     TEXT NOT NULL PRIMARY KEY,
    command TEXT NOT NULL,
    env     TEXT NOT NULL,
    frames  TEXT NOT NULL,
    inputs  TEXT NOT NULL,
    outputs TEXT NOT NULL
) WITHOUT ROWID;
