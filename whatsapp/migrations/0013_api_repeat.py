import django.db.models.deletion
from django.db import migrations, models

from atendeai.common.migrations import tenant_key


class Migration(migrations.Migration):
    dependencies = [("whatsapp", "0012_identity")]

    operations = [
        migrations.CreateModel(
            name="ApiRepeat",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=200)),
                ("fingerprint", models.CharField(max_length=64)),
                ("answer", models.TextField(blank=True)),
                ("created_at", models.DateTimeField()),
                (
                    "clinic",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinics.clinic",
                        verbose_name="clinic",
                    ),
                ),
            ],
            options={
                "verbose_name": "API request key",
                "verbose_name_plural": "API request keys",
                "indexes": [models.Index(fields=["clinic", "created_at"], name="whatsapp_apirepeat_age")],
                "constraints": [models.UniqueConstraint(fields=("clinic", "key"), name="whatsapp_apirepeat_once")],
            },
        ),
        tenant_key("whatsapp_apirepeat"),
    ]
