"""What is a template for? In words, for alerts and pages."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from whatsapp.starter_templates import Purpose

PURPOSES: dict[Purpose, Promise] = {
    Purpose.CONFIRMATION: _("Appointment booked by the clinic"),
    Purpose.REMINDER: _("Reminder before the appointment"),
    Purpose.CHANGE: _("Appointment moved by the clinic"),
    Purpose.CANCELLATION: _("Appointment cancelled by the clinic"),
    Purpose.WAITING_LIST: _("A time became free"),
    Purpose.SATISFACTION: _("After the appointment"),
}
