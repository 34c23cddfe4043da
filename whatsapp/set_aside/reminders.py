"""Which reminders could not be made, and may one be tried again?"""

from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet

from atendeai.celery import wake_after_commit
from whatsapp.models import Reminder, ReminderState
from whatsapp.reminders import TOO_LATE
from whatsapp.set_aside.messages import OVER


def aside(clinic_id: int | None) -> QuerySet[Reminder]:
    """Begun as often as may be."""
    broken = Reminder.objects.for_clinic(clinic_id).filter(state=ReminderState.BROKEN)
    return broken.filter(begun__gte=settings.MAX_ATTEMPTS).select_related("appointment__patient")


def unfit(reminder: Reminder, now: datetime) -> str:
    """Why nobody needs it any more; "" when somebody does."""
    is_over = reminder.starts_at <= now + TOO_LATE or reminder.appointment.starts_at != reminder.starts_at
    return OVER if is_over else ""


def again(reminder: Reminder, now: datetime) -> str:
    """Due at once, unless nobody needs it any more. The row is locked."""
    if why_not := unfit(reminder, now):
        return why_not
    Reminder.objects.for_clinic(reminder.clinic_id).filter(pk=reminder.pk).update(begun=0, again_at=None)
    wake_after_commit("whatsapp.remind")
    return ""
