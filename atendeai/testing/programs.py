"""A program of a clinic, as the API sees it: a client with a key."""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from atendeai.testing.factories import MONDAY
from clinics import api_keys
from clinics.audit import SYSTEM
from clinics.models import Clinic

API = "/api/v1"


class Program:
    """Calls the API with the key of one clinic; answers are (status, body)."""

    def __init__(self, clinic: Clinic | None) -> None:
        self.client = APIClient()
        self.key = ""
        if clinic is not None:
            # Counts live in Redis longer than a test does.
            Clinic.objects.filter(pk=clinic.pk, api_rate_limit="").update(api_rate_limit="1000000/m")
            _row, self.key = api_keys.create(clinic=clinic, name=f"test {clinic.slug}", by=SYSTEM, now=MONDAY)
            self.client.credentials(HTTP_AUTHORIZATION=f"Bearer {self.key}")

    def get(self, path: str, **query: Any) -> tuple[int, Any]:
        """`path` without /api/v1, or a whole address as `next` gives it."""
        return self._answer(self.client.get(self._address(path), query or None))

    def post(self, path: str, body: Any = None) -> tuple[int, Any]:
        """A JSON body."""
        return self._answer(self.client.post(self._address(path), body, format="json"))

    def upload(self, path: str, name: str, content: bytes, **fields: Any) -> tuple[int, Any]:
        """A multipart form with one file."""
        form = {"file": SimpleUploadedFile(name, content), **fields}
        return self._answer(self.client.post(self._address(path), form, format="multipart"))

    def patch(self, path: str, body: Any) -> tuple[int, Any]:
        """A JSON body."""
        return self._answer(self.client.patch(self._address(path), body, format="json"))

    def call(self, method: str, path: str) -> tuple[int, Any]:
        """Any method, without a body."""
        return self._answer(self.client.generic(method, self._address(path)))

    def _address(self, path: str) -> str:
        return path if path.startswith("http") else f"{API}{path}"

    def _answer(self, response: Any) -> tuple[int, Any]:
        is_json = response["Content-Type"].startswith("application/json")
        return response.status_code, response.json() if is_json else response.getvalue()
