"""The reference page says what the compiler does."""

import re

from language_page import MEANINGS, PAGE, PARTS, page
from sealift.worker.codec import Codec
from sealift.worker.compiler import check_source, compile_unit, preload
from sealift.worker.findings import Code


def test_every_table_is_as_the_compiler_has_it():
    text = PAGE.read_text()
    assert page(text) == text, "run tests/support/language_page.py"
    assert set(re.findall(r"<!-- begin: (\w+) -->", text)) == set(PARTS)
    assert set(MEANINGS) == set(Code)


def test_the_example_runs():
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    preload()
    assert check_source("example", example) == []
    unit = compile_unit({"example": example}, "example", "Cents")
    raw = b'{"country":" Germany ","lines":[{"price":0.125},{"price":1.10}]}'
    assert Codec(200, 1000).transform(raw, unit.function("upgrade")) == (
        b'{"country":"DE","lines":[{"price":0.125,"cents":13},{"price":1.10,"cents":110}],"revision":1}'
    )
