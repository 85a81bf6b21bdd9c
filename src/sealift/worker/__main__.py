"""The worker's program: ``python -P -s -S -B __main__.py SOCKET NAME=FOLDER…`` with an exact environment.

The interpreter is started without site-packages; each library it may load is named with its folder. It loads the
language, then serves as a fork-server: see ``server``.
"""

import gc
import sys
from _socket import socket
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType


class PinnedFinder:
    """Finds the named top-level modules in the named folders, and nothing else that lies there."""

    def __init__(self, folders: dict[str, str]) -> None:
        self._folders = folders

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where the module is, as ``importlib.abc.MetaPathFinder`` wants it."""
        folder = self._folders.get(name)
        return PathFinder.find_spec(name, [folder], target) if folder and path is None else None


def main(arguments: Sequence[str]) -> None:
    """Load the language and serve, or tell the host why that failed."""
    gc.disable()  # what is loaded stays: looking for garbage in it would double the time
    descriptor, *pins = arguments
    sys.meta_path.append(PinnedFinder(dict(pin.split("=", 1) for pin in pins)))
    control = socket(fileno=int(descriptor))
    try:
        run(control)
    except Exception as error:  # noqa: BLE001 - whatever it is, the host has to hear of it
        control.sendall(f"{type(error).__name__}: {error}"[:2000].encode("utf-8", "replace"))
        raise SystemExit(1) from None


def run(control: socket) -> None:
    """Wire the language into the server."""
    from sealift.worker import none_hash

    none_hash.settle()
    from sealift.worker import codec, compiler, loop, server, stable_texts

    compiler.preload()
    language = loop.Language(
        compile_unit=compiler.compile_unit,
        check_source=compiler.check_source,
        codec=codec.Codec,
        refused=compiler.RefusedError,
    )
    server.Server(control=control, serve=lambda link: loop.serve(link, language), settle=stable_texts.settle).run()


if __name__ == "__main__":
    main(sys.argv[1:])
