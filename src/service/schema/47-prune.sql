-- When the working rows of a finished case were taken out into an archive (service/prune.h); NULL: they are here.
ALTER TABLE cases ADD COLUMN pruned_at INTEGER;
