"""The model as it is after the migration."""

from django.db import models


class Order(models.Model):  # noqa: DJ008  # nobody prints one
    key = models.BigIntegerField(primary_key=True)
    document = models.JSONField()

    class Meta:
        db_table = "orders"
        managed = False
