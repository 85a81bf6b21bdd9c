"""The name becomes two members, the quantities are added up, and the price becomes integer cents."""

from sealift import Migration


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
        return document

    def downgrade(self, document):
        document["name"] = document.pop("first_name") + " " + document.pop("last_name")
        del document["total_qty"]
        document["price"] = document.pop("price_cents") / 100
        document["schema_version"] = 1
        return document
