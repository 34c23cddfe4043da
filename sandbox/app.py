"""Which address answers what? Every route of the simulator, and what becomes of refusals."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.control import acts, agendas, coexistence, identities, people, world
from sandbox.control import numbers as numbers_control
from sandbox.control import templates as template_control
from sandbox.google import calendars, channels, consent, event_calls, oauth, own_calendars
from sandbox.google.api_description import Misfits, described
from sandbox.graph import media, messages, numbers, registration, template_reviews, templates
from sandbox.media import DOWNLOADS
from sandbox.phone import files, page, week
from sandbox.preset import fill_when_empty
from sandbox.refusal import RefusalError
from sandbox.settings import Settings
from sandbox.simulator import open_simulator

CALENDAR = "/calendar/v3/calendars/{calendar_id}"
EVENT = f"{CALENDAR}/events/{{event_id}}"
PAGE = [
    Route("/", page.index),
    Route("/calendar", page.calendar),
    Route("/calendar/week", week.week),
    Route("/phone/state", page.state),
    Route("/phone/codes", files.codes),
    Route("/phone/media/{media_id}", files.file),
    Route("/phone/{name}", page.asset),
]
CONTROL = [
    Route("/control/patients", people.list_patients),
    Route("/control/patients/{who}/messages", people.post_message, methods=["POST"]),
    Route("/control/patients/{who}/messages", people.get_messages),
    Route("/control/patients/{who}/calls", acts.post_call, methods=["POST"]),
    Route("/control/patients/{who}/plays", acts.post_play, methods=["POST"]),
    Route("/control/patients/{who}/identity", identities.change_identity, methods=["POST"]),
    Route("/control/patients/{who}/standby", coexistence.set_standby, methods=["POST"]),
    Route("/control/patients/{who}/preferences", coexistence.change_preference, methods=["POST"]),
    Route("/control/calendars", agendas.list_calendars),
    Route("/control/calendars/{calendar_id}/events", agendas.add_event, methods=["POST"]),
    Route("/control/calendars/{calendar_id}/events", agendas.list_events),
    Route(
        "/control/calendars/{calendar_id}/events/{event_id}",
        agendas.change_event,
        methods=["PATCH", "DELETE"],
    ),
    Route("/control/calendars/{calendar_id}/sync-tokens", agendas.expire_sync_tokens, methods=["DELETE"]),
    Route("/control/calendars/{calendar_id}/channels", agendas.list_channels),
    Route("/control/calendars/{calendar_id}/free-busy", agendas.fail_free_busy, methods=["POST"]),
    Route("/control/calendars/{calendar_id}/nameless", agendas.hide_ids, methods=["POST"]),
    Route("/control/numbers", world.add_number, methods=["POST"]),
    Route("/control/numbers/{slug}", numbers_control.change_number, methods=["GET", "POST"]),
    Route("/control/numbers/{slug}/notices", numbers_control.post_notice, methods=["POST"]),
    Route("/control/numbers/{slug}/echoes", coexistence.post_echo, methods=["POST"]),
    Route("/control/numbers/{slug}/history", coexistence.post_history, methods=["POST"]),
    Route("/control/numbers/{slug}/phone-book", coexistence.change_phone_book, methods=["POST"]),
    Route("/control/templates", template_control.of_slug, methods=["GET", "POST", "DELETE"]),
    Route("/control/templates/reviews", template_control.reviews, methods=["GET", "POST"]),
    Route("/control/templates/{template_id}", template_control.decide, methods=["POST"]),
    Route("/control/faults", world.faults, methods=["GET", "POST", "DELETE"]),
    Route("/control/calls", world.calls),
    Route("/control/misfits", world.misfits, methods=["GET", "DELETE"]),
    Route("/control/accounts", world.add_account, methods=["POST"]),
    Route("/control/pace", world.pace, methods=["GET", "POST"]),
    Route("/control/webhooks", world.webhooks, methods=["GET", "POST"]),
    Route("/control/media", world.media, methods=["GET", "POST"]),
    Route("/control/clock", world.clock, methods=["GET", "POST"]),
    Route("/control/reset", world.reset, methods=["POST"]),
]
GOOGLE = [
    Route("/o/oauth2/v2/auth", consent.consent_page, methods=["GET", "POST"]),
    Route("/token", oauth.token, methods=["POST"]),
    Route("/revoke", oauth.revoke, methods=["POST"]),
    Route("/oauth2/v3/userinfo", oauth.userinfo),
    Route("/calendar/v3/users/me/calendarList", described("calendarList.list", calendars.list_calendars)),
    Route("/calendar/v3/freeBusy", described("freebusy.query", calendars.free_busy), methods=["POST"]),
    Route("/calendar/v3/channels/stop", described("channels.stop", channels.stop), methods=["POST"]),
    Route("/calendar/v3/calendars", described("calendars.insert", own_calendars.insert), methods=["POST"]),
    Route(CALENDAR, described("calendars.get", calendars.get_calendar)),
    Route(CALENDAR, described("calendars.delete", own_calendars.delete), methods=["DELETE"]),
    Route(f"{CALENDAR}/events", described("events.insert", event_calls.insert), methods=["POST"]),
    Route(f"{CALENDAR}/events", described("events.list", event_calls.list_page)),
    Route(f"{CALENDAR}/events/watch", described("events.watch", channels.watch), methods=["POST"]),
    Route(EVENT, described("events.get", event_calls.get)),
    Route(EVENT, described("events.patch", event_calls.patch), methods=["PATCH"]),
    Route(EVENT, described("events.update", event_calls.update), methods=["PUT"]),
    Route(EVENT, described("events.delete", event_calls.delete), methods=["DELETE"]),
]
META = [
    Route(DOWNLOADS, media.download),
    Route("/{version}/{object_id}/media", media.upload, methods=["POST"]),
    Route("/{version}/{object_id}/messages", messages.post_messages, methods=["POST"]),
    Route("/{version}/{object_id}/phone_numbers", numbers.list_numbers),
    Route(
        "/{version}/{object_id}/subscribed_apps",
        numbers.subscribed_apps,
        methods=["GET", "POST", "DELETE"],
    ),
    Route("/{version}/{object_id}/register", registration.register, methods=["POST"]),
    Route("/{version}/{object_id}/deregister", registration.deregister, methods=["POST"]),
    Route("/{version}/{object_id}/message_templates", templates.of_account, methods=["GET", "POST", "DELETE"]),
    Route("/{version}/{object_id}", templates.or_template(numbers.set_number_webhook), methods=["POST"]),
    Route("/{version}/{object_id}", templates.or_template(media.get_node)),
    Route("/{version}/{object_id}", media.delete_node, methods=["DELETE"]),
]
ROUTES = [*PAGE, *CONTROL, *GOOGLE, *META]


async def answer_refusal(_request: Request, error: Exception) -> Response:
    """Each side's error knows its own body."""
    assert isinstance(error, RefusalError)  # noqa: S101 - registered for nothing else
    return error.response()


def build_app(settings: Settings) -> Starlette:
    """The application; its world is opened when the server starts and closed when it stops."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        simulator = open_simulator(settings)
        fill_when_empty(simulator.store)
        app.state.simulator, app.state.misfits = simulator, Misfits()
        simulator.poster.start()
        template_reviews.resume(simulator)
        yield
        await simulator.poster.stop()
        simulator.store.close()

    return Starlette(routes=ROUTES, lifespan=lifespan, exception_handlers={RefusalError: answer_refusal})
