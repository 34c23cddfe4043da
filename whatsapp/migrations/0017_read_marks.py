from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("whatsapp", "0016_account_of_one_clinic")]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="read_wamid",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=256),
        ),
        migrations.AddField(
            model_name="conversation",
            name="typing_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="number",
            name="marks_read",
            field=models.BooleanField(
                db_default=True,
                default=True,
                help_text="Blue ticks when somebody has read a message, and “typing…” while an answer is written.",
                verbose_name="patients see that they were read",
            ),
        ),
    ]
