// What the portal's own pages do in the browser. No name and no text ever goes into an address: everything is posted.
(() => {
  "use strict";
  const REFRESH_MS = 3000;
  const ANSWER_MS = 20000;
  // So many questions in a row without an answer are said.
  const MISSED = 3;
  // Longer than any page takes.
  const SENDING_MS = 30000;
  const post = async (address, fields) => {
    const answer = await portalSession.ask(address, { method: "POST", body: new URLSearchParams(fields) });
    return answer.ok ? answer.text() : null;
  };

  const later = (act, wait) => {
    let timer;
    return (...values) => { clearTimeout(timer); timer = setTimeout(() => act(...values), wait); };
  };

  function booking(form) {
    const field = (name) => form.elements[name];
    const times = form.querySelector("[data-time-list]");
    const list = form.querySelector("[data-patient-list]");
    const term = form.querySelector("[data-patient-term]");
    let asked = 0;

    const showTimes = async () => {
      const turn = ++asked;
      const html = await post(form.dataset.times, {
        offering: form.dataset.offering || field("offering").value,
        professional: field("professional").value,
        day: field("day").value,
      });
      if (html !== null && turn === asked) { times.innerHTML = html; mark(); }
    };
    const mark = () => times.querySelectorAll("[data-time]").forEach((button) => {
      const same = button.dataset.time === field("time").value.slice(0, 5)
        && button.dataset.professional === field("professional").value;
      button.setAttribute("aria-pressed", String(same));
    });
    const chosen = (id, name) => {
      field("patient").value = id;
      form.querySelector("[data-chosen-name]").textContent = name;
      form.querySelector("[data-chosen]").hidden = !id;
      form.querySelector("[data-choosing]").hidden = Boolean(id);
    };

    ["offering", "professional", "day"].forEach((name) => field(name)?.addEventListener("change", showTimes));
    field("time").addEventListener("input", mark);
    times.addEventListener("click", (event) => {
      const button = event.target.closest("[data-time]");
      if (!button) return;
      field("professional").value = button.dataset.professional;
      field("time").value = button.dataset.time;
      mark();
    });
    term?.addEventListener("input", later(async () => {
      const html = await post(form.dataset.patients, { term: term.value });
      if (html !== null) list.innerHTML = html;
    }, 250));
    term?.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
    list?.addEventListener("click", (event) => {
      const button = event.target.closest("[data-patient]");
      if (button) chosen(button.dataset.patient, button.dataset.name);
    });
    form.querySelector("[data-choose-again]")?.addEventListener("click", () => { chosen("", ""); term.focus(); });
    showTimes();
  }

  function inbox(page) {
    const list = page.querySelector("[data-list]");
    const chat = page.querySelector("[data-chat]");
    const body = page.querySelector("[data-chat-body]");
    const older = page.querySelector("[data-older]");
    const last = { list: null, chat: null };
    const drawer = portalChat.drawer(chat, older);
    const news = page.querySelector("[data-news]");
    const words = page.dataset;
    // What came between the page and its first question is a change as well.
    drawer.remember(chat.innerHTML);
    const answer = page.querySelector("[data-answer]");
    if (answer) portalChat.composer(answer, page.querySelector(".p-chat"));
    else portalSession.keeps(page.querySelector("[data-kept] textarea"));
    const toEnd = () => { body.scrollTop = body.scrollHeight; };
    toEnd();
    // Pictures come later than the bubbles they stand in.
    let isAtEnd = true;
    body.addEventListener("scroll", () => { isAtEnd = body.scrollHeight - body.scrollTop - body.clientHeight < 80; });
    chat.addEventListener("load", () => { if (isAtEnd) toEnd(); }, true);
    chat.addEventListener("loadedmetadata", () => { if (isAtEnd) toEnd(); }, true);

    // A page may be looked through from its top and its end: a day is named once.
    const nameDays = () => {
      let day = "";
      body.querySelectorAll(".p-date").forEach((one) => { one.hidden = one.textContent === day; day = one.textContent; });
    };
    const tellNews = (fresh) => {
      const said = fresh.map((one) => [...one.querySelectorAll(":scope > p:not(.p-bubble__ask)")].map((part) => part.textContent.trim()).join(" "));
      if (said.length) news.textContent = [words.wordsNews, ...said.slice(-3)].join(" ");
    };

    let asked = 0;
    let drawn = 0;
    const refresh = async () => {
      if (document.hidden) return;
      const turn = ++asked;
      const told = await portalSession.ask(page.dataset.live, {
        headers: { Accept: "application/json" }, signal: AbortSignal.timeout(ANSWER_MS),
      });
      if (!told.ok) throw new Error(told.status);
      const fresh = await told.json();
      // A later question was answered before.
      if (turn < drawn) return;
      drawn = turn;
      if (last.list !== null && fresh.list !== last.list) list.innerHTML = fresh.list;
      if (fresh.chat !== last.chat) {
        tellNews(drawer.draw(fresh.chat));
        nameDays();
        if (isAtEnd) toEnd();
      }
      last.list = fresh.list;
      last.chat = fresh.chat;
      const draft = answer?.querySelector("textarea").value.trim() || answer?.querySelector("[data-attach]").files.length;
      if (fresh.handler !== page.dataset.handler && !draft && !portalChat.isPlaying()) location.reload();
    };
    // One question at a time; what stays without an answer is said.
    let isAsking = false;
    let missed = 0;
    setInterval(async () => {
      if (isAsking) return;
      isAsking = true;
      try {
        await refresh();
        if (missed >= MISSED) portalChat.tell("");
        missed = 0;
      } catch {
        missed += 1;
        if (missed >= MISSED && !portalSession.isOver()) portalChat.tell(words.wordsOffline);
      }
      isAsking = false;
    }, REFRESH_MS);

    body.addEventListener("click", async (event) => {
      const button = event.target.closest("[data-earlier]");
      if (!button) return;
      button.disabled = true;
      drawer.keep();
      const start = drawer.starts();
      const answer = await portalChat.attempt(button.dataset.earlier, {}, words.wordsFailed);
      const html = await answer?.text();
      if (!html || start !== drawer.starts()) { button.disabled = false; return; }
      const height = body.scrollHeight;
      button.closest(".p-older").remove();
      older.insertAdjacentHTML("afterbegin", html);
      nameDays();
      body.scrollTop += body.scrollHeight - height;
    });
    portalChat.acts(page, answer, () => refresh().catch(() => {}));
    // The patient sees "digitando…", which WhatsApp shows for 25 seconds at a time.
    let toldTyping = 0;
    page.querySelector("[data-answer] textarea")?.addEventListener("input", (event) => {
      if (Date.now() - toldTyping < 20000 || !event.target.value.trim()) return;
      toldTyping = Date.now();
      portalSession.ask(event.target.form.dataset.typing, { method: "POST" }).catch(() => {});
    });
    page.querySelector("[data-answer] textarea")?.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing && matchMedia("(hover: hover)").matches) {
        event.preventDefault();
        // A disabled button stops no requestSubmit().
        if (!event.repeat && !event.target.form.hasAttribute("data-sending")) event.target.form.requestSubmit();
      }
    });
  }

  const ask = (address, body) => portalSession.ask(address, { method: body ? "POST" : "GET", body });

  // A number's page: each step is asked on its own; what is under way is looked at until it has ended.
  function number(page) {
    const body = page.querySelector("[data-body]");
    let busy = false;
    const isTyping = () => body.contains(document.activeElement) && document.activeElement.value;
    const show = async (answer) => {
      if (answer.ok) body.innerHTML = await answer.text();
    };
    const step = async (key) => {
      body.querySelector(`[data-key="${key}"]`)?.classList.add("is-busy-now");
      await show(await ask(page.dataset.step, new URLSearchParams({ step: key })));
    };
    const run = async (act) => {
      if (busy) return;
      busy = true;
      body.querySelectorAll("button").forEach((button) => { button.disabled = true; });
      try { await act(); } catch { location.reload(); } finally {
        busy = false;
        body.querySelectorAll("button").forEach((button) => { button.disabled = false; });
      }
    };
    const all = () => run(async () => { for (const key of page.dataset.asked.split(",")) await step(key); });

    body.addEventListener("click", (event) => { if (event.target.closest("[data-check-all]")) all(); });
    body.addEventListener("submit", (event) => {
      const form = event.target.closest("[data-background]");
      if (!form) return;
      event.preventDefault();
      const fields = new URLSearchParams(new FormData(form));
      form.closest("[data-key]")?.classList.add("is-busy-now");
      run(async () => show(await ask(form.action, fields)));
    });
    setInterval(async () => {
      if (busy || document.hidden || isTyping() || !body.querySelector("[data-pending]")) return;
      await show(await ask(page.dataset.live)).catch(() => {});
    }, REFRESH_MS / 2);
    if (page.dataset.checkNow !== undefined) all();
  }

  // What was typed stays in the page, secrets too, whatever Meta answers.
  function connect(form) {
    const outcome = form.querySelector("[data-outcome]");
    const button = form.querySelector("[data-busy]");
    const words = button.textContent;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      button.disabled = true;
      button.textContent = button.dataset.busy;
      try {
        const answer = await ask(location.pathname, new URLSearchParams(new FormData(form)));
        if (answer.ok) { location.assign((await answer.json()).go); return; }
        outcome.innerHTML = answer.status === 422 ? await answer.text() : "";
        if (answer.status !== 422) form.submit();
      } catch { form.submit(); }
      button.disabled = false;
      button.textContent = words;
    });
  }

  // A template's form: the bubble follows what is typed, with the examples filled in.
  const preview = (form) => {
    const field = (name) => form.querySelector(`[name="${name}"]`);
    const known = JSON.parse(document.getElementById("template-examples").textContent);
    const part = (name) => form.querySelector(`[data-preview="${name}"]`);
    const values = () => Object.fromEntries(field("examples").value.split("\n").map((line) => line.split("=").map((word) => word.trim())).filter((pair) => pair.length === 2));
    const filled = (text) => {
      const own = { ...known, ...values() };
      return text.replace(/\{\{\s*([^{}\s]+)\s*\}\}/g, (all, name) => own[name] || all);
    };
    // WhatsApp's marks, on text that is set as text: nothing typed becomes markup.
    const write = (target, text) => {
      target.replaceChildren(...filled(text).split(/(\*[^*\n]+\*|_[^_\n]+_|\n)/).map((piece) => {
        if (piece === "\n") return document.createElement("br");
        const kind = /^\*.+\*$/.test(piece) ? "b" : /^_.+_$/.test(piece) ? "i" : "";
        if (!kind) return document.createTextNode(piece);
        const marked = document.createElement(kind);
        marked.textContent = piece.slice(1, -1);
        return marked;
      }));
    };
    const show = () => {
      write(part("header").firstElementChild, field("header").value);
      write(part("body"), field("body").value);
      part("footer").textContent = field("footer").value;
      part("buttons").replaceChildren(...field("buttons").value.split("\n").filter((line) => line.trim()).map((line) => {
        const row = document.createElement("li");
        row.textContent = line.split("|")[0].trim();
        return row;
      }));
      form.querySelector("[data-count]").textContent = field("body").value.length;
    };
    form.addEventListener("input", show);
    form.addEventListener("click", (event) => {
      const name = event.target.dataset.puts;
      if (!name) return;
      const body = field("body");
      body.setRangeText(`{{${name}}}`, body.selectionStart, body.selectionEnd, "end");
      body.focus();
      show();
    });
    show();
  };

  // A part that says it is busy is fetched again until it no longer says so.
  function awaits(part) {
    const again = async () => {
      if (!document.hidden && part.hasAttribute("data-busy")) {
        const answer = await portalSession.ask(location.href);
        if (answer.ok) {
          const page = new DOMParser().parseFromString(await answer.text(), "text/html");
          const fresh = page.querySelector("[data-awaits]");
          if (fresh) {
            part.innerHTML = fresh.innerHTML;
            part.toggleAttribute("data-busy", fresh.hasAttribute("data-busy"));
          }
        }
      }
      if (part.hasAttribute("data-busy")) setTimeout(() => again().catch(later), REFRESH_MS);
    };
    const later = () => setTimeout(() => again().catch(later), REFRESH_MS);
    if (part.hasAttribute("data-busy")) later();
  }

  // Pending work: ticks, and many at once batch by batch, with how far it is.
  function pending(form) {
    const ticks = () => [...form.querySelectorAll("[name=row]")];
    const page = form.querySelector("[data-tick-page]");
    const every = form.querySelector("[data-tick-all]");
    const shown = form.querySelector("[data-progress]");
    const words = form.querySelector("[data-progress-words]");
    page.addEventListener("change", () => ticks().forEach((tick) => { tick.checked = page.checked; }));
    every?.addEventListener("change", () => {
      ticks().forEach((tick) => { tick.checked = every.checked; tick.disabled = every.checked; });
      page.checked = page.disabled = every.checked;
    });
    form.addEventListener("submit", async (event) => {
      if (!every?.checked) return;
      event.preventDefault();
      if (event.submitter.value === "close" && !confirm(form.dataset.asksClose)) return;
      const fields = new URLSearchParams(new FormData(form));
      fields.set("act", event.submitter.value);
      form.querySelectorAll("button, input, select").forEach((one) => { one.disabled = true; });
      shown.hidden = false;
      let done = 0, total = 0, refused = [];
      try {
        for (;;) {
          const answer = await portalSession.ask(form.action, { method: "POST", body: fields, headers: { Accept: "application/json" } });
          if (!answer.ok) throw new Error(answer.status);
          const told = await answer.json();
          done += told.done;
          refused = refused.concat(told.refused);
          const seen = Number(fields.get("seen") || 0) + told.batch;
          fields.set("seen", seen);
          total = seen + told.left;
          shown.querySelector("progress").value = total ? seen / total : 1;
          words.textContent = [`${seen} ${form.dataset.wordsOf} ${total}`, ...refused].join(" · ");
          if (!told.left) break;
          fields.set("after", told.after);
        }
      } catch { words.textContent = form.dataset.failed; return; }
      if (!refused.length) { location.assign(location.pathname + location.search.replace(/[?&]before=\d+/, "")); return; }
      const again = document.createElement("a");
      again.className = "p-button p-button--small";
      again.href = location.href;
      again.textContent = form.dataset.shows;
      shown.append(again);
    });
  }

  // The settings: an appointment's event as it would look, while somebody types.
  function eventPreview(box) {
    const form = box.closest("form");
    const shown = box.querySelector("[data-shown]");
    const texts = ["calendar_title", "calendar_description"].map((name) => form.elements[name]).filter(Boolean);
    const kind = form.elements.calendar_reminders;
    const minutes = form.elements.calendar_reminder_minutes;
    const ownMinutes = () => {
      // What somebody has typed is never hidden.
      minutes.closest(".form-row").hidden = kind.value !== "own" && minutes.value.trim() === "";
    };
    if (kind && minutes) {
      kind.addEventListener("change", ownMinutes);
      ownMinutes();
    }
    let last = texts[0];
    let asked = 0;
    const show = later(async () => {
      const turn = ++asked;
      const html = await post(box.dataset.eventPreview, new URLSearchParams(new FormData(form)));
      if (html !== null && turn === asked) shown.innerHTML = html;
    }, 250);
    form.addEventListener("input", show);
    form.addEventListener("change", show);
    texts.forEach((text) => text.addEventListener("focus", () => { last = text; }));
    box.addEventListener("click", (event) => {
      const button = event.target.closest("[data-put]");
      if (!button || !last) return;
      last.setRangeText(button.dataset.put, last.selectionStart, last.selectionEnd, "end");
      last.focus();
      last.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-awaits]").forEach(awaits);
    document.querySelectorAll("[data-pending]:is(form)").forEach(pending);
    document.querySelectorAll("[data-event-preview]").forEach(eventPreview);
    document.querySelectorAll("[data-number]").forEach(number);
    document.querySelectorAll("[data-connect]").forEach(connect);
    document.querySelectorAll("[data-template-form]").forEach(preview);
    document.querySelectorAll("[data-booking]").forEach(booking);
    document.querySelectorAll("[data-live]:not([data-number])").forEach(inbox);
    document.querySelectorAll("[data-submits]").forEach((input) =>
      input.addEventListener("change", () => { if (input.value) input.form.submit(); }));
    document.addEventListener("click", (event) => {
      const opener = event.target.closest("[data-opens]");
      if (opener) document.getElementById(opener.dataset.opens).showModal();
      if (event.target.closest("[data-closes]")) event.target.closest("dialog").close();
      const copier = event.target.closest("[data-copies]");
      if (copier) navigator.clipboard?.writeText(document.querySelector("[data-secret]").textContent);
    });
    document.addEventListener("submit", (event) => {
      const form = event.target;
      // Whoever has prevented it sends it otherwise, and knows when that has ended.
      if (event.defaultPrevented || form.getAttribute("method")?.toLowerCase() !== "post") return;
      if (form.hasAttribute("data-sending")) { event.preventDefault(); return; }
      if (form.dataset.asks && !confirm(form.dataset.asks)) { event.preventDefault(); return; }
      form.setAttribute("data-sending", "");
      // Somebody may have stopped the page from loading.
      setTimeout(() => form.removeAttribute("data-sending"), SENDING_MS);
    });
    // Back on a page that was kept: what is sent from it now is something new.
    window.addEventListener("pageshow", (event) => {
      document.querySelectorAll("form[data-sending]").forEach((form) => form.removeAttribute("data-sending"));
      if (event.persisted) document.querySelectorAll("[name=once]").forEach((mark) => { mark.value = `${Date.now()}${Math.random()}`; });
    });
  });
})();
