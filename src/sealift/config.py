"""Settings: flags before environment before file before default.

The one module that reads the environment and the configuration file. Everything else gets a frozen ``Settings``.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from sealift.errors.config import BadSettingError, NotInProductionError, UnknownSettingError, UnreadableConfigError
from sealift.ports import Binding

PREFIX = "SEALIFT_"
_OTHERS = frozenset({"config", "format", "allow_unsigned_build"})
"""Variables that are no settings: the configuration file, the form of the output, and one of the hatch build hook."""
_FILES = ("sealift.toml", "pyproject.toml")
_ENVIRONMENTS = ("production", "development")
_LEVELS = ("full", "kernel", "process", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an operator can set. Each field is a flag, a ``SEALIFT_…`` variable and a key of the file."""

    database: str = "sqlite:///sealift.db"
    trusted_keys: str = "trusted_keys"
    environment: str = "production"
    """``development`` permits editable installs and ``allow_unsigned``."""
    allow_unsigned: tuple[str, ...] = ()
    """Packs, by full name, that may run unsigned in development."""
    pack_roots: tuple[str, ...] = ()
    """Directories besides this interpreter's site-packages in which packs are installed (``pip install --target``)."""
    require_policy: bool = False
    """Refuse a trusted_keys directory without policy.toml."""
    isolation: str = "kernel"
    """The weakest level of isolation that is accepted."""
    operator: str = ""
    """Who runs this, for the history; the user's login name by default."""
    lock_timeout: float = 60.0
    """Seconds to wait for another runner."""
    workers: int = 1
    on_error: str = "stop"
    quarantine_limit: int = 1000
    batch_rows: int = 1000
    validation: str = "changed"
    """Which documents are checked: all, changed, sample:RATE or off."""
    check_free_space: bool = True
    """Refuse a step that the store's file system has no room for, before it begins."""
    worker_memory_mib: int = 512
    worker_seconds: float = 30.0
    """Wall clock for one frame of documents."""
    collections: Mapping[str, Binding] = field(default_factory=dict)

    @classmethod
    def of(cls, **values: Any) -> Self:
        """Make settings from values alone, checked; the environment and files are not looked at."""
        settings = cls(**values)
        _check(settings)
        return settings

    @classmethod
    def read(
        cls, *, flags: Mapping[str, Any], environ: Mapping[str, str], config: Path | None, directory: Path
    ) -> Self:
        """Merge all sources; raises a ConfigError that names the source and the setting."""
        merged = _from_file(config, directory) | _from_environment(environ)
        merged |= {name: value for name, value in flags.items() if value is not None}
        settings = cls(**merged)
        _check(settings)
        return settings


def cache_folder(environ: Mapping[str, str]) -> Path | None:
    """Return where this user's programs keep what can be deleted (XDG Base Directory Specification), if anywhere."""
    base, home = environ.get("XDG_CACHE_HOME", ""), environ.get("HOME", "")
    if base.startswith("/"):
        return Path(base, "sealift")
    return Path(home, ".cache", "sealift") if home.startswith("/") else None


def _from_file(config: Path | None, directory: Path) -> dict[str, Any]:
    if config is not None:
        return _settings(config, _table(config))
    for name in _FILES:
        path = directory / name
        if path.is_file():
            table = _table(path)
            if table:
                return _settings(path, table)
    return {}


def _table(path: Path) -> Mapping[str, Any]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableConfigError(file=str(path), reason=reason) from error
    table = content.get("tool", {}).get("sealift", {}) if path.name != "sealift.toml" else content
    return table if path.name != "sealift.toml" or "tool" not in table else table["tool"].get("sealift", {})


def _settings(path: Path, table: Mapping[str, Any]) -> dict[str, Any]:
    known = {item.name for item in fields(Settings)}
    read: dict[str, Any] = {}
    for name, value in table.items():
        if name not in known:
            raise UnknownSettingError(file=str(path), setting=name, known=_near(name, known))
        read[name] = _bindings(path, value) if name == "collections" else _typed(str(path), name, value)
    return read


def _bindings(path: Path, tables: Any) -> dict[str, Binding]:
    if not isinstance(tables, dict):
        raise BadSettingError(source=str(path), setting="collections", found=repr(tables), expected="tables")
    return {name: _binding(f"{path} [collections.{name}]", table) for name, table in tables.items()}


def _binding(source: str, table: Any) -> Binding:
    known = ("table", "key", "document", "validation")
    if not isinstance(table, dict):
        raise BadSettingError(source=source, setting="binding", found=repr(table), expected="a table")
    for name in table:
        if name not in known:
            raise UnknownSettingError(file=source, setting=name, known=known)
    key = table.get("key", [])
    columns = [key] if isinstance(key, str) else key
    if not isinstance(columns, list) or not all(isinstance(column, str) for column in columns):
        raise BadSettingError(source=source, setting="key", found=repr(key), expected="a column, or a list of columns")
    for name in ("table", "document", "validation"):
        if not isinstance(table.get(name, ""), str):
            raise BadSettingError(source=source, setting=name, found=repr(table[name]), expected="a text")
    return Binding(
        table=table.get("table"), key=tuple(columns), document=table.get("document"), validation=table.get("validation")
    )


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    if environ.get("DATABASE_URL"):
        read["database"] = environ["DATABASE_URL"]
    known = {item.name for item in fields(Settings)} - {"collections"}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX) or not text:
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name in _OTHERS or name.startswith("test_"):
            continue
        if name not in known:
            raise UnknownSettingError(file=f"environment variable {variable}", setting=name, known=_near(name, known))
        read[name] = _typed(f"environment variable {variable}", name, text)
    return read


def _typed(source: str, name: str, value: Any) -> Any:
    """Turn a value of a file or the environment into the type of the setting's default."""
    default = getattr(Settings(), name)
    try:
        match default:
            case bool():
                return _truth(value)
            case int():
                return _number(value, int)
            case float():
                return _number(value, float)
            case tuple():
                return tuple(value.split(",")) if isinstance(value, str) else tuple(map(str, value))
            case _:
                return _text(value)
    except (TypeError, ValueError):
        expected = {bool: "true or false", int: "a whole number", float: "a number", tuple: "a list of names"}
        raise BadSettingError(
            source=source, setting=name, found=repr(value), expected=expected.get(type(default), "a text")
        ) from None


def _number(value: Any, kind: type[int] | type[float]) -> float:
    """Read a number; ``true`` is none, and a part of a whole is not dropped in silence."""
    if isinstance(value, bool) or (kind is int and isinstance(value, float)):
        raise TypeError(value)
    return kind(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _truth(value: Any) -> bool:
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if isinstance(value, bool):
        return value
    if str(value).lower() not in words:
        raise ValueError(value)
    return words[str(value).lower()]


def _check(settings: Settings) -> None:
    for name, allowed in (
        ("environment", _ENVIRONMENTS),
        ("isolation", _LEVELS),
        ("on_error", ("stop", "quarantine")),
    ):
        if getattr(settings, name) not in allowed:
            raise BadSettingError(
                source="settings", setting=name, found=repr(getattr(settings, name)), expected=" or ".join(allowed)
            )
    for name in ("workers", "batch_rows", "worker_memory_mib"):
        if getattr(settings, name) < 1:
            raise BadSettingError(
                source="settings", setting=name, found=str(getattr(settings, name)), expected="1 or more"
            )
    if settings.quarantine_limit < 0:
        raise BadSettingError(
            source="settings", setting="quarantine_limit", found=str(settings.quarantine_limit), expected="0 or more"
        )
    _check_seconds(settings)
    if settings.allow_unsigned and settings.environment != "development":
        raise NotInProductionError(setting="allow_unsigned", environment=settings.environment)


def _check_seconds(settings: Settings) -> None:
    if not 0 <= settings.lock_timeout < float("inf"):  # NaN fails every comparison
        raise BadSettingError(
            source="settings", setting="lock_timeout", found=str(settings.lock_timeout), expected="0 or more seconds"
        )
    if not 0 < settings.worker_seconds < float("inf"):
        raise BadSettingError(
            source="settings", setting="worker_seconds", found=str(settings.worker_seconds), expected="seconds above 0"
        )


def _near(name: str, known: set[str]) -> tuple[str, ...]:
    import difflib

    return tuple(difflib.get_close_matches(name, sorted(known), n=3, cutoff=0.5)) or tuple(sorted(known))
