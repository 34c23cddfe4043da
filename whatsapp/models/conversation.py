"""Who talks with whom, and who answers: the assistant or a person?"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinics.models import TenantModel, TenantQuerySet, User
from whatsapp.models.number import Contact, Number


class Handler(models.TextChoices):
    """Who answers."""

    BOT = "bot", _("assistant")
    PERSON = "person", _("a person")


# Why a person has the chat: they answered from the clinic's telephone, so nobody has to take it here.
ON_THE_PHONE = "phone"

# Handed over to nobody yet, or with messages nobody has seen; who was answered on the clinic's telephone waits only
# with a new message. Lists and counts say it with this, as the index does: else PostgreSQL would not use it.
AWAITS_A_PERSON = Q(handler=Handler.PERSON) & (
    (Q(attendant__isnull=True) & ~Q(handover_reason=ON_THE_PHONE)) | Q(unread__gt=0)
)


class Conversation(TenantModel):
    """One contact at one number. Workers claim it as a whole, so that its items are worked in order."""

    number = models.ForeignKey(Number, on_delete=models.PROTECT, related_name="conversations", verbose_name=_("number"))
    contact = models.ForeignKey(
        Contact, on_delete=models.PROTECT, related_name="conversations", verbose_name=_("contact")
    )
    handler = models.CharField(_("answered by"), max_length=10, choices=Handler.choices, default=Handler.BOT)
    attendant = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("attendant")
    )
    handover_reason = models.CharField(_("why a person is needed"), max_length=40, blank=True, editable=False)
    # The engine's state (whatsapp.conversation.states.State as JSON).
    state = models.JSONField(default=dict, editable=False)
    unread = models.PositiveIntegerField(_("unread"), default=0, editable=False)
    last_inbound_at = models.DateTimeField(_("patient wrote at"), null=True, editable=False)
    # The window (whatsapp.window): a call opens it as a message does; a message that came through an advert or a page's
    # button, answered within a day, makes three days free of charge.
    last_call_at = models.DateTimeField(null=True, editable=False)
    entered_at = models.DateTimeField(null=True, editable=False)
    free_until = models.DateTimeField(_("free of charge until"), null=True, editable=False)
    last_message_at = models.DateTimeField(_("last message at"), null=True, editable=False)
    # Meta's own assistant answers this chat since then: ours is silent.
    standby_since = models.DateTimeField(null=True, editable=False)
    # The patient's message up to which they see blue ticks; when "typing…" was last shown to them.
    read_wamid = models.CharField(max_length=256, blank=True, default="", db_default="", editable=False)
    typing_at = models.DateTimeField(null=True, editable=False)
    # Items wait since then; NULL = none. Set by unpacking, cleared under the row's lock when nothing newer is there.
    wanted_at = models.DateTimeField(null=True, editable=False)
    not_before = models.DateTimeField(null=True, editable=False)
    # Its contact is one person with another; what was said here went to that chat.
    merged_into = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, editable=False, related_name="merged", db_index=False
    )

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        ordering = ["-last_message_at", "-id"]
        indexes = [
            models.Index(fields=["clinic", "-last_message_at", "-id"]),
            models.Index(
                fields=["wanted_at"],
                condition=Q(wanted_at__isnull=False),
                name="whatsapp_conversation_wanted",
            ),
            models.Index(
                fields=["clinic", "-last_message_at", "-id"],
                condition=AWAITS_A_PERSON,
                name="whatsapp_chat_for_a_person",
            ),
        ]
        constraints = [models.UniqueConstraint(fields=["number", "contact"], name="whatsapp_conversation_once")]

    def __str__(self) -> str:
        return str(self.contact)
