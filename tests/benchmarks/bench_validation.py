"""What the schema gate costs per document, and whether checking less pays."""

import json
import random
import statistics
import sys
from decimal import Decimal
from itertools import pairwise, repeat
from pathlib import Path
from time import process_time

import jsonschema
import jsonschema_rs
import msgspec

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from gate_world import files
from sealift.execution.incremental import Remembering, Seen, member_gate
from sealift.execution.policy_gate import policy_gate
from sealift.execution.validation import ValidationPolicy, compile_schema, strict_validator
from sealift.execution.validators import Validators
from sealift.model.batch import Change

COUNT = 20_000
BATCH = 1000

SCHEMA = {
    "type": "object",
    "required": ["id", "name", "email", "address"],
    "properties": {
        "id": {"type": "integer", "minimum": 0},
        "name": {
            "type": "object",
            "required": ["first", "last"],
            "properties": {"first": {"type": "string"}, "last": {"type": "string", "maxLength": 100}},
        },
        "email": {"type": "string", "pattern": "^[^@]+@[^@]+$"},
        "score": {"type": "number", "maximum": 100},
        "address": {"$ref": "#/$defs/address"},
        "tags": {"type": "array", "items": {"enum": ["new", "gold", "late"]}, "maxItems": 10},
        "orders": {"type": "array", "items": {"$ref": "#/$defs/order"}},
    },
    "additionalProperties": False,
    "$defs": {
        "address": {
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}, "zip": {"pattern": "^[0-9]{5}$"}},
        },
        "order": {
            "type": "object",
            "required": ["sku", "price"],
            "properties": {"sku": {"type": "string"}, "price": {"type": "number", "multipleOf": 0.01}},
        },
    },
}


def document(number, orders, source):
    """Return one document: about 300 bytes, and 40 for each order."""
    return {
        "id": number,
        "name": {"first": f"Given{number}", "last": "Family" * source.randint(1, 3)},
        "email": f"user{number}@mail.example",
        "score": round(source.uniform(0, 99), 2),
        "address": {"street": f"{number} Long Street", "city": "Springfield", "zip": f"{number % 100000:05d}"},
        "tags": source.sample(["new", "gold", "late"], 2),
        "orders": [{"sku": f"SKU-{at:06d}", "price": round(source.uniform(1, 99), 2)} for at in range(orders)],
    }


def compact(one):
    """Return the document as a worker writes it."""
    return json.dumps(one, separators=(",", ":")).encode()


def timed(work, count):
    """Return the median time for one document, in microseconds."""
    times = []
    for _ in range(5):
        began = process_time()
        work()
        times.append(process_time() - began)
    return statistics.median(times) / count * 1e6


def batched(invalid, documents):
    """Return the work of checking everything, batch by batch."""

    def work():
        for first in range(0, len(documents), BATCH):
            assert not list(invalid(documents[first : first + BATCH]))

    return work


class Anew:
    """Remembering that begins anew with every pass."""

    def __init__(self, full):
        self._full = full
        self._seen = Remembering(full, Seen())

    def invalid(self, documents):
        if documents[0].startswith(b'{"id":0,'):
            self._seen = Remembering(self._full, Seen())
        return self._seen.invalid(documents)


def steps(pack, versions, validators):
    """Return the work of taking all documents through steps under ``validation = all``, each with its schema."""

    def work():
        made = validators()
        gates = [
            policy_gate(ValidationPolicy.parse("all"), made, pack, f"schemas/{one}.json", f"schemas/{other}.json")
            for (one, _), (other, _) in pairwise(versions)
        ]
        for gate, ((_, befores), (_, afters)) in zip(gates, pairwise(versions), strict=True):
            for first in range(0, len(befores), BATCH):
                before, after = befores[first : first + BATCH], afters[first : first + BATCH]
                outcomes = gate.entered(before, after)
                assert not gate.changed(list(map(Change, repeat(()), repeat(None), before, outcomes)))

    return work


class Whole(Validators):
    """Checks whole documents, each time."""

    def of_changes(self, *_):
        return None


def table(orders):
    """Print what each way costs for documents of one size."""
    source = random.Random(1)
    count = COUNT if orders < 20 else COUNT // 10
    values = [document(number, orders, source) for number in range(count)]
    documents = [compact(one) for one in values]
    changed = [compact({**one, "score": 1.5}) for one in values]
    spaced = [json.dumps(one).encode() for one in values]
    size = sum(map(len, documents)) // count
    again = [compact({**one, "score": 2.5}) for one in values]
    later = {name: {**SCHEMA, "description": f"the same, at {name}"} for name in ("b", "c")}
    pack = files(a=SCHEMA, **later)
    versions = (("a", documents), ("b", changed), ("c", again))
    full = compile_schema(pack, "schemas/b.json")
    part = member_gate(pack, "schemas/a.json", "schemas/b.json", full=Remembering(full, Seen(0)))
    pairs = list(zip(documents, changed, strict=True))
    seen = Remembering(full, Seen(count * 2))
    list(seen.invalid(documents))
    decode = msgspec.json.Decoder(float_hook=Decimal).decode
    plain = msgspec.json.Decoder().decode
    engine = jsonschema_rs.validator_for(SCHEMA, pattern_options=jsonschema_rs.RegexOptions())
    slow = jsonschema.Draft202012Validator(SCHEMA)
    few = values[:200]
    rows = [
        ("decode, floats", timed(lambda: [plain(one) for one in documents], count)),
        ("decode, decimals", timed(lambda: [decode(one) for one in documents], count)),
        ("decode and jsonschema-rs, floats", timed(lambda: [engine.is_valid(plain(one)) for one in documents], count)),
        ("  the same, decimals", timed(lambda: [engine.is_valid(decode(one)) for one in documents], count)),
        ("gate without a schema", timed(batched(strict_validator().invalid, documents), count)),
        ("gate", timed(batched(full.invalid, documents), count)),
        ("gate, documents with blanks", timed(batched(full.invalid, spaced), count)),
        ("gate, one member of seven changed", timed(batched(full.invalid, changed), count)),
        ("  the same, changed members only", timed(batched(part.invalid, pairs), count)),
        ("remembering, nothing seen before", timed(batched(Anew(full).invalid, documents), count)),
        ("remembering, all seen before", timed(batched(seen.invalid, documents), count)),
        ("a step, before and after, all checked", timed(steps(pack, versions[:2], Whole), count)),
        ("  the same, as a run does it", timed(steps(pack, versions[:2], lambda: Validators(Seen())), count)),
        ("two steps, all checked", timed(steps(pack, versions, Whole), count)),
        ("  the same, as a run does it", timed(steps(pack, versions, lambda: Validators(Seen())), count)),
        ("jsonschema alone, decoded", timed(lambda: [slow.is_valid(one) for one in few], len(few))),
    ]
    base = next(cost for name, cost in rows if name == "gate")
    print(f"\n{count} documents of {size} bytes, batches of {BATCH}")
    for name, cost in rows:
        print(f"  {name:42}{cost:9.2f} us a document   ratio {base / cost:6.2f}")


def main():
    """Print one table for small documents and one for large."""
    table(orders=5)
    table(orders=200)


if __name__ == "__main__":
    main()
