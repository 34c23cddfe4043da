import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clinics", "0007_reminders")]

    operations = [
        migrations.AddField(
            model_name="clinic",
            name="address",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="As patients read it, for example: Rua das Flores, 10 · Centro.",
                max_length=200,
                verbose_name="address",
            ),
        ),
        migrations.AddField(
            model_name="clinic",
            name="latitude",
            field=models.DecimalField(
                blank=True,
                decimal_places=6,
                help_text="The first number that a map shows when the place is clicked, for example -23.561400.",
                max_digits=9,
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(-90),
                    django.core.validators.MaxValueValidator(90),
                ],
                verbose_name="latitude",
            ),
        ),
        migrations.AddField(
            model_name="clinic",
            name="longitude",
            field=models.DecimalField(
                blank=True,
                decimal_places=6,
                help_text="The second number, for example -46.655900.",
                max_digits=9,
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(-180),
                    django.core.validators.MaxValueValidator(180),
                ],
                verbose_name="longitude",
            ),
        ),
        migrations.AddConstraint(
            model_name="clinic",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("latitude__isnull", True), ("longitude__isnull", True)),
                    models.Q(
                        ("latitude__isnull", False),
                        ("latitude__range", (-90, 90)),
                        ("longitude__isnull", False),
                        ("longitude__range", (-180, 180)),
                    ),
                    _connector="OR",
                ),
                name="clinics_clinic_place",
                violation_error_message="Give both numbers of the place, or none.",
            ),
        ),
    ]
