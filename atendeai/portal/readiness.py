"""What is still missing before a clinic can go live?

Each check answers with sentences for the operator; none means that all is well. Nothing outside is asked: what is known
of a number is what Meta said last. `ask_meta` asks anew, by the same steps as the number's page.
"""

from collections.abc import Callable, Iterator

from django.conf import settings
from django.utils.translation import gettext as _

from atendeai.common import clock
from atendeai.common.errors import NotConfigured
from calendar_sync.models import Link, LinkState
from clinics import credentials
from clinics.audit import SYSTEM
from clinics.credentials import Name
from clinics.models import Clinic, Membership, Offering, Professional, Role
from whatsapp import onboarding
from whatsapp.models import Number
from whatsapp.number_health import STOPS
from whatsapp.number_health.words import STOPPED_BY, stopped_words
from whatsapp.onboarding import State
from whatsapp.onboarding import words as step_words

ASKED = ("token", "number", "registered", "subscribed")
SAID_ELSEWHERE = frozenset({"stopped", "no_account", *STOPS})
# A clinic can go live without them.
NOT_NEEDED = frozenset({"test", "inbound"})
Check = Callable[[Clinic], Iterator[str]]


def list_missing(clinic: Clinic) -> list[str]:
    """One sentence for each thing that is missing or wrong, most basic first."""
    checks: tuple[Check, ...] = (_clinic, _team, _booking, _whatsapp, _environment, _calendars, _installation)
    return [sentence for check in checks for sentence in check(clinic)]


def ask_meta(clinic: Clinic) -> list[str]:
    """Asks Meta about every active number, changing nothing there; what it could not be asked about."""
    unanswered = []
    for number in Number.objects.for_clinic(clinic).filter(is_active=True).select_related("clinic"):
        for key in ASKED:
            onboarding.run_step(number, key, by=SYSTEM, now=clock.now(), looks_only=True)
        unanswered += [_about(number, step) for step in onboarding.list_steps(number) if step.state == State.NO_ANSWER]
    return unanswered


def _clinic(clinic: Clinic) -> Iterator[str]:
    if not clinic.is_active:
        yield _("The clinic is not active.")


def _team(clinic: Clinic) -> Iterator[str]:
    members = Membership.objects.for_clinic(clinic).filter(user__is_active=True)
    if not members.filter(role=Role.OWNER).exists():
        yield _("Nobody has accepted the owner's invitation yet.")


def _booking(clinic: Clinic) -> Iterator[str]:
    people = Professional.objects.for_clinic(clinic).filter(is_active=True)
    if not people.exists():
        yield _("There is no active professional.")
    for person in people.filter(working_hours__isnull=True):
        yield _("%(name)s has no working hours.") % {"name": person.name}
    offerings = Offering.objects.for_clinic(clinic).filter(is_active=True)
    if not offerings.exists():
        yield _("There is no active service.")
    for offering in offerings.exclude(professionals__is_active=True):
        yield _("No active professional gives the service %(name)s.") % {"name": offering.name}


def _whatsapp(clinic: Clinic) -> Iterator[str]:
    numbers = Number.objects.for_clinic(clinic).filter(is_active=True)
    if not numbers.exists():
        yield _("There is no WhatsApp number.")
    for number in numbers.exclude(blocked_code=""):
        if number.blocked_code in STOPPED_BY:
            yield f"{number}: {stopped_words(number.blocked_code)}"
        else:
            yield _("Meta refused the access token of number %(id)s.") % {"id": number.phone_number_id}
    for number in numbers.filter(account_id=""):
        yield _("The business account id of number %(id)s is not set.") % {"id": number.phone_number_id}
    if not credentials.is_set(clinic, Name.WHATSAPP_ACCESS_TOKEN):
        yield _("The WhatsApp access token is not set.")
    yield from _steps(clinic)
    yield from _wrong_number(clinic)


def _steps(clinic: Clinic) -> Iterator[str]:
    """What Meta has said of each number, besides what stands in the other sentences."""
    for number in Number.objects.for_clinic(clinic).filter(is_active=True).select_related("clinic"):
        for step in onboarding.list_steps(number):
            is_said = step.code in SAID_ELSEWHERE or (step.code == "refused" and number.blocked_code)
            if step.state == State.MISSING and step.key not in NOT_NEEDED and not is_said:
                yield _about(number, step)


def _about(number: Number, step: onboarding.Step) -> str:
    return f"{number}: {step_words.title(step)}: {step_words.words(step)}"


def _wrong_number(clinic: Clinic) -> Iterator[str]:
    try:
        told = credentials.find(clinic=clinic, name=Name.WHATSAPP_PHONE_NUMBER_ID)
    except NotConfigured:
        # Said of the environment.
        return
    if told and Number.objects.filter(phone_number_id=told).exclude(clinic=clinic).exists():
        yield _("WHATSAPP_PHONE_NUMBER_ID names a number of another clinic.")
    elif told and not Number.objects.for_clinic(clinic).filter(phone_number_id=told).exists():
        yield _("WHATSAPP_PHONE_NUMBER_ID is set, but its number has no row: run sync_numbers.")


def _environment(clinic: Clinic) -> Iterator[str]:
    for name in credentials.contradictions(clinic):
        yield _("%(name)s is set for the slug and for the number with different values; the slug's counts.") % {
            "name": name
        }
    for variable in credentials.unreadable(clinic):
        yield _("%(name)s cannot be read: there is no such file, or both the value and a file are given.") % {
            "name": variable
        }
    for variable in credentials.unknown_variables():
        yield _("The variable %(name)s belongs to no clinic: a typing mistake?") % {"name": variable}


def _calendars(clinic: Clinic) -> Iterator[str]:
    linked = Link.objects.for_clinic(clinic).filter(state=LinkState.LINKED).values("professional")
    for person in Professional.objects.for_clinic(clinic).filter(is_active=True).exclude(pk__in=linked):
        yield _("The calendar of %(name)s is not linked.") % {"name": person.name}


def _installation(clinic: Clinic) -> Iterator[str]:  # noqa: ARG001 - one shape for all checks
    if not settings.IS_HTTPS and not settings.IS_DEVELOPMENT:
        yield _("PUBLIC_BASE_URL is not https: neither Meta nor Google calls it.")
