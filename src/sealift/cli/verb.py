"""What every verb shares: the global options, the settings they lead to, and the way results are shown."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import click

from sealift.cli.render import Renderer
from sealift.errors.base import ExitStatus, SealiftError

if TYPE_CHECKING:
    from sealift.assembly.facts_file import FactsFile
    from sealift.config import Settings
    from sealift.manager import MigrationManager

_FORMS = ("text", "json", "github")
_SHOW_TRACEBACK = 2
"""Number of ``-v`` from which tracebacks are shown."""


def GLOBAL_OPTIONS() -> list[click.Parameter]:  # noqa: N802 - read as a constant; click needs fresh objects
    """Return the options that may stand before or behind a verb."""
    return [
        click.Option(["--database"], metavar="URL", help="Address of the store, such as sqlite:///sealift.db."),
        click.Option(["--trusted-keys"], metavar="DIR", help="Directory of public keys and policy.toml."),
        click.Option(["--config"], metavar="FILE", type=click.Path(path_type=Path), help="Configuration file."),
        click.Option(
            ["--format", "form"], type=click.Choice(_FORMS), help="Form of the output; github is for lint: annotations."
        ),
        click.Option(["--no-cache"], is_flag=True, default=None, help="Read and check every envelope, also to look."),
        click.Option(["-q", "--quiet"], is_flag=True, default=None, help="Only results and errors."),
        click.Option(["-v", "--verbose"], count=True, default=None, help="Say more; -vv shows tracebacks."),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of the command."""

    operation: str
    flags: Mapping[str, Any] = field(default_factory=dict)
    config: Path | None = None
    form: str = "text"
    quiet: bool = False
    verbose: int = 0
    no_cache: bool = False

    @classmethod
    def of(cls, operation: str, options: Mapping[str, Any]) -> Self:
        """Make it from the global options as click parsed them."""
        return cls(
            operation=operation,
            flags={"database": options.get("database"), "trusted_keys": options.get("trusted_keys")},
            config=options.get("config"),
            form=options.get("form") or _form_by_environment(),
            quiet=bool(options.get("quiet")),
            verbose=options.get("verbose") or 0,
            no_cache=bool(options.get("no_cache")),
        )

    @classmethod
    def guess(cls, arguments: list[str]) -> Self:
        """Read just enough of unparsed arguments to show an error in the form that was asked for."""
        pairs = list(pairwise([*arguments, ""]))
        json = any(a == "--format=json" or (a == "--format" and b == "json") for a, b in pairs)
        verbose = sum(a.count("v") for a in arguments if a.startswith("-v") and set(a[1:]) == {"v"})
        values = {"--database", "--trusted-keys", "--config", "--format"}
        skip = {at + 1 for at, a in enumerate(arguments) if a in values}
        words = [a for at, a in enumerate(arguments) if not a.startswith("-") and at not in skip]
        return cls(
            operation=words[0] if words else "",
            form="json" if json or os.environ.get("SEALIFT_FORMAT") == "json" else "text",
            verbose=verbose,
        )

    def with_options(self, options: Mapping[str, Any]) -> Self:
        """Return the call with the options that stood behind the verb."""
        later = type(self).of(self.operation, options)
        flags = {**self.flags, **{name: value for name, value in later.flags.items() if value is not None}}
        return replace(
            self,
            flags=flags,
            config=later.config or self.config,
            form=options.get("form") or self.form,
            quiet=self.quiet or later.quiet,
            verbose=max(self.verbose, later.verbose),
            no_cache=self.no_cache or later.no_cache,
        )

    @property
    def render(self) -> Renderer:
        """What shows results, progress and errors."""
        return Renderer(operation=self.operation, form=self.form, quiet=self.quiet, verbose=self.verbose)

    def settings(self, **flags: Any) -> "Settings":
        """Merge flags, environment and file."""
        from sealift.config import Settings

        config = self.config or (Path(os.environ["SEALIFT_CONFIG"]) if os.environ.get("SEALIFT_CONFIG") else None)
        return Settings.read(flags={**self.flags, **flags}, environ=os.environ, config=config, directory=Path.cwd())

    def manager(self, *, create: bool = False, **flags: Any) -> "MigrationManager":
        """Open the manager with the settings of this call; ``create`` makes a store that is missing."""
        from sealift.manager import MigrationManager

        return MigrationManager(settings=self.settings(**flags), create=create)

    def viewer(self) -> "MigrationManager":
        """Open a manager for a verb that only looks: it may use what an earlier call has read."""
        from gc import set_threshold

        from sealift.manager import MigrationManager

        # Thousands of values are made and all of them are kept: looking for rubbish among them is a fifth of the time.
        set_threshold(1_000_000)
        return MigrationManager(settings=(settings := self.settings()), facts=self._facts(settings))

    def _facts(self, settings: "Settings") -> "FactsFile | None":
        from sealift.assembly.facts_file import FactsFile
        from sealift.assembly.inventory import pack_roots
        from sealift.config import cache_folder

        folder = None if self.no_cache else cache_folder(os.environ)
        roots = tuple(str(root) for root in pack_roots(settings))
        return FactsFile(folder=folder, roots=roots) if folder is not None else None

    def failed(self, error: SealiftError) -> int:
        """Show an error a person can act on; return its exit status."""
        self.render.error(error)
        if self.verbose >= _SHOW_TRACEBACK:
            _print_traceback(error)
        return error.exit_status

    def usage(self, error: click.UsageError) -> int:
        """Show that the command line cannot be understood: an unknown verb or option, a missing or surplus argument.

        The verb's ``--help`` shows what it takes. Nothing was opened or written.
        """
        if isinstance(error, click.exceptions.NoArgsIsHelpError) and self.form != "json":
            self.render.note(error.format_message())
            return ExitStatus.USAGE
        context = f"see `{error.ctx.command_path} --help`" if error.ctx else "see `sealift --help`"
        self.render.problem(code="CONFIG-000", message=error.format_message(), hint=context)
        return ExitStatus.USAGE

    def stopped(self) -> int:
        """Show that the operator said no to the plan, or pressed Ctrl-C, before anything was done.

        Nothing was written. Run the command again when you are ready; ``--yes`` does not ask.
        """
        self.render.problem(code="RUN-100", message="stopped before anything was done", hint="run the command again")
        return ExitStatus.INTERRUPTED

    def defect(self, error: Exception) -> int:
        """Show that sealift itself has a defect.

        What was committed before stays committed, and a run can be resumed as after a kill. Run the same command again
        with ``-vv``, which prints a traceback, and report both.
        """
        self.render.problem(
            code="SEALIFT-999",
            message=f"internal error: {type(error).__name__}: {error}",
            hint="this is a defect of sealift; run again with -vv and report what it prints",
        )
        if self.verbose >= _SHOW_TRACEBACK:
            _print_traceback(error)
        return ExitStatus.FAILED


def _print_traceback(error: BaseException) -> None:
    import traceback

    traceback.print_exception(error, file=sys.stderr)


def _form_by_environment() -> str:
    """Return the form of the output that ``SEALIFT_FORMAT`` asks for."""
    form = os.environ.get("SEALIFT_FORMAT") or "text"
    if form not in _FORMS:
        from sealift.errors.config import BadSettingError

        raise BadSettingError(
            source="environment variable SEALIFT_FORMAT",
            setting="format",
            found=repr(form),
            expected=" or ".join(_FORMS),
        )
    return form


def verb(*, name: str | None = None) -> Callable[[Callable[..., int | None]], click.Command]:
    """Make a command that also takes the global options behind its name and gets a ``Call`` as first argument."""

    def decorate(function: Callable[..., int | None]) -> click.Command:
        own = {option.name for option in GLOBAL_OPTIONS()}

        def callback(**options: Any) -> int | None:
            context = click.get_current_context()
            shared = {key: options.pop(key, None) for key in own if key}
            call: Call = context.find_root().obj.with_options(shared)
            return function(call, **options)

        callback.__doc__ = function.__doc__
        params = list(reversed(getattr(function, "__click_params__", [])))
        return click.Command(
            name=name or function.__name__,
            callback=callback,
            params=[*params, *GLOBAL_OPTIONS()],
            help=function.__doc__,
            context_settings={"help_option_names": ["-h", "--help"]},
        )

    return decorate
