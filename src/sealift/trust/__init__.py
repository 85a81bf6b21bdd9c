"""Is it genuine? Keys, policy, envelope and verification; signing on the release engineer's side."""
