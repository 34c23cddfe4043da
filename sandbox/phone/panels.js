"use strict";
// The right-hand side: agendas, faults, delivery habits. Uses nothing of phone.js but `post` and `refresh`.

const ZONE = "America/Sao_Paulo";
const PRESETS = [
  ["WhatsApp fora do ar", "5 envios", { target: "graph", operation: "messages", kind: "status", status: 503, code: 131016, count: 5 }],
  ["Envio feito, resposta perdida", "1 envio", { target: "graph", operation: "messages", kind: "lost_response" }],
  ["Envio lento", "5 s, 3 envios", { target: "graph", operation: "messages", kind: "slow", seconds: 5, count: 3 }],
  ["Limite de mensagens ao paciente", "2 envios", { target: "graph", operation: "messages", kind: "status", status: 400, code: 131056, count: 2 }],
  ["Google fora do ar", "5 chamadas", { target: "google", operation: "events", kind: "status", status: 503, count: 5 }],
  ["Evento criado, resposta perdida", "1 evento", { target: "google", operation: "events.insert", kind: "lost_response" }],
  ["Google pede calma", "3 chamadas", { target: "google", operation: "events", kind: "status", status: 403, reason: "rateLimitExceeded", count: 3 }],
  ["Acesso à agenda revogado", "1 renovação", { target: "google", operation: "token", kind: "status", status: 400, reason: "invalid_grant" }],
];
const HABITS = [
  ["Entregas repetidas (3 vezes)", (h) => h.duplicates > 1, (h, on) => ({ ...h, duplicates: on ? 3 : 1 })],
  ["Fora de ordem", (h) => h.shuffle, (h, on) => ({ ...h, shuffle: on })],
  ["Sem o aviso de enviado", (h) => h.drop.includes("sent"), (h, on) => ({ ...h, drop: on ? ["sent"] : [] })],
  ["Atraso de 3 s", (h) => h.delay_seconds > 0, (h, on) => ({ ...h, delay_seconds: on ? 3 : 0 })],
];
const WORDS = { status: "recusa", timeout: "silêncio", reset: "conexão cai", lost_response: "resposta perdida", slow: "lento" };
const TINTS = ["#1a8f7a", "#7b5cc4", "#c46a2b", "#2f6fbf"];

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick" || name === "onsubmit") element[name] = value;
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

const clock = (moment) => moment.toLocaleTimeString("pt-BR", { hour: "2-digit", minute: "2-digit", timeZone: ZONE });
const dayName = (moment) => moment.toLocaleDateString("pt-BR", { weekday: "long", day: "numeric", month: "short", timeZone: ZONE });

let openForm = null; // the calendar whose "new event" form is open: survives a refresh

function showAgendas(state, slug) {
  const panel = document.getElementById("agendas");
  if (panel.contains(document.activeElement) && document.activeElement.matches("input, select")) return;
  const mine = state.calendars.filter((calendar) => calendar.clinic === slug);
  if (!mine.length) {
    panel.replaceChildren(make("p", { class: "help" }, "Esta clínica não tem agendas prontas no simulador. Ao ligar uma agenda, escolha qualquer conta de demonstração."));
    return;
  }
  const people = [...new Set(mine.map((calendar) => calendar.professional))];
  panel.replaceChildren(
    make("p", { class: "help" }, "O que o Google mostra agora. Apague ou bloqueie um horário como se fosse o profissional."),
    ...mine.map((calendar) => agenda(calendar, state, TINTS[people.indexOf(calendar.professional) % TINTS.length])),
  );
}

function agenda(calendar, state, tint) {
  const isPrimary = calendar.id === calendar.account;
  const toggle = () => { openForm = openForm === calendar.id ? null : calendar.id; showAgendas(state, calendar.clinic); };
  const head = make("header", {},
    make("div", {}, make("strong", {}, isPrimary ? calendar.professional : calendar.summary), make("small", {}, isPrimary ? `Agenda principal · ${calendar.account}` : calendar.account)),
    make("button", { type: "button", onclick: toggle }, openForm === calendar.id ? "Fechar" : "Bloquear"));
  const box = make("section", { class: "agenda", style: `--tint:${tint}` }, head);
  if (openForm === calendar.id) box.append(eventForm(calendar, state));
  if (!calendar.events.length) box.append(make("p", { class: "nothing" }, "Nada marcado nos próximos dias."));
  let day = "";
  for (const event of calendar.events) {
    const start = new Date(event.starts_at * 1000);
    if (dayName(start) !== day) box.append(make("div", { class: "date" }, day = dayName(start)));
    box.append(eventRow(calendar, event, start));
  }
  return box;
}

function eventRow(calendar, event, start) {
  const hours = event.is_whole_day ? "dia inteiro" : `${clock(start)}–${clock(new Date(event.ends_at * 1000))}`;
  const row = make("div", { class: `event ${event.status}` }, make("time", {}, hours), make("span", { title: event.summary }, event.summary));
  if (event.status !== "cancelled") {
    const url = `/control/calendars/${encodeURIComponent(calendar.id)}/events/${event.id}`;
    row.append(make("button", { type: "button", title: "Apagar no Google", "aria-label": `Apagar ${event.summary}`, onclick: () => post(url, undefined, "DELETE") }, "✕"));
  }
  return row;
}

function eventForm(calendar, state) {
  const tomorrow = new Date(Date.parse(state.now) + 86400000);
  const date = tomorrow.toLocaleDateString("sv-SE", { timeZone: ZONE });
  const save = async (submit) => {
    submit.preventDefault();
    const values = new FormData(submit.target);
    const edge = (minutes) => ({ dateTime: new Date(Date.parse(`${values.get("start")}:00Z`) + 60000 * minutes).toISOString().slice(0, 19), timeZone: ZONE });
    openForm = null;
    document.activeElement.blur();
    await post(`/control/calendars/${encodeURIComponent(calendar.id)}/events`, { summary: values.get("summary"), start: edge(0), end: edge(Number(values.get("minutes"))) });
  };
  const minutes = make("select", { name: "minutes", "aria-label": "Duração" }, ...[30, 60, 120, 240].map((one) => make("option", { value: one }, `${one} min`)));
  return make("form", { onsubmit: save },
    make("input", { name: "start", type: "datetime-local", required: true, value: `${date}T09:00`, "aria-label": "Início" }), minutes,
    make("input", { name: "summary", required: true, value: "Compromisso pessoal", "aria-label": "Título" }), make("button", {}, "Criar"));
}

function showFaults(state) {
  const waiting = state.faults.reduce((sum, rule) => sum + rule.count, 0);
  document.getElementById("fault-count").textContent = waiting || "";
  document.getElementById("presets").replaceChildren(...PRESETS.map(([name, note, rule]) =>
    make("button", { type: "button", onclick: () => post("/control/faults", rule) }, name, make("small", {}, note))));
  const rules = state.faults.map((rule) => make("li", {}, `${rule.operation || "tudo"}: ${WORDS[rule.kind]}`, make("span", {}, `mais ${rule.count}×`)));
  if (rules.length) rules.push(make("li", { class: "none" }, make("button", { type: "button", onclick: () => post("/control/faults", undefined, "DELETE") }, "Retirar todas")));
  document.getElementById("rules").replaceChildren(...(rules.length ? rules : [make("li", { class: "none" }, "Nenhuma: tudo funciona.")]));
  document.getElementById("habits").replaceChildren(...HABITS.map(([name, isOn, change]) => {
    const on = isOn(state.habits);
    return make("button", { type: "button", "aria-pressed": String(on), onclick: () => post("/control/webhooks", change(state.habits, !on)) }, name);
  }));
}
