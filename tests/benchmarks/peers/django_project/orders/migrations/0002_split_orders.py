"""Split orders: iterator and bulk_update by 1,000, as Django's documentation advises."""

from itertools import islice

from django.db import migrations
from transform import upgrade

PAGE = 1000


def split(apps, schema_editor):  # noqa: ARG001  # Django calls it so
    model = apps.get_model("orders", "Order")
    rows = model.objects.order_by("key").iterator(chunk_size=PAGE)
    while page := list(islice(rows, PAGE)):
        for row in page:
            row.document = upgrade(row.document)
        model.objects.bulk_update(page, ["document"], batch_size=PAGE)


class Migration(migrations.Migration):
    dependencies = [("orders", "0001_initial")]  # noqa: RUF012  # Django's own form
    operations = [migrations.RunPython(split)]  # noqa: RUF012  # Django's own form
