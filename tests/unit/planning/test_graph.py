"""The picture of all packs, in three forms."""

from xml.etree import ElementTree as ET

import pytest

from planning_world import NOTHING, history, named, pack
from sealift.planning.graph import GraphForm, NodeState, graph_of, render_graph

CORE = pack("acme.core", "2.0.0", "3.0.0!")
ORDERS = pack("acme.orders", ("2.0.0", "acme.core>=2,<3"))
PAST = history("acme.core 1.0.0>2.0.0", "acme.orders 1.0.0>2.0.0 failed", "acme.gone 1.0.0>2.0.0")


def test_mermaid():
    assert render_graph(named(CORE, ORDERS), PAST, GraphForm.MERMAID).splitlines()[:17] == [
        "flowchart LR",
        '  subgraph p0["acme.core"]',
        '    n0["1.0.0"]:::applied',
        '    n1["2.0.0"]:::applied',
        '    n2["3.0.0"]:::irreversible',
        "  end",
        '  subgraph p1["acme.gone"]',
        '    n3["2.0.0"]:::applied',
        "  end",
        '  subgraph p2["acme.orders"]',
        '    n4["1.0.0"]:::applied',
        '    n5["2.0.0"]:::half_applied',
        "  end",
        "  n0 --> n1",
        "  n1 --> n2",
        "  n4 --> n5",
        '  n1 -->|"acme.core &gt;=2,&lt;3"| n5',
    ]


def test_dot():
    text = render_graph(named(CORE, ORDERS), PAST, GraphForm.DOT)
    assert text.startswith("digraph migrations {\n")
    assert '  n1 -> n5 [label="acme.core >=2,<3"];\n' in text
    assert '  n5 -> n2 [label="acme.core >=2,<3", style=dashed];\n' in text
    assert text.count("{") == text.count("}")


def test_svg_is_well_formed_and_draws_every_version_and_arrow_left_to_right():
    root = ET.fromstring(render_graph(named(CORE, ORDERS), PAST, GraphForm.SVG))
    space = "{http://www.w3.org/2000/svg}"
    boxes = {group.find(f"{space}title").text: group.find(f"{space}rect").attrib for group in root.findall(f"{space}g")}
    assert set(boxes) == {
        "acme.core 1.0.0: applied",
        "acme.core 2.0.0: applied",
        "acme.core 3.0.0: irreversible",
        "acme.gone 2.0.0: applied",
        "acme.orders 1.0.0: applied",
        "acme.orders 2.0.0: half-applied",
    }
    column = {title.split(":")[0]: int(box["x"]) for title, box in boxes.items()}
    assert column["acme.core 2.0.0"] < column["acme.orders 2.0.0"] < column["acme.core 3.0.0"]
    assert len(root.findall(f"{space}path")) == 5
    assert "script" not in {element.tag.removeprefix(space) for element in root.iter()}


def test_what_a_name_or_version_holds_cannot_break_out_of_the_picture():
    hostile = pack('a"<b>&', ("2.0.0", "acme.core>=2"))
    for form in GraphForm:
        text = render_graph({'a"<b>&': hostile, "acme.core": CORE}, NOTHING, form)
        assert '"<b>' not in text.replace('\\"', "") or form is GraphForm.DOT
    ET.fromstring(render_graph({'a"<b>&': hostile, "acme.core": CORE}, NOTHING, GraphForm.SVG))


@pytest.mark.parametrize("form", list(GraphForm))
def test_the_same_packs_give_the_same_text_in_any_order(form):
    forwards = render_graph(named(CORE, ORDERS), PAST, form)
    assert render_graph(named(ORDERS, CORE), PAST, form) == forwards


@pytest.mark.parametrize("form", list(GraphForm))
def test_packs_that_wait_for_each_other_or_for_nobody_can_still_be_drawn(form):
    ring = named(
        pack("acme.a", ("2.0.0", "acme.b>=2", "acme.missing>=1", "acme.a>=1")), pack("acme.b", ("2.0.0", "acme.a>=2"))
    )
    assert render_graph(ring, NOTHING, form).endswith("\n")
    assert render_graph({}, NOTHING, form)


def test_a_store_that_is_ahead_shows_everything_as_applied():
    graph = graph_of(named(CORE), history("acme.core = 9.0.0"))
    assert {node.state for node in graph.nodes} == {NodeState.APPLIED}
