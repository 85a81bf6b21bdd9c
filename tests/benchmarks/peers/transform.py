"""What every peer does to a document; the packs say the same in their own files."""

ROUNDS = 900


def upgrade(document):
    first, _, last = document.pop("name").partition(" ")
    document["first_name"] = first
    document["last_name"] = last
    document["total_qty"] = sum([item["qty"] for item in document["items"]])
    document["price_cents"] = round(document.pop("price") * 100)
    document["schema_version"] = 2
    return document


def upgrade_heavily(document):
    total = document["id"]
    for step in range(ROUNDS):
        total = (total * 31 + step) % 65521
    return {**upgrade(document), "checksum": total}
