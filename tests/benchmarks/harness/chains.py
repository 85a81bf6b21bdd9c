"""Long chains of applied migrations: in Alembic, in Django, and as many installed packs in sealift."""

import sqlite3
import sys
from pathlib import Path

ALEMBIC_ENVIRONMENT = """\
from alembic import context
from sqlalchemy import create_engine

with create_engine("sqlite:///{database}").connect() as connection:
    context.configure(connection=connection, target_metadata=None)
    with context.begin_transaction():
        context.run_migrations()
"""
DJANGO_MANAGE = """\
import sys

from django.conf import settings
from django.core.management import execute_from_command_line

settings.configure(
    DATABASES={{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": "{database}"}}}},
    INSTALLED_APPS=["chain"],
)
execute_from_command_line(sys.argv)
"""


def alembic(folder, count):
    """Make a project with ``count`` applied revisions; return the words of `alembic current`."""
    versions = folder / "versions"
    versions.mkdir(parents=True)
    for number in range(1, count + 1):
        before = f'"m{number - 1:05}"' if number > 1 else "None"
        text = f'revision = "m{number:05}"\ndown_revision = {before}\n\n\ndef upgrade():\n    pass\n'
        (versions / f"m{number:05}.py").write_text(text, encoding="ascii")
    database = folder / "alembic.db"
    (folder / "env.py").write_text(ALEMBIC_ENVIRONMENT.format(database=database), encoding="utf-8")
    (folder / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s\n", encoding="ascii")
    _fill(
        database,
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)",
        "INSERT INTO alembic_version VALUES (?)",
        [(f"m{count:05}",)],
    )
    return [sys.executable, "-m", "alembic", "-c", str(folder / "alembic.ini"), "current"]


def django(folder, count):
    """Make a project with ``count`` applied migrations; return the words of `manage.py showmigrations`."""
    migrations = folder / "chain" / "migrations"
    migrations.mkdir(parents=True)
    for package in (migrations.parent, migrations):
        (package / "__init__.py").touch()
    for number in range(1, count + 1):
        before = f'("chain", "m{number - 1:05}")' if number > 1 else ""
        text = (
            "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n"
            f"    dependencies = [{before}]\n    operations = []\n"
        )
        (migrations / f"m{number:05}.py").write_text(text, encoding="ascii")
    database = folder / "django.db"
    (folder / "manage.py").write_text(DJANGO_MANAGE.format(database=database), encoding="utf-8")
    _fill(
        database,
        "CREATE TABLE django_migrations (id INTEGER PRIMARY KEY, app TEXT, name TEXT, applied TEXT)",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('chain', ?, '2026-01-01')",
        [(f"m{number:05}",) for number in range(1, count + 1)],
    )
    return [sys.executable, str(folder / "manage.py"), "showmigrations"]


def _fill(database: Path, create, insert, rows):
    connection = sqlite3.connect(database)
    connection.execute(create)
    connection.executemany(insert, rows)
    connection.commit()
    connection.close()
