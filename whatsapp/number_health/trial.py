"""Does Meta answer at all? The cheapest call that a clinic can make, for an open circuit that nobody else tries."""

from clinics import credentials
from clinics.credentials import Name
from clinics.models import Clinic
from whatsapp.models import Number
from whatsapp.number_health.checking import api_of


def make_trial(clinic: Clinic) -> bool:
    """One call. False: the clinic has no number to call with. Raises the integration errors."""
    # One that Meta has not stopped comes first; any will do, for the circuit is the clinic's.
    number = Number.objects.for_clinic(clinic).filter(is_active=True).order_by("blocked_code", "-pk").first()
    if number is None:
        return False
    token = credentials.use(clinic=clinic, name=Name.WHATSAPP_ACCESS_TOKEN, operation="trial")
    api_of(number, token).touch(number.phone_number_id)
    return True
