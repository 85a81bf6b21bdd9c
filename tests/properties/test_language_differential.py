"""Programs that the policy accepts give the same result as plain CPython."""

import warnings

import pytest
from hypothesis import assume, example, given, reject, settings
from hypothesis import strategies as st

from language_programs import plain, programs, run_as_pack, run_as_python, source
from sealift.worker import stable_sets
from sealift.worker.compiler import check_source, preload
from sealift.worker.findings import Finding
from test_size import scaled


class RefusedSetError(BaseException):
    """Goes through every handler of a program: a set whose order would differ is the one thing refused at run time."""


@pytest.fixture(scope="module", autouse=True)
def _warm():
    preload()
    require = stable_sets.require_stable

    def refuse(element):
        try:
            require(element)
        except TypeError as error:
            if "has another order" in str(error):
                raise RefusedSetError from None
            raise

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stable_sets, "require_stable", refuse)
        yield


def is_python(text):
    """Some combinations are no Python, such as an assignment expression in what a comprehension iterates."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "program", "exec")
    except SyntaxError:
        return False
    return True


@settings(max_examples=scaled(100))
@given(programs)
@example("    d['a'] += 1")
@example("    out.append([list, dict] == [list, dict])")
def test_the_same_result_as_python(body):
    text = source(body)
    assume(is_python(text))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ``~True`` and ``1 is 1`` are worth a warning, not a difference
        try:
            made = plain(run_as_pack(text))
        except RefusedSetError:
            reject()
        assert made == plain(run_as_python(text))


def test_the_comparison_sees_differences():
    assert plain([1, (2,), {"a": True}]) != plain([1, [2], {"a": 1}])
    assert plain(run_as_python(source("    out.append(a)"))) != plain(run_as_python(source("    out.append(b)")))


@given(
    programs,
    st.integers(0, 4000),
    st.integers(0, 12),
    st.sampled_from(["", "(", ")", "'", '"', ":", "\n", "  ", "*", "@", "é", "x.y", "if ", "lambda ", "=", "{"]),
)
def test_no_source_makes_the_check_itself_fail(body, start, length, inserted):
    text = source(body)
    text = text[:start] + inserted + text[start + length :]
    findings = check_source("p", text)
    assert all(isinstance(finding, Finding) and finding.message and finding.line >= 0 for finding in findings)
    if not findings:
        assert is_python(text)
