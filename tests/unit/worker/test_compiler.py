"""Findings, units, and what the compiler promises around them."""
# ruff: noqa: E501 -- programs and tables of cases stand one a line

import ast
import subprocess
import sys
import zoneinfo
from pathlib import Path

import pytest

from sealift.worker import compiler
from sealift.worker.checking import MOST_FINDINGS
from sealift.worker.compiler import RefusedError, check_source, compile_unit, preload
from sealift.worker.facades import OFFERS
from sealift.worker.facades.dates import ZoneData, ZoneInfo
from sealift.worker.findings import Code
from sealift.worker.names import ATTRIBUTES, LEFT_OUT_ATTRIBUTES, LEFT_OUT_NAMES
from sealift.worker.transformer import PackTransformer

GOOD = """from sealift import Migration
class One(Migration):
    def upgrade(self, document):
        return document | {"one": 1}
class Two(One):
    def downgrade(self, document):
        return document
    def validate(self, document):
        raise ValueError(document["x"])
    def pre_upgrade(self):
        return "no argument"
    def post_upgrade(self, facts):
        return facts
    def other(self):
        return 1
"""


class TestUnits:
    def test_the_methods_of_a_class_and_of_its_base(self):
        assert compile_unit({"p": GOOD}, "p", "One").methods == {"upgrade"}
        assert compile_unit({"p": GOOD}, "p", "Two").methods == {
            "upgrade",
            "downgrade",
            "validate",
            "pre_upgrade",
            "post_upgrade",
        }

    def test_calls(self):
        unit = compile_unit({"p": GOOD}, "p", "Two")
        assert unit.call("upgrade", {"a": 1}) == {"a": 1, "one": 1}
        assert unit.call("pre_upgrade", {"documents": 1}) == "no argument"
        assert unit.call("post_upgrade", {"documents": 1}) == {"documents": 1}
        with pytest.raises(ValueError, match="why"):
            unit.call("validate", {"x": "why"})
        with pytest.raises(KeyError):
            unit.call("other", {})

    @pytest.mark.parametrize(("path", "name", "words"), [("p", "Three", "One, Two"), ("q", "One", "no such file")])
    def test_a_class_or_file_that_is_not_there(self, path, name, words):
        with pytest.raises(RefusedError, match=words) as caught:
            compile_unit({"p": GOOD}, path, name)
        assert [finding.code for finding in caught.value.findings] == [Code.MISSING]

    def test_units_share_nothing(self):
        one, two = (compile_unit({"p": GOOD}, "p", "One") for _ in range(2))
        assert one.function("upgrade").__globals__ is not two.function("upgrade").__globals__
        assert (
            one.function("upgrade").__globals__["__builtins__"]
            is not two.function("upgrade").__globals__["__builtins__"]
        )

    def test_what_a_constant_raises_is_a_finding(self):
        with pytest.raises(RefusedError) as caught:
            compile_unit({"p": "def f():\n    return {}['x']\nA = f()\n" + GOOD}, "p", "One")
        (finding,) = caught.value.findings
        assert (finding.line, finding.code, finding.message) == (2, Code.RAISED, "KeyError: 'x'")


class TestFindings:
    def test_all_of_them_in_order(self):
        source = "import os\nfrom sealift import Migration\nclass M(Migration):\n    def upgrade(self, document):\n        print(document.name)\n        with open('x') as é:\n            pass\n        x = eval('1'); y = [z for w in ()]\n        return documnt\n"
        found = [(finding.line, finding.column, finding.code) for finding in check_source("p", source)]
        assert found == [
            (1, 1, "LANG-015"), (5, 9, "LANG-011"), (5, 15, "LANG-013"), (6, 9, "LANG-010"), (6, 27, "LANG-001"),
            (8, 13, "LANG-011"), (8, 29, "LANG-011"), (9, 16, "LANG-011"),
        ]  # fmt: skip

    def test_columns_count_characters(self):
        (finding,) = check_source("p", "A = ['éé', print]\n")
        assert finding.column == 12

    def test_they_say_what_to_write_instead(self):
        (finding,) = check_source("p", "import datetime\ndef f():\n    return datetime.datetime.now()\n")
        assert str(finding) == (
            "p:3:12: LANG-013 the attribute now is not offered; instead: take the time from the document: a migration has no clock"
        )

    def test_there_is_an_end_to_them(self):
        assert len(check_source("p", "\n".join(f"a{n} = print" for n in range(2000)))) == MOST_FINDINGS

    def test_no_source_makes_the_check_itself_fail(self):
        for text in (
            "",
            "\n",
            "#",
            "x",
            "'''",
            "\\",
            "(",
            "def",
            "class A: pass",
            "@",
            "x: int",
            "lambda: (yield)",
            "a = yield 1",
            "return",
            "break",
        ):
            check_source("p", text)

    @pytest.mark.parametrize(
        "text",
        [
            "def f():\n    break",
            "def f(a, a):\n    pass",
            "def f():\n    x = 1\n    return 1\n  y",
            "def f():\n    f(a=1, a=2)",
            "A = *[1]",
        ],
    )
    def test_what_only_the_compiler_finds_is_a_finding(self, text):
        assert Code.SYNTAX in {finding.code for finding in check_source("p", text)}

    def test_a_syntax_error_does_not_read_the_file_it_names(self, tmp_path):
        secret = tmp_path / "secret.py"
        secret.write_text("the secret\n")
        for text in ("x = = 1", "def f():\n    break"):
            (finding,) = check_source(str(secret), text)
            assert "secret" not in finding.message + finding.instead
        assert not Path(compiler.CODE_NAME).exists()

    def test_every_refusal_with_a_remedy_is_reported_with_it(self):
        for name, instead in LEFT_OUT_NAMES.items():
            assert [finding.instead for finding in check_source("p", f"def f():\n    return {name}\n")] == [instead]
        for name, instead in LEFT_OUT_ATTRIBUTES.items():
            assert [finding.instead for finding in check_source("p", f"def f(x):\n    return x.{name}\n")] == [instead]
        for module, offer in OFFERS.items():
            for name, instead in offer.left_out.items():
                assert [finding.instead for finding in check_source("p", f"from {module} import {name}\n")] == [instead]
                assert [
                    finding.instead
                    for finding in check_source("p", f"import {module}\ndef f():\n    return {module}.{name}\n")
                ] == [instead]

    def test_every_offer_is_accepted_in_both_forms(self):
        for module, offer in OFFERS.items():
            for name in offer.members:
                assert (
                    check_source(
                        "p",
                        f"from {module} import {name} as a\nimport {module} as m\ndef f():\n    return a, m.{name}\n",
                    )
                    == []
                )

    def test_every_attribute_is_accepted(self):
        assert check_source("p", "def f(x):\n" + "\n".join(f"    x.{name}" for name in sorted(ATTRIBUTES))) == []


class TestUnknownNodes:
    def test_a_node_type_that_nobody_knows_is_refused(self):
        class Novelty(ast.expr):
            _fields = ()

        tree = ast.parse("def f():\n    return 1\n")
        tree.body[0].body[0].value = ast.copy_location(Novelty(), tree.body[0].body[0])
        transformer = PackTransformer("p", ["def f():", "    return 1"], tree)
        transformer.visit(tree)
        assert [finding.code for finding in transformer.findings] == [Code.STATEMENT]

    def test_every_statement_and_expression_of_this_python_was_decided_about(self):
        known = {name.removeprefix("visit_") for name in dir(PackTransformer) if name.startswith("visit_")}
        kinds = {
            kind.__name__
            for base in (ast.stmt, ast.expr, ast.pattern)
            for kind in base.__subclasses__()
            if kind.__module__ in {"ast", "_ast"}
        }
        assert kinds - known <= {
            "TypeAlias",
            "Num",
            "Str",
            "Bytes",
            "NameConstant",
            "Ellipsis",
            "AugLoad",
            "AugStore",
            "Param",
        }


class TestZones:
    def test_the_same_times_as_the_standard_library(self):
        preload()
        import datetime as dt

        when = dt.datetime(2024, 7, 1, 12, tzinfo=dt.UTC)
        for key in ("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "UTC"):
            assert when.astimezone(ZoneInfo(key)).isoformat() == when.astimezone(zoneinfo.ZoneInfo(key)).isoformat()
        assert ZoneInfo("Europe/Berlin") is ZoneInfo("Europe/Berlin")

    def test_an_unknown_zone(self):
        with pytest.raises(zoneinfo.ZoneInfoNotFoundError):
            ZoneInfo("../../etc/passwd")

    def test_nothing_is_loaded_before_it_is_asked_for(self):
        with pytest.raises(zoneinfo.ZoneInfoNotFoundError):
            ZoneData().zone("UTC")


class TestSurroundings:
    def test_the_worker_loads_nothing_of_the_host(self):
        program = (
            "import sys; from sealift.worker import codec, compiler; compiler.preload(); print(*sorted(sys.modules))"
        )
        loaded = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True
        ).stdout.split()
        assert "sealift.worker.compiler" in loaded
        host = [name for name in loaded if name.startswith("sealift.") and not name.startswith("sealift.worker")]
        assert host == []
        assert not {"sqlalchemy", "cryptography", "subprocess", "socket", "sqlite3"} & set(loaded)

    def test_a_warning_of_the_source_is_not_written(self, capfd):
        assert check_source("p", "A = '\\d'\nB = 1 is 1\n") == []
        assert capfd.readouterr() == ("", "")

    def test_a_c_function_cannot_import_what_is_not_loaded(self):
        with pytest.raises(ImportError):
            compiler._import("no_such_module")
        assert vars(compiler._import("re")) == {}
