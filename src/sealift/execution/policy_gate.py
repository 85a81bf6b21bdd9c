"""Which documents are held against the schema, and which of them fail: the schema gate under the validation policy."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sealift.execution.validation import ValidationMode, ValidationPolicy
from sealift.model.batch import DocumentError, Key
from sealift.ports import Validator

_EVERY_CHANGE = frozenset({ValidationMode.ALL, ValidationMode.CHANGED})


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyGate:
    """The schema gate of one step; the same for runs, dry runs and retries. Used by one thread."""

    policy: ValidationPolicy
    validator: Validator
    strict: Validator
    """For documents that the policy leaves out: strict JSON without a schema."""

    def changed(self, keys: Sequence[Key], documents: Sequence[bytes]) -> Mapping[int, DocumentError]:
        """Return what is wrong with documents that a migration made, by position; every one is strict JSON at least."""
        if self.policy.mode in _EVERY_CHANGE:
            return dict(self.validator.invalid(documents))
        found: dict[int, DocumentError] = {}
        checked = [self.policy.checks(key) for key in keys]
        for validator, is_its in ((self.validator, True), (self.strict, False)):
            places = [at for at, chosen in enumerate(checked) if chosen is is_its]
            for at, error in validator.invalid([documents[place] for place in places]):
                found[places[at]] = error
        return found

    def unchanged(self, documents: Sequence[bytes]) -> Iterator[tuple[int, DocumentError]]:
        """Yield what is wrong with documents that a migration left alone; only ``validation = all`` looks at them."""
        if self.policy.mode is ValidationMode.ALL:
            yield from self.validator.invalid(documents)
