"""The peers, each as its users would run it."""

import sys
from pathlib import Path

from harness.runs import Runner

HERE = Path(__file__).resolve().parents[1]
PEERS = HERE / "peers"
SCHEMA = HERE / "pack_orders" / "bench_orders" / "pack" / "schemas" / "order-1.1.0.json"
PATH = {"PYTHONPATH": str(PEERS), "PYTHONDONTWRITEBYTECODE": "1"}


def peers(kind, slow_share):
    """Return the runners of this kind of store, by name."""
    runners = [
        script(kind, "none", 1.0),
        script(kind, "jsonschema-rs", 1.0),
        script(kind, "jsonschema", slow_share),
        alembic("many", 1.0),
        alembic("rows", slow_share),
        django(slow_share),
        yoyo(),
        *([sqlite_utils()] if kind == "sqlite" else []),
        Runner(
            name="alembic-nothing",
            command=alembic_command("many"),
            template="alembic",
            environment=PATH,
        ),
    ]
    return {runner.name: runner for runner in runners}


def script(kind, validation, share):
    name = "script" if validation == "none" else f"script-{validation}"
    file = str(PEERS / f"script_{kind}.py")

    def command(database):
        return [sys.executable, file, database.plain, "--validate", validation, "--schema", str(SCHEMA)]

    return Runner(name=name, command=command, share=share, environment=PATH)


def alembic_command(variant):
    ini = str(PEERS / "alembic_project" / f"{variant}.ini")

    def command(database):
        return [sys.executable, "-m", "alembic", "-c", ini, "-x", f"url={database.url}", "upgrade", "head"]

    return command


def alembic(variant, share):
    return Runner(name=f"alembic-{variant}", command=alembic_command(variant), share=share, environment=PATH)


def django(share):
    manage = str(PEERS / "django_project" / "manage.py")
    environment = {**PATH, "PYTHONPATH": f"{PEERS}:{PEERS / 'django_project'}"}
    return Runner(
        name="django",
        command=lambda database: [sys.executable, manage, "migrate"],  # noqa: ARG005  # settings.py reads it
        share=share,
        environment=environment,
    )


def yoyo():
    def command(database):
        url = database.url.replace("sqlite:///", "sqlite:////").replace("sqlite://///", "sqlite:////")
        return [sys.executable, "-m", "yoyo", "apply", "--batch", "--database", url, str(PEERS / "yoyo_steps")]

    return Runner(name="yoyo", command=command, environment=PATH)


def sqlite_utils():
    def command(database):
        words = ["convert", database.plain, "orders", "document", "as_text.convert(value)", "--import", "as_text"]
        return [sys.executable, "-m", "sqlite_utils", *words, "--silent"]

    return Runner(name="sqlite-utils", command=command, environment=PATH)
