"""The parts of the standard library that packs may use: facade objects, never the modules themselves.

A module object leads to the whole interpreter by plain attributes (``re.enum.sys.modules``); a facade has the
members that are listed here and nothing else.
"""

from sealift.worker.facades import data, dates, identity, migration, numbers, text
from sealift.worker.facades.facade import Facade, Offer

OFFERS: dict[str, Offer] = {
    offer.module: offer
    for offer in (*data.OFFERS, *dates.OFFERS, *identity.OFFERS, *migration.OFFERS, *numbers.OFFERS, *text.OFFERS)
}
"""What each module offers, by its name."""

FACADES: dict[str, Facade] = {name: Facade(offer) for name, offer in OFFERS.items()}
"""The object that an import binds, by the module's name."""

LEFT_OUT_MODULES: dict[str, str] = {
    **dict.fromkeys(
        ("os", "pathlib", "io", "shutil", "tempfile", "sys"), "a module constant: a migration has no files"
    ),
    **dict.fromkeys(("random", "secrets"), "uuid.uuid5 or hashlib of what identifies the document"),
    **dict.fromkeys(("time", "calendar"), "datetime, with the time taken from the document"),
    **dict.fromkeys(("requests", "urllib", "http", "socket"), "a module constant: a migration has no network"),
    **dict.fromkeys(("logging", "warnings"), "raise ValueError(message) to refuse a document; there is no output"),
    "functools": "a loop, or a lambda",
    "operator": "lambda item: item[key]",
    "enum": "module constants",
    "dataclasses": "dicts",
    "statistics": "sum(values) / len(values)",
    "fractions": "decimal",
    "html": "str.replace, or a table for str.translate",
    "contextlib": "try … except",
    "locale": "an f-string",
    "pydantic": "isinstance(…) checks, or a JSON Schema",
}
"""Modules that authors reach for, and what to write instead."""

__all__ = ["FACADES", "LEFT_OUT_MODULES", "OFFERS", "Facade", "Offer"]
