"""The host's side of the cage: starting workers, checking their lock, talking to them."""
