"""Settings that cannot be are refused with their name and source, before anything is opened."""

import pytest

from sealift.cli import main
from sealift.config import Settings
from sealift.errors.config import BadSettingError, UnreadableConfigError


def read(tmp_path, text: str = "", **environ: str) -> Settings:
    (tmp_path / "sealift.toml").write_text(text)
    return Settings.read(flags={}, environ=environ, config=None, directory=tmp_path)


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        ("quarantine_limit = -1", "quarantine_limit"),
        ("lock_timeout = -1", "lock_timeout"),
        ("lock_timeout = nan", "lock_timeout"),
        ("lock_timeout = inf", "lock_timeout"),
        ("worker_seconds = 0", "worker_seconds"),
        ("worker_seconds = nan", "worker_seconds"),
        ("workers = true", "workers"),
        ("workers = 0", "workers"),
        ("batch_rows = 1.5", "batch_rows"),
        ("database = 3", "database"),
        ("require_policy = 'perhaps'", "require_policy"),
        ("environment = 'test'", "environment"),
        ("isolation = 'x'", "isolation"),
        ("collections = 3", "collections"),
        ("collections.people = 3", "binding"),
        ("[collections.people]\nkey = 3", "key"),
        ("[collections.people]\nkey = [3]", "key"),
        ("[collections.people]\ntable = 3", "table"),
        ("[collections.people]\ndocument = []", "document"),
        ("[collections.people]\nvalidation = 1", "validation"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_name(tmp_path, text, setting):
    with pytest.raises(BadSettingError) as caught:
        read(tmp_path, text)
    assert caught.value.setting == setting


@pytest.mark.parametrize(
    ("text", "environ", "values"),
    [
        ("lock_timeout = 0", {}, {"lock_timeout": 0.0}),
        ("lock_timeout = 2", {"SEALIFT_LOCK_TIMEOUT": "1.5"}, {"lock_timeout": 1.5}),
        ("quarantine_limit = 0", {}, {"quarantine_limit": 0}),
        ("", {"SEALIFT_PACK_ROOTS": "/a,/b", "SEALIFT_REQUIRE_POLICY": "yes"}, {"pack_roots": ("/a", "/b")}),
        ("", {"DATABASE_URL": "sqlite:///a.db"}, {"database": "sqlite:///a.db"}),
        ("", {"DATABASE_URL": "sqlite:///a.db", "SEALIFT_DATABASE": "sqlite:///b.db"}, {"database": "sqlite:///b.db"}),
    ],
)
def test_a_value_at_the_edge_is_taken(tmp_path, text, environ, values):
    settings = read(tmp_path, text, **environ)
    assert {name: getattr(settings, name) for name in values} == values


def test_a_missing_file_is_told_once(tmp_path):
    with pytest.raises(UnreadableConfigError, match=r"none\.toml: .*: No such file or directory$"):
        Settings.read(flags={}, environ={}, config=tmp_path / "none.toml", directory=tmp_path)


@pytest.mark.parametrize("arguments", [[], ["trust"]])
def test_without_a_verb_there_is_help_and_no_traceback(arguments, capsys):
    assert main(arguments) == 2
    assert "Usage: sealift" in capsys.readouterr().err


def test_the_form_of_the_environment_holds_for_errors_too(capsys, monkeypatch):
    monkeypatch.setenv("SEALIFT_FORMAT", "json")
    assert main(["upgarde"]) == 2
    assert '"code": "CONFIG-000"' in capsys.readouterr().out
    monkeypatch.setenv("SEALIFT_FORMAT", "xml")
    assert main(["status"]) == 2
    assert "CONFIG-002" in capsys.readouterr().err
