"""Alembic's environment: the database comes with `-x url=…`."""

from alembic import context
from sqlalchemy import create_engine, pool


def run():
    engine = create_engine(context.get_x_argument(as_dictionary=True)["url"], poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=None)
        with context.begin_transaction():
            context.run_migrations()


run()
