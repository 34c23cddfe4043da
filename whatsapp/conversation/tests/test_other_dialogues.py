"""Everything but a new booking, as it reads on a phone. Monday, 23 November 2026, 09:00 in São Paulo."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from whatsapp.conversation import Book, HandOver, Incoming, ListMessage, NoteMarketing, State, Step
from whatsapp.conversation.tests.dialogue_people import local, phone, with_appointment
from whatsapp.conversation.tests.driver import MONDAY, RETORNO


class TestAppointments:
    def test_hello_mentions_the_next_one(self) -> None:
        patient = with_appointment()
        answer = patient.says("oi")
        assert "Quarta-feira, 25 de novembro, às 14:00" in answer
        assert patient.titles == ["Marcar outro horário", "Remarcar", "Cancelar"]

    def test_cancels_the_only_one_with_two_messages(self) -> None:
        patient = with_appointment()
        patient.says("preciso desmarcar minha consulta")
        assert patient.titles == ["Sim, cancelar", "Remarcar", "Manter"]
        assert "cancelei" in patient.taps("Sim, cancelar")
        assert patient.booked == []

    @pytest.mark.parametrize("words", ["não quero cancelar", "não", "Manter", "deixa", "não cancela"])
    def test_keeps_it(self, words: str) -> None:
        patient = with_appointment()
        patient.says("cancelar")
        answer = patient.says(words)
        assert "continua marcado" in answer
        assert len(patient.booked) == 1

    @pytest.mark.parametrize("words", ["Não, eu vou!", "não, estarei lá", "vou sim", "Confirmo presença"])
    def test_who_says_instead_that_they_come_is_confirmed(self, words: str) -> None:
        patient = with_appointment()
        patient.says("cancelar")
        assert "Presença confirmada" in patient.says(words)
        assert [one.status for one in patient.booked] == ["confirmed"]

    @pytest.mark.parametrize("words", ["confirmo", "quero confirmar", "não quero mais"])
    def test_what_may_mean_both_is_asked_again(self, words: str) -> None:
        patient = with_appointment()
        patient.says("cancelar")
        assert "Quer mesmo cancelar" in patient.says(words)
        assert patient.calls == []
        patient.says("sim")
        assert patient.booked == []

    def test_asks_which_of_several(self) -> None:
        patient = with_appointment()
        patient.mine.append(patient.clinic.book(Book(2, 2, datetime(2026, 11, 27, 11, 0, tzinfo=UTC))).id)  # type: ignore[union-attr]
        patient.says("cancelar")
        assert patient.titles == ["Qua 25/11 às 14:00", "Sex 27/11 às 08:00"]
        patient.says("a de sexta")
        patient.says("sim")
        assert [local(one) for one in patient.booked] == ["25/11 14:00"]

    def test_a_double_tap_cancels_once(self) -> None:
        patient = with_appointment()
        patient.says("cancelar")
        yes = patient.options[0][0]
        patient.presses(yes)
        assert "já não está mais marcado" in patient.presses(yes)
        assert len(patient.calls) == 1

    def test_an_older_yes_asks_again(self) -> None:
        patient = with_appointment()
        patient.says("cancelar")
        yes = patient.options[0][0]
        patient.says("não")
        assert "Quer mesmo cancelar" in patient.presses(yes)
        assert patient.calls == []

    def test_nothing_to_cancel(self) -> None:
        patient = phone("Dalva Souza")
        assert "Não encontrei nenhum horário" in patient.says("quero cancelar minha consulta")
        assert patient.titles[0] == "Marcar horário"

    def test_moves_it(self) -> None:
        patient = with_appointment()
        patient.says("remarcar")
        assert isinstance(patient.last, ListMessage)
        patient.says("sexta de manhã")
        patient.taps("Sex 27/11 às 08:30")
        assert "De:" in patient.last.text
        answer = patient.taps("Confirmar")
        assert "novo horário" in answer
        assert [local(one) for one in patient.booked] == ["27/11 08:30"]
        assert len(patient.clinic.appointments) == 1

    def test_moves_it_with_everything_said_at_once(self) -> None:
        patient = with_appointment()
        patient.says("posso mudar minha consulta para quinta às 15h?")
        assert patient.titles == ["Confirmar", "Trocar horário", "Manter"]
        patient.says("pode ser")
        assert [local(one) for one in patient.booked] == ["26/11 15:00"]

    def test_an_old_list_still_moves_instead_of_booking_twice(self) -> None:
        patient = with_appointment()
        patient.says("remarcar")
        old = patient.options[0][0]
        patient.state = State()
        patient.presses(old)
        patient.taps("Confirmar")
        assert len(patient.booked) == 1
        assert local(patient.booked[0]) != "25/11 14:00"

    def test_abandoning_the_move_keeps_it(self) -> None:
        patient = with_appointment()
        patient.says("remarcar")
        assert "continua marcado" in patient.says("deixa pra lá")

    @pytest.mark.parametrize("words", ["confirmo", "vou sim", "Confirmado!", "sim"])
    def test_confirms_presence(self, words: str) -> None:
        patient = with_appointment()
        assert "Presença confirmada" in patient.says(words)
        assert patient.booked[0].status == "confirmed"

    def test_what_is_booked(self) -> None:
        patient = with_appointment()
        assert "25 de novembro" in patient.says("quando é minha consulta?")


class TestMarketing:
    @pytest.mark.parametrize("words", ["PARAR", "Não quero mais receber mensagens", "descadastrar"])
    def test_is_refused_and_the_appointment_stays(self, words: str) -> None:
        patient = with_appointment()
        answer = patient.says(words)
        assert "divulgação" in answer
        assert "voltar a receber" in answer
        assert patient.calls == [NoteMarketing(is_wanted=False)]
        assert len(patient.booked) == 1
        patient.says("sim")
        assert len(patient.booked) == 1

    def test_is_wanted_again(self) -> None:
        patient = phone()
        patient.says("parar")
        patient.says("voltar a receber")
        assert patient.calls == [NoteMarketing(is_wanted=False), NoteMarketing(is_wanted=True)]

    def test_the_open_question_stands_below_the_answer(self) -> None:
        patient = phone()
        patient.says("consulta amanhã 8h com a helena")
        answer = patient.says("não me mande mais mensagens")
        assert "divulgação" in answer
        assert "nome completo" in answer
        patient.says("Maria Silva")
        assert len(patient.booked) == 1

    def test_what_was_asked_yesterday_is_not_asked_again(self) -> None:
        patient = with_appointment()
        patient.says("cancelar")
        patient.clinic.now += timedelta(days=1)
        answer = patient.says("PARAR")
        assert "divulgação" in answer
        assert "Quer mesmo cancelar" not in answer
        patient.says("ok")
        assert patient.calls == [NoteMarketing(is_wanted=False)]


class TestMisses:
    def test_the_third_time_a_human(self) -> None:
        patient = phone()
        patient.says("oi")
        first, titles = patient.says("xyz abc"), patient.titles
        second = patient.says("qwerty")
        assert first != second
        assert titles == patient.titles == ["Consulta", "Retorno"]
        third = patient.says("lorem ipsum")
        assert patient.handed_over == "not_understood"
        assert "alguém da equipe" in third

    def test_a_good_answer_resets(self) -> None:
        patient = phone()
        for words in ("oi", "xyz abc", "qwerty", "consulta", "xyz abc", "qwerty"):
            patient.says(words)
        assert patient.handed_over == ""

    @pytest.mark.parametrize("kind", ["audio", "sticker", "location", "contacts", "interactive"])
    def test_what_cannot_be_read(self, kind: str) -> None:
        patient = phone()
        patient.says("oi")
        patient.sends(Incoming("other", type=kind))
        assert patient.titles == ["Consulta", "Retorno"]
        assert patient.state.misses == 1

    @pytest.mark.parametrize(
        ("kind", "reason"),
        [("image", "file"), ("video", "file"), ("document", "file"), ("nfm_reply", "form"), ("order", "question")],
    )
    def test_what_a_person_must_look_at(self, kind: str, reason: str) -> None:
        patient = phone()
        patient.says("oi")
        assert "equipe" in patient.sends(Incoming("other", type=kind, text="segue o pedido do médico"))
        assert patient.handed_over == reason

    def test_an_emergency_under_a_picture(self) -> None:
        patient = phone()
        assert "192" in patient.sends(Incoming("other", type="image", text="estou com dor forte no peito"))
        assert patient.handed_over == "urgent"

    def test_who_opens_the_chat_is_greeted(self) -> None:
        patient = phone()
        assert "Olá" in patient.sends(Incoming("other", type="request_welcome"))
        assert patient.titles == ["Consulta", "Retorno"]

    def test_the_phone_we_asked_for(self) -> None:
        patient = phone()
        patient.says("oi")
        assert "Combinado" in patient.sends(Incoming("other", type="contact_request", text="Dalva"))
        assert patient.state.misses == 0

    @pytest.mark.parametrize("kind", ["reaction", "unsupported", "system", "call_permission_reply", ""])
    def test_silence(self, kind: str) -> None:
        patient = phone()
        patient.says("oi")
        before = patient.state
        assert patient.sends(Incoming("other", type=kind)) == ""
        assert patient.state == before

    def test_unknown_button(self) -> None:
        patient = phone()
        patient.presses("nobody:knows")
        assert patient.titles == ["Consulta", "Retorno"]

    def test_the_words_of_a_foreign_template_button(self) -> None:
        patient = with_appointment()
        patient.presses("payload", "Confirmar presença")
        assert patient.booked[0].status == "confirmed"


class TestPerson:
    @pytest.mark.parametrize("words", ["falar com atendente", "quero uma pessoa de verdade", "humano", "atendete"])
    def test_is_called(self, words: str) -> None:
        patient = phone()
        patient.says(words)
        assert patient.handed_over == "asked"
        assert patient.state.step is Step.PERSON

    @pytest.mark.parametrize("words", ["estou com dor no peito", "EMERGÊNCIA", "meu pai não consegue respirar"])
    def test_emergency(self, words: str) -> None:
        patient = phone()
        answer = patient.says(words)
        assert "192" in answer
        assert patient.calls == [HandOver("urgent")]

    def test_advice_is_never_given(self) -> None:
        patient = phone()
        answer = patient.says("posso tomar dipirona antes da consulta?")
        assert patient.handed_over == "health"
        assert "equipe" in answer

    def test_price_is_told_and_the_question_goes_on(self) -> None:
        patient = phone()
        answer = patient.says("quanto custa a consulta?")
        assert "R$ 250,00" in answer
        assert patient.titles == ["Consulta", "Retorno"]

    def test_price_nobody_wrote_down(self) -> None:
        patient = phone(offerings=(RETORNO,))
        patient.says("qual o valor?")
        assert patient.handed_over == "question"

    def test_a_question_about_the_clinic(self) -> None:
        patient = phone()
        patient.says("vocês aceitam unimed?")
        assert patient.handed_over == "question"

    def test_given_back(self) -> None:
        patient = phone()
        patient.says("atendente")
        patient.state = State()
        patient.says("oi")
        assert patient.titles == ["Consulta", "Retorno"]


def test_hello_once_a_day() -> None:
    patient = phone()
    patient.says("oi")
    assert "Clínica Aurora" not in patient.says("oi")
    patient.clinic.now = MONDAY + timedelta(days=1)
    assert "Clínica Aurora" in patient.says("consulta")
