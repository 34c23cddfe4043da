"""Which scope allows which call? Google's own table, for the calls that exist here."""

from __future__ import annotations

from collections.abc import Iterable

PREFIX = "https://www.googleapis.com/auth/"
CALENDAR = "calendar"
WRITE_EVENTS = {CALENDAR, "calendar.events", "calendar.events.owned", "calendar.app.created"}
READ_EVENTS = {
    *WRITE_EVENTS,
    "calendar.readonly",
    "calendar.events.readonly",
    "calendar.events.owned.readonly",
    "calendar.events.freebusy",
}
LIST_CALENDARS = {
    CALENDAR,
    "calendar.readonly",
    "calendar.calendarlist",
    "calendar.calendarlist.readonly",
}
GET_CALENDAR = {
    CALENDAR,
    "calendar.readonly",
    "calendar.calendars",
    "calendar.calendars.readonly",
    "calendar.app.created",
}
MAKE_CALENDARS = {CALENDAR, "calendar.calendars", "calendar.app.created"}
# With one of these a calendar is open whoever made it; with "calendar.app.created" alone only the program's own are.
OPENS_ALL = (READ_EVENTS | GET_CALENDAR) - {"calendar.app.created", "calendar.events.freebusy"}
FREE_BUSY = {CALENDAR, "calendar.readonly", "calendar.freebusy", "calendar.events.freebusy"}
# Sign-in scopes cannot be unticked; short and long names mean the same
SIGN_IN = {
    "openid": "openid",
    "email": f"{PREFIX}userinfo.email",
    "profile": f"{PREFIX}userinfo.profile",
    f"{PREFIX}userinfo.email": f"{PREFIX}userinfo.email",
    f"{PREFIX}userinfo.profile": f"{PREFIX}userinfo.profile",
}
NAMES = {
    "calendar": "Ver, editar, compartilhar e excluir todas as agendas",
    "calendar.readonly": "Ver e baixar qualquer agenda",
    "calendar.events": "Ver e editar eventos em todas as suas agendas",
    "calendar.events.readonly": "Ver eventos em todas as suas agendas",
    "calendar.events.owned": "Ver, criar e excluir eventos nas agendas que são suas",
    "calendar.calendarlist.readonly": "Ver a lista das suas agendas",
    "calendar.freebusy": "Ver quando você está livre ou ocupado",
    "calendar.app.created": "Criar agendas e gerenciar os eventos delas",
}


def allows(granted: Iterable[str], wanted: set[str]) -> bool:
    """`granted` are full scope URLs, `wanted` short names of which one is enough."""
    return any(scope.removeprefix(PREFIX) in wanted for scope in granted)


def name_of(scope: str) -> str:
    return NAMES.get(scope.removeprefix(PREFIX), scope)
