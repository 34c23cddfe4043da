"""Which WhatsApp numbers does a clinic have, and who writes to them?"""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinics.models import Patient, TenantModel, TenantQuerySet


class Number(TenantModel):
    """A clinic's number at Meta. Its id decides which clinic a delivery belongs to."""

    phone_number_id = models.CharField(_("number id at Meta"), max_length=40, unique=True)
    account_id = models.CharField(_("business account id at Meta"), max_length=40, blank=True, db_index=True)
    display_number = models.CharField(_("number"), max_length=30, blank=True)
    bot_answers = models.BooleanField(
        _("the assistant answers"), default=True, help_text=_("Off: every conversation waits for a person.")
    )
    marks_read = models.BooleanField(
        _("patients see that they were read"),
        default=True,
        db_default=True,
        help_text=_("Blue ticks when somebody has read a message, and “typing…” while an answer is written."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    # NULL: nobody knows. With coexistence, what patients wrote to the WhatsApp Business app before it opens no window.
    onboarded_at = models.DateTimeField(_("connected since"), null=True, editable=False)
    # Set when Meta refuses our token: sending waits until a person gives a new one.
    blocked_code = models.CharField(_("problem"), max_length=40, blank=True, editable=False)

    # Meta called the number a spammer: campaigns rest until then, everything else goes on.
    bulk_not_before = models.DateTimeField(null=True, editable=False)
    # What Meta says about the number, in its own words: by the check, and sooner by its notices.
    quality = models.CharField(_("quality"), max_length=20, blank=True, default="", db_default="", editable=False)
    messaging_limit = models.CharField(_("limit"), max_length=40, blank=True, default="", db_default="", editable=False)
    throughput = models.CharField(max_length=40, blank=True, default="", db_default="", editable=False)
    name_status = models.CharField(max_length=40, blank=True, default="", db_default="", editable=False)
    verified_name = models.CharField(max_length=200, blank=True, default="", db_default="", editable=False)
    username = models.CharField(max_length=100, blank=True, default="", db_default="", editable=False)
    is_coexistence = models.BooleanField(default=False, db_default=False, editable=False)
    code_verification = models.CharField(max_length=40, blank=True, default="", db_default="", editable=False)
    status = models.CharField(max_length=40, blank=True, default="", db_default="", editable=False)
    platform = models.CharField(max_length=40, blank=True, default="", db_default="", editable=False)
    account_state = models.CharField(max_length=40, blank=True, default="", db_default="", editable=False)
    # "", "offboarded" or "app_removed": whether the clinic still lets our app speak for the account.
    connection = models.CharField(max_length=20, blank=True, default="", db_default="", editable=False)
    account_review = models.CharField(max_length=40, blank=True, default="", db_default="", editable=False)
    webhook = models.CharField(max_length=300, blank=True, default="", db_default="", editable=False)
    # Which of Meta's levels names that address: "phone_number", "whatsapp_business_account" or "application".
    webhook_level = models.CharField(max_length=40, blank=True, default="", db_default="", editable=False)
    # JSON as text, since Meta's words may hold what jsonb refuses: {"can_send", "problems": [{entity, can, code, …}]}.
    health = models.TextField(blank=True, default="", db_default="", editable=False)
    # JSON {fact: ISO time}: when each fact was true at Meta. An older notice about it changes nothing.
    heard_at = models.TextField(blank=True, default="", db_default="", editable=False)
    # JSON {step: {"state", "code", "at"}}: what bringing the number in has shown so far.
    findings = models.TextField(blank=True, default="", db_default="", editable=False)
    stopped_until = models.DateTimeField(null=True, editable=False)
    checked_at = models.DateTimeField(_("checked at"), null=True, editable=False)
    # The next check is due then; NULL = at once.
    next_check_at = models.DateTimeField(null=True, editable=False)
    last_health_error = models.CharField(max_length=60, blank=True, default="", db_default="", editable=False)

    # What Meta takes from this number: 80, after its upgrade 1,000, with coexistence 20.
    sends_per_second = models.PositiveSmallIntegerField(
        _("messages per second"), default=80, db_default=80, editable=False
    )

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("WhatsApp number")
        verbose_name_plural = _("WhatsApp numbers")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(sends_per_second__gte=1), name="whatsapp_number_sends"),
            # An account may have several numbers, all of one clinic: its notices name the account alone.
            ExclusionConstraint(
                name="whatsapp_number_account_of_one_clinic",
                expressions=[("account_id", "="), ("clinic", "<>")],
                condition=~Q(account_id=""),
                violation_error_message=_("Another clinic of this installation has numbers of this account."),
            ),
        ]
        indexes = [
            models.Index(fields=["next_check_at"], condition=Q(is_active=True), name="whatsapp_number_to_check"),
        ]

    def __str__(self) -> str:
        return self.display_number or self.phone_number_id


class Marketing(models.TextChoices):
    """What a person said about messages that are neither answers nor about their appointments."""

    UNSAID = "", _("nothing said")
    STOPPED = "stopped", _("does not want them")
    ALLOWED = "allowed", _("wants them")


class Contact(TenantModel):
    """Somebody on WhatsApp as one clinic sees them: found by business-scoped id, then wa_id, then match key.

    Ids are per clinic: the same person has another business-scoped id at another clinic.
    """

    user_id = models.CharField(max_length=160, null=True, editable=False)
    wa_id = models.CharField(max_length=20, null=True, editable=False)
    match_key = models.CharField(max_length=20, null=True, editable=False)
    parent_user_id = models.CharField(max_length=160, null=True, editable=False)
    username = models.CharField(_("user name"), max_length=200, blank=True, default="", db_default="", editable=False)
    # Their last message came without a number: answers go to the business-scoped id, for the number may be old.
    answers_by_id = models.BooleanField(default=False, db_default=False, editable=False)
    # The form of the number that was refused first, so that the other was tried (`whatsapp.other_form`): not again.
    other_form_tried = models.CharField(max_length=20, blank=True, default="", db_default="", editable=False)
    # Provider's time from which these ids are known to be theirs: older news does not take them back.
    ids_since = models.DateTimeField(null=True, editable=False)
    # One person with two records: the other one counts. Ids that stay here still lead to it.
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, editable=False, related_name="merged", db_index=False
    )
    name = models.CharField(_("name on WhatsApp"), max_length=120, blank=True)
    patient = models.ForeignKey(
        Patient,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="contacts",
        verbose_name=_("patient"),
    )
    # The name in the address book of the clinic's telephone.
    book_name = models.CharField(_("name on the clinic's telephone"), max_length=120, blank=True, db_default="")
    # LGPD: what they said, when, and how we know (`whatsapp.preferences`).
    marketing = models.CharField(
        _("marketing"), max_length=10, blank=True, choices=Marketing.choices, default=Marketing.UNSAID, db_default=""
    )
    marketing_at = models.DateTimeField(null=True, editable=False)
    marketing_source = models.CharField(max_length=40, blank=True, default="", db_default="", editable=False)
    created_at = models.DateTimeField(_("since"), auto_now_add=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        indexes = [
            models.Index(fields=["clinic", "wa_id"]),
            models.Index(
                fields=["clinic", "parent_user_id"],
                condition=Q(parent_user_id__isnull=False),
                name="whatsapp_contact_by_parent",
            ),
            models.Index(
                fields=["merged_into"], condition=Q(merged_into__isnull=False), name="whatsapp_contact_merged"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["clinic", "user_id"], name="whatsapp_contact_user_id"),
            models.UniqueConstraint(fields=["clinic", "match_key"], name="whatsapp_contact_match_key"),
            models.CheckConstraint(
                condition=Q(user_id__isnull=False)
                | Q(wa_id__isnull=False)
                | Q(parent_user_id__isnull=False)
                | Q(merged_into__isnull=False),
                name="whatsapp_contact_some_id",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=models.F("id")),
                name="whatsapp_contact_merged_into_another",
            ),
            models.CheckConstraint(
                condition=Q(wa_id__isnull=True, match_key__isnull=True)
                | Q(wa_id__isnull=False, match_key__isnull=False),
                name="whatsapp_contact_key_of_number",
            ),
        ]

    def __str__(self) -> str:
        return self.name or (f"@{self.username}" if self.username else str(_("no name")))

    @property
    def scoped_id(self) -> str | None:
        """The id to write to where there is no number."""
        return self.user_id or self.parent_user_id
