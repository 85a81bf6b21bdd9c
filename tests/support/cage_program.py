"""A worker program for tests of the cage alone: packs are plain Python, and steps of the lock-down can be left out.

Started in place of ``sealift.worker.__main__`` with more arguments: ``--drop=STEP`` leaves a step out,
``--absent=STEP`` reports it as something this kernel lacks, ``--fail=STEP`` makes it raise, ``--leak=PATH`` keeps a
third descriptor open, ``--codec=NAME`` exchanges the codec for one that does nothing. Everything else is the real
thing. There is no language policy here: code of a "pack" is what an attacker has who broke out of it.
"""

import json
import os
import socket
import sys


def main():
    """Serve like the real program."""
    descriptor, *rest = sys.argv[1:]
    pins = dict(pin.split("=", 1) for pin in rest if not pin.startswith("--"))
    changes = [change[2:].split("=", 1) for change in rest if change.startswith("--")]
    sys.path.append(pins["sealift"])
    from sealift.worker import jail, loop, server

    preload()
    leaks = [path for kind, path in changes if kind == "leak"]
    codecs = [CODECS[name] for kind, name in changes if kind == "codec"] or [Codec]
    changes = [item for item in changes if item[0] not in {"leak", "codec"}]
    strip = jail.strip
    if leaks:
        jail.strip = lambda reading, writing: (strip(reading, writing), os.open(leaks[0], os.O_RDONLY))
    language = loop.Language(compile_unit=Plain, check_source=lambda *_: (), codec=codecs[0], refused=RefusedError)
    server.Server(
        control=socket.socket(fileno=int(descriptor)),
        serve=lambda link: loop.serve(link, language),
        lockdown=lambda bounds: changed(jail, jail.steps(bounds), changes),
    ).run()


def changed(jail, steps, changes):
    """Return the steps with some of them left out or spoilt."""
    acts = {"absent": lambda: "absent", "fail": fail}
    for change, name in changes:
        if name not in [step.name for step in steps]:
            raise ValueError(name)
        if change == "drop":
            steps = [step for step in steps if step.name != name]
        else:
            spoilt = jail.Step(name=name, act=acts[change])
            steps = [spoilt if step.name == name else step for step in steps]
    return steps


def fail():
    """Be a step that does not work."""
    message = "made to fail"
    raise OSError(message)


def preload():
    """Load what probes use: after the lock-down nothing can be loaded."""
    import _posixsubprocess  # noqa: F401 - probes
    import ctypes
    import fcntl  # noqa: F401 - probes
    import gc  # noqa: F401 - probes
    import hashlib  # noqa: F401 - probes
    import mmap  # noqa: F401 - probes
    import re  # noqa: F401 - probes
    import resource  # noqa: F401 - probes
    import select  # noqa: F401 - probes
    import signal  # noqa: F401 - probes
    import struct  # noqa: F401 - probes
    import subprocess  # noqa: F401 - probes
    import threading  # noqa: F401 - probes
    import time  # noqa: F401 - probes

    ctypes.CDLL(None, use_errno=True)
    "x".encode("idna")


class RefusedError(Exception):
    """Has findings, like the real one."""

    findings = ()


class Plain:
    """A class of plain Python, without any policy."""

    plain = False

    def __init__(self, sources, path, class_name):
        names = {"__name__": "pack"}
        exec(compile(sources[path], "<pack>", "exec"), names)
        self._instance = names[class_name]()
        self.methods = frozenset(name for name in vars(names[class_name]) if not name.startswith("_"))

    def call(self, method, argument):
        """Call a method of the class."""
        return getattr(self._instance, method)(argument)

    def function(self, method):
        """Return a method of the class."""
        return getattr(self._instance, method)


class Problem:
    """What the real codec returns for a document that failed."""

    def __init__(self, code, message, where=None):
        self.code, self.message, self.where = code, message, where


class Codec:
    """Documents by the standard library: slow, and good enough for a cage."""

    def __init__(self, _depth, document_bytes):
        self._bytes = document_bytes

    def transform(self, raw, function):
        """Return new bytes, nothing, or a Problem."""
        document = json.loads(raw)
        try:
            result = function(document)
        except MemoryError:
            return Problem("memory", "out of memory")
        except Exception as error:  # noqa: BLE001 - as the real codec does
            return Problem("raised", str(error), "migrations/m.py:1")
        if not isinstance(result, dict):
            return Problem("returned-none", "upgrade returned nothing")
        text = json.dumps(result, separators=(",", ":")).encode()
        if len(text) > self._bytes:
            return Problem("limit", "too large")
        return None if text == raw else text

    def transform_many(self, _raws, _function, **_):
        """Leave each document to ``transform``."""


class Echo:
    """Returns what it gets: what is left is the cost of the frames."""

    def __init__(self, _depth, _document_bytes):
        pass

    def transform(self, raw, _function):
        """Return the same bytes."""
        return raw

    def transform_many(self, raws, _function, **_):
        """Return what ``transform`` returns for each."""
        return list(raws)


class Unchanged(Echo):
    """Says that nothing changed."""

    def transform(self, _raw, _function):
        """Return nothing."""

    def transform_many(self, raws, _function, **_):
        """Return what ``transform`` returns for each."""
        return [None] * len(raws)


CODECS = {"echo": Echo, "unchanged": Unchanged}

if __name__ == "__main__":
    main()
