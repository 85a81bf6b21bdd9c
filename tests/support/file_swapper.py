"""A process that exchanges the files of a pack folder for ever, between any check and any use."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

# Exchanges a file by another one, by a link to another one, and the folder by a link to another folder, for ever.
SWAPPER = """
import os, sys, time
root, spare, pause, *names = sys.argv[1:]
print("ready", flush=True)
while True:
    for name in names:
        file = f"{root}/migrations/{name}"
        for kind in ("evil", "link", "good"):
            new = f"{spare}/new"
            if kind == "link":
                os.symlink(f"{spare}/evil/{name}", new)
            else:
                os.link(f"{spare}/{kind}/{name}", new)
            os.replace(new, file)
            time.sleep(float(pause))
    os.rename(f"{root}/migrations", f"{spare}/aside")
    os.symlink(f"{spare}/evil", f"{root}/migrations")
    os.unlink(f"{root}/migrations")
    os.rename(f"{spare}/aside", f"{root}/migrations")
"""


@contextmanager
def swapping(
    root: Path, spare: Path, good: Mapping[str, bytes], evil: Mapping[str, bytes], pause: float = 0
) -> Iterator[None]:
    """Exchange ``root/migrations/*`` until the end; the keys are file names, ``pause`` is in seconds."""
    for kind, contents in (("good", good), ("evil", evil)):
        (spare / kind).mkdir(parents=True)
        for name, content in contents.items():
            (spare / kind / name).write_bytes(content)
    arguments = [sys.executable, "-c", SWAPPER, str(root), str(spare), str(pause), *good]
    swapper = subprocess.Popen(arguments, stdout=subprocess.PIPE)
    swapper.stdout.readline()
    try:
        yield
    finally:
        swapper.kill()
        swapper.wait()
        swapper.stdout.close()
