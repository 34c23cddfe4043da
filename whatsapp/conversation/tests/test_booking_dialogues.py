"""Booking, as it reads on a phone. Monday, 23 November 2026, 09:00 in São Paulo."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from whatsapp.conversation import Book, Buttons, Incoming, ListMessage, Say, Step
from whatsapp.conversation.tests.dialogue_people import local, phone
from whatsapp.conversation.tests.driver import CONSULTA, HELENA, RETORNO, Phone


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

    @pytest.mark.parametrize("words", ["só um minuto", "vou ver com meu marido", "já te passo"])
    def test_waits_for_who_asks_for_a_moment(self, words: str) -> None:
        patient = self.at_name()
        for _ in range(4):
            assert "sem pressa" in patient.says(words)
        assert patient.handed_over == ""
        assert patient.booked == []
        patient.says("Maria Souza")
        assert len(patient.booked) == 1

    def test_asks_who_the_relative_is(self) -> None:
        patient = self.at_name()
        assert "quem será atendido" in patient.says("é minha filha")
        assert "Prontinho, Luiza!" in patient.says("Luiza Souza")

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

    def test_an_older_summary_is_shown_again_before_it_books(self) -> None:
        patient = phone("Dalva Souza")
        patient.says("consulta amanhã 8h com a helena")
        old = patient.options[0][0]
        patient.says("cancelar")
        patient.presses(old)
        assert patient.calls == []
        assert "às 08:00" in patient.last.text
        patient.taps("Confirmar")
        assert len(patient.booked) == 1

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
