"""A capital's name and its coordinates become one object."""

from sealift import Migration


def point_of(pair):
    """[12.1, -68.3] -> {"lat": 12.1, "lng": -68.3}"""
    if not isinstance(pair, list) or len(pair) != 2:
        raise ValueError(f"capital_latlng: expected a pair of latitude and longitude, got {pair!r}")
    return {"lat": pair[0], "lng": pair[1]}


def pair_of(point):
    return [point["lat"], point["lng"]]


def location_of(latlng):
    """One pair becomes a point, several pairs (or none at all) a list of points; null stays null."""
    if latlng is None:
        return None
    if not isinstance(latlng, list):
        raise ValueError(f"capital_latlng: expected a list or null, got {latlng!r}")
    if latlng and not isinstance(latlng[0], list):
        return point_of(latlng)
    return [point_of(pair) for pair in latlng]


def latlng_of(location):
    if location is None:
        return None
    if isinstance(location, dict):
        return pair_of(location)
    return [pair_of(point) for point in location]


class JoinCapital(Migration):
    version = "1.1.0"
    collection = "countries"
    schema = "schemas/country-1.1.0.json"

    def upgrade(self, document):
        if "capital_latlng" in document:
            self.check_neighbours(document)
        if "capital" not in document:
            return document
        if isinstance(document["capital"], dict):
            raise ValueError("capital: expected a name, got an object: is the record at 1.1.0 already?")
        capital = {"name": document["capital"]}
        if "capital_latlng" in document:
            capital["location"] = location_of(document.pop("capital_latlng"))
        document["capital"] = capital
        return document

    def check_neighbours(self, document):
        """The way back puts the coordinates behind the name: elsewhere their place would be forgotten."""
        names = list(document)
        place = names.index("capital_latlng")
        if place == 0 or names[place - 1] != "capital":
            raise ValueError("capital_latlng: expected right behind capital, because downgrade puts it back there")

    def downgrade(self, document):
        if "capital" not in document:
            return document
        record = {}
        for name, value in document.items():
            if name != "capital":
                record[name] = value
                continue
            record["capital"] = value["name"]
            if "location" in value:
                record["capital_latlng"] = latlng_of(value["location"])
        return record
