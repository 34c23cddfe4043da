"""When a clinic reminds its patients, and when an appointment's time was agreed."""

import datetime

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinics", "0006_google_policies"),
    ]

    operations = [
        migrations.AddField(
            model_name="appointment",
            name="placed_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="clinic",
            name="reminder_hours",
            field=models.PositiveSmallIntegerField(
                db_default=24,
                default=24,
                help_text="Who books later than this gets none: they have just chosen the time.",
                verbose_name="reminder (hours before)",
            ),
        ),
        migrations.AddField(
            model_name="clinic",
            name="reminders_from",
            field=models.TimeField(
                db_default=datetime.time(8, 0),
                default=datetime.time(8, 0),
                help_text="In the clinic's time. What falls into the night waits until then.",
                verbose_name="reminders from",
            ),
        ),
        migrations.AddField(
            model_name="clinic",
            name="reminders_until",
            field=models.TimeField(
                db_default=datetime.time(20, 0), default=datetime.time(20, 0), verbose_name="reminders until"
            ),
        ),
        migrations.AddField(
            model_name="clinic",
            name="second_reminder_hours",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="Empty: only one. For example 2.",
                null=True,
                verbose_name="second reminder (hours before)",
            ),
        ),
        migrations.AddField(
            model_name="clinic",
            name="sends_reminders",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Before each appointment, with buttons to confirm, move or cancel. Outside the 24-hour window WhatsApp charges for each one, and takes approved templates only. The patient must have agreed to be written to.",
                verbose_name="reminds patients on WhatsApp",
            ),
        ),
        migrations.AddIndex(
            model_name="appointment",
            index=models.Index(
                condition=models.Q(("status__in", ("booked", "confirmed"))),
                fields=["starts_at"],
                name="clinics_appointment_coming",
            ),
        ),
        migrations.AddConstraint(
            model_name="clinic",
            constraint=models.CheckConstraint(
                condition=models.Q(("reminder_hours__range", (1, 168))),
                name="clinics_clinic_reminder_range",
                violation_error_message="Use 1 to 168 hours.",
            ),
        ),
        migrations.AddConstraint(
            model_name="clinic",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("second_reminder_hours__isnull", True),
                    models.Q(
                        ("second_reminder_hours__gte", 1), ("second_reminder_hours__lt", models.F("reminder_hours"))
                    ),
                    _connector="OR",
                ),
                name="clinics_clinic_second_reminder",
                violation_error_message="The second reminder comes later than the first: fewer hours before.",
            ),
        ),
        migrations.AddConstraint(
            model_name="clinic",
            constraint=models.CheckConstraint(
                condition=models.Q(("reminders_from__lt", models.F("reminders_until"))),
                name="clinics_clinic_reminder_hours",
                violation_error_message="The hours for reminders must begin before they end.",
            ),
        ),
    ]
