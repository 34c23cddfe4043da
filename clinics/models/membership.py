"""Who works where, and as what? Memberships, invitations and keys for programs."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinics.models.tenancy import TenantModel, TenantQuerySet


class Role(models.TextChoices):
    """What a person may do at a clinic."""

    OWNER = "owner", _("owner")
    RECEPTIONIST = "receptionist", _("receptionist")


class Membership(TenantModel):
    """A user of a clinic."""

    user = models.ForeignKey(
        "clinics.User", on_delete=models.CASCADE, related_name="memberships", verbose_name=_("user")
    )
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.RECEPTIONIST)
    created_at = models.DateTimeField(_("since"), auto_now_add=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("team member")
        verbose_name_plural = _("people of the team")
        constraints = [models.UniqueConstraint(fields=["clinic", "user"], name="clinics_membership_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"


class Invitation(TenantModel):
    """A one-time link by which a person sets a password and joins. Only the hash of its token is kept."""

    email = models.EmailField(_("e-mail"))
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.RECEPTIONIST)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    expires_at = models.DateTimeField(_("valid until"))
    used_at = models.DateTimeField(_("used at"), null=True, blank=True, editable=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        indexes = [models.Index(fields=["clinic", "email"])]

    def __str__(self) -> str:
        return self.email


class ApiKey(TenantModel):
    """A key for a program of the clinic. Shown once; kept as a SHA-256 of 256 random bits."""

    name = models.CharField(_("name"), max_length=60, help_text=_("Which program uses it."))
    prefix = models.CharField(_("begins with"), max_length=12, editable=False)
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True, editable=False)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "name"],
                condition=Q(revoked_at__isnull=True),
                name="clinics_apikey_name_once",
                violation_error_message=_("There is already a key with this name."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
