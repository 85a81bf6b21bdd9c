"""Documents in and out of a store. Codes RUN-12x."""

from typing import ClassVar

from sealift.errors.run import RunError


class BrokenLineError(RunError):
    """A line of a JSON Lines file is not one JSON object; nothing was loaded.

    Every line of the file is one object in strict JSON: no NaN, no member twice, no text around it. The whole file is
    read before the first document is written. Mend the line that is named and load the file again.
    """

    code: ClassVar[str] = "RUN-121"
    file: str
    line: int
    reason: str

    def message(self) -> str:
        return f"{self.file}:{self.line}: {self.reason} (expected one JSON object a line); nothing was loaded"

    def hint(self) -> str:
        return f"mend line {self.line} and run the same command again"


class BadKeyError(RunError):
    """A document's key is missing, or is neither an integer nor a text; nothing was loaded.

    The key is the member named with ``--key``, else ``id``, else ``_id``, else the line number, and one file has one
    kind of key. Name another member, or mend the line.
    """

    code: ClassVar[str] = "RUN-122"
    file: str
    line: int
    member: str
    found: str

    def message(self) -> str:
        return (
            f"{self.file}:{self.line}: the key {self.member!r} is {self.found} "
            "(expected an integer or a text); nothing was loaded"
        )

    def hint(self) -> str:
        return "name another member with --key, or mend the line"


class UnreadableFileError(RunError):
    """A file of documents cannot be opened, read or written.

    The reason is the operating system's. Check the path, its permissions and the free space.
    """

    code: ClassVar[str] = "RUN-123"
    file: str
    reason: str

    def message(self) -> str:
        return f"{self.file}: {self.reason}"

    def hint(self) -> str:
        return "check the path and its permissions"
