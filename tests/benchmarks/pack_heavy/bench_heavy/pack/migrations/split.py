"""The transform of bench.orders, and a checksum that costs about 50 us a document."""

from sealift import Migration

ROUNDS = 900


def checksum(number):
    total = number
    for step in range(ROUNDS):
        total = (total * 31 + step) % 65521
    return total


class SplitOrder(Migration):
    version = "1.1.0"
    collection = "orders"
    schema = "schemas/order-1.1.0.json"

    def upgrade(self, document):
        first, _, last = document.pop("name").partition(" ")
        document["first_name"] = first
        document["last_name"] = last
        document["total_qty"] = sum([item["qty"] for item in document["items"]])
        document["price_cents"] = round(document.pop("price") * 100)
        document["schema_version"] = 2
        document["checksum"] = checksum(document["id"])
        return document
