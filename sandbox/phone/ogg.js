"use strict";
// A voice note as WhatsApp's phones send it: Opus in Ogg. Chromium records the same Opus packets in WebM, so they only change their wrapping.
// Sources: RFC 3533 (Ogg), RFC 7845 (Opus in Ogg), RFC 6716 §3.1 (how long a packet lasts), RFC 8794 and 9559 (WebM).

const WEBM = { segment: 0x18538067, cluster: 0x1f43b675, tracks: 0x1654ae6b, track: 0xae, group: 0xa0, head: 0x63a2, block: 0xa1, simpleBlock: 0xa3 };
const OPENED = new Set([WEBM.segment, WEBM.cluster, WEBM.tracks, WEBM.track, WEBM.group]);
const [FIRST_PAGE, LAST_PAGE] = [2, 4];

function opusInOgg(webm) {
  const { head, packets } = readWebm(webm);
  const preSkip = head[10] + head[11] * 256;
  const pages = [oggPage(head, 0, 0, FIRST_PAGE), oggPage(opusTags(), 1, 0, 0)];
  let samples = preSkip;
  packets.forEach((packet, index) => {
    samples += samplesOf(packet);
    pages.push(oggPage(packet, index + 2, samples, index === packets.length - 1 ? LAST_PAGE : 0));
  });
  return new Blob(pages);
}

// Every element on its way: those that hold others are stepped into, whatever length they claim.
function readWebm(bytes) {
  const found = { head: null, packets: [] };
  for (let at = 0; at < bytes.length;) {
    const [id, afterId] = readNumber(bytes, at, true);
    const [size, start] = readNumber(bytes, afterId, false);
    if (OPENED.has(id)) { at = start; continue; }
    if (id === WEBM.head) found.head = bytes.slice(start, start + size);
    // Track number (one byte), time (two), flags (one), then the packet.
    if (id === WEBM.block || id === WEBM.simpleBlock) found.packets.push(bytes.slice(start + 4, start + size));
    at = start + size;
  }
  if (!found.head || !found.packets.length) throw new Error("no sound was recorded");
  return found;
}

// A number that says by its leading zeros how many bytes it has.
function readNumber(bytes, at, keepsMarker) {
  const length = Math.clz32(bytes[at]) - 23;
  let value = keepsMarker ? bytes[at] : bytes[at] & (0xff >> length);
  for (let index = 1; index < length; index++) value = value * 256 + bytes[at + index];
  return [value, at + length];
}

function samplesOf(packet) {
  const config = packet[0] >> 3;
  const sizes = config < 12 ? [480, 960, 1920, 2880] : config < 16 ? [480, 960] : [120, 240, 480, 960];
  const count = [1, 2, 2, packet[1] & 63][packet[0] & 3];
  return sizes[config % sizes.length] * count;
}

function opusTags() {
  const vendor = new TextEncoder().encode("AtendeAí simulador");
  const tags = new Uint8Array(16 + vendor.length);
  tags.set(new TextEncoder().encode("OpusTags"));
  new DataView(tags.buffer).setUint32(8, vendor.length, true);
  tags.set(vendor, 12);
  return tags;
}

function oggPage(packet, number, samples, flags) {
  // 255, 255, … and what is left: a packet ends with the first part that is not full.
  const parts = Array.from({ length: Math.floor(packet.length / 255) + 1 }, (_, index) => Math.min(255, packet.length - index * 255));
  const page = new Uint8Array(27 + parts.length + packet.length);
  const view = new DataView(page.buffer);
  page.set([0x4f, 0x67, 0x67, 0x53, 0, flags]);
  view.setBigUint64(6, BigInt(samples), true);
  view.setUint32(14, 1, true);
  view.setUint32(18, number, true);
  page[26] = parts.length;
  page.set(parts, 27);
  page.set(packet, 27 + parts.length);
  view.setUint32(22, oggChecksum(page), true);
  return page;
}

function oggChecksum(bytes) {
  let rest = 0;
  for (const byte of bytes) {
    rest ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) rest = rest & 0x80000000 ? (rest << 1) ^ 0x04c11db7 : rest << 1;
  }
  return rest >>> 0;
}
