"""The table exists already."""

from django.db import migrations, models


class Migration(migrations.Migration):
    operations = [  # noqa: RUF012  # Django's own form
        migrations.CreateModel(
            name="Order",
            fields=[
                ("key", models.BigIntegerField(primary_key=True, serialize=False)),
                ("document", models.JSONField()),
            ],
            options={"db_table": "orders", "managed": False},
        ),
    ]
