"""What becomes of what somebody does on a page whose session has ended meanwhile?"""

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from atendeai.testing.people import Aurora
from whatsapp.models import Conversation, Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def chat(aurora: Aurora) -> Conversation:
    return Conversation.objects.for_clinic(aurora.clinic).latest("pk")


def at(name: str, chat: Conversation) -> str:
    return reverse(f"admin:whatsapp_conversation_{name}", args=[chat.pk])


def test_an_open_page_hears_that_the_session_ended(chat: Conversation) -> None:
    for answer in (
        Client().get(at("live", chat), headers={"accept": "application/json"}),
        Client().post(at("answer", chat), {"text": "Oi"}, headers={"accept": "application/json"}),
        Client().post(at("react", chat), {"emoji": "👍"}, headers={"x-requested-with": "fetch"}),
    ):
        assert (answer.status_code, answer.json()) == (401, {"session": "ended"})
        assert answer["Cache-Control"] == "no-store"


def test_whoever_presses_a_button_comes_back_to_their_page_and_hears_that_nothing_was_done(chat: Conversation) -> None:
    before = Message.objects.count()
    page = at("change", chat) + "?tab=waiting"
    answer = Client().post(at("take", chat), headers={"referer": f"http://testserver{page}"})
    assert answer["Location"] == f"{reverse('admin:login')}?next={page.replace('?', '%3F').replace('=', '%3D')}"
    assert [str(one) for one in get_messages(answer.wsgi_request)] == [
        "Sua sessão terminou, e o que você pediu por último não foi feito. Entre de novo para continuar."
    ]
    assert Message.objects.count() == before


@pytest.mark.parametrize("referer", ["", "https://elsewhere.example/x", "http://testserver/admin/login/?next=/x"])
def test_from_nowhere_else_they_come_to_todays_page(chat: Conversation, referer: str) -> None:
    answer = Client().post(at("take", chat), headers={"referer": referer} if referer else {})
    assert answer["Location"] == f"{reverse('admin:login')}?next={reverse('admin:index')}"


def test_logging_out_once_more_and_opening_a_page_stay_as_they_were(chat: Conversation) -> None:
    assert Client().post(reverse("admin:logout"))["Location"] == reverse("admin:index")
    assert Client().get(at("change", chat))["Location"] == f"{reverse('admin:login')}?next={at('change', chat)}"
