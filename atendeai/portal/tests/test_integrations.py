"""«Integrações»: how the providers stand, in words; what was before; and who may ask to try now."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from atendeai.common.breaker import breaker
from atendeai.common.circuit import Call
from atendeai.common.errors import Unreachable
from atendeai.testing.people import Aurora
from calendar_sync.models import CalendarWrite, WriteState
from calendar_sync.writes import hurry_all
from clinics.models import AuditEntry, Outage, OutageEnd
from whatsapp.models import Direction, Message, MessageState

PAGE = "/admin/clinics/outage/"


def fail(clinic_id: int, provider: str) -> None:
    for _ in range(5):
        with pytest.raises(Unreachable), breaker.calling(Call(provider, "messages", clinic_id, 1.0)):
            raise Unreachable(provider, "messages", code="131016")


@pytest.fixture(autouse=True)
def closed(aurora: Aurora) -> None:
    for provider in ("whatsapp", "google"):
        breaker.reset(provider, aurora.clinic.pk)


def try_now(client: Client, provider: str = "whatsapp") -> int:
    return client.post(reverse("admin:clinics_outage_try", args=[provider])).status_code


def test_what_answers_says_so_and_offers_nothing(ana: Client, aurora: Aurora) -> None:
    text = ana.get(PAGE).content.decode()
    assert text.count("p-panel--success") == 2
    assert "responde" in text
    assert reverse("admin:clinics_outage_try", args=["whatsapp"]) not in text


def test_an_outage_is_told_with_its_error_on_the_page_and_above_every_other(
    ana: Client, bruno: Client, carla: Client, aurora: Aurora
) -> None:
    fail(aurora.clinic.pk, "whatsapp")
    text = ana.get(PAGE).content.decode()
    assert "não responde" in text
    assert "fora do ar (131016)" in text
    assert reverse("admin:clinics_outage_try", args=["whatsapp"]) in text
    assert reverse("admin:clinics_outage_try", args=["google"]) not in text
    assert "O WhatsApp não está respondendo" in bruno.get(reverse("admin:index")).content.decode()
    assert "O WhatsApp não está respondendo" not in carla.get(reverse("admin:index")).content.decode()
    assert "131016" not in carla.get(PAGE).content.decode()


def test_an_owner_tries_now_what_waits_is_due_and_that_is_on_record(ana: Client, aurora: Aurora) -> None:
    fail(aurora.clinic.pk, "whatsapp")
    waiting = Message.objects.for_clinic(aurora.clinic).filter(direction=Direction.OUT).first()
    assert waiting is not None
    later = timezone.now() + timedelta(minutes=4)
    rows = Message.objects.filter(pk=waiting.pk)
    rows.update(state=MessageState.QUEUED, not_before=later, error_code="131016")
    assert try_now(ana) == 302
    assert rows.get().not_before < timezone.now() + timedelta(seconds=5)  # type: ignore[operator]
    row = Outage.objects.get(provider="whatsapp")
    assert (row.end, row.ended_by) == (OutageEnd.RESET, aurora.owner)
    entry = AuditEntry.objects.get(action="circuit_reset")
    assert (entry.actor_id, entry.fields) == (aurora.owner.pk, ["whatsapp"])
    text = ana.get(PAGE).content.decode()
    assert "Alguém pediu para tentar agora" in text
    assert "Ana Souza" in text
    # What Meta asked to wait for keeps its time.
    rows.update(not_before=later, error_code="131056")
    assert try_now(ana) == 302
    assert rows.get().not_before == later


def test_the_history_says_why_it_began_and_what_went_wrong_last(ana: Client, aurora: Aurora) -> None:
    opened_at = timezone.now() - timedelta(minutes=9)
    Outage.objects.create(
        clinic=aurora.clinic,
        provider="google",
        opened_at=opened_at,
        first_error="OutcomeUnknown ReadTimeout",
        error="Unreachable 503",
        ended_at=opened_at + timedelta(minutes=4),
        end=OutageEnd.RECOVERED,
    )
    # Of before the first error was kept apart.
    Outage.objects.create(clinic=aurora.clinic, provider="google", opened_at=opened_at, error="Unreachable 502")
    text = ana.get(PAGE).content.decode()
    assert "a conexão caiu (ReadTimeout)" in text
    assert "por último:" in text
    assert "fora do ar (503)" in text
    assert text.count("por último:") == 1
    assert "fora do ar (502)" in text


def test_googles_queue_is_due_too(aurora: Aurora) -> None:
    hurry_all(aurora.clinic)
    assert not CalendarWrite.objects.filter(state=WriteState.QUEUED, not_before__gt=timezone.now()).exists()


def test_who_may_not(ana: Client, bruno: Client, carla: Client, aurora: Aurora) -> None:
    fail(aurora.clinic.pk, "whatsapp")
    assert try_now(bruno) == 403
    assert reverse("admin:clinics_outage_try", args=["whatsapp"]) not in bruno.get(PAGE).content.decode()
    assert try_now(carla) == 302
    assert ana.get(reverse("admin:clinics_outage_try", args=["whatsapp"])).status_code == 405
    assert try_now(ana, "telegram") == 404
    reading = breaker.read("whatsapp", aurora.clinic.pk)
    assert reading is not None
    assert reading.state == "open"
