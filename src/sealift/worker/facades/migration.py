"""``sealift``: the base class, as packs see it."""

from sealift.worker.facades.facade import Offer
from sealift.worker.members import member


class Migration:
    """Base of a pack's classes. Its members have the names that the compiler gives to members (see ``members``)."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"  # the default shows an address, which differs in every process


INHERITED: dict[str, object] = {"schema": None, "depends_on": (), "atomic": False, "loses": ()}
"""The class attributes that need not be given, as in ``sealift.model.migration``."""

for _name, _value in INHERITED.items():
    setattr(Migration, member(_name), _value)

OFFERS = (Offer(module="sealift", members={"Migration": Migration}),)
