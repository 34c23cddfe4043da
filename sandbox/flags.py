"""What is special about one chat? Flags that stand until they are taken away.

`standby`: Meta's own agent answers, and the app is only told of it. `no_marketing`: the patient wants no promotions.
"""

from __future__ import annotations

from sandbox.store import Store

STANDBY = "standby"
NO_MARKETING = "no_marketing"


def set_flag(store: Store, flag: str, *, number: str, patient: str, is_on: bool) -> None:
    sql = (
        "INSERT OR IGNORE INTO chat_flags (number, patient, flag) VALUES (?, ?, ?)"
        if is_on
        else "DELETE FROM chat_flags WHERE number = ? AND patient = ? AND flag = ?"
    )
    store.run(sql, number, patient, flag)


def has_flag(store: Store, flag: str, *, number: str, patient: str) -> bool:
    sql = "SELECT 1 FROM chat_flags WHERE number = ? AND patient = ? AND flag = ?"
    return store.find(sql, number, patient, flag) is not None
