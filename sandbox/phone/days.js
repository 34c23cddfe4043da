"use strict";
// Days and clock times of the clinic's zone, whatever the browser's own is. A day is "2026-11-25", a time is in minutes.

const DAY_MINUTES = 24 * 60;
const ZONE_PARTS = new Intl.DateTimeFormat("sv-SE", { timeZone: ZONE, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" });

// {day, minute} of unix seconds.
function partsOf(seconds) {
  const [day, time] = ZONE_PARTS.format(new Date(seconds * 1000)).split(" ");
  const [hour, minute] = time.split(":").map(Number);
  return { day, minute: hour * 60 + minute };
}

function addDays(day, count) {
  const date = new Date(`${day}T12:00:00Z`);
  date.setUTCDate(date.getUTCDate() + count);
  return date.toISOString().slice(0, 10);
}

const daysBetween = (from, until) => Math.round((Date.parse(`${until}T12:00:00Z`) - Date.parse(`${from}T12:00:00Z`)) / 86400000);
const weekday = (day) => new Date(`${day}T12:00:00Z`).getUTCDay();
const two = (number) => String(number).padStart(2, "0");
const timeOf = (minute) => `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;

// Google's own writing of a moment: clock time and zone. A minute past midnight belongs to the next day.
function edgeOf(day, minute) {
  const extra = Math.floor(minute / DAY_MINUTES);
  return { dateTime: `${addDays(day, extra)}T${timeOf(minute - extra * DAY_MINUTES)}:00`, timeZone: ZONE };
}

// Unix seconds of a day's beginning; the zone's offset is looked up, not assumed.
function secondsOf(day) {
  const guess = Date.parse(`${day}T03:00:00Z`) / 1000;
  const { day: shown, minute } = partsOf(guess);
  return guess - minute * 60 + daysBetween(shown, day) * 86400;
}

function dayWords(day, form) {
  return new Date(`${day}T12:00:00Z`).toLocaleDateString("pt-BR", { ...form, timeZone: "UTC" });
}
