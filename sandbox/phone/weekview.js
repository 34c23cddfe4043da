"use strict";
// The week as it is drawn: heads, whole days above, columns of hours with events side by side where they overlap.

const HOUR = 46; // pixels, as calendar.css draws the lines
const TINTS = ["#1a73c4", "#7b5cc4", "#c46a2b", "#2f8f6f", "#b3446c", "#5f6f1f"];
const GOOGLE_COLORS = { 1: ["Lavanda", "#7986cb"], 2: ["Sálvia", "#33b679"], 3: ["Uva", "#8e24aa"], 4: ["Flamingo", "#e67c73"], 5: ["Banana", "#d9a800"], 6: ["Tangerina", "#f4511e"], 7: ["Pavão", "#039be5"], 8: ["Grafite", "#616161"], 9: ["Mirtilo", "#3f51b5"], 10: ["Manjericão", "#0b8043"], 11: ["Tomate", "#d50000"] };
const TYPES = { outOfOffice: "ausência", focusTime: "foco", workingLocation: "local de trabalho", birthday: "aniversário", fromGmail: "do Gmail" };
const tintOf = (calendar) => TINTS[week.calendars.findIndex((one) => one.id === calendar.id) % TINTS.length];
const colorOf = (event) => GOOGLE_COLORS[event.color]?.[1] || tintOf(event.calendar);
const nameOf = (event) => event.summary || "(sem título)";
const shownDays = () => Array.from({ length: looking.count }, (_, at) => addDays(looking.first, at));

function visibleEvents() {
  return week.calendars.filter((calendar) => looking.shown.has(calendar.id)).flatMap((calendar) => calendar.events.map((event) => ({ ...event, calendar })));
}

function showWeek() {
  const days = shownDays();
  const events = visibleEvents();
  const today = partsOf(week.now).day;
  $("columns").style.setProperty("--days", days.length);
  $("days").style.setProperty("--days", days.length);
  $("whole").style.setProperty("--days", days.length);
  redraw($("days"), [days, today], () => [make("span"), ...days.map((day) => make("div", { class: day === today ? "today" : "" }, make("small", {}, dayWords(day, { weekday: "short" })), make("strong", {}, String(Number(day.slice(8))))))]);
  redraw($("whole"), [days, events.filter((one) => one.is_whole_day)], () => wholeDays(days, events));
  redraw($("columns"), [days, events.filter((one) => !one.is_whole_day), today === days[0]], () => days.map((day) => column(day, events)));
  showNow(days);
}

function wholeDays(days, events) {
  const bars = events.filter((event) => event.is_whole_day && event.start_date < addDays(days[days.length - 1], 1) && event.end_date > days[0]).map((event) => {
    const from = Math.max(0, daysBetween(days[0], event.start_date));
    const until = Math.min(days.length, daysBetween(days[0], event.end_date));
    return make("button", { type: "button", class: `bar ${event.is_free ? "free" : ""}`, style: `--tint:${colorOf(event)};grid-column:${from + 2}/${until + 2}`, onclick: () => editEvent(event) }, event.series && icon("series", 12), nameOf(event));
  });
  return [make("span", { class: "label" }, bars.length ? "dia todo" : ""), ...bars];
}

function column(day, events) {
  const box = make("div", { class: "column", "data-day": day });
  const pieces = events.filter((event) => !event.is_whole_day).map((event) => piece(event, day)).filter(Boolean);
  for (const one of side(pieces)) box.append(block(one));
  return box;
}

// The part of an event that lies on this day, in minutes.
function piece(event, day) {
  const start = partsOf(event.starts_at), end = partsOf(event.ends_at);
  const from = start.day === day ? start.minute : start.day < day ? 0 : null;
  const until = end.day === day ? end.minute : end.day > day ? DAY_MINUTES : null;
  return from === null || until === null || until <= from ? null : { event, from, until, isFirst: start.day === day };
}

// Overlapping ones share the width: each group is split into as many lanes as it needs.
function side(pieces) {
  pieces.sort((one, other) => one.from - other.from || other.until - one.until);
  let group = [], end = 0;
  const close = () => { for (const one of group) one.lanes = Math.max(...group.map((other) => other.lane)) + 1; group = []; };
  for (const one of pieces) {
    if (one.from >= end) close();
    const taken = new Set(group.filter((other) => other.until > one.from).map((other) => other.lane));
    one.lane = 0;
    while (taken.has(one.lane)) one.lane += 1;
    group.push(one);
    end = Math.max(end, one.until);
  }
  close();
  return pieces;
}

function block({ event, from, until, lane, lanes, isFirst }) {
  const height = Math.max(18, (until - from) / 60 * HOUR - 2);
  const classes = ["event", event.is_ours && "ours", event.is_free && "free", event.is_tentative && "tentative", height < 34 && "short"].filter(Boolean).join(" ");
  const style = `--tint:${colorOf(event)};top:${from / 60 * HOUR}px;height:${height}px;left:calc(${lane / lanes * 100}% + 1px);width:calc(${100 / lanes}% - 4px)`;
  const hours = `${clock(new Date(event.starts_at * 1000))} – ${clock(new Date(event.ends_at * 1000))}`;
  const box = make("div", { class: classes, style, role: "button", tabindex: "0", "data-event": event.id, "data-calendar": event.calendar.id, title: `${nameOf(event)}\n${hours}\n${event.calendar.summary}` },
    make("strong", {}, event.series && icon("series", 12), TYPES[event.type] ? `${nameOf(event)} (${TYPES[event.type]})` : nameOf(event)), make("small", {}, hours));
  box.onkeydown = (press) => { if (press.key === "Enter" || press.key === " ") { press.preventDefault(); editEvent(event); } };
  if (isFirst) box.append(make("i", { class: "stretch", "aria-hidden": "true" }));
  return box;
}

function showNow(days) {
  const { day, minute } = partsOf(week.now + (Date.now() - week.read_at) / 1000);
  for (const line of document.querySelectorAll(".now")) line.remove();
  const box = document.querySelector(`.column[data-day="${day}"]`);
  if (box && days.includes(day)) box.append(make("div", { class: "now", style: `top:${minute / 60 * HOUR}px` }));
}
