"""The portal's pages of templates: who may what, errors at their field, the chat's picker, and what is sent."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from atendeai.common import clock
from atendeai.testing.factories import MONDAY, make_appointment, make_contact, make_conversation
from atendeai.testing.people import Aurora
from atendeai.testing.simulator import Simulator
from clinics import alerts
from whatsapp.appointment_notices import MISSING
from whatsapp.models import Conversation, Handler, Message, Number, Template, TemplateChoice
from whatsapp.starter_templates import Purpose
from whatsapp.tests.templating import ACCOUNT, at_meta, empty_meta, keep_starter

pytestmark = pytest.mark.django_db
LIST = "admin:whatsapp_template_changelist"


@pytest.fixture
def aurora(aurora: Aurora) -> Aurora:
    Number.objects.filter(pk=aurora.number.pk).update(account_id=ACCOUNT)
    aurora.number.refresh_from_db()
    return aurora


@pytest.fixture
def ana(client: Client, aurora: Aurora) -> Client:
    client.force_login(aurora.owner)
    return client


def fields(**changes: str) -> dict[str, str]:
    told = {"name": "aviso", "language": "pt_BR", "category": "UTILITY", "header": "", "footer": "", "examples": ""}
    return {**told, "body": "Olá, {{paciente}}, até amanhã!", "buttons": "Confirmar\nRemarcar", **changes}


def test_the_starter_set_by_one_click(ana: Client, meta: Simulator) -> None:
    empty_meta(meta)
    answer = ana.post(reverse("admin:whatsapp_template_starters"), follow=True)
    assert "6 modelos foram enviados" in answer.content.decode()
    assert len(at_meta(meta)) == 6
    assert "Criar o conjunto inicial" not in answer.content.decode()
    row = Template.objects.get(name="atendeai_lembrete")
    page = ana.get(reverse("admin:whatsapp_template_change", args=[row.pk])).content.decode()
    assert "em análise" in page
    assert "Olá, Dalva! Passando para lembrar" in page


def test_a_new_template_is_submitted(ana: Client, meta: Simulator) -> None:
    empty_meta(meta)
    answer = ana.post(reverse("admin:whatsapp_template_add"), fields(header="Lembrete", footer="Clínica Aurora"))
    row = Template.objects.get()
    assert answer["Location"] == reverse("admin:whatsapp_template_change", args=[row.pk])
    parts = {part["type"]: part for part in at_meta(meta)["aviso"]["components"]}
    assert (parts["HEADER"]["text"], parts["FOOTER"]["text"]) == ("Lembrete", "Clínica Aurora")
    assert [one["text"] for one in parts["BUTTONS"]["buttons"]] == ["Confirmar", "Remarcar"]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"name": "Aviso!"}, "name", "letras minúsculas"),
        ({"name": "a" * 513}, "name", "No máximo 512"),
        ({"body": "x" * 1025}, "body", "No máximo 1024"),
        ({"body": "{{paciente}}, tudo bem?"}, "body", "começar com uma variável"),
        ({"body": "Até logo, {{paciente}}"}, "body", "terminar com uma variável"),
        ({"body": "Olá, {{paciente}} {{quando}}, venha nos ver!"}, "body", "lado a lado"),
        ({"header": "x" * 61}, "header", "No máximo 60"),
        ({"header": "{{paciente}} e {{quando}}"}, "header", "No máximo 1"),
        ({"footer": "x" * 61}, "footer", "No máximo 60"),
        ({"footer": "Até {{quando}}"}, "footer", "No máximo 0"),
        ({"buttons": "\n".join(f"b{n}" for n in range(11))}, "buttons", "No máximo 10"),
        ({"buttons": "x" * 26}, "buttons", "No máximo 25"),
        ({"buttons": "Mapa | clinica.com"}, "buttons", "endereço completo"),
        ({"buttons": "Um\num"}, "buttons", "mesmo texto"),
        ({"body": "Olá, tudo bem com o {{convenio}} aí?"}, "examples", "exemplo"),
        ({"category": "MARKETING"}, "footer", "SAIR"),
    ],
)
def test_each_limit_is_told_at_its_field_and_nothing_is_lost(
    ana: Client, meta: Simulator, changes: dict[str, str], field: str, words: str
) -> None:
    empty_meta(meta)
    answer = ana.post(reverse("admin:whatsapp_template_add"), fields(**changes))
    assert answer.status_code == 422
    assert words in " ".join(answer.context["form"].errors[field])
    for name, value in changes.items():
        assert answer.context["form"][name].value() == value
    assert at_meta(meta) == {}


def test_what_meta_says_stands_in_the_form(ana: Client, meta: Simulator) -> None:
    empty_meta(meta)
    meta.fault(target="graph", operation="message_templates.create", kind="status", status=400, code=80007)
    answer = ana.post(reverse("admin:whatsapp_template_add"), fields())
    assert "O WhatsApp não aceitou" in answer.content.decode()
    meta.fault(target="graph", operation="message_templates.create", kind="lost_response")
    answer = ana.post(reverse("admin:whatsapp_template_add"), fields())
    assert "pode ter sido criado" in answer.content.decode()


def test_the_receptionist_sees_and_changes_nothing(client: Client, aurora: Aurora, meta: Simulator) -> None:
    empty_meta(meta)
    row = keep_starter(aurora.number, Purpose.REMINDER)
    client.force_login(aurora.receptionist)
    assert client.get(reverse(LIST)).status_code == 200
    page = client.get(reverse("admin:whatsapp_template_change", args=[row.pk])).content.decode()
    assert "Excluir" not in page
    for name, args in (("add", []), ("starters", []), ("uses", []), ("edit", [row.pk]), ("remove", [row.pk])):
        assert client.post(reverse(f"admin:whatsapp_template_{name}", args=args), fields()).status_code == 403
    assert at_meta(meta) == {}


def test_uses_are_chosen_and_foreign_names_are_not(ana: Client, aurora: Aurora) -> None:
    keep_starter(aurora.number, Purpose.SATISFACTION)
    alerts.raise_alert(clinic=aurora.clinic, kind=MISSING, now=MONDAY, detail=Purpose.REMINDER)
    ana.post(
        reverse("admin:whatsapp_template_uses"),
        {"reminder": "atendeai_satisfacao/pt_BR", "change": "", "confirmation": "de_outro/pt_BR"},
    )
    chosen = {row.purpose: row.name for row in TemplateChoice.objects.all()}
    assert chosen == {"reminder": "atendeai_satisfacao", "change": ""}
    assert alerts.banners(aurora.clinic) == []
    assert "Lembrete antes da consulta" in ana.get(reverse(LIST)).content.decode()


def test_delete_asks_meta_too(ana: Client, aurora: Aurora, meta: Simulator) -> None:
    empty_meta(meta)
    ana.post(reverse("admin:whatsapp_template_add"), fields())
    row = Template.objects.get()
    ana.post(reverse("admin:whatsapp_template_remove", args=[row.pk]))
    row.refresh_from_db()
    assert row.status == "DELETED"
    assert at_meta(meta) == {}


# The chat -------------------------------------------------------------------------------------------
@pytest.fixture
def chat(aurora: Aurora) -> Conversation:
    contact = make_contact(aurora.clinic, "5511987650001", patient=aurora.dalva)
    return make_conversation(aurora.number, contact, last_inbound_at=clock.now() - timedelta(days=3))


def send(ana: Client, chat: Conversation, template: Template, **values: str) -> Any:
    told = {"template": str(template.pk)} | {f"value-{name}": value for name, value in values.items()}
    return ana.post(reverse("admin:whatsapp_conversation_template", args=[chat.pk]), told)


def test_the_closed_chat_offers_what_fits_filled_in(ana: Client, aurora: Aurora, chat: Conversation) -> None:
    template = keep_starter(aurora.number, Purpose.REMINDER)
    keep_starter(aurora.number, Purpose.CHANGE, status="PAUSED")
    at = (clock.now() + timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
    appointment = make_appointment(aurora.clinic, aurora.helena, aurora.consulta, aurora.dalva, at)
    page = ana.get(reverse("admin:whatsapp_conversation_change", args=[chat.pk])).content.decode()
    assert "Olá, Dalva! Passando para lembrar" in page
    assert "atendeai_mudanca" not in page
    values = {"clinica": "Aurora", "servico": "Consulta", "profissional": "Dra. Helena", "quando": "amanhã"}
    answer = send(ana, chat, template, paciente="Dalva", **values)
    assert answer.status_code == 302
    message = Message.objects.get()
    assert (message.type, message.staff) == ("template", aurora.owner)
    assert message.body.startswith("Olá, Dalva! Passando para lembrar do seu horário na Aurora")
    assert f"about:confirm:{appointment.pk}:" in message.content
    chat.refresh_from_db()
    assert (chat.handler, chat.attendant) == (Handler.PERSON, aurora.owner)


def test_a_missing_value_and_a_stopped_template_send_nothing(ana: Client, aurora: Aurora, chat: Conversation) -> None:
    template = keep_starter(aurora.number, Purpose.SATISFACTION)
    assert send(ana, chat, template, paciente="Dalva").status_code == 422
    Template.objects.update(status="PAUSED")
    assert send(ana, chat, template, paciente="D", clinica="A", profissional="H").status_code == 404
    assert not Message.objects.exists()


BODY = {"type": "BODY", "text": "Olá, veja as novidades de hoje!"}


@pytest.mark.parametrize(
    "part",
    [
        {"type": "HEADER", "format": "IMAGE"},
        {"type": "HEADER", "format": "LOCATION"},
        {
            "type": "BUTTONS",
            "buttons": [{"type": "URL", "text": "Mapa", "url": "https://a.br"}, {"type": "VOICE_CALL"}],
        },
        {"type": "BUTTONS", "buttons": [{"type": "COPY_CODE", "text": "Copiar"}]},
        {"type": "BUTTONS", "buttons": ["?"]},
        {"type": "CAROUSEL", "cards": []},
        {"type": "limited_time_offer"},
        {"text": "?"},
    ],
    ids=str,
)
def test_what_the_form_cannot_hold_is_not_changed_here(
    ana: Client, aurora: Aurora, meta: Simulator, part: dict[str, Any]
) -> None:
    empty_meta(meta)
    row = keep_starter(aurora.number, Purpose.REMINDER, template_id="1")
    Template.objects.filter(pk=row.pk).update(components=json.dumps([BODY, part]))
    there, edit = (reverse(f"admin:whatsapp_template_{name}", args=[row.pk]) for name in ("change", "edit"))
    page = ana.get(there).content.decode()
    assert "Gerenciador do WhatsApp" in page
    assert edit not in page
    assert ana.get(edit)["Location"] == there
    answer = ana.post(edit, fields())
    assert answer.status_code == 422
    assert "Gerenciador do WhatsApp" in " ".join(answer.context["form"].errors["name"])
    assert json.loads(Template.objects.get(pk=row.pk).components) == [BODY, part]


def test_what_the_form_holds_is_changed_here(ana: Client, aurora: Aurora) -> None:
    row = keep_starter(aurora.number, Purpose.REMINDER)
    buttons = [
        {"type": "QUICK_REPLY", "text": "Sim"},
        {"type": "URL", "text": "Mapa", "url": "https://a.br"},
        {"type": "PHONE_NUMBER", "text": "Ligar", "phone_number": "+551130000000"},
    ]
    parts = [{"type": "HEADER", "format": "TEXT", "text": "Oi"}, BODY, {"type": "FOOTER", "text": "Aurora"}]
    told = json.dumps([*parts, {"type": "BUTTONS", "buttons": buttons}])
    Template.objects.filter(pk=row.pk).update(components=told)
    edit = reverse("admin:whatsapp_template_edit", args=[row.pk])
    page = ana.get(reverse("admin:whatsapp_template_change", args=[row.pk])).content.decode()
    assert edit in page
    assert "Gerenciador do WhatsApp" not in page
    assert ana.get(edit).status_code == 200


def page_of(browser: Client, row: Template) -> str:
    return browser.get(reverse("admin:whatsapp_template_change", args=[row.pk])).content.decode()


def test_a_template_that_only_a_notice_named_is_not_changed_before_its_content_is_known(
    ana: Client, aurora: Aurora, meta: Simulator
) -> None:
    row = keep_starter(aurora.number, Purpose.REMINDER, status="REJECTED", template_id="1")
    Template.objects.filter(pk=row.pk).update(components="[]")
    edit = reverse("admin:whatsapp_template_edit", args=[row.pk])
    page = page_of(ana, row)
    assert "O WhatsApp ainda não informou o texto deste modelo." in page
    assert edit not in page
    assert "p-bubble--template" not in page, "no empty bubble"
    assert "envie de novo" not in page
    assert ana.get(edit)["Location"] == reverse("admin:whatsapp_template_change", args=[row.pk])
    refused = ana.post(edit, fields(name=row.name))
    assert refused.status_code == 422
    assert "O WhatsApp ainda não informou o texto deste modelo." in refused.content.decode()
    row.refresh_from_db()
    assert (row.components, row.status) == ("[]", "REJECTED")


def test_a_refused_template_says_where_it_can_be_changed(ana: Client, aurora: Aurora) -> None:
    row = keep_starter(aurora.number, Purpose.REMINDER, status="REJECTED")
    bruno = Client()
    bruno.force_login(aurora.receptionist)
    assert "O WhatsApp não aprovou. Altere e envie de novo." in page_of(ana, row)
    assert "envie de novo" not in page_of(bruno, row), "who may not change it is not asked to"
    beyond = [{"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "Promoção"}]
    Template.objects.filter(pk=row.pk).update(components=json.dumps(beyond))
    page = page_of(ana, row)
    assert "envie de novo" not in page
    assert "Altere no Gerenciador do WhatsApp ou exclua e crie outro aqui." in page


def test_one_template_is_counted_as_one(ana: Client, aurora: Aurora, meta: Simulator) -> None:
    empty_meta(meta)
    for purpose in list(Purpose)[:-1]:
        keep_starter(aurora.number, purpose)
    answer = ana.post(reverse("admin:whatsapp_template_starters"), follow=True)
    assert "1 modelo foi enviado para análise do WhatsApp." in answer.content.decode()


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("IMAGE", "Foto"),
        ("VIDEO", "Vídeo"),
        ("DOCUMENT", "Documento"),
        ("LOCATION", "Localização"),
        ("GIF", "Animação"),
        ("NEWLY_MADE", "Arquivo"),
    ],
)
def test_what_stands_above_the_text_is_said_in_words(ana: Client, aurora: Aurora, kind: str, words: str) -> None:
    row = keep_starter(aurora.number, Purpose.REMINDER)
    parts = [{"type": "HEADER", "format": kind}, {"type": "BODY", "text": "Olá"}]
    Template.objects.filter(pk=row.pk).update(components=json.dumps(parts))
    page = page_of(ana, row)
    assert f"<b>{words}</b>" in page
    assert kind not in page


def test_languages_and_the_way_back_from_deleting_are_said_in_words(ana: Client, aurora: Aurora) -> None:
    row = keep_starter(aurora.number, Purpose.REMINDER)
    page, listed = page_of(ana, row), ana.get(reverse(LIST)).content.decode()
    assert "Português (Brasil)" in page
    assert "Português (Brasil)" in listed
    assert ">pt_BR<" not in page + listed
    assert "Manter modelo" in page
    assert "Manter consulta" not in page
