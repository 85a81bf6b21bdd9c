"""Passwords come from a terminal or a file descriptor; never from an argument or the environment, which others see."""

import os
import sys
from collections.abc import Callable

import click

_LIMIT = 1024
"""Bytes of one secret."""

Ask = Callable[[str], bytes]
"""Asks for the secret that the words name."""


def asker(descriptor: int | None, *, confirm: bool = False) -> Ask:
    """Return what asks: a prompt in the terminal, or with a descriptor its next line; never an empty secret."""
    if descriptor is not None:
        return lambda words: _line(descriptor, words)
    return lambda words: _prompt(words, confirm=confirm)


def _prompt(words: str, *, confirm: bool) -> bytes:
    if not sys.stdin.isatty():
        message = f"{words}: give it with --password-fd, or run in a terminal"
        raise click.UsageError(message)
    text: str = click.prompt(words, hide_input=True, confirmation_prompt=confirm, err=True)
    return text.encode()


def _line(descriptor: int, words: str) -> bytes:
    """Read up to the end of the line and no byte more: the next secret is behind it."""
    line = bytearray()
    try:
        while not line.endswith(b"\n") and len(line) <= _LIMIT and (byte := os.read(descriptor, 1)):
            line += byte
    except OSError as error:
        message = f"{words}: file descriptor {descriptor} cannot be read: {error.strerror}"
        raise click.UsageError(message) from error
    secret = bytes(line).rstrip(b"\r\n")
    if not 0 < len(secret) <= _LIMIT:
        problem = "holds no password" if not secret else f"holds a line of more than {_LIMIT} bytes"
        message = f"{words}: file descriptor {descriptor} {problem}"
        raise click.UsageError(message)
    return secret
