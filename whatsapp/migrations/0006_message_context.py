from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("whatsapp", "0005_notices_lane")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="context_wamid",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=256),
        ),
    ]
