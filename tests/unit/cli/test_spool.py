"""A result may hold more items than fit into memory."""

import io
import json
import tracemalloc

from sealift.cli.spool import Spool

ITEMS = 20_000


def test_it_is_written_as_a_list_would_be():
    items = [{"key": number, "text": "Zoë\n" * number} for number in range(5)]
    with Spool() as spool:
        for item in items:
            spool.append(item)
        for _ in range(2):
            out = io.StringIO()
            json.dump({"failures": spool, "ok": True}, out, indent=2, ensure_ascii=False)
            assert out.getvalue() == json.dumps({"failures": items, "ok": True}, indent=2, ensure_ascii=False)


def test_without_items_it_is_an_empty_list():
    with Spool() as spool:
        out = io.StringIO()
        json.dump([spool], out, indent=2)
        assert json.loads(out.getvalue()) == [[]]
        assert not spool


def test_the_items_are_never_in_memory_together(tmp_path):
    with Spool() as spool, (tmp_path / "out.json").open("w", encoding="utf-8") as out:
        tracemalloc.start()
        try:
            for number in range(ITEMS):
                spool.append({"key": number, "text": "x" * 500})
            json.dump(spool, out, indent=2)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert len(json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))) == ITEMS
    assert peak < ITEMS * 500 / 10
