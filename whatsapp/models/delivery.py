"""What did Meta call us with? The raw calls and the items in them. The row is the work; hints only hurry it."""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinics.models import Clinic, Closable, Lossy, TenantQuerySet


class DeliveryState(models.TextChoices):
    """How far a raw call has come."""

    STORED = "stored", _("received")
    UNPACKED = "unpacked", _("unpacked")
    SET_ASIDE = "set_aside", _("set aside")


class Delivery(Closable, Lossy, models.Model):
    """One webhook call, byte for byte as it came. Belongs to no clinic: one call may speak for several."""

    received_at = models.DateTimeField(_("received at"), db_default=models.functions.Now())
    # Whose secret signed it: NULL = the installation's app; else it may speak for this clinic only.
    signed_by = models.ForeignKey(
        Clinic,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("signed by"),
    )
    body = models.BinaryField(max_length=3_145_728)
    state = models.CharField(
        _("state"),
        max_length=12,
        choices=DeliveryState.choices,
        default=DeliveryState.STORED,
        db_default="stored",
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, db_default=0)
    not_before = models.DateTimeField(null=True)
    last_error = models.TextField(_("last error"), blank=True, db_default="")

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        indexes = [
            models.Index(fields=["id"], condition=Q(state="stored"), name="whatsapp_delivery_stored"),
            models.Index(
                fields=["-id"], condition=Q(state="set_aside", closed_at__isnull=True), name="whatsapp_delivery_aside"
            ),
            models.Index(fields=["-closed_at"], condition=Q(closed_at__isnull=False), name="whatsapp_delivery_closed"),
            # Deleted by age, far behind the newest.
            BrinIndex(fields=["received_at"], name="whatsapp_delivery_age"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class ItemState(models.TextChoices):
    """What became of an item."""

    WAITING = "waiting", _("waiting")
    DONE = "done", _("done")
    IGNORED = "ignored", _("kept, not acted on")
    FOREIGN = "foreign", _("for another clinic than its signature")
    SET_ASIDE = "set_aside", _("set aside")


# What reached no clinic: nobody has its number, another clinic's secret signed it, or it found no place.
STRAY = Q(clinic__isnull=True) & (Q(state__in=("set_aside", "foreign")) | Q(state="ignored", reason="unknown_number"))


class Item(Closable, Lossy, models.Model):
    """One unit of a delivery. The key lets each into the table once, however often Meta repeats it."""

    clinic = models.ForeignKey(
        Clinic,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("clinic"),
    )
    delivery = models.ForeignKey(Delivery, on_delete=models.DO_NOTHING, db_constraint=False, related_name="items")
    scope = models.CharField(max_length=64)
    kind = models.CharField(_("kind"), max_length=40)
    provider_id = models.CharField(max_length=256)
    status = models.CharField(max_length=20, blank=True)
    # The webhook field it came in: the same kind of notice says another thing in another field.
    field = models.CharField(max_length=64, blank=True, default="", db_default="")
    conversation = models.ForeignKey(
        "whatsapp.Conversation", on_delete=models.PROTECT, null=True, related_name="items", db_index=False
    )
    provider_at = models.DateTimeField()
    # ASCII-escaped JSON as text: \u0000 is legal there and illegal in jsonb.
    payload = models.TextField()
    state = models.CharField(_("state"), max_length=12, choices=ItemState.choices, default=ItemState.WAITING)
    reason = models.CharField(_("reason"), max_length=80, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    not_before = models.DateTimeField(null=True)
    last_error = models.TextField(_("last error"), blank=True)
    stored_at = models.DateTimeField(_("stored at"), db_default=models.functions.Now())

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("item")
        verbose_name_plural = _("items")
        constraints = [
            models.UniqueConstraint(fields=["scope", "kind", "provider_id", "status"], name="whatsapp_item_once"),
        ]
        indexes = [
            models.Index(
                fields=["conversation", "provider_at", "id"],
                condition=Q(state="waiting", conversation__isnull=False),
                name="whatsapp_item_in_order",
            ),
            models.Index(
                fields=["id"],
                condition=Q(state="waiting", conversation__isnull=True, kind="status"),
                name="whatsapp_item_statuses",
            ),
            models.Index(
                fields=["kind", "scope", "provider_at", "id"],
                condition=Q(state="waiting", conversation__isnull=True) & ~Q(kind="status"),
                name="whatsapp_item_notices",
            ),
            models.Index(fields=["delivery"]),
            models.Index(fields=["clinic", "-id"], name="whatsapp_item_of_clinic"),
            models.Index(
                fields=["clinic", "-id"],
                condition=Q(state="set_aside", closed_at__isnull=True),
                name="whatsapp_item_aside",
            ),
            models.Index(fields=["-id"], condition=STRAY & Q(closed_at__isnull=True), name="whatsapp_item_stray"),
            models.Index(
                fields=["clinic", "-closed_at"], condition=Q(closed_at__isnull=False), name="whatsapp_item_closed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
