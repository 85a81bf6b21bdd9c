"""What a worker may use, and what the host accepts from it."""

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of one worker and of the frames between it and the host."""

    wall_seconds: float = 30.0
    """For one frame; then the worker is killed."""
    cpu_seconds: int = 3600
    """For a worker's whole life: a backstop behind the wall clock."""
    memory_bytes: int = 512 * MIB
    """Address space of the worker."""
    document_bytes: int = 16 * MIB
    """Size of one document, read or returned."""
    frame_bytes: int = 48 * 1024
    """Size a frame of documents aims at; a single larger document has a frame of its own."""
    depth: int = 200
    """Levels of nesting in a document."""
    result_bytes: int = 128 * MIB
    """What the outcomes of one ``send`` may add up to: the host's memory is bounded, whatever a worker returns."""
    log_bytes: int = 64 * 1024
    """What a worker may say in errors and logs before it is cut off."""
