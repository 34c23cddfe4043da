"""Which clinic, and by which rules does it book?"""

from datetime import time
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinics import event_texts

# Google's own limits.
MOST_REMINDERS = 5
MOST_REMINDER_MINUTES = 40320
SLUG_PATTERN = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"


def check_event_text(text: str) -> None:
    """What is wrong with a text for events, in words that name it."""
    try:
        event_texts.check(text)
    except event_texts.BadTemplate as error:
        if error.code == "unknown":
            known = ", ".join(event_texts.written(name) for name in event_texts.NAMES)
            words = _("There is no field {%(name)s}. You can use: %(known)s.")
            raise ValidationError(words, params={"name": error.name, "known": known}) from None
        raise ValidationError(_("A brace { or } stands without its partner.")) from None


class State(models.TextChoices):
    """Brazil's states: they decide the state holidays."""

    (
        AC,
        AL,
        AP,
        AM,
        BA,
        CE,
        DF,
        ES,
        GO,
        MA,
        MT,
        MS,
        MG,
        PA,
        PB,
        PR,
        PE,
        PI,
        RJ,
        RN,
        RS,
        RO,
        RR,
        SC,
        SP,
        SE,
        TO,
    ) = (
        (code, code)
        for code in [
            "AC",
            "AL",
            "AP",
            "AM",
            "BA",
            "CE",
            "DF",
            "ES",
            "GO",
            "MA",
            "MT",
            "MS",
            "MG",
            "PA",
            "PB",
            "PR",
            "PE",
            "PI",
            "RJ",
            "RN",
            "RS",
            "RO",
            "RR",
            "SC",
            "SP",
            "SE",
            "TO",
        ]
    )


class TimeZone(models.TextChoices):
    """The zones of Brazil, by their IANA names."""

    SAO_PAULO = "America/Sao_Paulo", _("Brasília time (most states)")
    MANAUS = "America/Manaus", _("Amazon time (AM, RR, RO)")
    CUIABA = "America/Cuiaba", _("Mato Grosso")
    CAMPO_GRANDE = "America/Campo_Grande", _("Mato Grosso do Sul")
    RIO_BRANCO = "America/Rio_Branco", _("Acre time")
    NORONHA = "America/Noronha", _("Fernando de Noronha")
    BELEM = "America/Belem", _("Pará")
    FORTALEZA = "America/Fortaleza", _("Ceará and the north-east")
    BAHIA = "America/Bahia", _("Bahia")
    PORTO_VELHO = "America/Porto_Velho", _("Rondônia")
    BOA_VISTA = "America/Boa_Vista", _("Roraima")


class CalendarDetail(models.TextChoices):
    """How much of the patient's name an event shows."""

    MINIMAL = "minimal", _("no patient name")
    INITIALS = "initials", _("the patient's initials")
    FULL = "full", _("the patient's full name")


class CalendarReminders(models.TextChoices):
    """What reminds the professional of an appointment."""

    CALENDAR = "calendar", _("as the calendar itself is set")
    NONE = "none", _("none")
    OWN = "own", _("at these times before")


class CalendarMode(models.TextChoices):
    """Into which calendar of a Google account appointments go, and so which permissions the person is asked for."""

    EXISTING = "existing", _("a calendar the professional already has")
    OWN = "own", _("a calendar of its own, made by AtendeAí")


class GooglePolicy(models.TextChoices):
    """What happens when somebody changes an appointment's event in Google Calendar."""

    AUTOMATIC = "automatic", _("follow it and tell the patient")
    ASK = "ask", _("ask the reception first")


class Clinic(models.Model):
    """One tenant. Everything a clinic owns points here."""

    name = models.CharField(_("name"), max_length=80, help_text=_("As patients know it; it opens every conversation."))
    slug = models.CharField(
        _("short name"),
        max_length=40,
        unique=True,
        validators=[RegexValidator(SLUG_PATTERN)],
        help_text=_("Small letters, digits and single hyphens; part of the webhook address. Never changes."),
    )
    state = models.CharField(_("state"), max_length=2, choices=State.choices, default=State.SP)
    time_zone = models.CharField(_("time zone"), max_length=40, choices=TimeZone.choices, default=TimeZone.SAO_PAULO)
    is_active = models.BooleanField(_("active"), default=True)
    address = models.CharField(
        _("address"),
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text=_("As patients read it, for example: Rua das Flores, 10 · Centro."),
    )
    latitude = models.DecimalField(
        _("latitude"),
        max_digits=9,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
        help_text=_("The first number that a map shows when the place is clicked, for example -23.561400."),
    )
    longitude = models.DecimalField(
        _("longitude"),
        max_digits=9,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
        help_text=_("The second number, for example -46.655900."),
    )
    min_notice_minutes = models.PositiveIntegerField(
        _("minimum notice (minutes)"),
        default=60,
        help_text=_("How long before the appointment a patient may still book by WhatsApp."),
    )
    horizon_days = models.PositiveIntegerField(
        _("booking window (days)"), default=60, help_text=_("How far ahead patients may book.")
    )
    slot_step_minutes = models.PositiveIntegerField(
        _("interval between start times (minutes)"),
        null=True,
        blank=True,
        help_text=_("Empty: as long as the service itself takes."),
    )
    closes_on_holidays = models.BooleanField(
        _("closes on national and state holidays"),
        default=True,
        help_text=_("A date exception with times opens a single holiday."),
    )
    sends_reminders = models.BooleanField(
        _("reminds patients on WhatsApp"),
        default=False,
        db_default=False,
        help_text=_(
            "Before each appointment, with buttons to confirm, move or cancel. Outside the 24-hour window WhatsApp"
            " charges for each one, and takes approved templates only. The patient must have agreed to be written to."
        ),
    )
    reminder_hours = models.PositiveSmallIntegerField(
        _("reminder (hours before)"),
        default=24,
        db_default=24,
        help_text=_("Who books later than this gets none: they have just chosen the time."),
    )
    second_reminder_hours = models.PositiveSmallIntegerField(
        _("second reminder (hours before)"),
        null=True,
        blank=True,
        help_text=_("Empty: only one. For example 2."),
    )
    reminders_from = models.TimeField(
        _("reminders from"),
        default=time(8),
        db_default=time(8),
        help_text=_("In the clinic's time. What falls into the night waits until then."),
    )
    reminders_until = models.TimeField(_("reminders until"), default=time(20), db_default=time(20))
    calendar_detail = models.CharField(
        _("the patient's name in events"),
        max_length=10,
        choices=CalendarDetail.choices,
        default=CalendarDetail.MINIMAL,
        help_text=_("Health data: the less, the better."),
    )
    calendar_title = models.CharField(
        _("title of events"),
        max_length=event_texts.LONGEST_TITLE,
        default=event_texts.TITLE,
        db_default=event_texts.TITLE,
        validators=[check_event_text],
    )
    calendar_description = models.TextField(
        _("description of events"),
        max_length=event_texts.LONGEST_DESCRIPTION,
        blank=True,
        default=event_texts.DESCRIPTION,
        db_default=event_texts.DESCRIPTION,
        validators=[check_event_text],
    )
    calendar_reminders = models.CharField(
        _("reminders in the calendar"),
        max_length=10,
        choices=CalendarReminders.choices,
        default=CalendarReminders.CALENDAR,
        db_default=CalendarReminders.CALENDAR,
        help_text=_("They remind the professional, not the patient."),
    )
    calendar_reminder_minutes = ArrayField(
        models.PositiveIntegerField(validators=[MaxValueValidator(MOST_REMINDER_MINUTES)]),
        verbose_name=_("minutes before"),
        size=MOST_REMINDERS,
        blank=True,
        default=list,
        db_default=[],
        help_text=_("Up to five numbers with commas between, for example: 1440, 30."),
    )
    calendar_tentative = models.BooleanField(
        _("tentative until confirmed"),
        default=False,
        db_default=False,
        help_text=_("Google shows an appointment as tentative until the patient has confirmed it."),
    )
    calendar_invites = models.BooleanField(
        _("invites patients by e-mail"),
        default=False,
        db_default=False,
        help_text=_(
            "Google then mails the patient about each new, changed or cancelled appointment, and everybody who sees the"
            " calendar sees the address. Only patients with an e-mail in their record. Without it nobody is invited."
        ),
    )
    calendar_mode = models.CharField(
        _("where appointments go"),
        max_length=10,
        choices=CalendarMode.choices,
        default=CalendarMode.EXISTING,
        db_default=CalendarMode.EXISTING,
        help_text=_(
            "A calendar of its own asks for the fewest permissions: AtendeAí sees no other event, only when the person"
            " is busy. It applies to calendars connected from now on."
        ),
    )
    merge_undo_days = models.PositiveSmallIntegerField(
        _("undo of merged records (days)"),
        default=30,
        db_default=30,
        help_text=_("For how long two records that were joined can be taken apart again."),
    )
    google_moves = models.CharField(
        _("an event moved in Google"),
        max_length=10,
        choices=GooglePolicy.choices,
        default=GooglePolicy.AUTOMATIC,
        db_default=GooglePolicy.AUTOMATIC,
        help_text=_("A time that does not fit is always put back."),
    )
    google_deletes = models.CharField(
        _("an event deleted in Google"),
        max_length=10,
        choices=GooglePolicy.choices,
        default=GooglePolicy.ASK,
        db_default=GooglePolicy.ASK,
        help_text=_("Following it cancels the appointment."),
    )
    api_rate_limit = models.CharField(
        _("API limit of its own"),
        max_length=12,
        blank=True,
        validators=[RegexValidator(r"^[1-9]\d*/[smhd]$")],
        help_text=_("For example 300/m. Empty: the installation's."),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("clinic")
        verbose_name_plural = _("clinics")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=models.Q(slug__regex=SLUG_PATTERN), name="clinics_clinic_slug_form"),
            models.CheckConstraint(
                condition=models.Q(slot_step_minutes__isnull=True) | models.Q(slot_step_minutes__range=(5, 240)),
                name="clinics_clinic_step_range",
                violation_error_message=_("Use 5 to 240 minutes."),
            ),
            models.CheckConstraint(
                condition=models.Q(latitude__isnull=True, longitude__isnull=True)
                | models.Q(
                    latitude__isnull=False,
                    longitude__isnull=False,
                    latitude__range=(-90, 90),
                    longitude__range=(-180, 180),
                ),
                name="clinics_clinic_place",
                violation_error_message=_("Give both numbers of the place, or none."),
            ),
            models.CheckConstraint(
                condition=models.Q(horizon_days__range=(1, 365)),
                name="clinics_clinic_horizon_range",
                violation_error_message=_("Use 1 to 365 days."),
            ),
            models.CheckConstraint(
                condition=models.Q(merge_undo_days__range=(1, 365)),
                name="clinics_clinic_merge_undo_range",
                violation_error_message=_("Use 1 to 365 days."),
            ),
            models.CheckConstraint(
                condition=models.Q(google_moves__in=GooglePolicy.values, google_deletes__in=GooglePolicy.values),
                name="clinics_clinic_google_policies",
            ),
            models.CheckConstraint(
                condition=models.Q(calendar_reminders__in=CalendarReminders.values),
                name="clinics_clinic_calendar_reminders",
            ),
            models.CheckConstraint(
                condition=~models.Q(calendar_reminders=CalendarReminders.OWN)
                | models.Q(calendar_reminder_minutes__len__gte=1),
                name="clinics_clinic_calendar_minutes",
                violation_error_message=_("Say how many minutes before, or choose another kind of reminder."),
            ),
            models.CheckConstraint(
                condition=models.Q(reminder_hours__range=(1, 168)),
                name="clinics_clinic_reminder_range",
                violation_error_message=_("Use 1 to 168 hours."),
            ),
            models.CheckConstraint(
                condition=models.Q(second_reminder_hours__isnull=True)
                | models.Q(second_reminder_hours__gte=1, second_reminder_hours__lt=models.F("reminder_hours")),
                name="clinics_clinic_second_reminder",
                violation_error_message=_("The second reminder comes later than the first: fewer hours before."),
            ),
            models.CheckConstraint(
                condition=models.Q(reminders_from__lt=models.F("reminders_until")),
                name="clinics_clinic_reminder_hours",
                violation_error_message=_("The hours for reminders must begin before they end."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which its hours are meant and its texts are written."""
        return ZoneInfo(self.time_zone)
