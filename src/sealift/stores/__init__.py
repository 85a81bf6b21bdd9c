"""Databases: documents, and sealift's own tables beside them, behind ``ports.Store``.

Three ways in, chosen by the address: SQLite through the standard library, PostgreSQL through psycopg, everything else
through SQLAlchemy Core. Drivers are imported only by the store that needs them.
"""

from sealift.stores.opening import open_store

__all__ = ["open_store"]
