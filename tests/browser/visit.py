"""Somebody at a browser: a window of their own, and what it complained of."""

from __future__ import annotations

import re
from urllib.parse import quote

from playwright.sync_api import Browser, ConsoleMessage, FilePayload, Locator, Page, Request

from tests.journeys.house import House

# Chromium's own errands would go outside; the resolver rule makes every such request fail.
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-client-side-phishing-detection",
    "--no-pings",
    "--disable-breakpad",
    "--metrics-recording-only",
    "--disable-dev-shm-usage",
    "--no-proxy-server",
    # A microphone that hums, for who may use one.
    "--use-fake-device-for-media-stream",
    "--disable-features=OptimizationHints,MediaRouter,Translate,AutofillServerCommunication,"
    "CertificateTransparencyComponentUpdater",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
]
WIDE, NARROW = (1280, 900), (390, 800)
PATIENCE_MS = 20_000


class Visit:
    """One browser context with its page; `complaints` are errors of scripts, of the console, of CSP, and strays."""

    def __init__(self, house: House, browser: Browser, size: tuple[int, int] = WIDE) -> None:
        self.house = house
        width, height = size
        self._context = browser.new_context(
            viewport={"width": width, "height": height}, locale="pt-BR", timezone_id="America/Sao_Paulo"
        )
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.complaints: list[str] = []
        self._pardoned: list[str] = []
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("request", self._watch)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" or "Content Security Policy" in message.text:
            self.complaints.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _watch(self, request: Request) -> None:
        own = (self.house.stack.web_url, self.house.stack.sandbox_url, "data:", "blob:")
        if not request.url.startswith(own):
            self.complaints.append(f"outside: {request.url}")

    def pardons(self, words: str) -> None:
        """A complaint with these words is what the test is about."""
        self._pardoned.append(words)

    def unpardoned(self) -> list[str]:
        return [one for one in self.complaints if not any(words in one for words in self._pardoned)]

    def close(self) -> None:
        self._context.close()

    # The portal ---------------------------------------------------------------------------------------
    def opens(self, path: str) -> Page:
        """A page of the portal."""
        self.page.goto(f"{self.house.stack.web_url}{path}")
        return self.page

    def enters(self, name: str) -> Visit:
        """Logs in as one of the demo's people: "ana", "bruno", "carla"."""
        self.opens("/admin/login/")
        self.logs_in(name)
        self.page.wait_for_url(re.compile(r"/admin/$"))
        return self

    def logs_in(self, name: str, page: Page | None = None) -> None:
        """Fills in the login that is on the screen, of this page or of another one in the same window."""
        page = page or self.page
        user = next(one for one in self.house.stack.demo["users"] if one["email"].startswith(f"{name}@"))
        page.fill("input[name=username]", user["email"])
        page.fill("input[name=password]", user["password"])
        page.click("button[type=submit]")

    def opens_chat(self, name: str) -> Page:
        """The conversation with the patient of that name, whoever answers in it."""
        self.opens("/admin/whatsapp/conversation/?tab=all")
        self.page.locator(".p-talks a", has_text=name).first.click()
        self.page.locator("[data-chat]").wait_for()
        return self.page

    # The simulator ------------------------------------------------------------------------------------
    def takes_phone(self, who: str, slug: str = "aurora") -> Phone:
        self.page.goto(f"{self.house.stack.sandbox_url}/#{quote(who)}/{slug}")
        self.page.locator("#clinic-name", has_text="Clínica").wait_for()
        return Phone(self.page)

    def has_microphone(self) -> Visit:
        """The simulator's page may record."""
        self._context.grant_permissions(["microphone"], origin=self.house.stack.sandbox_url)
        return self

    def opens_calendar(self, slug: str = "aurora") -> Page:
        self.page.goto(f"{self.house.stack.sandbox_url}/calendar#{slug}")
        self.page.locator(".column").first.wait_for()
        return self.page


class Phone:
    """The patient's phone on the simulator's page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def answers(self) -> Locator:
        """Bubbles of the clinic."""
        return self.page.locator("#chat .bubble.out")

    def writes(self, text: str) -> Locator:
        """Sends a text; the clinic's next answer."""
        before = self.answers().count()
        self.page.fill("#composer input", text)
        self.page.click("#send")
        return self.answer_after(before)

    def answer_after(self, count: int) -> Locator:
        self.answers().nth(count).wait_for()
        return self.answers().last

    def presses(self, words: str) -> Locator:
        """A button of the last answer; the clinic's next answer."""
        before = self.answers().count()
        self.answers().last.get_by_role("button", name=words, exact=True).click()
        return self.answer_after(before)

    def picks_first(self) -> tuple[str, Locator]:
        """The first row of the last answer's list: its words, and the clinic's next answer."""
        before = self.answers().count()
        self.answers().last.locator(".choices button").first.click()
        row = self.page.locator("#sheet-rows button").first
        words = row.inner_text()
        row.click()
        return words, self.answer_after(before)

    def attaches(self, what: str, file: FilePayload | None = None) -> None:
        """An entry of the clip menu, and the file for it."""
        self.page.click("#clip-button")
        entry = self.page.locator("#clip button", has_text=what).first
        if file is None:
            entry.click()
            return
        with self.page.expect_file_chooser() as chooser:
            entry.click()
        chooser.value.set_files([file])

    def opens_menu(self, bubble: Locator, words: str = "", *, face: str = "") -> None:
        """The menu of a bubble, and an entry of it: words, or a face to react with."""
        bubble.hover()
        bubble.locator(".more").click()
        self._presses_in_dialog(words or f"Reagir com {face}")

    def chooses(self, words: str) -> None:
        """An entry of the patient's own menu."""
        self.page.click("#owner-menu")
        self._presses_in_dialog(words)

    def _presses_in_dialog(self, words: str) -> None:
        self.page.locator("dialog").get_by_role("button", name=words).first.click()

    def sends_dialog(self, **values: str) -> None:
        """Fills the open dialog and sends it."""
        for name, value in values.items():
            self.page.fill(f"dialog [name={name}]", value)
        self.page.click("dialog .main")
