"""Templates and what they are used for, reminders, and what the 24-hour window is decided by."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from atendeai.common.migrations import tenant_foreign_key, tenant_key


class Migration(migrations.Migration):
    dependencies = [
        ("clinics", "0007_reminders"),
        ("whatsapp", "0014_meta_networks"),
    ]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="entered_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="conversation",
            name="free_until",
            field=models.DateTimeField(editable=False, null=True, verbose_name="free of charge until"),
        ),
        migrations.AddField(
            model_name="conversation",
            name="last_call_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="number",
            name="onboarded_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="connected since"),
        ),
        migrations.CreateModel(
            name="Template",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "account_id",
                    models.CharField(editable=False, max_length=40, verbose_name="business account id at Meta"),
                ),
                ("name", models.CharField(max_length=512, verbose_name="name")),
                ("language", models.CharField(default="pt_BR", max_length=15, verbose_name="language")),
                ("category", models.CharField(blank=True, max_length=40, verbose_name="category")),
                ("components", models.TextField(default="[]", editable=False)),
                ("is_named", models.BooleanField(default=False, editable=False)),
                ("template_id", models.CharField(blank=True, editable=False, max_length=40)),
                ("status", models.CharField(max_length=30, verbose_name="state")),
                ("status_at", models.DateTimeField(editable=False, null=True)),
                ("quality", models.CharField(blank=True, max_length=20, verbose_name="quality")),
                ("quality_at", models.DateTimeField(editable=False, null=True)),
                ("category_at", models.DateTimeField(editable=False, null=True)),
                ("coming_category", models.CharField(blank=True, editable=False, max_length=40)),
                ("coming_category_at", models.DateTimeField(editable=False, null=True)),
                ("rejected_reason", models.CharField(blank=True, editable=False, max_length=80, verbose_name="reason")),
                (
                    "advice",
                    models.CharField(blank=True, editable=False, max_length=500, verbose_name="what Meta recommends"),
                ),
                ("pause", models.CharField(blank=True, editable=False, max_length=30)),
                ("created_at", models.DateTimeField(editable=False, verbose_name="created at")),
                (
                    "last_synced_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="compared with Meta at"),
                ),
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
                "verbose_name": "message template",
                "verbose_name_plural": "message templates",
                "ordering": ["name", "language"],
            },
        ),
        migrations.CreateModel(
            name="TemplateChoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("purpose", models.CharField(max_length=20, verbose_name="purpose")),
                ("name", models.CharField(blank=True, max_length=512, verbose_name="template")),
                ("language", models.CharField(default="pt_BR", max_length=15, verbose_name="language")),
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
                "verbose_name": "use of templates",
                "verbose_name_plural": "uses of templates",
            },
        ),
        migrations.CreateModel(
            name="TemplateEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(verbose_name="at")),
                ("what", models.CharField(max_length=20)),
                ("before", models.CharField(blank=True, max_length=40)),
                ("after", models.CharField(blank=True, max_length=40)),
                ("detail", models.CharField(blank=True, max_length=300)),
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
                (
                    "template",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="whatsapp.template",
                    ),
                ),
            ],
            options={
                "verbose_name": "template event",
                "verbose_name_plural": "template events",
                "ordering": ["-at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="TemplateSync",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("account_id", models.CharField(max_length=40)),
                ("due_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("lease_until", models.DateTimeField(null=True)),
                ("attempts", models.PositiveSmallIntegerField(db_default=0, default=0)),
                ("last_error", models.CharField(blank=True, db_default="", max_length=60)),
                ("done_at", models.DateTimeField(null=True)),
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
                "verbose_name": "template timetable",
                "verbose_name_plural": "template timetables",
            },
        ),
        migrations.CreateModel(
            name="Reminder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("reminder_1", "first reminder"), ("reminder_2", "second reminder")], max_length=12
                    ),
                ),
                ("starts_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "sent to the queue"),
                            ("no_template", "no approved template"),
                            ("no_contact", "no WhatsApp known"),
                        ],
                        max_length=12,
                    ),
                ),
                ("again_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
                (
                    "appointment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reminders",
                        to="clinics.appointment",
                    ),
                ),
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
                (
                    "message",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="whatsapp.message",
                    ),
                ),
            ],
            options={
                "verbose_name": "reminder",
                "verbose_name_plural": "reminders",
                "constraints": [
                    models.UniqueConstraint(fields=("appointment", "kind", "starts_at"), name="whatsapp_reminder_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("message__isnull", False), ("state", "queued")),
                            models.Q(models.Q(("state", "queued"), _negated=True), ("message__isnull", True)),
                            _connector="OR",
                        ),
                        name="whatsapp_reminder_message_of_state",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="template",
            constraint=models.UniqueConstraint(
                fields=("clinic", "account_id", "name", "language"), name="whatsapp_template_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="templatechoice",
            constraint=models.UniqueConstraint(fields=("clinic", "purpose"), name="whatsapp_templatechoice_once"),
        ),
        migrations.AddIndex(
            model_name="templateevent",
            index=models.Index(fields=["template", "-at", "-id"], name="whatsapp_te_templat_aa2d5e_idx"),
        ),
        migrations.AddIndex(
            model_name="templatesync",
            index=models.Index(fields=["due_at"], name="whatsapp_te_due_at_8c9b40_idx"),
        ),
        migrations.AddConstraint(
            model_name="templatesync",
            constraint=models.UniqueConstraint(fields=("clinic", "account_id"), name="whatsapp_templatesync_once"),
        ),
        tenant_key("whatsapp_template"),
        tenant_foreign_key("whatsapp_templateevent", "template_id", "whatsapp_template"),
        tenant_foreign_key("whatsapp_reminder", "appointment_id", "clinics_appointment"),
        tenant_foreign_key("whatsapp_reminder", "message_id", "whatsapp_message"),
    ]
