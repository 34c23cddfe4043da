from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("whatsapp", "0018_number_webhook_level"),
    ]

    operations = [
        migrations.AddField(
            model_name="contact",
            name="other_form_tried",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=20),
        ),
    ]
