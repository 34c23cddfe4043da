"""Whole conversations, as they read on a phone. Monday, 23 November 2026, 09:00 in São Paulo."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from whatsapp.conversation import Book, Buttons, HandOver, Incoming, ListMessage, Say, State, Step
from whatsapp.conversation.tests.driver import CONSULTA, HELENA, MONDAY, RETORNO, SAO_PAULO, Clinic, Phone


def phone(name: str | None = None, **clinic: object) -> Phone:
    return Phone(Clinic(**clinic), name)  # type: ignore[arg-type]


def with_appointment(clock: str = "14:00", day: int = 25, **clinic: object) -> Phone:
    dalva = phone("Dalva Souza", **clinic)
    hour, minute = map(int, clock.split(":"))
    at = datetime(2026, 11, day, hour, minute, tzinfo=SAO_PAULO)
    added = dalva.clinic.book(Book(1, 1, at))
    assert added
    dalva.mine.append(added.id)
    return dalva


def local(one: object) -> str:
    return one.starts_at.astimezone(SAO_PAULO).strftime("%d/%m %H:%M")  # type: ignore[attr-defined,no-any-return]


class TestNewPatient:
    def test_books_with_four_messages(self) -> None:
        patient = phone()
        answer = patient.says("oi")
        assert "Clínica Aurora" in answer
        assert isinstance(patient.last, Buttons)
        assert patient.titles == ["Consulta", "Retorno"]

        answer = patient.taps("Consulta")
        assert isinstance(patient.last, ListMessage)
        first = patient.last.rows[0]
        assert (first.title, first.description) == ("Seg 23/11 às 09:30", "Dra. Helena Prado")
        assert patient.titles[-3:] == ["Mais horários", "Outro dia", "Outro profissional"]

        answer = patient.taps("Seg 23/11 às 10:00")
        assert "Segunda-feira, 23 de novembro, às 10:00" in answer
        assert "nome completo" in answer
        assert patient.options == []

        answer = patient.says("maria da silva")
        assert "Prontinho, Maria!" in answer
        assert "segunda-feira, 23 de novembro, às 10:00" in answer.lower()
        assert "Consulta com Dra. Helena Prado" in answer
        assert patient.name == "Maria da Silva"
        assert [local(one) for one in patient.booked] == ["23/11 10:00"]
        assert patient.said == 4

    def test_books_on_another_day_with_six_messages_at_most(self) -> None:
        patient = phone()
        patient.says("Boa tarde")
        patient.taps("Consulta")
        patient.taps("Outro dia")
        assert patient.titles[0] == "Segunda, 23/11"
        patient.taps("Sexta, 27/11")
        assert patient.titles[0] == "Sex 27/11 às 08:00"
        patient.taps("Sex 27/11 às 08:00")
        patient.says("João Pereira")
        assert [local(one) for one in patient.booked] == ["27/11 08:00"]
        assert patient.said == 6

    def test_with_another_professional(self) -> None:
        patient = phone()
        patient.says("oi")
        patient.taps("Consulta")
        patient.taps("Outro profissional")
        assert patient.titles == ["Dra. Helena Prado", "Dr. Paulo Nunes", "Tanto faz"]
        patient.taps("Dr. Paulo")
        assert isinstance(patient.last, ListMessage)
        times = patient.last.sections[0].rows
        assert {row.description for row in times} == {"Dr. Paulo Nunes"}

    def test_more_times_repeats_none(self) -> None:
        patient = phone()
        patient.says("oi")
        patient.taps("Consulta")
        seen = [one for one in patient.options if one[0].startswith("slot:")]
        for _ in range(5):
            patient.taps("Mais horários")
            seen += [one for one in patient.options if one[0].startswith("slot:")]
        assert len(seen) == len(set(seen)) == 42

    def test_everything_in_the_first_message(self) -> None:
        patient = phone()
        answer = patient.says("Oi, bom dia! Queria um retorno sexta 14h30 com a Dra Helena")
        assert "Clínica Aurora" in answer
        assert "Sexta-feira, 27 de novembro, às 14:30" in answer
        assert "nome completo" in answer
        patient.says("Meu nome é ANA MARIA DOS SANTOS")
        assert patient.name == "Ana Maria dos Santos"
        assert [(local(one), one.offering_name) for one in patient.booked] == [("27/11 14:30", "Retorno")]
        assert patient.said == 2

    def test_first_message_narrows_the_first_list(self) -> None:
        patient = phone()
        patient.says("quero marcar consulta amanhã de manhã com a Dra Helena")
        assert patient.titles[:2] == ["Ter 24/11 às 08:00", "Ter 24/11 às 08:30"]
        assert all("24/11" in title for title in patient.titles[:7])

    def test_day_is_kept_while_the_offering_is_asked(self) -> None:
        patient = phone()
        patient.says("tem vaga na quinta à tarde?")
        assert patient.titles == ["Consulta", "Retorno"]
        patient.taps("Consulta")
        assert patient.titles[0] == "Qui 26/11 às 13:00"

    def test_the_only_offering_is_not_asked(self) -> None:
        patient = phone(offerings=(CONSULTA,))
        patient.says("oi")
        assert patient.titles[0] == "Seg 23/11 às 09:30"

    def test_the_only_professional_is_not_offered_as_another(self) -> None:
        only = replace(CONSULTA, professional_ids=(1,))
        patient = phone(offerings=(only,), professionals=(HELENA,))
        patient.says("oi")
        assert "Outro profissional" not in patient.titles
        assert "Outro dia" in patient.titles

    def test_types_every_answer(self) -> None:
        patient = phone()
        patient.says("ola")
        patient.says("1")
        patient.says("amanhã")
        assert patient.titles[0] == "Ter 24/11 às 08:00"
        patient.says("9h30 com o dr paulo")
        assert "às 09:30" in patient.messages[-1].text
        assert "Paulo" in patient.messages[-1].text
        patient.says("José")
        assert [local(one) for one in patient.booked] == ["24/11 09:30"]

    def test_thanks_after_booking_gets_no_menu(self) -> None:
        patient = phone()
        for words in ("oi", "consulta", "1", "Maria Silva"):
            patient.says(words)
        assert patient.booked
        patient.says("Muito obrigada!")
        assert patient.last == Say("Por nada! Se precisar de algo, é só escrever aqui.")


class TestName:
    def at_name(self) -> Phone:
        patient = phone()
        patient.says("consulta amanhã 8h com a helena")
        assert patient.state.step is Step.NAME
        return patient

    @pytest.mark.parametrize("words", ["123456", "Jo", "www.site.com", "maria@x.com", "?", "ok"])
    def test_refuses_politely_what_is_no_name(self, words: str) -> None:
        patient = self.at_name()
        assert "nome completo" in patient.says(words)
        assert patient.booked == []
        patient.says("Maria Souza")
        assert len(patient.booked) == 1

    def test_hands_over_after_three(self) -> None:
        patient = self.at_name()
        first, second = patient.says("123"), patient.says("456")
        assert first != second
        patient.says("789")
        assert patient.handed_over == "not_understood"

    def test_cancel_books_nothing(self) -> None:
        patient = self.at_name()
        assert "não marquei nada" in patient.says("cancelar")
        assert patient.calls == []

    def test_another_time_after_all(self) -> None:
        patient = self.at_name()
        patient.says("na verdade prefiro às 10h")
        assert "10:00" in patient.last.text
        patient.says("outro horário")
        assert isinstance(patient.last, ListMessage)

    def test_audio_repeats_the_question(self) -> None:
        patient = self.at_name()
        answer = patient.sends(Incoming("other", type="audio"))
        assert "áudios" in answer
        assert "nome completo" in answer


class TestKnownPatient:
    def test_confirms_a_summary(self) -> None:
        patient = phone("Dalva Souza")
        answer = patient.says("oi")
        assert answer.startswith("Olá, Dalva!")
        patient.taps("Consulta")
        answer = patient.taps("Seg 23/11 às 10:00")
        assert "Paciente: Dalva Souza" in answer
        assert patient.titles == ["Confirmar", "Trocar horário", "Cancelar"]
        assert "Prontinho, Dalva!" in patient.taps("Confirmar")
        assert len(patient.booked) == 1

    def test_a_double_tap_books_once(self) -> None:
        patient = phone("Dalva Souza")
        patient.says("consulta amanhã 8h com a helena")
        confirm = patient.options[0][0]
        patient.presses(confirm)
        answer = patient.presses(confirm)
        assert "já está marcado" in answer
        assert len(patient.booked) == 1
        assert len(patient.calls) == 1

    def test_books_for_somebody_else(self) -> None:
        patient = phone("Dalva Souza")
        patient.says("consulta amanhã 8h com a helena")
        patient.says("é para minha filha")
        answer = patient.says("Luiza Souza")
        assert "Prontinho, Luiza!" in answer
        assert isinstance(patient.calls[-1], Book)
        assert patient.calls[-1].patient_name == "Luiza Souza"

    def test_changes_the_time_in_the_summary(self) -> None:
        patient = phone("Dalva Souza")
        patient.says("consulta amanhã 8h com a helena")
        patient.taps("Trocar horário")
        assert patient.state.step is Step.SLOT

    def test_no_to_the_summary_shows_times_again(self) -> None:
        patient = phone("Dalva Souza")
        patient.says("consulta amanhã 8h com a helena")
        patient.says("não")
        assert patient.titles[0] == "Ter 24/11 às 08:00"
        assert patient.titles[1] == "Ter 24/11 às 08:30"
        assert patient.booked == []


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


class TestTaken:
    def test_somebody_was_faster(self) -> None:
        patient = phone()
        patient.says("consulta amanhã 8h com a helena")
        patient.rival = datetime(2026, 11, 24, 8, 0)
        answer = patient.says("Maria Silva")
        assert "acabou de ser ocupado" in answer
        assert patient.titles[0] == "Ter 24/11 às 08:30"
        patient.taps("Ter 24/11 às 08:30")
        assert patient.titles[0] == "Confirmar"
        patient.taps("Confirmar")
        assert patient.name == "Maria Silva"
        assert [local(one) for one in patient.booked] == ["24/11 08:30"]

    def test_a_row_taken_since_it_was_shown(self) -> None:
        patient = phone()
        patient.says("oi")
        patient.taps("Consulta")
        patient.clinic.take(datetime(2026, 11, 23, 9, 30))
        assert "não está mais livre" in patient.taps("Seg 23/11 às 09:30")
        assert isinstance(patient.last, ListMessage)

    def test_a_row_whose_time_is_past(self) -> None:
        patient = phone()
        patient.says("oi")
        patient.taps("Consulta")
        patient.clinic.now += timedelta(days=3)
        assert "não está mais livre" in patient.taps("Seg 23/11 às 09:30")
        assert "26/11" in patient.titles[0]

    def test_an_offering_that_is_gone(self) -> None:
        patient = phone()
        patient.says("oi")
        patient.clinic.offerings = (RETORNO,)
        patient.taps("Consulta")
        assert "não está mais disponível" in patient.last.text
        assert isinstance(patient.last, ListMessage)

    def test_no_time_at_all(self) -> None:
        patient = phone(is_closed=True)
        patient.says("oi")
        answer = patient.taps("Consulta")
        assert "não encontrei horários livres" in answer
        assert "Falar com atendente" in patient.titles

    def test_no_time_on_that_day(self) -> None:
        patient = phone()
        answer = patient.says("consulta sábado")
        assert "Não encontrei horário livre no sábado, 28 de novembro" in answer
        assert patient.titles[0] == "Seg 30/11 às 08:00"

    def test_no_exact_time_offers_the_nearest(self) -> None:
        patient = phone()
        patient.clinic.take(datetime(2026, 11, 27, 14, 30))
        answer = patient.says("consulta sexta 14h30 com a helena")
        assert "às 14:30" in answer
        assert "Sex 27/11 às 14:00" in patient.titles
        assert "Sex 27/11 às 15:00" in patient.titles

    def test_refused(self) -> None:
        patient = phone("Dalva Souza", refuses="not_offered")
        patient.says("consulta amanhã 8h com a helena")
        answer = patient.taps("Confirmar")
        assert "não faz mais" in answer
        assert "Falar com atendente" in patient.titles

    def test_nothing_to_offer(self) -> None:
        patient = phone(offerings=())
        patient.says("oi")
        assert patient.handed_over == "nothing_to_offer"


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

    @pytest.mark.parametrize("kind", ["audio", "image", "sticker", "location", "video", "document", "contacts"])
    def test_what_cannot_be_read(self, kind: str) -> None:
        patient = phone()
        patient.says("oi")
        patient.sends(Incoming("other", type=kind))
        assert patient.titles == ["Consulta", "Retorno"]
        assert patient.state.misses == 1

    @pytest.mark.parametrize("kind", ["reaction", "unsupported", "system", ""])
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
