"""How is a clinic's number at Meta, may it send, and what must the clinic do about it?

Two sources say so: the check (`refresh`, every half hour and when asked for) and Meta's account-level notices
(`apply_notice`). Each fact is kept with the time at which it was true, so that neither a repeated nor a late notice
undoes what is known since. What stops sending stops the number (`blocked_code`); what ends it sets it going again.
"""

from whatsapp.number_health.checking import NoAnswer, check_due, fetch, refresh
from whatsapp.number_health.learning import limit_of, tier_of
from whatsapp.number_health.notices import apply_notice
from whatsapp.number_health.stopping import STOPS, resume, stop
from whatsapp.number_health.trial import make_trial

__all__ = [
    "STOPS",
    "NoAnswer",
    "apply_notice",
    "check_due",
    "fetch",
    "limit_of",
    "make_trial",
    "refresh",
    "resume",
    "stop",
    "tier_of",
]
