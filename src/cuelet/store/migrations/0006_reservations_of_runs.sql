-- What a running frame has reserved: its layer may ask for something else by the time of a restart.
ALTER TABLE frame ADD COLUMN held_cores REAL NOT NULL DEFAULT 0;
ALTER TABLE frame ADD COLUMN held_mb INTEGER NOT NULL DEFAULT 0;
