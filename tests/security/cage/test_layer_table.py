"""The table of what each kernel layer stops alone is true here, for the layers that this kernel has."""

import re
import tempfile
from pathlib import Path

import pytest

from layer_table import LAYERS, TABLE, THROUGH, Cages, came_of, facts, names, victims

ROWS = {
    cells[0]: dict(zip((*LAYERS, "without any"), cells[1:], strict=True))
    for line in TABLE.read_text("utf-8").splitlines()
    if (cells := re.findall(r"(?<=\| )[^|]+(?= \|)", line)) and cells[0][1:3].isdigit()
}
ABI = 6
"""Landlock's, from which on it stops all that the table says."""


def present():
    said = facts()
    landlock = said["landlock"].isdigit() and int(said["landlock"]) >= ABI
    there = {"Landlock": landlock, "MDWE": said["execute"] != "absent"}
    return [layer for layer in LAYERS if there.get(layer, True)]


@pytest.fixture(scope="module")
def cages():
    cages = Cages()
    yield cages
    cages.close()


@pytest.fixture(scope="module")
def others():
    with victims() as others:
        yield others


@pytest.fixture
def folder():
    """A folder that the worker's user could reach, unlike those of pytest."""
    with tempfile.TemporaryDirectory(prefix="sealift-test-") as name:
        yield Path(name)


@pytest.fixture(scope="module", name="present")
def _present():
    return present()


def test_every_probe_has_a_row():
    assert set(names()) <= set(ROWS)


def test_every_layer_stops_something_that_goes_through_without_it():
    for layer in LAYERS:
        assert [name for name, row in ROWS.items() if row[layer] != THROUGH and row["without any"] == "done"], layer


def test_the_filter_alone_stops_everything_but_memory():
    through = [name for name, row in ROWS.items() if row["seccomp"] == THROUGH]
    assert through == ["R05-memory"]


@pytest.mark.parametrize("name", [name for name in names() if name in ROWS])
def test_a_probe_ends_under_each_layer_alone_as_the_table_says(cages, others, folder, present, name):
    layers = [layer for layer in present if ROWS[name][layer] != THROUGH]

    ended = {layer: came_of(cages.get(LAYERS[layer]), name, folder, others) for layer in layers}
    without = came_of(cages.get(()), name, folder, others)

    assert ended == {layer: ROWS[name][layer] for layer in layers}
    assert without not in ended.values(), "it is not this layer that stops the probe"
