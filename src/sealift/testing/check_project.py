"""Ready-made tests of the project itself: signable, and one line of versions."""

from packaging.version import Version

from sealift.assembly.development import signed_manifest
from sealift.model.pack import Manifest
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
        lines = [str(finding) for finding in findings]
        place = Place(file=str(bench.root / findings[0].path), line=findings[0].line)
        raise MigrationError("\n".join(["the language of migrations refuses the code", *lines]), place=place)
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
    signed = signed_manifest(subject.project)
    if signed is not None and signed.pack == subject.name:
        _goes_on(signed, bench)


def _goes_on(signed: Manifest, bench: Bench) -> None:
    """Refuse a migration below the newest one that was released: stores that are past it would never run it."""
    subject = bench.subject
    released = [info.version for info in signed.migrations]
    gone = [version for version in released if version not in subject.versions]
    newest = Version(released[-1]) if released else Version(signed.base)
    late = [info for info in subject.migrations if info.version not in released and Version(info.version) < newest]
    if gone:
        message = f"{subject.name}: {', '.join(gone)} was signed and is no longer there; stores may be at it"
        raise MigrationError(message)
    if late:
        declared = subject.declared(late[0])
        message = (
            f"{subject.name}: {late[0].version} comes before {newest}, which was signed already; "
            f"stores that are past it would never run it: give it a version above {newest}"
        )
        raise MigrationError(message, place=Place(file=declared.file, line=declared.line))
