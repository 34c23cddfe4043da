"""Where does Meta send a clinic's webhooks? Sets the address of an account or of one number, and asks Meta back.

An override holds for `messages` alone. Everything else that Meta reports (`OTHER_FIELDS`) goes to the address of the
Meta app, whatever is set here.
"""

from dataclasses import dataclass
from typing import Literal

from django.conf import settings

from atendeai.common.errors import NotConfigured
from clinics import credentials
from clinics.credentials import Name
from clinics.models import Clinic
from whatsapp.cloud_api import CloudApi, ContentError
from whatsapp.cloud_api.accounts import LONGEST_URL, AccountApi
from whatsapp.models import Number
from whatsapp.payloads import READ_FIELDS

Level = Literal["account", "number"]
LEVELS: tuple[Level, ...] = ("account", "number")
FIELD = "messages"
# `user_id_update` is of old documents: Meta lets nobody subscribe to it.
OTHER_FIELDS = tuple(sorted(READ_FIELDS - {FIELD, "user_id_update"}))


@dataclass(frozen=True)
class WebhookSetting:
    """What Meta says after the change; `is_confirmed` when it names the address that was asked for, at that level.

    `target_id`: the account or the number at Meta. `fields` go to `url`; `other_fields` to `app_url` ("" when Meta
    does not tell it). `levels`: every address that Meta holds for the number; the most particular one counts.
    """

    level: Level
    target_id: str
    url: str
    is_confirmed: bool
    app_url: str
    levels: dict[str, str]
    # The number's own address, when the account's was set and this one goes before it.
    overruled_by: str = ""
    fields: tuple[str, ...] = (FIELD,)
    other_fields: tuple[str, ...] = OTHER_FIELDS


def direct(*, clinic: Clinic, number: Number, url: str, verify_token: str, level: Level) -> WebhookSetting:
    """Has Meta send the messages to `url` (which must answer its challenge at once), or to the next wider level again
    when `url` is "". Subscribes the account first.

    Raises ContentError for an address that Meta would not take, any IntegrationError, and Rejected 2200 when the
    address did not answer as it should.
    """
    if len(url) > LONGEST_URL or (url and not url.startswith(("https://", "http://"))):
        raise ContentError("url", "must start with https:// and have at most %(most)s characters", most=LONGEST_URL)
    if level not in LEVELS:
        raise ContentError("level", "must be one of %(words)s", words=", ".join(LEVELS))
    token = credentials.use(clinic=clinic, name=Name.WHATSAPP_ACCESS_TOKEN, operation="webhook")
    base, version = settings.GRAPH_API_BASE_URL, settings.GRAPH_API_VERSION
    account = AccountApi(base, version, token, account_id(clinic, number), clinic.pk)
    phone = CloudApi(base, version, token, number.phone_number_id, clinic.pk)
    if not account.callbacks():
        account.subscribe()
    if level == "account":
        return _direct_account(account, phone, account_id(clinic, number), url, verify_token)
    return _direct_number(phone, number.phone_number_id, url, verify_token)


def account_id(clinic: Clinic, number: Number) -> str:
    """The number's business account at Meta, else the one told for the clinic (of its first number); NotConfigured when
    nobody told any."""
    found = number.account_id or credentials.find(clinic=clinic, name=Name.WHATSAPP_BUSINESS_ACCOUNT_ID)
    if not found:
        raise NotConfigured("whatsapp", "subscribed_apps", code=Name.WHATSAPP_BUSINESS_ACCOUNT_ID)
    return found


def default_url(clinic: Clinic) -> str:
    """The clinic's own path of this installation."""
    return f"{settings.PUBLIC_BASE_URL}/webhooks/whatsapp/{clinic.slug}/"


def verify_token_of(clinic: Clinic) -> str:
    """What that path answers a challenge for: the clinic's own verify token, else the installation's."""
    own = credentials.find(clinic=clinic, name=Name.WHATSAPP_VERIFY_TOKEN)
    found = own or next(iter(settings.WHATSAPP_VERIFY_TOKENS), "")
    if not found:
        raise NotConfigured("whatsapp", "webhook", code=Name.WHATSAPP_VERIFY_TOKEN)
    return found


def _direct_account(account: AccountApi, phone: CloudApi, target: str, url: str, verify_token: str) -> WebhookSetting:
    if url:
        account.override(url, verify_token)
    else:
        account.subscribe()
    confirmed = url in account.callbacks()
    levels = phone.callbacks()
    own = levels.get("phone_number", "")
    overruled_by = "" if own == url else own
    return WebhookSetting("account", target, url, confirmed, levels.get("application", ""), levels, overruled_by)


def _direct_number(phone: CloudApi, target: str, url: str, verify_token: str) -> WebhookSetting:
    phone.override(url, verify_token)
    levels = phone.callbacks()
    confirmed = levels.get("phone_number", "") == url
    return WebhookSetting("number", target, url, confirmed, levels.get("application", ""), levels)
