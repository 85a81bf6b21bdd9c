"""An SVG of the migration graph: each pack a row, each step as far right as what it waits for demands."""

from collections.abc import Iterator, Mapping, Sequence

_WIDTH, _HEIGHT = 96, 30
_COLUMN, _ROW = 150, 64
_LEFT, _TOP = 24, 40

Nodes = Mapping[str, tuple[str, str, str]]
"""By name: pack, version, state."""
Edges = Sequence[tuple[str, str, str, bool]]
"""First, second, label, and whether it is an upper bound."""

_STYLE = (
    "text{font:12px sans-serif;fill:#1a1a1a}.pack{font-weight:bold}"
    "rect{stroke-width:1.5;rx:5}path{fill:none;stroke:#5a6572;stroke-width:1.2;marker-end:url(#arrow)}"
    ".upper{stroke-dasharray:5 4}"
    ".applied{fill:#d5ead8;stroke:#2f6b3a}.half-applied{fill:#fbe3b6;stroke:#9a6700}"
    ".pending{fill:#e6edf5;stroke:#44627f}.irreversible{fill:#f6d9d5;stroke:#a1382b}"
)


def svg(nodes: Nodes, edges: Edges) -> Iterator[str]:
    """Yield the lines of a standalone SVG 1.1 document; needs no fonts, scripts or network to be shown."""
    places = _places(nodes, edges)
    wide = max((x for x, _ in places.values()), default=0) + _WIDTH + _LEFT
    high = max((y for _, y in places.values()), default=0) + _HEIGHT + _LEFT
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" '
        f'viewBox="0 0 {wide} {high}" role="img">'
    )
    yield "<title>Migrations of all packs</title>"
    yield f"<style>{_STYLE}</style>"
    yield (
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0,0L8,4L0,8z" style="fill:#5a6572;stroke:none"/></marker></defs>'
    )
    for first, second, label, upper in edges:
        yield _arrow(places[first], places[second], label, dashed=upper)
    yield from _boxes(nodes, places)
    yield "</svg>"


def _boxes(nodes: Nodes, places: Mapping[str, tuple[int, int]]) -> Iterator[str]:
    named = set()
    for name, (pack, version, state) in nodes.items():
        x, y = places[name]
        if pack not in named:
            named.add(pack)
            yield f'<text class="pack" x="{_LEFT}" y="{y - 8}">{_text(pack)}</text>'
        yield (
            f"<g><title>{_text(f'{pack} {version}: {state}')}</title>"
            f'<rect class="{state}" x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}"/>'
            f'<text x="{x + _WIDTH // 2}" y="{y + 19}" text-anchor="middle">{_text(_short(version))}</text></g>'
        )


def _arrow(first: tuple[int, int], second: tuple[int, int], label: str, *, dashed: bool) -> str:
    x1, y1 = first[0] + _WIDTH, first[1] + _HEIGHT // 2
    x2, y2 = second[0], second[1] + _HEIGHT // 2
    bend = max(30, (x2 - x1) // 2)
    kind = ' class="upper"' if dashed else ""
    title = f"<title>{_text(label)}</title>" if label else ""
    return f'<path{kind} d="M{x1},{y1}C{x1 + bend},{y1} {x2 - bend},{y2} {x2},{y2}">{title}</path>'


def _places(nodes: Nodes, edges: Edges) -> dict[str, tuple[int, int]]:
    rows = {pack: row for row, pack in enumerate(dict.fromkeys(pack for pack, _, _ in nodes.values()))}
    columns = _columns(nodes, edges)
    return {name: (_LEFT + columns[name] * _COLUMN, _TOP + rows[pack] * _ROW) for name, (pack, _, _) in nodes.items()}


def _columns(nodes: Nodes, edges: Edges) -> dict[str, int]:
    """Return each node's longest way from a node without predecessors; where a cycle leaves none, by name."""
    after: dict[str, list[str]] = {name: [] for name in nodes}
    waits = dict.fromkeys(nodes, 0)
    for first, second, _, _ in edges:
        after[first].append(second)
        waits[second] += 1
    columns = dict.fromkeys(nodes, 0)
    ready = [name for name, count in waits.items() if count == 0]
    left = dict.fromkeys(name for name, count in waits.items() if count)
    while ready or left:
        if not ready:
            ready.append(next(iter(left)))
            del left[ready[-1]]
        name = ready.pop()
        for following in after[name]:
            if following in left:
                columns[following] = max(columns[following], columns[name] + 1)
                waits[following] -= 1
                if waits[following] == 0:
                    del left[following]
                    ready.append(following)
    return columns


def _short(text: str, most: int = 13) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
