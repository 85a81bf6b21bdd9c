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

__all__ = ["FACADES", "OFFERS", "Facade", "Offer"]
