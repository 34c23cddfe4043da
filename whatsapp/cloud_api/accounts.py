"""Where does Meta send a business account's webhooks?

Promises: as the client: what Meta confirmed, or an `IntegrationError`. The override holds for `messages` only; every
other kind goes to the app's own address. Meta calls the new address with a challenge before it answers.

**Source**: Meta, WhatsApp Business Account, Subscribed Apps and webhook overrides, v24.0-v26.0.
"""

from typing import Any

from atendeai.common.errors import NotConfigured
from whatsapp.cloud_api.asking import ask
from whatsapp.cloud_api.content import ContentError

LONGEST_URL = 200
CONNECT_SECONDS = 3.0
# Meta asks our own address while we wait.
READ_SECONDS = 7.0


class AccountApi:
    """One clinic's business account at Meta. Holds the token: keep it no longer than a call needs."""

    def __init__(self, base_url: str, version: str, access_token: str, account_id: str, clinic_id: int | None) -> None:
        if not access_token or not account_id:
            raise NotConfigured("whatsapp", "subscribed_apps", detail="access token or account id is missing")
        self._url = f"{base_url.rstrip('/')}/{version}/{account_id}/subscribed_apps"
        self._headers = {"Authorization": f"Bearer {access_token}"}
        self._clinic_id = clinic_id

    def __repr__(self) -> str:
        return f"AccountApi(clinic_id={self._clinic_id})"

    def callbacks(self) -> list[str]:
        """One text per subscribed app: its override, or "" for the app's own address. Empty: not subscribed."""
        apps = self._call("GET").get("data")
        entries = [app for app in apps if isinstance(app, dict)] if isinstance(apps, list) else []
        return [str(app.get("override_callback_uri") or "") for app in entries]

    def subscribe(self) -> None:
        """Has the account's webhooks sent at all; clears an override. Needed once before any override."""
        self._call("POST")

    def override(self, url: str, verify_token: str) -> None:
        """Sends `messages` to this address. Rejected (2200) when it does not answer the challenge."""
        if not url or len(url) > LONGEST_URL:
            raise ContentError("url", "has no or more than %(most)s characters", most=LONGEST_URL)
        self._call("POST", json={"override_callback_uri": url, "verify_token": verify_token})

    def _call(self, method: str, json: dict[str, Any] | None = None) -> dict[str, Any]:
        return ask(
            method,
            self._url,
            operation="subscribed_apps",
            clinic_id=self._clinic_id,
            headers=self._headers,
            json=json,
            connect_seconds=CONNECT_SECONDS,
            read_seconds=READ_SECONDS,
        )
