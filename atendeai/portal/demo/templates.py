"""How does the demo come to approved templates? The starter set is submitted as an owner would, and reviewed there.

What stands for Meta may be down or refuse: the demo is made all the same, and the portal offers the set again.
"""

import logging
from collections.abc import Iterable
from datetime import datetime

from clinics.audit import SYSTEM
from clinics.models import Clinic
from whatsapp import template_editing

logger = logging.getLogger(__name__)


def submit_all(clinics: Iterable[Clinic], *, now: datetime) -> int:
    """The starter set of each clinic; how many templates were submitted."""
    done = [
        result
        for clinic in clinics
        for account in template_editing.accounts(clinic)
        for result in template_editing.submit_starters(clinic=clinic, account_id=account, by=SYSTEM, now=now)
    ]
    for failed in (one for one in done if one.error is not None):
        logger.warning("template not submitted", extra={"template": failed.name, "error": str(failed.error)})
    return sum(one.is_new for one in done)
