"""A patient at the phone, a receptionist at the portal: booking, taking over, files, templates, the clinic's phone."""

from __future__ import annotations

import struct
import zlib

import pytest
from playwright.sync_api import FilePayload, expect

from tests.browser.conftest import Visitor
from tests.journeys.house import House

pytestmark = pytest.mark.browser
JOAO, ROSANGELA, CAUA, IVONE, WESLEY, CONCEICAO, ANTONIO = (f"551198765000{last}" for last in range(2, 9))


def png() -> bytes:
    """A real picture: a browser shows it only when it can read it."""
    rows = b"".join(b"\0" + bytes((40, 120 + y, 160)) * 60 for y in range(40))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 60, 40, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def file(name: str, mime_type: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": mime_type, "buffer": content}


PICTURE = file("exame.png", "image/png", png())
PAPER = file(
    "preparo.pdf", "application/pdf", b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
VOICE = file("voz.ogg", "audio/ogg", b"OggS" + bytes(60))


def test_a_patient_books_on_the_phone_and_the_receptionist_sees_it(visitor: Visitor) -> None:
    phone = visitor().takes_phone(JOAO)
    phone.writes("oi")
    phone.presses("Consulta")
    phone.picks_first()
    done = phone.writes("João Batista Ferreira")
    expect(done).to_contain_text("marcado")
    expect(phone.page.locator(".ticks.read").first).to_be_visible()

    page = visitor().enters("bruno").opens("/admin/clinics/appointment/")
    expect(page.locator("#result_list")).to_contain_text("João Batista Ferreira")


def test_the_receptionist_takes_over_answers_and_gives_back(visitor: Visitor) -> None:
    phone = visitor().takes_phone(ROSANGELA)
    phone.writes("oi")
    page = visitor().enters("bruno").opens_chat("Rosângela")
    page.get_by_role("button", name="Assumir conversa").click()
    page.fill("textarea[name=text]", "Oi, aqui é o Bruno. Como posso ajudar?")
    page.locator("[data-answer] button[type=submit]").click()
    expect(phone.page.locator("#chat")).to_contain_text("aqui é o Bruno")
    expect(page.locator("[data-chat]")).to_contain_text("aqui é o Bruno")

    count = phone.answers().count()
    phone.page.fill("#composer input", "Era só uma dúvida")
    phone.page.click("#send")
    expect(page.locator("[data-chat]")).to_contain_text("Era só uma dúvida")
    page.get_by_role("button", name="Devolver à assistente").click()
    expect(page.get_by_role("button", name="Assumir conversa")).to_be_visible()
    assert phone.answers().count() == count  # the assistant was silent while Bruno had the chat
    phone.writes("oi")


def sent_to(house: House, who: str, words: str) -> int:
    rows = house.control("GET", f"patients/{who}/messages?with=aurora")["messages"]
    return sum(words in str(one) for one in rows)


def test_enter_or_a_click_twice_sends_once(visitor: Visitor, house: House) -> None:
    phone = visitor().takes_phone(ROSANGELA)
    phone.writes("oi")
    page = visitor().enters("bruno").opens_chat("Rosângela")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    twice = """form => { for (const one of [1, 2, 3]) form.querySelector("textarea").dispatchEvent(
                 new KeyboardEvent("keydown", {key: "Enter", bubbles: true, cancelable: true, repeat: one === 3})); }"""
    page.fill("textarea[name=text]", "Só uma vez")
    page.locator("[data-answer]").evaluate(twice)
    expect(phone.page.locator("#chat")).to_contain_text("Só uma vez")
    expect(page.locator("textarea[name=text]")).to_have_value("")

    page.set_input_files("[data-attach]", [PAPER])
    page.fill("textarea[name=text]", "Segue uma vez")
    page.locator("[data-answer]").evaluate(twice)
    expect(page.locator("[data-chat]")).to_contain_text("Segue uma vez")
    expect(phone.page.locator("#chat")).to_contain_text("Segue uma vez")
    page.locator(".p-more summary").click()
    page.locator("button[value=card]").evaluate("button => { button.click(); button.click(); }")
    expect(page.locator("[data-answer] .p-more")).not_to_have_attribute("open", "")
    assert [url.rsplit("/", 2)[1] for url in asked if "/typing/" not in url] == ["answer", "answer", "send"]
    assert (sent_to(house, ROSANGELA, "Só uma vez"), sent_to(house, ROSANGELA, "Segue uma vez")) == (1, 1)


def test_a_double_click_books_once_and_says_so(visitor: Visitor, house: House) -> None:
    patient = house.query(
        "SELECT p.id FROM clinics_patient p JOIN clinics_clinic c ON c.id = p.clinic_id "
        "WHERE c.slug = 'aurora' ORDER BY p.id LIMIT 1"
    )[0][0]
    before = house.query("SELECT count(*) FROM clinics_appointment")
    page = visitor().enters("bruno").opens(f"/admin/clinics/appointment/add/?patient={patient}")
    page.select_option("[name=offering]", index=1)
    page.locator("[data-time-list] [data-time]").first.click()
    page.locator(".p-actions button[type=submit]").evaluate(
        "button => { button.click(); setTimeout(() => button.click(), 60); }"
    )
    page.wait_for_url(lambda address: "/add/" not in address)
    expect(page.locator("body")).not_to_contain_text("ocupado")
    assert house.query("SELECT count(*) FROM clinics_appointment")[0][0] == before[0][0] + 1


def test_files_go_both_ways(visitor: Visitor) -> None:
    phone = visitor().takes_phone(CAUA)
    phone.attaches("Foto", PICTURE)
    phone.sends_dialog(caption="meu exame")
    phone.answer_after(0)
    page = visitor().enters("bruno").opens_chat("Cauã")
    shown = page.locator("[data-chat] .p-file img")
    shown.wait_for()
    page.wait_for_function("document.querySelector('[data-chat] .p-file img')?.naturalWidth > 0")
    expect(page.locator("[data-chat]")).to_contain_text("meu exame")

    page.set_input_files("[data-attach]", [PAPER])
    expect(page.locator("[data-chosen-file]")).to_contain_text("preparo.pdf")
    page.fill("textarea[name=text]", "Segue o preparo")
    page.locator("[data-answer] button[type=submit]").click()
    paper = phone.page.locator("#chat .bubble.out a.doc")
    expect(paper).to_contain_text("preparo.pdf")
    with phone.page.expect_popup() as opened:
        paper.click()
    opened.value.close()


def test_the_phone_sends_every_kind_and_the_portal_shows_it(visitor: Visitor) -> None:
    phone = visitor().takes_phone(IVONE)
    phone.writes("oi")
    phone.attaches("Voz", VOICE)
    phone.attaches("Documento", PAPER)
    phone.sends_dialog()
    phone.attaches("Localização")
    phone.sends_dialog(name="Minha casa")
    phone.attaches("Contato")
    phone.sends_dialog(name="Sérgio Nogueira")
    phone.attaches("Formulário")
    phone.sends_dialog(json='{"convenio": "Unimed"}')
    phone.attaches("Pedido")
    phone.attaches("Enquete")
    mine = phone.page.locator("#chat .bubble.in")
    expect(mine).to_have_count(8)

    phone.opens_menu(mine.first, "Responder")
    phone.page.fill("#composer input", "respondi a mim")
    phone.page.click("#send")
    expect(mine.last.locator(".quote")).to_contain_text("oi")
    phone.opens_menu(mine.last, "Editar")
    phone.sends_dialog(text="respondi a mim mesma")
    expect(mine.last).to_contain_text("editada")

    page = visitor().enters("bruno").opens_chat("Ivone")
    chat = page.locator("[data-chat]")
    for words in ("preparo.pdf", "Minha casa", "Sérgio Nogueira", "Unimed", "respondi a mim mesma"):
        expect(chat).to_contain_text(words)
    expect(chat.locator("audio")).to_have_count(1)


def test_a_voice_note_is_recorded_and_heard_in_the_portal(visitor: Visitor, house: House) -> None:
    visit = visitor().has_microphone()
    phone = visit.takes_phone(CONCEICAO)
    phone.page.click("#mic")
    expect(phone.page.locator("#recording")).to_be_visible()
    phone.page.click("#recording-cancel")
    expect(phone.page.locator("#recording")).to_be_hidden()
    expect(phone.page.locator("#chat .bubble.in audio")).to_have_count(0)
    phone.page.click("#mic")
    phone.page.wait_for_function("document.querySelector('#recording-time').textContent === '0:02'")
    phone.page.click("#mic")
    note = phone.page.locator("#chat .bubble.in audio")
    expect(note).to_have_count(1)
    sent = house.control("GET", f"patients/{CONCEICAO}/messages?with=aurora")["messages"]
    voice = next(one["audio"] for one in sent if one["type"] == "audio")
    assert (voice["mime_type"], voice["voice"]) == ("audio/ogg; codecs=opus", True)

    chat = visitor().enters("bruno").opens_chat("Conceição").locator("[data-chat]")
    chat.locator("audio").wait_for()
    for player in (note, chat.locator("audio")):
        seconds = player.evaluate(
            """sound => new Promise((told, failed) => {
                 sound.onerror = () => failed(new Error("not playable"));
                 sound.ondurationchange = () => Number.isFinite(sound.duration) && told(sound.duration);
                 sound.preload = "auto"; sound.load(); })"""
        )
        assert 1.5 < seconds < 6


def test_without_a_microphone_a_file_is_chosen(visitor: Visitor) -> None:
    phone = visitor().takes_phone(CONCEICAO)
    with phone.page.expect_file_chooser() as chooser:
        phone.page.click("#mic")
    chooser.value.set_files([VOICE])
    expect(phone.page.locator("#toast")).to_contain_text("Sem microfone")
    expect(phone.page.locator("#chat .bubble.in audio").last).to_be_visible()


def test_a_call_an_advertisement_and_a_forwarded_message_are_told_to_the_clinic(visitor: Visitor) -> None:
    phone = visitor().takes_phone(ANTONIO)
    phone.page.click("#call")
    call = phone.page.locator("#chat .bubble.in.call")
    expect(call).to_contain_text("Não atendida")
    assert call.evaluate("box => box.scrollWidth - box.clientWidth") == 0
    phone.chooses("Ligar e ser atendido")
    phone.sends_dialog(seconds="95")
    expect(phone.page.locator("#chat .bubble.in.call").last).to_contain_text("Durou 1:35")
    phone.chooses("Escrever num grupo com a clínica")
    phone.sends_dialog(text="Só para o grupo")
    expect(phone.page.locator("#chat .bubble.in").last).to_contain_text("Num grupo com a clínica")
    phone.chooses("Chegar por um anúncio")
    phone.sends_dialog(headline="Clareamento em novembro", text="Vi o anúncio")
    advert = phone.page.locator("#chat .bubble.in", has_text="Vi o anúncio")
    expect(advert).to_contain_text("Clareamento em novembro")
    phone.opens_menu(advert, "Encaminhar à clínica")
    expect(phone.page.locator("#chat .bubble.in").last).to_contain_text("Encaminhada")
    phone.chooses("Recusar ligações da clínica")
    phone.chooses("Instalar o WhatsApp em outro celular")

    chat = visitor().enters("bruno").opens_chat("Antônio").locator("[data-chat]")
    expect(chat).to_contain_text("A pessoa ligou.")
    expect(chat).not_to_contain_text("Só para o grupo")
    expect(chat).to_contain_text("Veio do anúncio: Clareamento em novembro")
    expect(chat).to_contain_text("Encaminhada")
    expect(chat).to_contain_text("Não quer receber ligações")


def test_reactions_and_withdrawn_messages_are_seen_on_both_sides(visitor: Visitor) -> None:
    phone = visitor().takes_phone(WESLEY)
    phone.writes("apaga isto")
    answer = phone.answers().last
    phone.opens_menu(answer, face="❤️")
    expect(answer.locator(".reactions")).to_have_text("❤️")
    mine = phone.page.locator("#chat .bubble.in").last
    phone.opens_menu(mine, "Apagar para todos")
    expect(mine).to_contain_text("Você apagou esta mensagem")

    chat = visitor().enters("bruno").opens_chat("Wesley").locator("[data-chat]")
    expect(chat.locator(".p-bubble__reactions")).to_have_text("❤️")
    expect(chat).to_contain_text("Apagada por quem enviou")
    phone.opens_menu(answer, "Tirar a reação")
    expect(answer.locator(".reactions")).to_have_count(0)
    expect(chat.locator(".p-bubble__reactions")).to_have_count(0)


def test_a_text_of_the_patient_is_never_read_as_a_page(visitor: Visitor) -> None:
    hostile = '<img src=x onerror=alert(1)> *<b>a</b>* http://x"onmouseover=alert(1) <script>alert(2)</script>'
    visit = visitor()
    phone = visit.takes_phone(ROSANGELA)
    phone.page.on("dialog", lambda dialog: visit.complaints.append(f"it ran: {dialog.message}"))
    phone.page.fill("#composer input", hostile)
    phone.page.click("#send")
    bubble = phone.page.locator("#chat .bubble.in").last
    expect(bubble).to_contain_text("<script>alert(2)</script>")
    expect(bubble.locator("img, script")).to_have_count(0)
    chat = visitor().enters("bruno").opens_chat("Rosângela").locator("[data-chat]")
    expect(chat).to_contain_text("<script>alert(2)</script>")


def test_a_person_who_answers_on_the_clinics_phone_silences_the_assistant(visitor: Visitor) -> None:
    phone = visitor().takes_phone(WESLEY)
    phone.writes("oi")
    phone.page.click("[data-panel=clinic]")
    phone.page.fill("#clinic-composer textarea", "Oi, Wesley, é a Ana pelo celular")
    phone.page.click("#clinic-composer .main")
    expect(phone.page.locator("#chat")).to_contain_text("Pelo celular da clínica")

    page = visitor().enters("bruno").opens_chat("Wesley")
    expect(page.locator("[data-chat]")).to_contain_text("é a Ana pelo celular")
    count = phone.answers().count()
    phone.page.fill("#composer input", "Obrigado, Ana")
    phone.page.click("#send")
    expect(page.locator("[data-chat]")).to_contain_text("Obrigado, Ana")
    assert phone.answers().count() == count


def test_what_the_window_closed_over_stays_in_the_box_beside_the_templates(visitor: Visitor, house: House) -> None:
    house.control("POST", f"patients/{CAUA}/messages", {"to": "aurora", "text": "oi"})
    visit = visitor().enters("bruno")
    visit.pardons("422 (Unprocessable")
    page = visit.opens_chat("Cauã")
    page.fill("textarea[name=text]", "Consigo te atender hoje")
    house.control("POST", "clock", {"advance_seconds": 90_000})
    page.locator("[data-answer] button[type=submit]").click()
    expect(page.locator("[data-refusal]")).to_contain_text("24 horas")
    expect(page.locator("textarea[name=text]")).to_have_value("Consigo te atender hoje")
    picker = page.locator("[data-instead] details").first
    picker.locator("summary").click()
    for field in picker.locator("input.p-input").all():
        if not field.input_value():
            field.fill("amanhã")
    picker.get_by_role("button", name="Enviar modelo").click()
    expect(page.locator("[data-kept] textarea")).to_have_value("Consigo te atender hoje")
    house.control("POST", f"patients/{CAUA}/messages", {"to": "aurora", "text": "Voltei"})
    expect(page.locator("textarea[name=text]")).to_have_value("Consigo te atender hoje")
    page.locator("[data-answer] button[type=submit]").click()
    expect(page.locator("[data-chat]")).to_contain_text("Consigo te atender hoje")
    expect(page.locator("textarea[name=text]")).to_have_value("")
    assert sent_to(house, CAUA, "Consigo te atender") == 1


def test_outside_the_window_a_template_is_picked_and_sent(visitor: Visitor, house: House) -> None:
    phone = visitor().takes_phone(CONCEICAO)
    phone.writes("oi")
    phone.page.click("[data-advance='86400']")
    phone.page.click("[data-advance='3600']")
    page = visitor().enters("bruno").opens_chat("Conceição")
    expect(page.locator("textarea[name=text]")).to_have_count(0)
    picker = page.locator(".p-templates details").first
    picker.locator("summary").click()
    for field in picker.locator("input.p-input").all():
        if not field.input_value():
            field.fill("amanhã")
    count = phone.answers().count()
    picker.get_by_role("button", name="Enviar modelo").click()
    phone.answer_after(count)
    sent = house.control("GET", f"patients/{CONCEICAO}/messages?with=aurora")["messages"][-1]
    assert sent["type"] == "template"
