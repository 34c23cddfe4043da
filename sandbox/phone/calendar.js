"use strict";
// Which days and calendars are looked at, and the polling.

const isNarrow = () => innerWidth < 700;
const looking = { first: "", count: 7, shown: new Set(), clinic: location.hash.slice(1) || "aurora" };
let week = null;
let version = "";
let isChosen = false;

async function refresh() {
  if (!looking.first) lookAt(partsOf(Date.now() / 1000).day);
  const asked = `${looking.first}/${looking.count}`;
  const query = new URLSearchParams({ from: secondsOf(looking.first), until: secondsOf(addDays(looking.first, looking.count)), version });
  const answer = await fetch(`/calendar/week?${query}`);
  if (answer.status === 204) return;
  const fresh = await answer.json();
  if (asked !== `${looking.first}/${looking.count}`) return; // somebody paged on meanwhile
  week = { ...fresh, read_at: Date.now() };
  version = String(fresh.version);
  chooseFirst();
  if (!drag) show();
}

// The chosen clinic's own calendars at first; after that whatever was ticked.
function chooseFirst() {
  if (isChosen) return;
  isChosen = true;
  const mine = week.calendars.filter((calendar) => calendar.clinic === looking.clinic);
  for (const calendar of mine.length ? mine : week.calendars) looking.shown.add(calendar.id);
  const today = partsOf(week.now).day;
  if (!shownDays().includes(today)) { lookAt(today); version = ""; refresh(); }
}

async function poll() {
  try { await refresh(); } catch (error) {
    if (!(error instanceof TypeError)) console.error(error);
    version = "";
  }
  setTimeout(poll, document.hidden ? 3000 : 900);
}

function lookAt(day) {
  looking.count = isNarrow() ? 2 : 7;
  looking.first = isNarrow() ? day : addDays(day, -((weekday(day) + 6) % 7));
}

function page(step) {
  looking.first = addDays(looking.first, step * looking.count);
  version = "";
  refresh();
}

function show() {
  const last = addDays(looking.first, looking.count - 1);
  const isOneMonth = looking.first.slice(0, 7) === last.slice(0, 7);
  $("period").textContent = isOneMonth ? dayWords(last, { month: "long", year: "numeric" }) : `${dayWords(looking.first, { month: "short" })} – ${dayWords(last, { month: "short", year: "numeric" })}`;
  $("clock").textContent = new Date(week.now * 1000).toLocaleString("pt-BR", { weekday: "short", day: "2-digit", month: "2-digit", hour: "2-digit", minute: "2-digit", timeZone: ZONE });
  $("phone-link").href = `/#/${looking.clinic}`;
  redraw($("calendars"), [week.calendars.map(({ events, ...rest }) => rest), [...looking.shown]], calendarList);
  redraw($("sync-faults"), week.lost_pushes, syncFaults);
  showWeek();
}

const calendarName = (calendar) => (calendar.id === calendar.account ? calendar.professional : calendar.summary);

function calendarList() {
  const clinics = [...new Set(week.calendars.map((calendar) => calendar.clinic))];
  return clinics.flatMap((clinic) => [make("h3", {}, clinic[0].toUpperCase() + clinic.slice(1)), ...week.calendars.filter((one) => one.clinic === clinic).map(calendarRow)]);
}

function calendarRow(calendar) {
  const toggle = () => { looking.shown[looking.shown.has(calendar.id) ? "delete" : "add"](calendar.id); show(); };
  const box = make("input", { type: "checkbox", checked: looking.shown.has(calendar.id), onchange: toggle });
  const told = [calendar.id === calendar.account && "principal", calendar.channels ? "avisa o sistema" : "sem avisos"].filter(Boolean).join(" · ");
  return make("div", { class: "calendar", style: `--tint:${tintOf(calendar)}` }, make("label", {}, box, make("span", {}, calendarName(calendar), make("small", {}, told))),
    make("button", { type: "button", title: "Mais", "aria-label": `Mais sobre ${calendarName(calendar)}`, onclick: () => calendarMenu(calendar) }, "⋮"));
}

function calendarMenu(calendar) {
  const url = `/control/calendars/${encodeURIComponent(calendar.id)}`;
  menu(calendarName(calendar), [
    ["Só esta agenda", () => { looking.shown = new Set([calendar.id]); show(); }],
    ["Vencer os tokens de sincronização", async () => { if (await post(`${url}/sync-tokens`, undefined, "DELETE")) toast("A próxima leitura recebe 410 e começa do zero."); }, "410"],
    ["Livre/ocupado falha", () => post(`${url}/free-busy`, { reason: "internalError" }), "internalError"],
    ["Livre/ocupado volta", () => post(`${url}/free-busy`, {})],
  ]);
}

function syncFaults() {
  return [
    make("button", { type: "button", onclick: () => post("/control/faults", { target: "google", operation: "push", kind: "reset", count: 5 }) }, "Perder os próximos 5 avisos", week.lost_pushes ? make("small", {}, `faltam ${week.lost_pushes}`) : null),
    make("button", { type: "button", onclick: expireAll }, "Vencer todos os tokens"),
  ];
}

async function expireAll() {
  for (const calendar of week.calendars.filter((one) => looking.shown.has(one.id))) await post(`/control/calendars/${encodeURIComponent(calendar.id)}/sync-tokens`, undefined, "DELETE");
  toast("As próximas leituras recebem 410 e começam do zero.");
}

afterChange = refresh;
$("hours").append(...Array.from({ length: 24 }, (_, hour) => make("span", {}, hour ? `${hour}h` : "")));
$("today").onclick = () => { lookAt(partsOf(week.now).day); version = ""; refresh(); };
$("before").onclick = () => page(-1);
$("after").onclick = () => page(1);
$("create").onclick = () => { const today = partsOf(week.now); createEvent(shownDays().includes(today.day) ? addDays(today.day, 1) : looking.first, 9 * 60, 10 * 60); };
addEventListener("resize", () => { if ((looking.count === 2) !== isNarrow()) { lookAt(looking.first); version = ""; refresh(); } });
startDragging();
$("scroll").scrollTop = 7 * HOUR;
setInterval(() => { if (week) showNow(shownDays()); }, 30000);
poll();
