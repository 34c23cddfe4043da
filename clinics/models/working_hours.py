"""When does a professional attend? Weekly hours, single-date exceptions, and times already taken elsewhere."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from clinics.models.professional import Professional
from clinics.models.tenancy import TenantModel, TenantQuerySet


class Weekday(models.IntegerChoices):
    """As `date.weekday()` counts."""

    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class ClockRange(Func):
    """Two clock times as a range the database can compare (a day without a date: the epoch's)."""

    function = "tsrange"
    template = "tsrange('1970-01-01'::date + %(expressions)s::time)"
    arg_joiner = "::time, '1970-01-01'::date + "
    output_field = models.TextField()


class WorkingHours(TenantModel):
    """A stretch of a weekday. Two stretches in a day have a break between them."""

    professional = models.ForeignKey(
        Professional, on_delete=models.CASCADE, related_name="working_hours", verbose_name=_("professional")
    )
    weekday = models.SmallIntegerField(_("weekday"), choices=Weekday.choices)
    starts_at = models.TimeField(_("from"))
    ends_at = models.TimeField(_("to"))

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("working hours")
        verbose_name_plural = _("working hours")
        ordering = ["weekday", "starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="clinics_workinghours_forward",
                violation_error_message=_("The end must be after the start."),
            ),
            models.CheckConstraint(condition=Q(weekday__range=(0, 6)), name="clinics_workinghours_weekday"),
            ExclusionConstraint(
                name="clinics_workinghours_no_overlap",
                expressions=[
                    ("professional", RangeOperators.EQUAL),
                    ("weekday", RangeOperators.EQUAL),
                    (ClockRange("starts_at", "ends_at"), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("These hours overlap others of the same day."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.starts_at:%H:%M}–{self.ends_at:%H:%M}"


class HoursException(TenantModel):
    """One date that is not as usual. Without times: closed. With times: these hours instead of the weekly ones."""

    professional = models.ForeignKey(
        Professional,
        on_delete=models.CASCADE,
        related_name="hours_exceptions",
        verbose_name=_("professional"),
    )
    date = models.DateField(_("date"))
    starts_at = models.TimeField(_("from"), null=True, blank=True, help_text=_("Leave both empty to close the day."))
    ends_at = models.TimeField(_("to"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=80, blank=True)

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("date exception")
        verbose_name_plural = _("date exceptions")
        ordering = ["date", "starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True, ends_at__isnull=True)
                | Q(starts_at__isnull=False, ends_at__isnull=False, ends_at__gt=F("starts_at")),
                name="clinics_hoursexception_times",
                violation_error_message=_("Give both times, the end after the start, or neither."),
            ),
            models.UniqueConstraint(
                fields=["professional", "date", "starts_at"],
                nulls_distinct=False,
                name="clinics_hoursexception_once",
                violation_error_message=_("This exception is already there."),
            ),
            ExclusionConstraint(
                name="clinics_hoursexception_no_overlap",
                expressions=[
                    ("professional", RangeOperators.EQUAL),
                    ("date", RangeOperators.EQUAL),
                    (ClockRange("starts_at", "ends_at"), RangeOperators.OVERLAPS),
                ],
                # A closed day has no times, and a range without ends would be all of time.
                condition=Q(starts_at__isnull=False),
                violation_error_message=_("These hours overlap others of the same date."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date:%d/%m/%Y}"


class BusySource(models.TextChoices):
    """Who said that the professional is busy."""

    MANUAL = "manual", _("the clinic")
    GOOGLE = "google", "Google Agenda"


class BusyPeriod(TenantModel):
    """A time when a professional cannot be booked, for a reason outside the appointments. Periods may overlap."""

    professional = models.ForeignKey(
        Professional, on_delete=models.CASCADE, related_name="busy_periods", verbose_name=_("professional")
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("to"))
    source = models.CharField(
        _("source"), max_length=10, choices=BusySource.choices, default=BusySource.MANUAL, editable=False
    )
    external_id = models.CharField(max_length=1100, blank=True, editable=False)
    note = models.CharField(_("note"), max_length=80, blank=True, help_text=_("Only the clinic sees it."))

    objects = TenantQuerySet.as_manager()

    class Meta:
        verbose_name = _("blocked time")
        verbose_name_plural = _("blocked times")
        ordering = ["starts_at"]
        indexes = [models.Index(fields=["professional", "ends_at", "starts_at"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="clinics_busyperiod_forward",
                violation_error_message=_("The end must be after the start."),
            ),
            models.UniqueConstraint(
                fields=["professional", "source", "external_id"],
                condition=~Q(external_id=""),
                name="clinics_busyperiod_external_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.professional} {self.starts_at:%d/%m %H:%M}"
