-- What people set up beside jobs (shows, groups, filters, ...): a JSON object each, by kind and id.
-- The row of the empty kind counts the others.
CREATE TABLE record (
    kind  TEXT    NOT NULL,
    id    TEXT    NOT NULL,
    value TEXT    NOT NULL,
    sum   INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;
