"""Which templates does Meta know for a clinic, what became of them, and what does the clinic use them for?"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinics.models import Closable, TenantModel, TenantQuerySet

NO_COMPONENTS = "[]"


class Template(TenantModel):
    """One template of an account in one language, as Meta last told. Words in capitals are Meta's own."""

    account_id = models.CharField(_("business account id at Meta"), max_length=40, editable=False)
    name = models.CharField(_("name"), max_length=512)
    language = models.CharField(_("language"), max_length=15, default="pt_BR")
    category = models.CharField(_("category"), max_length=40, blank=True)
    # Meta's components as ASCII-escaped JSON text.
    components = models.TextField(editable=False, default=NO_COMPONENTS)
    is_named = models.BooleanField(default=False, editable=False)
    template_id = models.CharField(max_length=40, blank=True, editable=False)
    status = models.CharField(_("state"), max_length=30)
    # When Meta last told of each: notices may come in any order, an older one changes nothing.
    status_at = models.DateTimeField(null=True, editable=False)
    quality = models.CharField(_("quality"), max_length=20, blank=True)
    quality_at = models.DateTimeField(null=True, editable=False)
    category_at = models.DateTimeField(null=True, editable=False)
    # Announced: it will have this category from then on.
    coming_category = models.CharField(max_length=40, blank=True, editable=False)
    coming_category_at = models.DateTimeField(null=True, editable=False)
    rejected_reason = models.CharField(_("reason"), max_length=80, blank=True, editable=False)
    advice = models.CharField(_("what Meta recommends"), max_length=500, blank=True, editable=False)
    # FIRST_PAUSE, SECOND_PAUSE, …: the next one lasts longer, the third disables it.
    pause = models.CharField(max_length=30, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), editable=False)
    last_synced_at = models.DateTimeField(_("compared with Meta at"), null=True, editable=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("message template")
        verbose_name_plural = _("message templates")
        ordering = ["name", "language"]
        constraints = [
            models.UniqueConstraint(fields=["clinic", "account_id", "name", "language"], name="whatsapp_template_once")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_content(self) -> bool:
        """Whether its components are known: not yet of one that a notice named before Meta's list did."""
        return self.components != NO_COMPONENTS


class TemplateEvent(TenantModel):
    """One change of a template that Meta told of, or that a person made."""

    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="events", db_index=False)
    at = models.DateTimeField(_("at"))
    # status, quality, category, content
    what = models.CharField(max_length=20)
    before = models.CharField(max_length=40, blank=True)
    after = models.CharField(max_length=40, blank=True)
    detail = models.CharField(max_length=300, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("template event")
        verbose_name_plural = _("template events")
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["template", "-at", "-id"])]

    def __str__(self) -> str:
        return f"{self.what}: {self.after}"


class TemplateChoice(TenantModel):
    """Which template a clinic uses for a purpose. Without a row: the starter set's; with an empty name: none."""

    purpose = models.CharField(_("purpose"), max_length=20)
    name = models.CharField(_("template"), max_length=512, blank=True)
    language = models.CharField(_("language"), max_length=15, default="pt_BR")

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("use of templates")
        verbose_name_plural = _("uses of templates")
        constraints = [models.UniqueConstraint(fields=["clinic", "purpose"], name="whatsapp_templatechoice_once")]

    def __str__(self) -> str:
        return f"{self.purpose}: {self.name}"


class TemplateSync(TenantModel):
    """The timetable of comparing one account's templates with Meta: one worker at a time, by the database's clock."""

    account_id = models.CharField(max_length=40)
    due_at = models.DateTimeField(db_default=models.functions.Now())
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    last_error = models.CharField(max_length=60, blank=True, db_default="")
    done_at = models.DateTimeField(null=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("template timetable")
        verbose_name_plural = _("template timetables")
        indexes = [models.Index(fields=["due_at"])]
        constraints = [models.UniqueConstraint(fields=["clinic", "account_id"], name="whatsapp_templatesync_once")]

    def __str__(self) -> str:
        return self.account_id


class ReminderKind(models.TextChoices):
    """How long before the appointment; the clinic's settings say how many hours each is."""

    FIRST = "reminder_1", _("first reminder")
    SECOND = "reminder_2", _("second reminder")


class ReminderState(models.TextChoices):
    """What became of a reminder that was due."""

    QUEUED = "queued", _("sent to the queue")
    NO_TEMPLATE = "no_template", _("no approved template")
    NO_CONTACT = "no_contact", _("no WhatsApp known")
    BROKEN = "broken", _("could not be made")


class Reminder(Closable, TenantModel):
    """One reminder of one appointment at one time: a moved appointment is reminded of anew."""

    appointment = models.ForeignKey(
        "clinics.Appointment", on_delete=models.PROTECT, related_name="reminders", db_index=False
    )
    kind = models.CharField(max_length=12, choices=ReminderKind.choices)
    starts_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=ReminderState.choices)
    message = models.ForeignKey(
        "whatsapp.Message", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    # A template may be approved yet: looked at again from then on.
    again_at = models.DateTimeField(null=True)
    # Begun, and not ended by a result.
    begun = models.PositiveSmallIntegerField(default=0, db_default=0)
    created_at = models.DateTimeField()

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        indexes = [
            models.Index(
                fields=["clinic", "-id"],
                condition=Q(state="broken", closed_at__isnull=True),
                name="whatsapp_reminder_broken",
            ),
            models.Index(
                fields=["clinic", "-closed_at"], condition=Q(closed_at__isnull=False), name="whatsapp_reminder_closed"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["appointment", "kind", "starts_at"], name="whatsapp_reminder_once"),
            models.CheckConstraint(
                condition=Q(state="queued", message__isnull=False) | (~Q(state="queued") & Q(message__isnull=True)),
                name="whatsapp_reminder_message_of_state",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
