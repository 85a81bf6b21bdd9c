"""From manifests, history and targets to a plan: pure functions."""
