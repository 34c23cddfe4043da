// The session ends while a page is open: the page says so, and what was typed is there again after the login. So it is
// after another form of the page was sent, and where the 24 hours ended meanwhile.
window.portalSession = (() => {
  "use strict";
  // A text about a patient lies in this tab's storage only from the login to the page, and never longer than this.
  const KEEPS_MS = 1800000;
  const PREFIX = "draft:";
  let box = null;
  let isLeft = false;
  let over = "";

  const bar = () => document.querySelector("[data-ended]");
  const token = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value || "";
  const here = () => location.pathname + location.search;
  const own = () => PREFIX + location.pathname;
  const kept = () => Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX));

  // `how`: "ended", or "stale" for a page from before somebody logged in anew.
  function end(how) {
    if (over || !bar()) return;
    over = how;
    const shown = bar();
    shown.querySelectorAll("[data-how]").forEach((one) => { one.hidden = one.dataset.how !== how; });
    shown.querySelector("[data-if-typing]").hidden = !box;
    shown.querySelector("[data-login]").href = `${shown.dataset.login}?next=${encodeURIComponent(here())}`;
    shown.querySelector("[data-again]").href = here();
    shown.hidden = false;
  }

  // What an answer's status tells about the session; whether the page can go on.
  function hear(status, method = "GET") {
    if (status === 401) end("ended");
    else if (status === 403 && method !== "GET") end("stale");
    // Somebody logged in beside this page: it asks with a mark that counts no more.
    else if (over === "ended" && status === 200) location.reload();
    return !over;
  }

  async function ask(address, options = {}) {
    const headers = { "X-CSRFToken": token(), "X-Requested-With": "fetch", ...options.headers };
    const answer = await fetch(address, { ...options, headers });
    hear(answer.status, options.method);
    return answer;
  }

  function forget(isWanted = () => true) {
    kept().filter(isWanted).forEach((key) => sessionStorage.removeItem(key));
  }

  const read = (key) => { try { return JSON.parse(sessionStorage.getItem(key)) || {}; } catch { return {}; } };
  const isOurs = (found) => found.user === bar()?.dataset.ended && Date.now() - found.at < KEEPS_MS;

  // Gives back what was typed before the login, once.
  function restore() {
    const found = read(own());
    sessionStorage.removeItem(own());
    return isOurs(found) ? found : null;
  }

  // What stands in this box outlives the login.
  function keeps(typed) {
    box = typed;
    const found = restore();
    if (found) {
      box.value = found.text;
      if (box.form) box.form.elements.reply_to.value = found.reply_to || "";
    }
    const shown = box.closest("[data-kept]");
    if (shown) shown.hidden = !box.value;
  }

  window.addEventListener("pagehide", () => {
    const text = box?.value;
    if (!text?.trim() || !(over || isLeft || box.closest("[data-kept]"))) return;
    const found = { user: bar().dataset.ended, at: Date.now(), text, reply_to: box.form?.elements.reply_to.value };
    sessionStorage.setItem(own(), JSON.stringify(found));
  });
  document.addEventListener("DOMContentLoaded", () => {
    if (bar()) forget((key) => !isOurs(read(key)));
    document.addEventListener("click", (event) => { if (event.target.closest("[data-stays]")) isLeft = true; });
    document.addEventListener("submit", (event) => {
      if (event.defaultPrevented) return;
      isLeft = !event.target.getAttribute("action")?.endsWith("/logout/");
      if (!isLeft) { forget(); box = null; }
    });
  });

  return { ask, hear, keeps, isOver: () => Boolean(over) };
})();
