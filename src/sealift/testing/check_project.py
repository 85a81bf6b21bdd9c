"""Ready-made tests of the project itself: signable, and one line of versions."""

from packaging.version import Version

from sealift.assembly.development import signed_manifest
from sealift.assembly.released import against_the_release
from sealift.model.migration import Direction
from sealift.packs.project import Project
from sealift.testing.bench import Bench
from sealift.testing.failure import MigrationError, Place
from sealift.testing.searching import Effort


def require_sound(project: Project) -> None:
    """Raise MigrationError with every error of a project."""
    errors = [f"{finding.where}: {finding.code} {finding.message()}" for finding in project.errors]
    if errors:
        message = f"{project.directory}: the project has errors, so that it cannot be signed"
        raise MigrationError("\n".join([message, *errors, f"see `sealift lint {project.directory}`"]))


def signable(bench: Bench, _: Effort) -> None:
    """Hold the project to this: no errors, code in the language, and an envelope that can be read if there is one."""
    project = bench.subject.project
    require_sound(project)
    sources = {path: data.decode("utf-8", "replace") for path, data in project.files.items() if path.endswith(".py")}
    findings = bench.cage.check(sources, bench.limits)
    if findings:
        raise MigrationError.of_code(bench.root, findings)
    for info in bench.subject.migrations:
        with bench.fresh(bench.subject.step(info, Direction.UPGRADE)):
            pass  # what its module computes is in the language too; that shows when it is loaded
    if project.envelope is not None and signed_manifest(project) is None:
        message = f"{project.root}: the envelope pack.dsse.json cannot be read; sign the pack again"
        raise MigrationError(message)


def linear_versions(bench: Bench, _: Effort) -> None:
    """Hold the versions to going up from the base, and to keeping the place that they were signed with."""
    subject = bench.subject
    versions = [Version(text) for text in subject.versions]
    if versions != sorted(set(versions)):
        message = f"{subject.name}: the versions {', '.join(subject.versions)} do not go up one by one"
        raise MigrationError(message)
    for finding in against_the_release(subject.project):
        place = Place(file=finding.file, line=finding.line)
        message = f"{finding.code} {finding.message()}; {finding.hint()}"
        raise MigrationError(message, place=place)
