"""How an event is kept for lists, whatever stands in it."""

from zoneinfo import ZoneInfo

import pytest

from calendar_sync import event_rows, events
from calendar_sync.google_api import Event


@pytest.mark.parametrize(
    ("written", "read"), [("7", 7), ("", None), ("²", None), ("٧", None), ("-7", None), ("9" * 19, None)]
)
def test_an_appointment_s_number_that_is_none_breaks_no_list(written: str, read: int | None) -> None:
    private = {events.MARK: "1", events.CLINIC: "3", events.APPOINTMENT: written}
    event = Event(id="e", etag="", status="confirmed", private=private)
    row = event_rows.row_of(event, clinic_id=3, professional_id=5, zone=ZoneInfo("America/Sao_Paulo"))
    assert event_rows.event_of(row).appointment_id == read
