"""Which templates does an account have at Meta? Listed to the end, created, edited, deleted.

Promises: as the client: what Meta confirmed, or an `IntegrationError`. `list_all` walks every page or raises, so that
half a list is never taken for the whole; a cursor that went stale on the way (131059) starts the walk anew, twice at
most. Creating has no idempotency key: after `OutcomeUnknown` look for the name before trying again.

**Source**: Meta, WhatsApp Business Management API, Message Templates, v24.0-v26.0.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from atendeai.common.errors import NotConfigured, OutcomeUnknown, Rejected
from whatsapp.cloud_api.asking import ask
from whatsapp.cloud_api.template_drafts import Draft

FIELDS = "id,name,language,status,category,previous_category,components,parameter_format,quality_score,rejected_reason"
PAGE = 100
# An account has 6,000 templates at most.
MOST_PAGES = 200
WALKS = 3
BAD_CURSOR = "131059"
CONNECT_SECONDS = 3.0
READ_SECONDS = 15.0


@dataclass(frozen=True)
class Listed:
    """One template as Meta lists it; words are Meta's own, `components` untouched."""

    id: str
    name: str
    language: str
    status: str
    category: str
    components: list[dict[str, Any]]
    is_named: bool = False
    previous_category: str = ""
    quality: str = ""
    rejected_reason: str = ""


@dataclass(frozen=True)
class Submitted:
    """What Meta said to a new template."""

    id: str
    status: str
    category: str


class TemplateApi:
    """The templates of one business account. Holds the token: keep it no longer than a call needs."""

    def __init__(self, base_url: str, version: str, access_token: str, account_id: str, clinic_id: int | None) -> None:
        if not access_token or not account_id:
            raise NotConfigured("whatsapp", "message_templates", detail="access token or account id is missing")
        self._base = f"{base_url.rstrip('/')}/{version}"
        self._account = account_id
        self._headers = {"Authorization": f"Bearer {access_token}"}
        self._clinic_id = clinic_id

    def __repr__(self) -> str:
        return f"TemplateApi(clinic_id={self._clinic_id})"

    def list_all(self) -> list[Listed]:
        """Every template of the account."""
        for last_walk in (*[False] * (WALKS - 1), True):
            try:
                return list(self._walk({}))
            except Rejected as error:
                if error.code != BAD_CURSOR or last_walk:
                    raise
        raise AssertionError("unreachable")

    def find_by_name(self, name: str) -> list[Listed]:
        """Its languages; empty when there is none of this name."""
        return [one for one in self._walk({"name": name}) if one.name == name]

    def create(self, draft: Draft) -> Submitted:
        """Submits it for review."""
        answer = self._call("POST", self._list_path, "message_templates.create", json=draft.payload())
        template_id = _word(answer.get("id"))
        if not template_id:
            raise OutcomeUnknown("whatsapp", "message_templates.create", detail="the answer names no template")
        category = _word(answer.get("category")) or draft.category
        return Submitted(template_id, _word(answer.get("status")) or "PENDING", category)

    def edit(self, template_id: str, draft: Draft, *, with_category: bool) -> None:
        """New content for review; Meta lets the category be changed only before approval."""
        change: dict[str, Any] = {"components": draft.components()}
        if with_category:
            change["category"] = draft.category
        self._call("POST", f"/{template_id}", "message_templates.edit", json=change)

    def delete(self, name: str, template_id: str) -> None:
        """This language of it only."""
        params = {"name": name, "hsm_id": template_id}
        self._call("DELETE", self._list_path, "message_templates.delete", params=params)

    @property
    def _list_path(self) -> str:
        return f"/{self._account}/message_templates"

    def _walk(self, filters: dict[str, str]) -> Iterator[Listed]:
        params = {"fields": FIELDS, "limit": str(PAGE), **filters}
        for _ in range(MOST_PAGES):
            page = self._call("GET", self._list_path, "message_templates.list", params=params)
            entries = page.get("data")
            if not isinstance(entries, list):
                raise _unreadable("the answer holds no list")
            yield from (_listed(one) for one in entries if isinstance(one, dict) and _word(one.get("name")))
            if not _has_next(page):
                return
            after = _cursor(page)
            if after is None or after == params.get("after"):
                raise _unreadable("the list goes on without a new cursor")
            params = {**params, "after": after}
        raise _unreadable("the list does not end")

    def _call(self, method: str, path: str, operation: str, **content: Any) -> dict[str, Any]:
        return ask(
            method,
            self._base + path,
            operation=operation,
            clinic_id=self._clinic_id,
            headers=self._headers,
            connect_seconds=CONNECT_SECONDS,
            read_seconds=READ_SECONDS,
            **content,
        )


def _unreadable(detail: str) -> OutcomeUnknown:
    """What is missing in half a list would be taken for deleted."""
    return OutcomeUnknown("whatsapp", "message_templates.list", detail=detail)


def _has_next(page: dict[str, Any]) -> bool:
    paging = page.get("paging")
    return isinstance(paging, dict) and bool(paging.get("next"))


def _cursor(page: dict[str, Any]) -> str | None:
    cursors = page["paging"].get("cursors")
    after = cursors.get("after") if isinstance(cursors, dict) else None
    return after if isinstance(after, str) and after else None


def _listed(entry: dict[str, Any]) -> Listed:
    components = entry.get("components")
    quality = entry.get("quality_score")
    return Listed(
        id=_word(entry.get("id")),
        name=_word(entry.get("name")),
        language=normal_language(_word(entry.get("language"))),
        status=_word(entry.get("status")).upper(),
        category=_word(entry.get("category")).upper(),
        components=[part for part in components if isinstance(part, dict)] if isinstance(components, list) else [],
        is_named=_word(entry.get("parameter_format")).upper() == "NAMED",
        previous_category=_word(entry.get("previous_category")).upper(),
        quality=_word(quality.get("score") if isinstance(quality, dict) else quality).upper(),
        rejected_reason=_word(entry.get("rejected_reason")).upper(),
    )


def normal_language(code: str) -> str:
    """`pt_BR` for "pt-BR", "pt_br" and "pt_BR": Meta writes both signs."""
    language, _, place = code.replace("-", "_").partition("_")
    return f"{language.lower()}_{place.upper()}" if place else language.lower()


def _word(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.replace("\x00", "")[:512] if isinstance(value, str) else ""
