// Files in a chat: what is playing stays while the chat is drawn anew, pictures grow, and files are chosen and sent.
window.portalChat = (() => {
  "use strict";
  const SAYS_MS = 12000;
  const isPlaying = () => [...document.querySelectorAll("audio, video")].some((one) => !one.paused && !one.ended);

  // What was asked for and did not happen is said above the answer's box; "" takes the words away.
  let saying;
  function tell(words) {
    const place = document.querySelector("[data-told]");
    if (!place) return;
    clearTimeout(saying);
    place.textContent = words;
    place.hidden = !words;
    if (words) saying = setTimeout(() => tell(""), SAYS_MS);
  }

  // The answer; null where it was refused or got lost, which is said: in the server's words, else in these.
  async function attempt(address, options, words) {
    const answer = await portalSession.ask(address, options).catch(() => null);
    if (answer?.ok) { tell(""); return answer; }
    const refusal = answer && !portalSession.isOver() ? await answer.json().then((told) => told.refusal, () => "") : "";
    if (!portalSession.isOver()) tell(refusal || words);
    return null;
  }

  // Draws a chat anew, bubble by bubble. A bubble that has not changed stays as it is; in one that has, its file stays.
  // Once earlier ones were asked for (`older` holds them), what leaves the newest page stays too: no gap opens.
  function drawer(chat, older) {
    const shown = new Map();
    let keeps = false;
    let starts = 0;
    const isSaid = (node) => node.dataset.key?.startsWith("m");
    const keyed = (html) => {
      const template = document.createElement("template");
      template.innerHTML = html;
      return [...template.content.children];
    };
    const patch = (old, fresh) => {
      const [kept, coming] = [old, fresh].map((one) => one.querySelector(":scope > [data-file]"));
      if (!kept || !coming || kept.dataset.file !== coming.dataset.file) {
        old.replaceWith(document.importNode(fresh, true));
        return;
      }
      old.className = fresh.className;
      [...old.childNodes].forEach((node) => { if (node !== kept) node.remove(); });
      let isBefore = true;
      fresh.childNodes.forEach((node) => {
        if (node === coming) { isBefore = false; return; }
        const copy = document.importNode(node, true);
        if (isBefore) kept.before(copy); else old.append(copy);
      });
    };
    return {
      remember(html) { keyed(html).forEach((node) => shown.set(node.dataset.key, node.outerHTML)); },
      // From now on nothing leaves; `starts` tells whether the page has started afresh since.
      keep() { keeps = true; },
      starts: () => starts,
      // What the patient said that was not here yet.
      draw(html) {
        let nodes = keyed(html);
        const here = new Map([...chat.children].map((node) => [node.dataset.key, node]));
        const wanted = new Set(nodes.map((node) => node.dataset.key));
        const joint = [...chat.children].find((node) => isSaid(node) && wanted.has(node.dataset.key));
        // So much came at once that something is missing between: the page starts afresh.
        if (keeps && !joint) { keeps = false; starts += 1; older.replaceChildren(); }
        if (keeps) nodes = nodes.filter((node) => node.dataset.key !== "older");
        const isEarlier = (node) => keeps && node.compareDocumentPosition(joint) & Node.DOCUMENT_POSITION_FOLLOWING;
        [...chat.children].forEach((node) => { if (!wanted.has(node.dataset.key) && !isEarlier(node)) node.remove(); });
        const fresh = nodes.filter((node) => isSaid(node) && !here.has(node.dataset.key) && !node.matches(".p-bubble--ours"));
        let last = null;
        nodes.forEach((fresh) => {
          const key = fresh.dataset.key;
          const old = key && here.get(key);
          if (!old) {
            const made = document.importNode(fresh, true);
            if (last) last.after(made); else if (keeps) joint.before(made); else chat.prepend(made);
            last = made;
          } else {
            if (shown.get(key) !== fresh.outerHTML) patch(old, fresh);
            last = chat.querySelector(`:scope > [data-key="${CSS.escape(key)}"]`);
          }
          shown.set(key, fresh.outerHTML);
        });
        return fresh;
      },
    };
  }

  function zoom(address) {
    const dialog = document.createElement("dialog");
    dialog.className = "p-zoom";
    const picture = document.createElement("img");
    picture.src = address;
    picture.alt = "";
    dialog.append(picture);
    dialog.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }

  const sizeWords = (bytes) => bytes < 1048576
    ? `${Math.max(1, Math.round(bytes / 1024))} KB`
    : `${(bytes / 1048576).toLocaleString("pt-BR", { maximumFractionDigits: 1 })} MB`;

  function composer(form, dropped) {
    const part = (name) => form.querySelector(`[data-${name}]`);
    const input = part("attach");
    const limits = JSON.parse(document.getElementById("file-limits").textContent);
    const picture = part("chosen-picture");
    const complain = (words) => { part("refusal").textContent = words; part("refusal").hidden = !words; };
    const show = () => {
      const file = input.files[0];
      if (picture.src) { URL.revokeObjectURL(picture.src); picture.removeAttribute("src"); }
      part("chosen-file").hidden = !file;
      if (!file) return;
      const limit = limits[file.type];
      if (limit && file.size > limit.most) { complain(limit.words); clear(); return; }
      complain("");
      part("chosen-name").textContent = file.name;
      part("chosen-size").textContent = sizeWords(file.size);
      picture.hidden = !file.type.startsWith("image/");
      part("chosen-paper").hidden = !picture.hidden;
      if (!picture.hidden) picture.src = URL.createObjectURL(file);
    };
    const clear = () => { input.value = ""; show(); };
    const choose = (files) => {
      if (!files.length || form.hasAttribute("data-sending")) return;
      const one = new DataTransfer();
      one.items.add(files[0]);
      input.files = one.files;
      show();
    };
    // The window has closed: what is typed stays, and a template can be sent.
    const offer = (html) => {
      const instead = dropped.querySelector("[data-instead]");
      instead.lastElementChild.innerHTML = html;
      instead.hidden = false;
    };
    const send = () => {
      const bar = part("progress");
      const button = form.querySelector("[type=submit]");
      const call = new XMLHttpRequest();
      // What is under way is neither sent again nor written over: the page comes anew once it has arrived.
      const hold = (isUnderWay) => {
        bar.hidden = !isUnderWay || !input.files.length;
        form.toggleAttribute("data-sending", isUnderWay);
        form.elements.text.readOnly = button.disabled = part("unchoose").disabled = isUnderWay;
      };
      const failed = (words) => {
        hold(false);
        complain(words);
      };
      call.open("POST", form.action);
      call.setRequestHeader("Accept", "application/json");
      call.setRequestHeader("X-CSRFToken", form.elements.csrfmiddlewaretoken.value);
      call.responseType = "json";
      call.upload.addEventListener("progress", (event) => { if (event.lengthComputable) bar.value = event.loaded / event.total; });
      call.addEventListener("load", () => {
        if (call.status === 200) { form.reset(); clear(); location.reload(); return; }
        failed(portalSession.hear(call.status, "POST") ? call.response?.refusal || form.dataset.failed : "");
        if (call.response?.templates) offer(call.response.templates);
      });
      call.addEventListener("error", () => failed(form.dataset.failed));
      const fields = new FormData(form);
      bar.value = 0;
      hold(true);
      call.send(fields);
    };

    // Before the theme hears of it: its own file fields look different, and it would stumble over this one.
    form.addEventListener("change", (event) => { if (event.target === input) { event.stopPropagation(); show(); } }, true);
    portalSession.keeps(form.elements.text);
    part("unchoose").addEventListener("click", clear);
    form.addEventListener("submit", (event) => {
      // Never by leaving the page: what is not sent stays in the box.
      event.preventDefault();
      event.stopPropagation();
      if (!form.hasAttribute("data-sending")) send();
    });
    form.addEventListener("paste", (event) => { if (event.clipboardData.files.length) { event.preventDefault(); choose(event.clipboardData.files); } });
    dropped.addEventListener("dragover", (event) => { event.preventDefault(); dropped.classList.add("is-over"); });
    dropped.addEventListener("dragleave", () => dropped.classList.remove("is-over"));
    dropped.addEventListener("drop", (event) => {
      event.preventDefault();
      dropped.classList.remove("is-over");
      choose(event.dataTransfer.files);
    });
  }

  document.addEventListener("click", async (event) => {
    const zoomed = event.target.closest("[data-zooms]");
    if (zoomed && !event.ctrlKey && !event.metaKey) { event.preventDefault(); zoom(zoomed.href); }
    const again = event.target.closest("[data-retries]");
    if (!again) return;
    again.disabled = true;
    const words = again.closest("[data-words-failed]").dataset.wordsFailed;
    again.disabled = Boolean(await attempt(again.dataset.retries, { method: "POST" }, words));
  });

  // Reply to one message, or react to it. The menus stand in the bubbles, the reply in the answer's form.
  function acts(page, form, refresh) {
    const strip = form?.querySelector("[data-replying]");
    const field = form?.elements.reply_to;
    const quote = (id) => {
      if (!field) return;
      field.value = id;
      strip.hidden = !id;
      const bubble = id && page.querySelector(`[data-key="m${id}"]`);
      const words = bubble ? [...bubble.children].filter((one) => one.matches("p, .p-file")).map((one) => one.innerText.trim()) : [];
      strip.querySelector("[data-replying-words]").textContent = words.filter(Boolean).join(" · ").slice(0, 120);
      if (id) form.querySelector("textarea").focus();
    };
    const close = () => page.querySelectorAll(".p-bubble__menu[open], .p-more[open]").forEach((one) => { one.open = false; });

    page.addEventListener("click", async (event) => {
      const reply = event.target.closest("[data-reply]");
      const react = event.target.closest("[data-message]");
      if (event.target.closest("[data-unreply]")) quote("");
      if (reply) { close(); quote(reply.dataset.reply); }
      if (!react) { if (!event.target.closest("details")) close(); return; }
      close();
      const fields = new URLSearchParams({ message: react.dataset.message, emoji: react.dataset.react });
      if (await attempt(page.dataset.react, { method: "POST", body: fields }, page.dataset.wordsFailed)) refresh();
    });
    page.addEventListener("keydown", (event) => { if (event.key === "Escape") { close(); quote(""); } });
    // The last message's menu opens below the edge: it is brought into sight. The event does not bubble.
    page.addEventListener("toggle", (event) => {
      if (event.target.open && event.target.matches(".p-bubble__menu")) event.target.querySelector("div").scrollIntoView({ block: "nearest" });
    }, true);
    if (field?.value) quote(field.value);
  }

  return { drawer, composer, acts, attempt, tell, isPlaying };
})();
