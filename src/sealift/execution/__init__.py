"""Running a plan: batches, validation, pacing, quarantine."""
