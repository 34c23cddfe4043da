"""How long does a patient wait for the clinic's answer?

Patients of the simulator write at fixed moments, whether or not earlier answers have come. Per message: from the moment
the simulator has the patient's message (it then posts the signed webhook) until it accepts the clinic's answer at its
Graph API. Both moments are read from the chat, by the simulator's one clock. In between lie the webhook, the inbox,
unpacking, the conversation, the outbox and the send, each committed; meanwhile the reports "sent", "delivered" and
"read" of every answer come in as webhooks too. The k-th answer in a chat is the one to its k-th message.
"""

import http.client
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from statistics import median
from typing import Any

from bench.table import Figure, share_below
from dev.environment import Addresses
from dev.ports import LOOPBACK
from dev.problems import Trouble

PATIENTS = 200
PER_SECOND = 20
SECONDS = 30
CLINIC = "aurora"
# What a patient writes first, second and third.
TEXTS = ("oi", "quero marcar uma consulta", "amanhã de manhã")
WRITERS = 16
LAST_ANSWER_SECONDS = 20
MEDIAN_MS, P95_MS = 300, 1_000


def measure(addresses: Addresses, check: Callable[[], None]) -> list[Figure]:
    """The rows about answers."""
    phones = _Phones(addresses.sandbox_port)
    # Workers import their code at their first task: an installation that runs has that behind it.
    _answer_times(phones, [f"551196000{number:04d}" for number in range(PER_SECOND)], PER_SECOND * 3, check)
    patients = [f"551197000{number:04d}" for number in range(PATIENTS)]
    return _figures(_answer_times(phones, patients, PER_SECOND * SECONDS, check))


def _answer_times(phones: "_Phones", patients: list[str], count: int, check: Callable[[], None]) -> list[float | None]:
    """Milliseconds per message; None for one without an answer."""
    _write(phones, patients, count, check)
    expected = -(-count // len(patients))
    deadline = time.monotonic() + LAST_ANSWER_SECONDS
    return [taken for patient in patients for taken in _times_of(phones, patient, expected, deadline)]


def _write(phones: "_Phones", patients: list[str], count: int, check: Callable[[], None]) -> None:
    sent: list[Future[None]] = []
    began = time.monotonic()
    with ThreadPoolExecutor(WRITERS) as writers:
        for number in range(count):
            check()
            time.sleep(max(0.0, began + number / PER_SECOND - time.monotonic()))
            turn, who = divmod(number, len(patients))
            sent.append(writers.submit(phones.write, patients[who], TEXTS[turn % len(TEXTS)]))
    for one in sent:
        one.result()


def _times_of(phones: "_Phones", patient: str, expected: int, deadline: float) -> list[float | None]:
    while True:
        chat = phones.chat(patient)
        written, answers = (_moments(chat, direction) for direction in ("in", "out"))
        if len(answers) >= expected or time.monotonic() > deadline:
            break
        time.sleep(0.1)
    missing = [None] * (len(written) - len(answers))
    return [(answer - asked) * 1000 for asked, answer in zip(written, answers, strict=False)] + missing


def _moments(chat: list[dict[str, Any]], direction: str) -> list[float]:
    return [datetime.fromisoformat(one["at"]).timestamp() for one in chat if one["direction"] == direction]


def _figures(times: list[float | None]) -> list[Figure]:
    taken = [time for time in times if time is not None]
    lost = len(times) - len(taken)
    middle, slow = median(taken), share_below(taken, 0.95)
    said = f"Answer in the chat, {PER_SECOND}/s for {SECONDS} s, {PATIENTS} patients"
    return [
        Figure(f"{said}: median", f"{middle:.0f} ms", f"< {MEDIAN_MS} ms", middle < MEDIAN_MS),
        Figure("… p95", f"{slow:.0f} ms", f"< {P95_MS:,} ms", slow < P95_MS),
        Figure("… p99, slowest", f"{share_below(taken, 0.99):.0f} ms, {max(taken):.0f} ms"),
        Figure("… messages, without an answer", f"{len(times)}, {lost}", "none", lost == 0),
    ]


class _Phones:
    """The simulator's control API over one kept connection per thread."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._own = threading.local()

    def write(self, patient: str, text: str) -> None:
        sent = self._call("POST", f"/control/patients/{patient}/messages", {"to": CLINIC, "text": text})
        if sent["webhook_status"] != 200:
            raise Trouble(f"A patient's message was answered {sent['webhook_status']}.")

    def chat(self, patient: str) -> list[dict[str, Any]]:
        found = self._call("GET", f"/control/patients/{patient}/messages?with={CLINIC}", None)
        messages: list[dict[str, Any]] = found["messages"]
        return messages

    def _call(self, method: str, path: str, body: dict[str, str] | None) -> dict[str, Any]:
        line = self._line()
        line.request(method, path, json.dumps(body) if body else None, {"Content-Type": "application/json"})
        answer = line.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise Trouble(f"The simulator answered {answer.status} to {method} {path}.")
        found: dict[str, Any] = json.loads(text)
        return found

    def _line(self) -> http.client.HTTPConnection:
        if not hasattr(self._own, "line"):
            self._own.line = http.client.HTTPConnection(LOOPBACK, self._port, timeout=30)
        line: http.client.HTTPConnection = self._own.line
        return line
