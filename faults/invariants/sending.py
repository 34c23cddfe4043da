"""Did each row reach the provider once, and do we know what became of it?"""

from __future__ import annotations

from faults.run import Run, Silenced

ROWS = "SELECT id, state, resends, wamid FROM whatsapp_message WHERE id > %s AND direction = 'out'"
LADDER = ("queued", "sending", "unknown", "sent", "failed", "delivered", "read", "played")
RANK = {name: rank for rank, name in enumerate(LADDER)}
REPORTED = """
SELECT message.id, message.state, item.status FROM whatsapp_item item
  JOIN whatsapp_message message ON message.clinic_id = item.clinic_id AND message.wamid = item.provider_id
 WHERE item.id > %s AND item.kind = 'status' AND item.state = 'done' AND message.direction = 'out'
"""
# Campaigns to one contact, whatever became of them.
CAMPAIGNS = """
SELECT message.id FROM whatsapp_message message
  JOIN whatsapp_conversation chat ON chat.id = message.conversation_id
  JOIN whatsapp_template template ON template.clinic_id = message.clinic_id
   AND template.category = 'MARKETING' AND message.content LIKE '%%"' || template.name || '"%%'
 WHERE chat.contact_id = %s AND message.type = 'template' AND message.direction = 'out'
"""


def sent(run: Run) -> int:
    """Rows that reached the provider."""
    return len(run.sends())


def struck(run: Run) -> int:
    """Calls of the product that a provider's fault really met: without any, the run has shown little."""
    return sum(bool(call["fault"]) for call in run.calls)


def sent_twice(run: Run) -> int:
    """Sends beyond the first, but for one of a row whose answer and statuses were both lost."""
    resends = {str(pk): resends for pk, _state, resends, _wamid in run.house.query(ROWS, run.since["message"])}
    allowed = {pk: 1 + (resends.get(pk, 0) if run.loses_both else 0) for pk in run.sends()}
    return sum(max(0, count - min(allowed[pk], 2)) for pk, count in run.sends().items())


def uncertain_repeats(run: Run) -> int:
    """Rows that were sent once more because nobody could know."""
    return sum(count == 2 for count in run.sends().values())


def never_sent(run: Run) -> int:
    """Rows that we take for sent, and nobody got."""
    sends = run.sends()
    rows = run.house.query(ROWS, run.since["message"])
    return sum(RANK[state] >= RANK["sent"] and state != "failed" and str(pk) not in sends for pk, state, _, _ in rows)


def statuses_back(run: Run) -> int:
    """Steps down from what the provider told, and rows below the highest that it told."""
    steps = run.house.query("SELECT old, new FROM faults_step WHERE id > %s", run.since["step"])
    down = sum(RANK[new] < RANK[old] and RANK[old] >= RANK["sent"] for old, new in steps)
    told = run.house.query(REPORTED, run.since["item"])
    below = {pk for pk, state, status in told if status in RANK and RANK[state] < RANK[status]}
    return down + len(below)


def outside_window(run: Run) -> int:
    """Free text that the provider had to refuse because nobody had written for a day."""
    return sum(call["operation"] == "messages" and call["outcome"] == "131047" for call in run.calls)


def after_opt_out(run: Run) -> int:
    """Calls for campaigns to somebody of whom it was known by then that they want none; refused ones count as well."""
    return sum(_calls_after(run, silenced) for silenced in run.silenced)


def _calls_after(run: Run, silenced: Silenced) -> int:
    rows = {pk for (pk,) in run.house.query(CAMPAIGNS, silenced.contact)} - silenced.under_way
    keys = {f"m{pk}" for pk in rows}
    calls = (call for call in run.calls if call["operation"] == "messages" and call["key"] in keys)
    return sum(int(call["id"]) > silenced.last for call in calls)
