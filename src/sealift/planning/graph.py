"""The migrations of all packs as a picture: Mermaid, DOT or SVG, the same text for the same packs and history."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sealift.model.history import MigrationHistory
from sealift.model.pack import AttestedPack
from sealift.planning.chain import Chain, Presence, chains
from sealift.planning.svg import svg
from sealift.planning.versions import Reader, Requirement


class GraphForm(StrEnum):
    """How the picture is written; none needs an external program to be made."""

    MERMAID = "mermaid"
    DOT = "dot"
    SVG = "svg"


class NodeState(StrEnum):
    """What the history says of a migration."""

    APPLIED = "applied"
    HALF_APPLIED = "half-applied"
    PENDING = "pending"
    IRREVERSIBLE = "irreversible"
    """Pending, and cannot be taken back once it ran."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphNode:
    """One version of one pack."""

    name: str
    pack: str
    version: str
    state: NodeState


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphEdge:
    """``first`` runs before ``second``; ``label`` is the requirement, empty for the order within a pack."""

    first: str
    second: str
    label: str = ""
    upper: bool = False
    """An upper bound: ``second`` may only run once ``first`` did, although ``first`` names the requirement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Nodes by pack and version, edges in the order of their ends."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]


def render_graph(manifests: Mapping[str, AttestedPack], history: MigrationHistory, form: GraphForm) -> str:
    """Return the picture as text, ended by a newline. Works on packs that no plan exists for, cycles included."""
    graph = graph_of(manifests, history)
    match form:
        case GraphForm.MERMAID:
            lines = _mermaid(graph)
        case GraphForm.DOT:
            lines = _dot(graph)
        case GraphForm.SVG:
            lines = svg(
                {node.name: (node.pack, node.version, node.state.value) for node in graph.nodes},
                [(edge.first, edge.second, edge.label, edge.upper) for edge in graph.edges],
            )
    return "\n".join(lines) + "\n"


def graph_of(manifests: Mapping[str, AttestedPack], history: MigrationHistory) -> Graph:
    """Return the graph; each pack's base is its first node."""
    lines = chains(manifests, history, frozenset(), Reader())
    names = {(pack, at): f"n{number}" for number, (pack, at) in enumerate(_places(lines))}
    nodes = tuple(
        GraphNode(name=name, pack=pack, version=lines[pack].texts[at], state=_state(lines[pack], at))
        for (pack, at), name in names.items()
    )
    return Graph(nodes=nodes, edges=tuple(_edges(lines, names)))


def _places(lines: Mapping[str, Chain]) -> Iterator[tuple[str, int]]:
    for pack in sorted(lines):
        for at in range(lines[pack].newest + 1):
            yield pack, at


def _state(chain: Chain, at: int) -> NodeState:
    start = chain.start if chain.start is not None else chain.newest
    if at <= start or chain.presence is Presence.UNKNOWN:
        return NodeState.APPLIED
    if at == math.ceil(start):
        return NodeState.HALF_APPLIED
    return NodeState.PENDING if chain.migration(at).reversible else NodeState.IRREVERSIBLE


def _edges(lines: Mapping[str, Chain], names: Mapping[tuple[str, int], str]) -> Iterator[GraphEdge]:
    for pack, at in names:
        if at == 0:
            continue
        yield GraphEdge(first=names[pack, at - 1], second=names[pack, at])
        for requirement in lines[pack].needs(at):
            if requirement.pack in lines and requirement.pack != pack:
                yield from _requirement_edges(requirement, lines[requirement.pack], names, names[pack, at])


def _requirement_edges(
    requirement: Requirement, other: Chain, names: Mapping[tuple[str, int], str], node: str
) -> Iterator[GraphEdge]:
    allowed = [at for at, version in enumerate(other.versions) if requirement.allows(version)]
    if not allowed:
        return
    label = requirement.clause()
    yield GraphEdge(first=names[other.pack, allowed[0]], second=node, label=label)
    after = next((at for at in range(allowed[0], other.newest + 1) if at not in allowed), None)
    if after is not None:
        yield GraphEdge(first=node, second=names[other.pack, after], label=label, upper=True)


def _mermaid(graph: Graph) -> Iterator[str]:
    yield "flowchart LR"
    for number, pack in enumerate(dict.fromkeys(node.pack for node in graph.nodes)):
        yield f'  subgraph p{number}["{_quoted(pack)}"]'
        for node in graph.nodes:
            if node.pack == pack:
                yield f'    {node.name}["{_quoted(node.version)}"]:::{node.state.name.lower()}'
        yield "  end"
    for edge in graph.edges:
        arrow = "-.->" if edge.upper else "-->"
        label = f'|"{_quoted(edge.label)}"|' if edge.label else ""
        yield f"  {edge.first} {arrow}{label} {edge.second}"
    for state, (fill, stroke) in COLOURS.items():
        yield f"  classDef {state.name.lower()} fill:{fill},stroke:{stroke},color:#1a1a1a"


def _dot(graph: Graph) -> Iterator[str]:
    yield "digraph migrations {"
    yield "  rankdir=LR;"
    yield '  node [shape=box, style=filled, fontname="sans-serif"];'
    for number, pack in enumerate(dict.fromkeys(node.pack for node in graph.nodes)):
        yield f"  subgraph cluster_{number} {{"
        yield f'    label="{_escaped(pack)}";'
        for node in graph.nodes:
            if node.pack == pack:
                fill, stroke = COLOURS[node.state]
                yield f'    {node.name} [label="{_escaped(node.version)}", fillcolor="{fill}", color="{stroke}"];'
        yield "  }"
    for edge in graph.edges:
        parts = [f'label="{_escaped(edge.label)}"'] if edge.label else []
        parts += ["style=dashed"] if edge.upper else []
        extra = f" [{', '.join(parts)}]" if parts else ""
        yield f"  {edge.first} -> {edge.second}{extra};"
    yield "}"


COLOURS: Mapping[NodeState, tuple[str, str]] = {
    NodeState.APPLIED: ("#d5ead8", "#2f6b3a"),
    NodeState.HALF_APPLIED: ("#fbe3b6", "#9a6700"),
    NodeState.PENDING: ("#e6edf5", "#44627f"),
    NodeState.IRREVERSIBLE: ("#f6d9d5", "#a1382b"),
}
"""Fill and stroke; every pair is also told apart by its lightness, and the state is written in the SVG's tooltips."""


def _quoted(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
