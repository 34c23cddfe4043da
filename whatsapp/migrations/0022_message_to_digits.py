from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("whatsapp", "0021_gave_up"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="to_digits",
            field=models.PositiveSmallIntegerField(editable=False, null=True),
        ),
    ]
