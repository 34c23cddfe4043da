"use strict";
// Moving, stretching and creating with the pointer, in steps of fifteen minutes. A press that goes nowhere is a click.

const STEP = 15;
const SLACK = 5; // pixels that a hand may tremble
let drag = null;

function startDragging() {
  const columns = $("columns");
  columns.addEventListener("pointerdown", (press) => {
    if (press.button !== 0 || !week) return;
    const box = press.target.closest(".event");
    const from = placeOf(press);
    if (!from) return;
    const event = box && visibleEvents().find((one) => one.id === box.dataset.event && one.calendar.id === box.dataset.calendar);
    const kind = !box ? "create" : press.target.closest(".stretch") ? "stretch" : "move";
    if (press.pointerType === "touch" && kind === "create") return; // the finger scrolls
    drag = { kind, box, event, from, at: from, x: press.clientX, y: press.clientY, isMoving: false };
    if (press.pointerType !== "touch") columns.setPointerCapture(press.pointerId);
  });
  columns.addEventListener("pointermove", (move) => {
    if (!drag) return;
    if (!drag.isMoving && Math.hypot(move.clientX - drag.x, move.clientY - drag.y) < SLACK) return;
    drag.isMoving = true;
    drag.at = placeOf(move) || drag.at;
    showGhost();
  });
  columns.addEventListener("pointerup", finish);
  columns.addEventListener("pointercancel", stop);
  addEventListener("keydown", (press) => { if (press.key === "Escape") stop(); });
}

// Day and minute under the pointer.
function placeOf({ clientX, clientY }) {
  const boxes = [...document.querySelectorAll(".column")];
  const found = boxes.find((box) => { const edge = box.getBoundingClientRect(); return clientX >= edge.left && clientX < edge.right; });
  if (!found) return null;
  const minute = (clientY - found.getBoundingClientRect().top) / HOUR * 60;
  return { day: found.dataset.day, minute: Math.min(DAY_MINUTES, Math.max(0, minute)) };
}

const rounded = (minute) => Math.round(minute / STEP) * STEP;

// What the drag would make: {day, from, until}; `until` may lie past midnight.
function wish() {
  const { kind, event, from, at } = drag;
  if (kind === "create") {
    const [start, end] = [from.minute, at.minute].sort((one, other) => one - other);
    const first = Math.floor(start / STEP) * STEP;
    return { day: from.day, from: first, until: Math.max(first + STEP, rounded(end)) };
  }
  const start = partsOf(event.starts_at);
  const length = Math.round((event.ends_at - event.starts_at) / 60);
  const moved = rounded(at.minute - from.minute);
  if (kind === "stretch") return { day: start.day, from: start.minute, until: Math.max(start.minute + STEP, start.minute + length + moved) };
  const first = Math.max(0, start.minute + moved);
  return { day: addDays(start.day, daysBetween(from.day, at.day)), from: first, until: first + length };
}

function showGhost() {
  const { day, from, until } = wish();
  document.querySelector(".ghost")?.remove();
  drag.box?.classList.add("lifted");
  const box = document.querySelector(`.column[data-day="${day}"]`);
  const height = (Math.min(until, DAY_MINUTES) - from) / 60 * HOUR;
  box?.append(make("div", { class: "ghost", style: `top:${from / 60 * HOUR}px;height:${height}px` }, `${timeOf(from)} – ${timeOf(until % DAY_MINUTES)}`));
}

function stop() {
  document.querySelector(".ghost")?.remove();
  drag?.box?.classList.remove("lifted");
  const stopped = drag;
  drag = null;
  return stopped;
}

async function finish() {
  if (!drag) return;
  const wanted = drag.isMoving ? wish() : null;
  const { kind, event, from } = stop();
  if (!wanted && event) return editEvent(event);
  if (!wanted) return createEvent(from.day, Math.floor(from.minute / 30) * 30, Math.floor(from.minute / 30) * 30 + 60);
  if (kind === "create") return createEvent(wanted.day, wanted.from, wanted.until);
  return change(event, { start: edgeOf(wanted.day, wanted.from), end: edgeOf(wanted.day, wanted.until) });
}
