"""Pure decisions: which migrations run, in which order, and why. No input or output."""
