"""Customer names become two fields."""

from sealift import Migration


class SplitName(Migration):
    version = "1.1.0"
    collection = "customers"

    def upgrade(self, document):
        first, _, last = document["name"].partition(" ")
        document["name"] = {"first": first, "last": last}
        return document
