"""The verbs, loaded when they are called, and the one place where errors become exit codes."""

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from sealift import __version__
from sealift.cli.verb import GLOBAL_OPTIONS, Call
from sealift.errors.base import ExitStatus, SealiftError

# verb -> module, attribute, and the line that --help shows without loading the module
_VERBS: dict[str, tuple[str, str, str]] = {
    "new": ("author", "new", "Make a pack project that builds, lints and passes its tests."),
    "lint": ("author", "lint", "Check a pack project: language, manifest, graph, schemas, examples."),
    "test": ("testing", "test", "Run a pack's examples and the ready-made tests in the real worker."),
    "keygen": ("signing", "keygen", "Make a key pair for signing packs."),
    "sign": ("signing", "sign", "Write or add to a pack's envelope."),
    "verify": ("release", "verify", "Check signatures, trust and contents of packs or wheels; runs nothing."),
    "lock": ("release", "lock", "Print requirement lines with hashes for pip."),
    "trust": ("trust", "trust", "Keep the policy: who may sign which packs."),
    "packs": ("inspect", "packs", "List the installed packs with signer and verdict."),
    "status": ("inspect", "status", "Show the current and the newest version of each pack."),
    "check": ("inspect", "check", "Exit 0 if nothing is pending, 3 if something is."),
    "plan": ("inspect", "plan", "Show the steps that would be run, with reasons."),
    "graph": ("inspect", "graph", "Draw the migrations of all packs with their states."),
    "upgrade": ("run", "upgrade", "Verify, plan and run towards newer versions."),
    "downgrade": ("run", "downgrade", "Verify, plan and run back to older versions."),
    "cancel": ("run", "cancel", "Ask a running upgrade or downgrade to stop after its batch."),
    "history": ("inspect", "history", "Show what ran, or check the chain of entries."),
    "baseline": ("run", "baseline", "Adopt a store that already is at a version."),
    "quarantine": ("data", "quarantine", "List, retry or drop the documents that were set aside."),
    "load": ("data", "load", "Read documents from a JSON Lines file into a collection."),
    "dump": ("data", "dump", "Write the documents of a collection as JSON Lines."),
    "doctor": ("doctor", "doctor", "Show what would stop an upgrade."),
}


class _Verbs(click.Group):
    """Imports a verb's module only when the verb is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in _VERBS:
            return None
        module, attribute, _ = _VERBS[cmd_name]
        command: click.Command = getattr(import_module(f"sealift.cli.{module}"), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's
        with formatter.section("Verbs"):
            formatter.write_dl([(name, line) for name, (_, _, line) in _VERBS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _VERBS and not args[0].startswith("-"):
            ctx.fail(_unknown_verb(args[0]))
        return super().resolve_command(ctx, args)


def _unknown_verb(name: str) -> str:
    import difflib

    near = difflib.get_close_matches(name, _VERBS, n=1)
    return f"there is no verb {name!r}" + (f"; did you mean {near[0]!r}?" if near else f"; verbs: {', '.join(_VERBS)}")


@click.group(cls=_Verbs, name="sealift", context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sealift")
@click.pass_context
def root(ctx: click.Context, /, **options: Any) -> None:
    """Run data migrations from signed packs: verified first, then run in a locked process."""
    ctx.obj = Call.of(ctx.invoked_subcommand or "", options)


root.params.extend(GLOBAL_OPTIONS())


def run(argv: Sequence[str] | None) -> int:  # noqa: PLR0911 - one exit status a kind of outcome
    """Run the command line and turn every outcome into an exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    call = Call.guess(arguments)
    try:
        status = root.main(args=arguments, prog_name="sealift", standalone_mode=False)
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.UsageError as error:
        return call.usage(error)
    except click.Abort:
        return call.stopped()
    except SealiftError as error:
        return call.failed(error)
    except BrokenPipeError:
        return ExitStatus.FAILED
    except Exception as error:  # noqa: BLE001 - the last net: a defect of ours still gets one clear message
        return call.defect(error)
    return status if isinstance(status, int) else ExitStatus.DONE
