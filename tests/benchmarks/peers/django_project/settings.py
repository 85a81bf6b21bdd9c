"""The least that Django needs to migrate one application; the database comes from the environment."""

import os
from urllib.parse import parse_qs, urlsplit

_url = urlsplit(os.environ["BENCHMARK_DATABASE"])
if _url.scheme == "sqlite":
    _database = {"ENGINE": "django.db.backends.sqlite3", "NAME": _url.path}
else:
    _host = parse_qs(_url.query)["host"][0]
    _database = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _url.path.lstrip("/"),
        "USER": _url.username,
        "HOST": _host,
    }
DATABASES = {"default": _database}
INSTALLED_APPS = ["orders"]
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
