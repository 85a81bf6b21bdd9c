"""Split orders: read all of them, update them one by one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB
from transform import upgrade as transform

revision = "0001"
down_revision = None

orders = sa.table(
    "orders", sa.column("key", sa.BigInteger), sa.column("document", sa.JSON().with_variant(JSONB(), "postgresql"))
)


def upgrade():
    connection = op.get_bind()
    for row in connection.execute(sa.select(orders.c.key, orders.c.document)).all():
        connection.execute(orders.update().where(orders.c.key == row.key).values(document=transform(row.document)))
