"""The codes of a country move under one member, and its borders are sorted.

``origin`` keeps what the way back needs: at which place the members stood, and in which order the borders were.
"""

from sealift import Migration

MOVED = (("ISO", "iso"), ("callingCodes", "calling"), ("tld", "domains"))


def iso_of(codes):
    """Some records hold empty text where they have no code; null says so."""
    if not isinstance(codes, dict):
        raise ValueError(f"ISO: expected an object, got {codes!r}")
    for kind, code in codes.items():
        if not isinstance(code, str):
            raise ValueError(f"ISO.{kind}: expected text, got {code!r}")
    return {kind: code or None for kind, code in codes.items()}


def order_of(borders):
    """The places of the borders once they are sorted: [FRA, AUT] -> [1, 0]."""
    if not isinstance(borders, list) or not all(isinstance(border, str) for border in borders):
        raise ValueError(f"borders: expected a list of texts, got {borders!r}")
    return sorted(range(len(borders)), key=lambda place: borders[place])


def unsorted(borders, order):
    """The borders as they were; an order that does not fit (they were edited since) is left aside."""
    if sorted(order) != list(range(len(borders))):
        return borders
    places = dict(zip(order, borders, strict=True))
    return [places[place] for place in range(len(borders))]


class GatherCodes(Migration):
    version = "2.0.0"
    collection = "countries"
    schema = "schemas/country-2.0.0.json"

    def upgrade(self, document):
        for name in ("codes", "origin"):
            if name in document:
                raise ValueError(f"{name}: expected no such member yet: is the record at 2.0.0 already?")
        names = list(document)
        origin = {"places": {old: names.index(old) for old, new in MOVED if old in document}}
        codes = {new: document.pop(old) for old, new in MOVED if old in document}
        if "iso" in codes:
            codes["iso"] = iso_of(codes["iso"])
        if "borders" in document:
            self.sort_borders(document, origin)
        document["codes"] = codes
        document["origin"] = origin
        return document

    def sort_borders(self, document, origin):
        borders = document["borders"]
        order = order_of(borders)
        if order != list(range(len(borders))):
            document["borders"] = [borders[place] for place in order]
            origin["borders"] = order

    def downgrade(self, document):
        codes = document.pop("codes", {})
        origin = document.pop("origin", {})
        if "borders" in origin:
            document["borders"] = unsorted(document["borders"], origin["borders"])
        if "iso" in codes:
            codes["iso"] = {kind: code or "" for kind, code in codes["iso"].items()}
        return self.put_back(document, codes, origin.get("places", {}))

    def put_back(self, document, codes, places):
        """Lowest place first, so that each finds those before it; what has none (a new record) goes to the end."""
        members = list(document.items())
        end = len(members) + len(MOVED)
        found = [(places.get(old, end), old, codes[new]) for old, new in MOVED if new in codes]
        for place, old, value in sorted(found, key=lambda each: each[0]):
            members.insert(place, (old, value))
        return dict(members)
