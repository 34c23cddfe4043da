"""Which records turned out to be one person, and which ids did a person have before?"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinics.models import PatientMerge, TenantModel, TenantQuerySet, User
from whatsapp.models.number import Contact


class FormerId(TenantModel):
    """Ids that a contact had until a moment of the provider's clock: what was sent before it still is theirs.

    A number may have a new owner since; a business-scoped id never has.
    """

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="former_ids", db_index=False)
    user_id = models.CharField(max_length=160, null=True, editable=False)
    match_key = models.CharField(max_length=20, null=True, editable=False)
    until = models.DateTimeField(editable=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("former id")
        verbose_name_plural = _("former ids")
        indexes = [
            models.Index(fields=["contact"]),
            models.Index(
                fields=["clinic", "user_id"], condition=Q(user_id__isnull=False), name="whatsapp_formerid_user_id"
            ),
            models.Index(
                fields=["clinic", "match_key", "until"],
                condition=Q(match_key__isnull=False),
                name="whatsapp_formerid_match_key",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(user_id__isnull=False) | Q(match_key__isnull=False), name="whatsapp_formerid_some_id"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class MergeSource(models.TextChoices):
    """Who said that two records are one person."""

    STAFF = "staff", _("the team")
    META = "meta", "WhatsApp"


class ContactMerge(TenantModel):
    """Two contacts made one: what moved, as row ids, so that it can be put back."""

    survivor = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="+", db_index=False)
    loser = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="+", db_index=False)
    source = models.CharField(_("told by"), max_length=10, choices=MergeSource.choices)
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    at = models.DateTimeField(_("at"))
    # {"handed": [chat ids], "joined": [{from, to, messages, items}], "ids": [the survivor's before, the loser's]}
    moved = models.JSONField(default=dict, editable=False)
    # The ids the loser brought, to take them back.
    loser_user_id = models.CharField(max_length=160, null=True, editable=False)
    loser_wa_id = models.CharField(max_length=20, null=True, editable=False)
    patient_taken = models.BooleanField(default=False, editable=False)
    patient_merge = models.ForeignKey(
        PatientMerge, on_delete=models.PROTECT, null=True, related_name="+", db_index=False, editable=False
    )
    undone_at = models.DateTimeField(_("undone at"), null=True, editable=False)
    undone_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("merge of contacts")
        verbose_name_plural = _("merges of contacts")
        ordering = ["-id"]
        indexes = [models.Index(fields=["survivor", "-id"])]
        constraints = [
            models.UniqueConstraint(
                fields=["loser"], condition=Q(undone_at__isnull=True), name="whatsapp_contactmerge_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"
