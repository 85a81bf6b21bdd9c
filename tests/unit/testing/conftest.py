"""pytest run by pytest, in a process of its own, with the plugin and no other."""

import pytest


@pytest.fixture
def run_pytest(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):
    """Run pytest on the project in the current folder; ``-p`` names the plugin, as its entry point would."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(*arguments: str) -> pytest.RunResult:
        return pytester.runpytest_subprocess("-p", "sealift.testing.plugin", "-p", "no:cacheprovider", *arguments)

    return run
