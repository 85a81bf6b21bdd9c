"""Settings every test shares."""

from hypothesis import HealthCheck, settings
from test_size import scaled

# Shared machines are noisy: a deadline would measure the neighbours.
settings.register_profile(
    "sealift", max_examples=scaled(60), deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("sealift")
