"use strict";
// What the calendars of the chosen clinic hold in the next weeks; changing them is the calendar page's part.

const TINTS = ["#1a8f7a", "#7b5cc4", "#c46a2b", "#2f6fbf"];

function showAgendas() {
  const mine = state.calendars.filter((calendar) => calendar.clinic === chosen.slug);
  const people = [...new Set(mine.map((calendar) => calendar.professional))];
  redraw($("agendas"), [chosen.slug, mine], () => mine.length
    ? [make("p", { class: "help" }, "O que o Google mostra agora. ", make("a", { href: `/calendar#${chosen.slug}` }, "Abrir o calendário"), " para arrastar, criar e editar."),
      ...mine.map((calendar) => agenda(calendar, TINTS[people.indexOf(calendar.professional) % TINTS.length]))]
    : [make("p", { class: "help" }, "Esta clínica não tem agendas prontas no simulador. Ao ligar uma agenda, escolha qualquer conta de demonstração.")]);
}

function agenda(calendar, tint) {
  const isPrimary = calendar.id === calendar.account;
  const box = make("section", { class: "agenda", style: `--tint:${tint}` }, make("header", {},
    make("div", {}, make("strong", {}, isPrimary ? calendar.professional : calendar.summary), make("small", {}, isPrimary ? `Agenda principal · ${calendar.account}` : calendar.account)),
    make("button", { type: "button", onclick: () => block(calendar) }, "Bloquear")));
  if (!calendar.events.length) box.append(make("p", { class: "nothing" }, "Nada marcado nos próximos dias."));
  let day = "";
  for (const event of calendar.events.slice(0, 30)) {
    const start = event.is_whole_day ? new Date(`${event.start_date}T12:00:00-03:00`) : new Date(event.starts_at * 1000);
    if (dayName(start) !== day) box.append(make("div", { class: "date" }, day = dayName(start)));
    box.append(eventRow(calendar, event, start));
  }
  return box;
}

function eventRow(calendar, event, start) {
  const hours = event.is_whole_day ? "dia inteiro" : `${clock(start)}–${clock(new Date(event.ends_at * 1000))}`;
  const name = event.summary || "(sem título)";
  const url = `/control/calendars/${encodeURIComponent(calendar.id)}/events/${event.id}`;
  return make("div", { class: "event" }, make("time", {}, hours), make("span", { title: name }, event.series && icon("series", 13), name),
    make("button", { type: "button", title: "Apagar no Google", "aria-label": `Apagar ${name}`, onclick: () => post(url, undefined, "DELETE") }, "✕"));
}

async function block(calendar) {
  const tomorrow = new Date(Date.parse(state.now) + 86400000).toLocaleDateString("sv-SE", { timeZone: ZONE });
  const given = await ask("Bloquear um horário", [
    { name: "summary", label: "Título", value: "Compromisso pessoal", required: true },
    { name: "start", label: "Início", type: "datetime-local", value: `${tomorrow}T09:00`, required: true },
    { name: "minutes", label: "Duração", options: [[30, "30 min"], [60, "1 hora"], [120, "2 horas"], [240, "4 horas"]] },
  ], "Criar");
  if (!given) return;
  const edge = (minutes) => ({ dateTime: new Date(Date.parse(`${given.start}:00Z`) + 60000 * minutes).toISOString().slice(0, 19), timeZone: ZONE });
  post(`/control/calendars/${encodeURIComponent(calendar.id)}/events`, { summary: given.summary, start: edge(0), end: edge(Number(given.minutes)) });
}
