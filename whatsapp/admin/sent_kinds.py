"""What does the portal show of a content that we sent, beside its words: above them, below, and to be tapped?"""

from typing import Any

from django.utils.translation import gettext as _

from whatsapp.admin.words import type_words


def heading(content: dict[str, Any]) -> str:
    """The text above, or what kind of file stands there."""
    header = content.get("header") or ""
    if isinstance(header, dict):
        return str(header["text"]) if "text" in header else type_words(str(header.get("kind", "")))
    return str(header)


def footing(content: dict[str, Any]) -> str:
    """The small text below."""
    return str(content.get("footer") or "")


def choices(content: dict[str, Any]) -> tuple[str, ...]:
    """Buttons, rows of a list, and the one button of links, forms and requests."""
    kind = content.get("kind")
    if kind == "buttons":
        return tuple(str(button["title"]) for button in content["buttons"])
    if kind == "list":
        rows = [row for section in content["sections"] for row in section["rows"]]
        return tuple(" — ".join(filter(None, (row["title"], row.get("description", "")))) for row in rows)
    single = {
        "cta_url": content.get("display_text"),
        "flow": content.get("cta"),
        "location_request": _("Send location"),
        "contact_request": _("Share phone number"),
    }.get(str(kind))
    return (str(single),) if single else ()


def kind_words(content: dict[str, Any]) -> str:
    """What it is, for kinds whose words alone do not say so."""
    kind = str(content.get("kind", ""))
    return type_words(kind) if kind in ("location", "contacts") else ""
