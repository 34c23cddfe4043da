"""What becomes of a template after it was submitted? Reviews, pauses, quality and category, each with its webhook.

A review ends by itself after a moment of real time, as the note «template_review» says, or by a control call.
"""

from __future__ import annotations

import asyncio
import json
import re
from datetime import UTC, datetime

from sandbox.graph.webhooks import notice_post
from sandbox.simulator import Simulator
from sandbox.store import Json, Row

NOTE = "template_review"
USUAL: Json = {"seconds": 2.0, "outcome": "approve", "reason": "INVALID_FORMAT"}
PAUSES = (("FIRST_PAUSE", 3 * 3600), ("SECOND_PAUSE", 6 * 3600))
PROMOTIONAL = re.compile(r"promo|desconto|oferta imperd|aproveite|black friday|cupom|grátis|% off", re.I)
FORBIDDEN = re.compile(r"wa\.me/|bit\.ly/", re.I)
ADVICE = {
    "INVALID_FORMAT": "Check that variables are numbered or named rightly and that links are not shortened.",
    "PROMOTIONAL": "This content belongs to the category marketing.",
}


def settings_of(simulator: Simulator) -> Json:
    """How reviews go from now on."""
    return {**USUAL, **simulator.store.read_note(NOTE, {})}


def schedule(simulator: Simulator, template_id: str) -> None:
    """The review of one template, after the moment that is set; never when reviews are held."""
    how = settings_of(simulator)
    if how["outcome"] != "hold":
        asyncio.get_running_loop().call_later(float(how["seconds"]), review, simulator, template_id)


def resume(simulator: Simulator) -> None:
    """Goes on with the reviews that the last run left open."""
    for row in simulator.store.list("SELECT id FROM templates WHERE status = 'PENDING'"):
        schedule(simulator, row["id"])


def review(simulator: Simulator, template_id: str) -> None:
    if simulator.store.is_closed:
        return
    row = find(simulator, template_id)
    if row is None or row["status"] != "PENDING":
        return
    how = settings_of(simulator)
    if how["outcome"] == "reject" or FORBIDDEN.search(row["components"]):
        reject(simulator, row, str(how["reason"]))
        return
    if row["category"] == "UTILITY" and PROMOTIONAL.search(row["components"]):
        recategorise(simulator, row, "MARKETING")
        row = find(simulator, template_id) or row
    approve(simulator, row)


def find(simulator: Simulator, template_id: str) -> Row | None:
    return simulator.store.find("SELECT * FROM templates WHERE id = ?", template_id)


def approve(simulator: Simulator, row: Row) -> None:
    _set(simulator, row, status="APPROVED", reason="NONE")
    _tell_status(simulator, row, "APPROVED", reason="NONE")


def reject(simulator: Simulator, row: Row, reason: str) -> None:
    _set(simulator, row, status="REJECTED", reason=reason)
    advice = {"reason": reason, "recommendation": ADVICE.get(reason, "See Meta's guidelines.")}
    _tell_status(simulator, row, "REJECTED", reason=reason, rejection_info=advice)


def pause(simulator: Simulator, row: Row) -> None:
    """3 hours, then 6 hours, then disabled for good."""
    if row["pauses"] >= len(PAUSES):
        disable(simulator, row)
        return
    title, seconds = PAUSES[row["pauses"]]
    until = simulator.clock.now() + seconds
    _set(simulator, row, status="PAUSED", pauses=row["pauses"] + 1, paused_until=until, quality="RED")
    words = f"Paused for {seconds // 3600} hours because of its quality"
    _tell_status(simulator, row, "PAUSED", reason="NONE", other_info={"title": title, "description": words})


def unpause(simulator: Simulator, row: Row) -> None:
    _set(simulator, row, status="APPROVED", paused_until=None)
    info = {"title": "UNPAUSE", "description": "The template can be sent again"}
    _tell_status(simulator, row, "APPROVED", reason="NONE", other_info=info)


def disable(simulator: Simulator, row: Row) -> None:
    _set(simulator, row, status="DISABLED", paused_until=None)
    date = datetime.fromtimestamp(simulator.clock.now(), UTC).date().isoformat()
    info = {"title": "DISABLED", "description": "Disabled because of its quality"}
    _tell_status(simulator, row, "DISABLED", reason="NONE", disable_info={"disable_date": date}, other_info=info)


def flag_deletion(simulator: Simulator, row: Row) -> None:
    """Scheduled for deletion: Meta says so with a reason of null."""
    _set(simulator, row, status="PENDING_DELETION")
    _tell_status(simulator, row, "PENDING_DELETION", reason=None)


def tell_deleted(simulator: Simulator, row: Row) -> None:
    _tell_status(simulator, row, "DELETED", reason="NONE")


def change_quality(simulator: Simulator, row: Row, score: str) -> None:
    _set(simulator, row, quality=score)
    value = {"previous_quality_score": row["quality"], "new_quality_score": score}
    _tell(simulator, row, "message_template_quality_update", {**value, **_names(row)})


def announce_category(simulator: Simulator, row: Row, category: str) -> None:
    """In 24 hours it will have another category."""
    at = int(simulator.clock.now()) + 24 * 3600
    value = {"new_category": row["category"], "correct_category": category, "category_update_timestamp": at}
    _tell(simulator, row, "template_category_update", {**_names(row), **value})


def recategorise(simulator: Simulator, row: Row, category: str) -> None:
    _set(simulator, row, category=category, previous_category=row["category"])
    value = {"previous_category": row["category"], "new_category": category}
    _tell(simulator, row, "template_category_update", {**_names(row), **value})


def tell_components(simulator: Simulator, row: Row) -> None:
    texts = {one["type"]: one.get("text", "") for one in json.loads(row["components"])}
    value = {
        **_names(row),
        "message_template_element": texts["BODY"],
        "message_template_title": texts.get("HEADER", ""),
        "message_template_footer": texts.get("FOOTER", ""),
    }
    _tell(simulator, row, "message_template_components_update", value)


def end_pauses(simulator: Simulator) -> None:
    """Pauses that are over by the simulated clock."""
    sql = "SELECT * FROM templates WHERE status = 'PAUSED' AND paused_until <= ?"
    for row in simulator.store.list(sql, simulator.clock.now()):
        unpause(simulator, row)


def _set(simulator: Simulator, row: Row, **values: object) -> None:
    columns = ", ".join(f"{name} = ?" for name in values)
    sql = f"UPDATE templates SET {columns} WHERE id = ?"  # noqa: S608 - fixed column names
    simulator.store.run(sql, *values.values(), row["id"])
    simulator.changed()


def _names(row: Row) -> Json:
    return {
        "message_template_id": int(row["id"]),
        "message_template_name": row["name"],
        "message_template_language": row["language"],
    }


def _tell_status(simulator: Simulator, row: Row, event: str, **more: object) -> None:
    """Status updates name the language with a hyphen, everything else with an underscore, as Meta's samples do."""
    language = row["language"].replace("_", "-")
    value = {"event": event, **_names(row), "message_template_language": language}
    _tell(
        simulator, row, "message_template_status_update", value | {"message_template_category": row["category"]} | more
    )


def _tell(simulator: Simulator, row: Row, field: str, value: Json) -> None:
    number = simulator.store.find("SELECT * FROM numbers WHERE waba_id = ?", row["waba_id"])
    if number is None:
        return
    at = int(simulator.clock.now())
    post = notice_post(simulator, number, field, value, entry_id=row["waba_id"], at=at)
    if post.url:
        simulator.poster.send_in_order([simulator.poster.keep(post)], simulator.poster.habits.wait_seconds())
