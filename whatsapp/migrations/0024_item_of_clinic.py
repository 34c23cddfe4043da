from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Built beside the running system: webhooks go on being stored meanwhile.
    atomic = False

    dependencies = [
        ("whatsapp", "0023_closed_rows"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="item",
            index=models.Index(fields=["clinic", "-id"], name="whatsapp_item_of_clinic"),
        ),
    ]
