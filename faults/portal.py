"""Somebody at the clinic's computer: logs in through the page, fills in forms."""

from __future__ import annotations

import re

import requests

from faults.house import Place
from faults.run import Run

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
LOGIN = "/admin/login/"
BOOKING = "/admin/clinics/appointment/add/"


class Portal:
    """One session; not to be shared between threads."""

    def __init__(self, run: Run, place: Place) -> None:
        self._base = run.house.stack.web_url
        self._session = requests.Session()
        self._session.trust_env = False
        self.posts(LOGIN, username=place.email, password=place.password, next="/admin/")

    def posts(self, path: str, **values: str) -> requests.Response:
        """Fills in the form that stands on the page, and sends it; redirects are not followed."""
        url = f"{self._base}{path}"
        page = self._session.get(url, timeout=30)
        found = _TOKEN.search(page.text)
        if page.status_code != 200 or found is None:
            raise ValueError(f"{path} answered {page.status_code}")
        form = {**values, "csrfmiddlewaretoken": found[1]}
        return self._session.post(url, data=form, headers={"Referer": url}, timeout=30, allow_redirects=False)
