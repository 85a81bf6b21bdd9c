"""The error tree: one module a family, one class a cause, one stable code a class."""

from sealift.errors.base import ExitStatus, SealiftError

__all__ = ["ExitStatus", "SealiftError"]
