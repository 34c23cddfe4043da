"use strict";
// Creating, editing and deleting, as a person does it in Google; pushes go out by themselves.

const eventUrl = (calendar, id) => `/control/calendars/${encodeURIComponent(calendar)}/events${id ? `/${id}` : ""}`;
const REPEATS = [["", "Não se repete"], ["RRULE:FREQ=DAILY", "Todo dia"], ["RRULE:FREQ=WEEKLY", "Toda semana"], ["RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "De segunda a sexta"]];
const KINDS = [["default", "Evento"], ["outOfOffice", "Ausência"], ["focusTime", "Tempo de foco"], ["workingLocation", "Local de trabalho"]];

async function change(event, body) {
  const done = await post(eventUrl(event.calendar.id, event.id), body, "PATCH");
  if (done) toast(event.calendar.channels ? "Alterado. O sistema foi avisado." : "Alterado. Nenhum sistema acompanha esta agenda por avisos.");
}

function fieldsOf({ summary, day, from, until, lastDay, isWhole, isFree, color, description }) {
  return [
    { name: "summary", label: "Título", value: summary },
    { name: "whole", label: "Dia inteiro", type: "checkbox", value: isWhole },
    { name: "day", label: "Dia", type: "date", value: day, required: true },
    { name: "from", label: "Das", type: "time", value: timeOf(from), step: 300 },
    { name: "lastDay", label: "Até o dia", type: "date", value: lastDay, required: true },
    { name: "until", label: "Às", type: "time", value: timeOf(until % DAY_MINUTES), step: 300 },
    { name: "free", label: "Mostrar como", options: [["", "Ocupado"], ["1", "Livre"]], value: isFree ? "1" : "" },
    { name: "color", label: "Cor", options: [["", "A da agenda"], ...Object.entries(GOOGLE_COLORS).map(([id, [name]]) => [id, name])], value: color || "" },
    { name: "description", label: "Descrição", rows: 2, value: description || "" },
  ];
}

// Times are hidden while the whole day is ticked.
function watchWhole() {
  const form = $("dialog").querySelector("form");
  form.classList.add("event-form");
  const show = () => { for (const name of ["from", "until"]) form.elements[name].parentElement.hidden = form.elements.whole.checked; };
  form.elements.whole.onchange = show;
  show();
}

function spanOf(given) {
  if (given.whole) return { start: { date: given.day }, end: { date: addDays(given.lastDay, 1) } };
  const minutes = (text) => { const [hour, minute] = text.split(":").map(Number); return hour * 60 + minute; };
  return { start: edgeOf(given.day, minutes(given.from)), end: edgeOf(given.lastDay, minutes(given.until)) };
}

const looksOf = (given) => ({ summary: given.summary, description: given.description || null, colorId: given.color || null, transparency: given.free ? "transparent" : "opaque" });

async function createEvent(day, from, until) {
  const calendars = week.calendars.filter((calendar) => looking.shown.has(calendar.id));
  if (!calendars.length) return toast("Escolha primeiro uma agenda à esquerda.");
  const lastDay = addDays(day, Math.floor(until / DAY_MINUTES));
  const promise = ask("Novo evento", [
    ...fieldsOf({ summary: "Compromisso pessoal", day, from, until, lastDay }),
    { name: "calendar", label: "Agenda", options: calendars.map((one) => [one.id, calendarName(one)]) },
    { name: "repeat", label: "Repetição", options: REPEATS },
    { name: "type", label: "Tipo", options: KINDS },
  ], "Criar");
  watchWhole();
  const given = await promise;
  if (!given) return;
  const body = { ...looksOf(given), ...spanOf(given), eventType: given.type, ...(given.repeat && { recurrence: [given.repeat] }) };
  await post(eventUrl(given.calendar), body);
}

async function editEvent(event) {
  const start = partsOf(event.starts_at), end = partsOf(event.ends_at);
  const isWhole = event.is_whole_day;
  const values = { summary: event.summary, isFree: event.is_free, color: event.color, description: event.description, isWhole, day: isWhole ? event.start_date : start.day, lastDay: isWhole ? addDays(event.end_date, -1) : end.day, from: isWhole ? 540 : start.minute, until: isWhole ? 600 : end.minute };
  const remove = (id, words) => make("button", { type: "button", class: "danger", onclick: () => { $("dialog").close(); deleteEvent(event, id); } }, words);
  const extra = event.series ? [remove(event.id, "Apagar este"), remove(event.series, "Apagar a série")] : [remove(event.id, "Apagar")];
  const promise = ask(event.is_ours ? "Evento do sistema" : "Evento", fieldsOf(values), "Salvar", extra);
  watchWhole();
  const given = await promise;
  if (!given) return;
  const span = spanOf(given), before = spanOf({ ...values, whole: isWhole, from: timeOf(values.from), until: timeOf(values.until) });
  await change(event, { ...looksOf(given), ...(JSON.stringify(span) !== JSON.stringify(before) && span) });
}

async function deleteEvent(event, id) {
  if (await post(eventUrl(event.calendar.id, id), undefined, "DELETE")) toast("Apagado no Google.");
}
