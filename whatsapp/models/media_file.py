"""Which files belong to a clinic's chats, and how far has each come? The row is the work of fetching and uploading."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from atendeai.common.fields import EncryptedTextField
from clinics.models import Closable, TenantModel, TenantQuerySet
from whatsapp.models.number import Number


class MediaState(models.TextChoices):
    """How far a file has come. `wanted` and `fetching` lead in from Meta, `to_upload` and `uploading` out to it."""

    WANTED = "wanted", _("waiting")
    FETCHING = "fetching", _("being fetched")
    STORED = "stored", _("stored")
    TO_UPLOAD = "to_upload", _("waiting for upload")
    UPLOADING = "uploading", _("being uploaded")
    FAILED = "failed", _("failed")
    EXPIRED = "expired", _("no longer at WhatsApp")
    REFUSED = "refused", _("refused")
    ERASED = "erased", _("erased")


WAITING_MEDIA = (MediaState.WANTED, MediaState.TO_UPLOAD)
WORKING_MEDIA = (MediaState.FETCHING, MediaState.UPLOADING)


class MediaFile(Closable, TenantModel):
    """One file. A message points at its file; a file that the clinic sends may stand in several messages."""

    # At whose number of ours Meta knows `media_id`; NULL for a file that nobody has sent yet.
    number = models.ForeignKey(
        Number, on_delete=models.PROTECT, null=True, related_name="+", db_index=False, verbose_name=_("number")
    )
    is_ours = models.BooleanField(default=False, db_default=False)
    kind = models.CharField(_("kind"), max_length=10)
    media_id = models.CharField(max_length=255, blank=True)
    # Until when Meta knows the id: 7 days for what patients send, 30 for what we upload.
    id_until = models.DateTimeField(null=True)
    # The address in the webhook or from the last question, good for five minutes.
    url = models.TextField(blank=True)
    url_until = models.DateTimeField(null=True)
    # What was declared, and what the bytes say.
    mime_type = models.CharField(_("type"), max_length=120, blank=True)
    content_type = models.CharField(max_length=120, blank=True)
    name = models.CharField(_("file name"), max_length=240, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField(_("size"), null=True)
    is_voice = models.BooleanField(default=False, db_default=False)
    state = models.CharField(_("state"), max_length=10, choices=MediaState.choices)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, db_default=0)
    # How often the bytes were not those that were announced.
    misfits = models.PositiveSmallIntegerField(default=0, db_default=0)
    # How often in a row its worker was lost with it.
    losses = models.PositiveSmallIntegerField(default=0, db_default=0)
    not_before = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    error_code = models.CharField(_("error"), max_length=60, blank=True)
    # Where the bytes lie, and under which key of their own.
    storage_key = models.CharField(max_length=120, blank=True)
    seal = EncryptedTextField(blank=True)
    stored_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(_("since"))

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(state__in=("wanted", "fetching", "to_upload", "uploading")),
                name="whatsapp_mediafile_work",
            ),
            models.Index(
                fields=["clinic", "-id"],
                condition=Q(state__in=("failed", "expired", "refused"), closed_at__isnull=True),
                name="whatsapp_mediafile_given_up",
            ),
            models.Index(
                fields=["clinic", "-closed_at"], condition=Q(closed_at__isnull=False), name="whatsapp_mediafile_closed"
            ),
            models.Index(fields=["storage_key"], condition=~Q(storage_key=""), name="whatsapp_mediafile_by_key"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=("stored", "to_upload", "uploading")) | ~Q(storage_key=""),
                name="whatsapp_mediafile_stored_somewhere",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
