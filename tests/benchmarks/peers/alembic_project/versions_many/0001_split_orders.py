"""Split orders: pages by key, one executemany a page."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB
from transform import upgrade as transform

revision = "0001"
down_revision = None

PAGE = 1000
orders = sa.table(
    "orders", sa.column("key", sa.BigInteger), sa.column("document", sa.JSON().with_variant(JSONB(), "postgresql"))
)


def upgrade():
    connection = op.get_bind()
    update = (
        sa.update(orders)
        .where(orders.c.key == sa.bindparam("order_key"))
        .values(document=sa.bindparam("new_document", type_=orders.c.document.type))
    )
    page = sa.select(orders.c.key, orders.c.document).order_by(orders.c.key).limit(PAGE)
    rows = connection.execute(page).all()
    while rows:
        changes = [{"order_key": row.key, "new_document": transform(row.document)} for row in rows]
        connection.execute(update, changes)
        rows = connection.execute(page.where(orders.c.key > rows[-1].key)).all()
