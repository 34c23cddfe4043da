"""What was said, by whom, and did it arrive? Outgoing rows are the outbox: the row first, then the call."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinics.models import Appointment, Closable, TenantModel, TenantQuerySet, User
from whatsapp.models.conversation import Conversation
from whatsapp.models.delivery import Item
from whatsapp.models.media_file import MediaFile
from whatsapp.models.number import Number


class Direction(models.TextChoices):
    """Seen from the clinic."""

    IN = "in", _("received")
    OUT = "out", _("sent")


class MessageState(models.TextChoices):
    """The ladder an outgoing message climbs; `LADDER` gives the order. Inbound: received."""

    RECEIVED = "received", _("received")
    QUEUED = "queued", _("in the queue")
    SENDING = "sending", _("being sent")
    UNKNOWN = "unknown", _("uncertain")
    SENT = "sent", _("sent")
    FAILED = "failed", _("not delivered")
    DELIVERED = "delivered", _("delivered")
    READ = "read", _("read")
    PLAYED = "played", _("listened to")


LADDER = ("queued", "sending", "unknown", "sent", "failed", "delivered", "read", "played")
# It is on the person's phone.
ARRIVED = (MessageState.DELIVERED, MessageState.READ, MessageState.PLAYED)


class Author(models.TextChoices):
    """Who wrote it."""

    PATIENT = "patient", _("patient")
    BOT = "bot", _("assistant")
    STAFF = "staff", _("team")
    SYSTEM = "system", _("automatic notice")
    API = "api", "API"
    PHONE = "phone", _("team, on the telephone")
    AGENT = "agent", _("Meta's assistant")


# Sent again by ourselves when that may help. What a person wrote, a person decides about.
RESENT_AUTHORS = (Author.BOT, Author.SYSTEM)


class Urgency(models.IntegerChoices):
    """Which outgoing message goes first: the lower one. A reply never waits behind a reminder."""

    REPLY = 0, _("answer")
    NOTICE = 1, _("notice")
    REMINDER = 2, _("reminder")
    BULK = 3, _("campaign")


class Message(Closable, TenantModel):
    """One bubble of the conversation."""

    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, related_name="messages", db_index=False)
    direction = models.CharField(max_length=3, choices=Direction.choices)
    author = models.CharField(_("author"), max_length=10, choices=Author.choices)
    staff = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    type = models.CharField(_("type"), max_length=30, help_text=_("Meta's word for it."))
    body = models.TextField(_("text"), blank=True)
    # Inbound, and what others sent in our name (PHONE, AGENT): Meta's message object. Outbound: our content
    # (whatsapp.cloud_api contents as JSON). ASCII JSON text.
    content = models.TextField(editable=False)
    wamid = models.CharField(max_length=256, null=True, editable=False)
    # The wamid of the message that this one answers (shown as a quote).
    context_wamid = models.CharField(max_length=256, blank=True, default="", db_default="", editable=False)
    state = models.CharField(_("state"), max_length=10, choices=MessageState.choices)
    # Inbound: the item it came as. Outbound: the item it answers; with `position`, at most one reply each.
    item = models.ForeignKey(
        Item, on_delete=models.DO_NOTHING, null=True, db_constraint=False, related_name="+", db_index=False
    )
    position = models.PositiveSmallIntegerField(default=0, editable=False)
    # What was sent or received with it; the bytes come later, or never.
    file = models.ForeignKey(MediaFile, on_delete=models.PROTECT, null=True, related_name="messages", db_index=False)
    # A notice about an appointment: one per kind and revision.
    appointment = models.ForeignKey(
        Appointment, on_delete=models.PROTECT, null=True, related_name="messages", db_index=False
    )
    notice = models.CharField(max_length=30, blank=True, editable=False)
    revision = models.PositiveIntegerField(null=True, editable=False)
    # The conversation's, again: the sweep shares out each number's pace. Every row that is to be sent has it.
    number = models.ForeignKey(
        Number, on_delete=models.PROTECT, null=True, db_constraint=False, related_name="+", db_index=False
    )
    urgency = models.PositiveSmallIntegerField(
        choices=Urgency.choices, default=Urgency.REPLY, db_default=Urgency.REPLY, editable=False
    )
    # The outbox: attempts are fenced by `attempts`, leases use the database's clock.
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, editable=False)
    # How many digits the number had that the last attempt went to: which form of a Brazilian mobile. NULL: to an id.
    to_digits = models.PositiveSmallIntegerField(null=True, editable=False)
    resends = models.PositiveSmallIntegerField(_("sent again"), default=0, editable=False)
    # The row that failed on its way and is sent once more by this one.
    resend_of = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, db_constraint=False, related_name="+", db_index=False
    )
    # A person wanted it sent again, then: from then on it is as fresh as a new one.
    replayed_at = models.DateTimeField(null=True, editable=False)
    # It failed, and no refusal ended it: it was tried for as long as it made sense. «Desistiu».
    gave_up_at = models.DateTimeField(null=True, editable=False)
    not_before = models.DateTimeField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    unknown_since = models.DateTimeField(null=True, editable=False)
    error_code = models.CharField(_("error"), max_length=60, blank=True, editable=False)
    # How often in a row with this code: some are tried again a few times only.
    error_repeats = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    error_detail = models.CharField(_("what was wrong"), max_length=300, blank=True, editable=False)
    created_at = models.DateTimeField(_("written at"), editable=False)
    sent_at = models.DateTimeField(null=True, editable=False)
    delivered_at = models.DateTimeField(null=True, editable=False)
    read_at = models.DateTimeField(null=True, editable=False)
    played_at = models.DateTimeField(null=True, editable=False)
    # What its author changed later: `body` is what it says now, `former_body` what it said first.
    edited_at = models.DateTimeField(null=True, editable=False)
    former_body = models.TextField(blank=True, default="", db_default="", editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    # The emoji that each side put on it; "" after it was taken away.
    patient_reaction = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    patient_reacted_at = models.DateTimeField(null=True, editable=False)
    clinic_reaction = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    clinic_reacted_at = models.DateTimeField(null=True, editable=False)
    # From before the number came to us: shown above everything else, never answered, opens no window.
    is_past = models.BooleanField(default=False, db_default=False, editable=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["id"]
        indexes = [
            models.Index(fields=["conversation", "id"]),
            models.Index(
                fields=["conversation", "created_at", "id"], condition=Q(is_past=True), name="whatsapp_message_past"
            ),
            models.Index(
                fields=["clinic", "wamid"], condition=Q(wamid__isnull=False), name="whatsapp_message_by_wamid"
            ),
            models.Index(
                fields=["conversation", "id"],
                condition=Q(direction="out", state__in=("queued", "sending", "unknown")),
                name="whatsapp_message_outbox",
            ),
            # Also `whatsapp_message_due` of the migrations, for the sweep: Django's models cannot say "-infinity".
            models.Index(
                fields=["state", "id"],
                condition=Q(direction="out", state__in=("sending", "unknown")),
                name="whatsapp_message_in_flight",
            ),
            models.Index(
                fields=["clinic", "-id"],
                condition=Q(direction="out", state__in=("failed", "unknown"), closed_at__isnull=True),
                name="whatsapp_message_pending",
            ),
            models.Index(
                fields=["clinic", "-closed_at"], condition=Q(closed_at__isnull=False), name="whatsapp_message_closed"
            ),
            models.Index(fields=["file"], condition=Q(file__isnull=False), name="whatsapp_message_by_file"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "wamid"],
                condition=Q(wamid__isnull=False),
                name="whatsapp_message_wamid",
            ),
            models.UniqueConstraint(
                fields=["item", "direction", "position"],
                condition=Q(item__isnull=False),
                name="whatsapp_message_one_reply",
            ),
            models.UniqueConstraint(
                fields=["appointment", "notice", "revision"],
                condition=Q(appointment__isnull=False),
                name="whatsapp_message_notice_once",
            ),
            models.CheckConstraint(
                condition=Q(direction="in", state="received") | (Q(direction="out") & ~Q(state="received")),
                name="whatsapp_message_state_of_direction",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.pk}"

    @property
    def has_given_up(self) -> bool:
        """Whether it was tried until it made no sense any more."""
        return self.state == MessageState.FAILED and self.gave_up_at is not None

    @property
    def wanted_since(self) -> datetime:
        """Since when it is to go out."""
        return self.replayed_at or self.created_at


class MessageEvent(TenantModel):
    """One report of the provider about a message, in whatever order they come."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="events", db_index=False)
    state = models.CharField(_("state"), max_length=32)
    at = models.DateTimeField(_("at"))
    error_code = models.CharField(_("error"), max_length=60, blank=True)
    pricing = models.TextField(blank=True, editable=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("message event")
        verbose_name_plural = _("message events")
        ordering = ["at", "id"]
        constraints = [models.UniqueConstraint(fields=["message", "state"], name="whatsapp_messageevent_once")]

    def __str__(self) -> str:
        return self.state
