"use strict";
// Small drawings, so that the page looks the same on machines without emoji.

const DRAWINGS = {
  photo: "M4 7.5h3l1.6-2h6.8l1.6 2h3v11H4zM12 16a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4",
  video: "M3.5 6.5h11v11h-11zM14.5 10.5l6-3v9l-6-3",
  document: "M6 3.5h8l4 4v13H6zM14 3.5v4h4M9 12h6M9 15.5h6",
  sound: "M9 17.5V5.5l10-2v12M9 17.5a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0M19 15.5a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0",
  mic: "M12 14.5a3 3 0 0 0 3-3V6a3 3 0 0 0-6 0v5.5a3 3 0 0 0 3 3M6 11.5a6 6 0 0 0 12 0M12 17.5V21",
  sticker: "M4 4h16v9l-7 7H4zM20 13h-7v7M8.5 9h.1M13 9h.1M8 12.5c1.2 1.3 3 1.5 4.5.6",
  place: "M12 21s6.5-6.3 6.5-11.2a6.5 6.5 0 0 0-13 0C5.5 14.7 12 21 12 21M12 12.200a2.4 2.4 0 1 0 0-4.8 2.4 2.4 0 0 0 0 4.8",
  person: "M12 11.500a3.7 3.7 0 1 0 0-7.4 3.7 3.7 0 0 0 0 7.400M5 20c.6-3.7 3.4-5.5 7-5.500s6.4 1.8 7 5.5",
  form: "M5 4h14v16H5zM8.5 8.500h7M8.5 12h7M8.5 15.500h4",
  cart: "M3 4.500h2.500l2 10.500h10l2-7.500H6.200M9 19.500h.1M16 19.500h.1",
  poll: "M5 20V11M12 20V4M19 20v-6",
  unknown: "M9 9a3 3 0 1 1 4.3 2.700c-.9.5-1.3 1.1-1.3 2.300M12 17.500h.1M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18",
  call: "M6.500 4h3l1.500 4.200-2 1.500a11 11 0 0 0 5.300 5.300l1.500-2 4.200 1.500v3a2 2 0 0 1-2.200 2A15.500 15.500 0 0 1 4.500 6.200 2 2 0 0 1 6.500 4",
  clip: "m19.5 11.5-7.8 7.800a4.6 4.6 0 0 1-6.5-6.500l8-8a3.1 3.1 0 0 1 4.4 4.400l-7.9 7.900a1.5 1.5 0 0 1-2.2-2.200l7-7",
  bin: "M5 7h14M9.5 7V4.500h5V7M7 7l1 13h8l1-13M10.5 11v5.500M13.5 11v5.5",
  series: "M4.5 12a7.5 7.5 0 0 1 13-5.200L20 9M20 4.500V9h-4.500M19.5 12a7.5 7.5 0 0 1-13 5.200L4 15M4 19.500V15h4.5",
};

function icon(name, size = 22) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", width: size, height: size, "aria-hidden": "true", class: "icon" })) svg.setAttribute(key, value);
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", DRAWINGS[name]);
  svg.append(path);
  return svg;
}
