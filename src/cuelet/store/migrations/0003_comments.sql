-- What people left on a job; pos is the order of their coming.
CREATE TABLE comment (
    job     INTEGER NOT NULL REFERENCES job (pk) ON DELETE CASCADE,
    pos     INTEGER NOT NULL,
    number  INTEGER NOT NULL,
    at      REAL    NOT NULL,
    user    TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    message TEXT    NOT NULL,
    PRIMARY KEY (job, pos)
) WITHOUT ROWID;
