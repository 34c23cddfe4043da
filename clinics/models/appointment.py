"""Who comes to whom, when? The exclusion constraint here is the one judge of double booking."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from clinics.models.patient import Patient
from clinics.models.professional import Offering, Professional
from clinics.models.tenancy import TenantModel, TenantQuerySet


class Status(models.TextChoices):
    """The life of an appointment."""

    BOOKED = "booked", _("booked")
    CONFIRMED = "confirmed", _("confirmed by the patient")
    CANCELLED = "cancelled", _("cancelled")
    NO_SHOW = "no_show", _("did not come")
    COMPLETED = "completed", _("attended")


# These hold the professional's time. A no-show keeps it: that time is past.
HOLDING = (Status.BOOKED, Status.CONFIRMED, Status.NO_SHOW, Status.COMPLETED)
UPCOMING = (Status.BOOKED, Status.CONFIRMED)


class Source(models.TextChoices):
    """Where the last change came from."""

    CHAT = "chat", "WhatsApp"
    PORTAL = "portal", _("portal")
    API = "api", "API"
    GOOGLE = "google", "Google Agenda"


class TsTzRange(Func):
    """Two moments as a range."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class Appointment(TenantModel):
    """A booked time. `revision` counts what the patient and the calendar must be told."""

    professional = models.ForeignKey(
        Professional, on_delete=models.PROTECT, related_name="appointments", verbose_name=_("professional")
    )
    offering = models.ForeignKey(
        Offering, on_delete=models.PROTECT, related_name="appointments", verbose_name=_("service")
    )
    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, related_name="appointments", verbose_name=_("patient")
    )
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"))
    # The professional's time including buffers; half-open, so that neighbours may touch.
    blocked_from = models.DateTimeField(editable=False)
    blocked_to = models.DateTimeField(editable=False)
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.BOOKED)
    source = models.CharField(_("source"), max_length=10, choices=Source.choices, editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False)
    cancel_reason = models.CharField(_("reason"), max_length=120, blank=True)
    # When this time was agreed: booked, or last moved. Who has just chosen it needs no reminder. NULL: before we knew.
    placed_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("booked at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed at"), auto_now=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")
        ordering = ["-starts_at", "-id"]
        indexes = [
            models.Index(fields=["clinic", "starts_at"]),
            models.Index(fields=["patient", "starts_at"]),
            models.Index(fields=["professional", "blocked_to"]),
            # Who is to be reminded?
            models.Index(
                fields=["starts_at"], condition=Q(status__in=("booked", "confirmed")), name="clinics_appointment_coming"
            ),
        ]
        constraints = [
            ExclusionConstraint(
                name="clinics_appointment_no_double_booking",
                expressions=[
                    ("professional", RangeOperators.EQUAL),
                    (TsTzRange("blocked_from", "blocked_to", RangeBoundary()), RangeOperators.OVERLAPS),
                ],
                condition=Q(status__in=HOLDING),
                violation_error_message=_("This professional already has an appointment at that time."),
            ),
            models.CheckConstraint(
                condition=Q(starts_at__lt=F("ends_at"), blocked_from__lte=F("starts_at"), blocked_to__gte=F("ends_at")),
                name="clinics_appointment_times",
            ),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="clinics_appointment_status"),
            models.CheckConstraint(condition=Q(source__in=Source.values), name="clinics_appointment_source"),
            models.CheckConstraint(condition=Q(revision__gte=1), name="clinics_appointment_revision"),
        ]

    def __str__(self) -> str:
        return f"{self.patient} · {self.professional}"
