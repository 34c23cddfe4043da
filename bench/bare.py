"""What can a Django view reach at most that does no more than the webhook must? The yardstick of the first benchmark.

A complete small project of its own: one view, no middleware, one persistent connection per thread. It checks the
signature and commits one row, in the same database and under the same server as the product.
"""

import hmac
import os

import dj_database_url
import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

TABLE = "bench_bare_delivery"
CREATE = f"""CREATE TABLE {TABLE} (
    id bigserial PRIMARY KEY, received_at timestamptz NOT NULL DEFAULT now(), body bytea NOT NULL
)"""
INSERT = f"INSERT INTO {TABLE} (body) VALUES (%s)"  # noqa: S608 - our own constant
_SECRET = os.environ.get("WHATSAPP_APP_SECRET", "").encode()


def receive(request: HttpRequest) -> HttpResponse:
    """200 once the body is committed, 403 when nobody we know signed it."""
    body = request.body
    expected = "sha256=" + hmac.digest(_SECRET, body, "sha256").hex()
    if not hmac.compare_digest(expected, request.headers.get("X-Hub-Signature-256", "")):
        return HttpResponse(status=403)
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [body])
    # Django leaves the length to a middleware; without one the server would answer in chunks.
    return HttpResponse(headers={"Content-Length": "0"})


def is_ready(_request: HttpRequest) -> HttpResponse:
    """200 once the server has loaded us."""
    return HttpResponse()


urlpatterns = [path("webhook/", receive), path("ready/", is_ready)]


def make_application() -> WSGIHandler:
    """The whole project."""
    settings.configure(
        SECRET_KEY="of no value",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF=__name__,
        MIDDLEWARE=[],
        DATABASES={"default": {**dj_database_url.parse(os.environ["DATABASE_URL"]), "CONN_MAX_AGE": None}},
    )
    django.setup()
    return WSGIHandler()
