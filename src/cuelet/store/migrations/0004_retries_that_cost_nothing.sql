-- Ends that were not the frame's fault, and times it was tried again with more memory.
ALTER TABLE frame ADD COLUMN spared INTEGER NOT NULL DEFAULT 0;
ALTER TABLE frame ADD COLUMN raises INTEGER NOT NULL DEFAULT 0;
