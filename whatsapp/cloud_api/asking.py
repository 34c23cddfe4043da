"""One call of the Graph API, from the question whether Meta may be called now to what its answer means."""

from collections.abc import Mapping
from typing import Any

from atendeai.common import circuit, http
from whatsapp.cloud_api.answers import checked


def ask(
    method: str,
    url: str,
    *,
    operation: str,
    clinic_id: int | None,
    headers: Mapping[str, str],
    connect_seconds: float = 3.0,
    read_seconds: float = 10.0,
    is_judged: bool = True,
    may_try: bool = True,
    **content: Any,
) -> dict[str, Any]:
    """The answer's object; `content` as `http.call` takes it. Raises any IntegrationError, also CircuitOpen.

    `is_judged=False`: how it ends says nothing about Meta. `may_try=False`: it is never an open circuit's trial.
    """
    seconds = connect_seconds + read_seconds
    with circuit.calling(
        provider="whatsapp",
        operation=operation,
        clinic_id=clinic_id,
        seconds=seconds,
        is_judged=is_judged,
        may_try=may_try,
    ):
        reply = http.call(
            method,
            url,
            provider="whatsapp",
            operation=operation,
            clinic_id=clinic_id,
            headers=headers,
            connect_seconds=connect_seconds,
            read_seconds=read_seconds,
            **content,
        )
        return checked(reply, operation)
