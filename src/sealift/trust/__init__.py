"""Is it genuine? Keys, policy, envelope and verification; signing on the release engineer's side.

Everything but ``policy.TrustPolicy.load``, ``directory``, ``editing`` and ``keyfiles`` is a pure function of bytes and
a clock. A verdict is never kept: verifying again is cheaper than trusting a cache.
"""
