"use strict";
// What both pages use: elements, times, calls to /control/, dialogs and short notices. Knows nothing of chats or calendars.

const ZONE = "America/Sao_Paulo";
const $ = (id) => document.getElementById(id);
const clock = (moment) => moment.toLocaleTimeString("pt-BR", { hour: "2-digit", minute: "2-digit", timeZone: ZONE });
const dayName = (moment) => moment.toLocaleDateString("pt-BR", { weekday: "long", day: "numeric", month: "short", timeZone: ZONE });

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element[name] = value;
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// Fills `box` with the wanted [key, build] pairs and leaves untouched what is there already: a playing video goes on.
function fill(box, wanted) {
  const keys = new Set(wanted.map(([key]) => key));
  for (const child of [...box.children]) if (!keys.has(child.dataset.key)) child.remove();
  const kept = new Map([...box.children].map((child) => [child.dataset.key, child]));
  let next = box.firstElementChild;
  for (const [key, build] of wanted) {
    const element = kept.get(key) || build();
    element.dataset.key = key;
    if (element === next) next = next.nextElementSibling;
    else box.insertBefore(element, next);
  }
}

// Draws a part of the page only when what it shows has changed, so that menus and inputs in it stay.
function redraw(element, told, draw) {
  const print = JSON.stringify(told);
  if (element.dataset.print === print) return;
  element.dataset.print = print;
  element.replaceChildren(...draw().filter(Boolean));
}

let afterChange = async () => {};

async function post(url, body, method = "POST") {
  try {
    const answer = await fetch(url, { method, body: body === undefined ? undefined : JSON.stringify(body) });
    const found = await answer.json().catch(() => ({}));
    if (!answer.ok) toast(found.error || "Não deu certo.");
    await afterChange();
    return answer.ok ? found : null;
  } catch {
    toast("O simulador não responde.");
    return null;
  }
}

function toast(text) {
  $("toast").textContent = text;
  $("toast").hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { $("toast").hidden = true; }, 4500);
}

// Dialogs ------------------------------------------------------------------------------------------
function openDialog(title, ...content) {
  const dialog = $("dialog");
  dialog.replaceChildren(
    make("header", {}, make("strong", {}, title), make("button", { type: "button", "aria-label": "Fechar", onclick: () => dialog.close() }, "✕")),
    ...content);
  if (!dialog.open) dialog.showModal();
  return dialog;
}

// A list of [words, action, note]; falsy entries are left out.
function menu(title, entries) {
  const rows = entries.filter(Boolean).map(([words, act, note]) => make("button", { type: "button", onclick: () => { $("dialog").close(); act(); } }, words, note && make("small", {}, note)));
  openDialog(title, make("div", { class: "menu" }, ...rows));
}

// Fields: {name, label, value, type, options, required, rows, help}. Answers {name: text} or null when it was closed.
function ask(title, fields, action = "Enviar", extra = []) {
  return new Promise((resolve) => {
    let answer = null;
    const submit = (event) => {
      event.preventDefault();
      answer = Object.fromEntries(new FormData(event.target));
      $("dialog").close();
    };
    const dialog = openDialog(title, make("form", { class: "fields", onsubmit: submit }, ...fields.map(field),
      make("div", { class: "actions" }, ...extra, make("button", { class: "main" }, action))));
    dialog.onclose = () => {
      if (dialog.open) return; // told late, of the dialog before
      dialog.onclose = null;
      resolve(answer);
    };
    dialog.querySelector("input:not([type=checkbox]), textarea, select")?.focus();
  });
}

function field({ name, label, value = "", type = "text", options, required, rows, help, min, max, step }) {
  const common = { name, required };
  let input;
  if (options) input = make("select", common, ...options.map(([key, words]) => make("option", { value: key, selected: String(key) === String(value) }, words)));
  else if (rows) input = make("textarea", { ...common, rows }, value);
  else if (type === "checkbox") return make("label", { class: "check" }, make("input", { ...common, type, value: "1", checked: Boolean(value) }), label);
  else input = make("input", { ...common, type, value, min, max, step, autocomplete: "off" });
  return make("label", {}, make("span", {}, label), input, help && make("small", {}, help));
}

addEventListener("DOMContentLoaded", () => {
  $("dialog").addEventListener("click", (event) => { if (event.target === $("dialog")) $("dialog").close(); });
});
