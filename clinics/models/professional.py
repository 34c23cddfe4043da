"""Who attends, and what is offered?"""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinics.models.tenancy import TenantModel, TenantQuerySet


class Professional(TenantModel):
    """A person whose time is booked."""

    name = models.CharField(_("name"), max_length=80, help_text=_("As patients know it, e.g. Dra. Helena Prado."))
    specialty = models.CharField(_("specialty"), max_length=80, blank=True)
    buffer_before_minutes = models.PositiveSmallIntegerField(
        _("preparation before (minutes)"), default=0, validators=[MaxValueValidator(120)]
    )
    buffer_after_minutes = models.PositiveSmallIntegerField(
        _("rest after (minutes)"), default=0, validators=[MaxValueValidator(120)]
    )
    is_active = models.BooleanField(_("active"), default=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("professional")
        verbose_name_plural = _("professionals")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "name"],
                name="clinics_professional_name",
                violation_error_message=_("There is already a professional with this name."),
            ),
            models.CheckConstraint(
                condition=Q(buffer_before_minutes__lte=120, buffer_after_minutes__lte=120),
                name="clinics_professional_buffers",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class EventColor(models.TextChoices):
    """Google Calendar's colours of events, by Google's ids and under the names its pages show."""

    LAVENDER = "1", _("Lavender")
    SAGE = "2", _("Sage")
    GRAPE = "3", _("Grape")
    FLAMINGO = "4", _("Flamingo")
    BANANA = "5", _("Banana")
    TANGERINE = "6", _("Tangerine")
    PEACOCK = "7", _("Peacock")
    GRAPHITE = "8", _("Graphite")
    BLUEBERRY = "9", _("Blueberry")
    BASIL = "10", _("Basil")
    TOMATO = "11", _("Tomato")


class Offering(TenantModel):
    """Something a patient can book: a name and how long it takes."""

    name = models.CharField(_("name"), max_length=60)
    minutes = models.PositiveSmallIntegerField(
        _("duration (minutes)"), validators=[MinValueValidator(5), MaxValueValidator(600)]
    )
    price = models.DecimalField(
        _("price (R$)"),
        max_digits=9,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Empty: not shown."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    calendar_color = models.CharField(
        _("colour in Google Calendar"),
        max_length=2,
        choices=EventColor.choices,
        blank=True,
        default="",
        db_default="",
        help_text=_("A colour chosen for one event in Google stays."),
    )
    professionals = models.ManyToManyField(
        Professional,
        through="OfferingProfessional",
        related_name="offerings",
        verbose_name=_("professionals"),
    )

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("service")
        verbose_name_plural = _("services")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "name"],
                name="clinics_offering_name",
                violation_error_message=_("There is already a service with this name."),
            ),
            models.CheckConstraint(condition=Q(minutes__range=(5, 600)), name="clinics_offering_minutes"),
            models.CheckConstraint(
                condition=Q(calendar_color__in=["", *EventColor.values]), name="clinics_offering_calendar_color"
            ),
            models.CheckConstraint(condition=Q(price__isnull=True) | Q(price__gte=0), name="clinics_offering_price"),
        ]

    def __str__(self) -> str:
        return self.name


class OfferingProfessional(TenantModel):
    """This professional gives this service."""

    offering = models.ForeignKey(Offering, on_delete=models.CASCADE, related_name="given_by")
    professional = models.ForeignKey(
        Professional, on_delete=models.CASCADE, related_name="gives", verbose_name=_("professional")
    )

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("professional of the service")
        verbose_name_plural = _("professionals of the service")
        constraints = [
            models.UniqueConstraint(fields=["offering", "professional"], name="clinics_offeringprofessional_once")
        ]

    def __str__(self) -> str:
        return f"{self.offering} · {self.professional}"
