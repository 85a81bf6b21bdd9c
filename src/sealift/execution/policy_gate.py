"""Which documents are held against the schema, and which of them fail: the schema gate under the validation policy."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sealift.execution.incremental import MemberGate
from sealift.execution.validation import ValidationMode, ValidationPolicy
from sealift.execution.validators import Validators
from sealift.model.batch import Changes, DocumentError
from sealift.ports import Outcome, Validator

_EVERY_CHANGE = frozenset({ValidationMode.ALL, ValidationMode.CHANGED})


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyGate:
    """The schema gate of one step; the same for runs, dry runs and retries. Used by one thread."""

    policy: ValidationPolicy
    validator: Validator
    strict: Validator
    """For documents that the policy leaves out: strict JSON without a schema."""
    before: Validator | None = None
    """For documents as they come, under ``validation = all``, if the version they come from has a schema."""
    members: MemberGate | None = None
    """For changed documents that were found valid as they came, where that is faster."""

    def entered(self, documents: Sequence[bytes], outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
        """Return the outcomes; that of a document which should not have come as it did is why."""
        if self.before is None:
            return outcomes
        wrong = dict(self.before.invalid(documents))
        return [_as_it_came(wrong[at]) if at in wrong else outcome for at, outcome in enumerate(outcomes)]

    def changed(self, changes: Changes) -> Mapping[int, DocumentError]:
        """Return what is wrong with documents that a migration made, by position; every one is strict JSON at least.

        Expects that ``entered`` found nothing wrong with what they were.
        """
        if self.members is not None:
            return dict(self.members.invalid(list(zip(changes.before, changes.documents, strict=True))))
        documents = changes.documents
        if self.policy.mode in _EVERY_CHANGE:
            return dict(self.validator.invalid(documents))
        found: dict[int, DocumentError] = {}
        checked = [self.policy.checks(key) for key in changes.keys]
        for validator, is_its in ((self.validator, True), (self.strict, False)):
            places = [at for at, chosen in enumerate(checked) if chosen is is_its]
            for at, error in validator.invalid([documents[place] for place in places]):
                found[places[at]] = error
        return found

    def unchanged(self, documents: Sequence[bytes]) -> Iterator[tuple[int, DocumentError]]:
        """Yield what is wrong with documents that a migration left alone; only ``validation = all`` looks at them."""
        if self.policy.mode is ValidationMode.ALL:
            yield from self.validator.invalid(documents)


def _as_it_came(error: DocumentError) -> DocumentError:
    return replace(error, message=f"as it was before the migration: {error.message}")


def policy_gate(
    policy: ValidationPolicy,
    validators: Validators,
    files: Mapping[str, bytes],
    before: str | None,
    after: str | None,
) -> PolicyGate:
    """Return the gate for a step from one schema of a pack to another; ``None`` is no schema.

    Raises the leaves of SchemaError (exit status 1).
    """
    validator, strict = validators.of(files, after), validators.of(files, None)
    if policy.mode is not ValidationMode.ALL or before is None:
        return PolicyGate(policy=policy, validator=validator, strict=strict)
    return PolicyGate(
        policy=policy,
        validator=validator,
        strict=strict,
        before=validators.of(files, before),
        members=validators.of_changes(files, before, after, validator),
    )
