"""What does Meta count as chargeable, and what does the clinic say a message costs?"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from clinics.models import TenantModel, TenantQuerySet
from whatsapp.models.message import Author, Message


class MessageCost(TenantModel):
    """That Meta counts a message of ours: one row per message, however often its statuses say so.

    `day` is the clinic's local day; `category` and `pricing_type` are Meta's own words.
    """

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="cost")
    day = models.DateField(_("day"))
    category = models.CharField(_("category"), max_length=40)
    pricing_type = models.CharField(max_length=40, blank=True)
    is_billable = models.BooleanField(_("charged"))
    author = models.CharField(_("author"), max_length=10, choices=Author.choices)
    # The message has failed: Meta charges what was delivered.
    is_void = models.BooleanField(default=False, db_default=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("counted message")
        verbose_name_plural = _("counted messages")
        ordering = ["id"]
        indexes = [models.Index(fields=["clinic", "day"], name="whatsapp_messagecost_days")]

    def __str__(self) -> str:
        return f"{self.category} {self.day}"


class MessagePrice(TenantModel):
    """What the clinic pays for a message of a category, as a person typed it in; Meta names no price."""

    category = models.CharField(_("category"), max_length=40)
    price = models.DecimalField(_("price of one message"), max_digits=9, decimal_places=4)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("price of a message")
        verbose_name_plural = _("prices of messages")
        ordering = ["category"]
        constraints = [
            models.UniqueConstraint(fields=["clinic", "category"], name="whatsapp_messageprice_once"),
            models.CheckConstraint(condition=models.Q(price__gte=0), name="whatsapp_messageprice_not_negative"),
        ]

    def __str__(self) -> str:
        return self.category
