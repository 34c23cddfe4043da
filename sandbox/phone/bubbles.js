"use strict";
// The chat: how each kind of message looks on the patient's phone.

const TICKS = { sent: "✓", delivered: "✓✓", read: "✓✓" };
const STATES = { sent: "enviada", delivered: "entregue", read: "lida" };
const KINDS = { image: "Imagem", audio: "Áudio", video: "Vídeo", document: "Documento", sticker: "Figurinha", location: "Localização", contacts: "Contato", reaction: "Reagiu", edit: "Editou uma mensagem", revoke: "Apagou uma mensagem", request_welcome: "Abriu a conversa", order: "Pedido", call: "Ligação de voz", unsupported: "Mensagem não suportada", template: "Mensagem", interactive: "Mensagem" };
const FILES = ["image", "video", "audio", "document", "sticker"];
const HIDDEN = ["reaction", "edit", "revoke"];
let typingTimer = 0;

function plain(text) { return text.replace(/[*_~]/g, "").replace(/\s+/g, " "); }

function formatted(text) {
  const safe = text.replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]);
  return safe
    .replace(/```([\s\S]+?)```|`([^`\n]+)`/g, (_, block, inline) => `<code>${block || inline}</code>`)
    .replace(/(^|[\s(])\*([^*\n]+)\*(?=$|[\s).,!?:;])/g, "$1<b>$2</b>")
    .replace(/(^|[\s(])_([^_\n]+)_(?=$|[\s).,!?:;])/g, "$1<i>$2</i>")
    .replace(/(^|[\s(])~([^~\n]+)~(?=$|[\s).,!?:;])/g, "$1<s>$2</s>")
    .replace(/https?:\/\/[^\s<]+/g, (url) => `<a href="${url}" target="_blank" rel="noopener">${url}</a>`);
}

function showChat() {
  const box = $("chat");
  const place = `${chosen.patient}/${chosen.slug}`;
  const isOther = box.dataset.of !== place;
  const isAtEnd = isOther || box.scrollHeight - box.scrollTop - box.clientHeight < 90;
  const messages = state.chat.messages.filter((message) => !HIDDEN.includes(message.type));
  const byId = Object.fromEntries(messages.map((message) => [message.id, message]));
  const wanted = [];
  let day = "";
  for (const message of messages) {
    const at = new Date(message.at);
    if (dayName(at) !== day) { const name = day = dayName(at); wanted.push([`day ${name}`, () => make("div", { class: "day" }, name)]); }
    const quoted = byId[message.reply_to];
    wanted.push([`${place} ${JSON.stringify([message, quoted?.body, quoted?.revoked])}`, () => bubble(message, at, quoted)]);
  }
  if (!messages.length) wanted.push([`empty ${place}`, emptyChat]);
  clearTimeout(typingTimer);
  if (state.chat.typing_seconds > 0) {
    wanted.push(["typing", () => make("div", { class: "typing", "aria-label": "digitando" }, make("i"), make("i"), make("i"))]);
    typingTimer = setTimeout(() => { version = ""; }, state.chat.typing_seconds * 1000);
  }
  fill(box, wanted);
  box.dataset.of = place;
  if (isAtEnd) scrollDown(isOther);
}

function scrollDown(isAtOnce) {
  const box = $("chat");
  box.scrollTo({ top: box.scrollHeight, behavior: isAtOnce ? "instant" : "smooth" });
}

function emptyChat() {
  return make("div", { class: "empty" }, "Nenhuma mensagem ainda. Diga um oi e a clínica responde.", make("br"),
    make("button", { type: "button", onclick: () => write({ text: "Oi, quero marcar uma consulta" }) }, "Oi, quero marcar uma consulta"));
}

function bubble(message, at, quoted) {
  if (message.type === "request_welcome") return make("div", { class: "day note" }, "Você abriu a conversa");
  const box = make("article", { class: `bubble ${message.direction} ${message.type}` });
  if (message.by) box.append(make("div", { class: "by" }, message.by === "agent" ? "Assistente da Meta" : "Pelo celular da clínica"));
  if (message.revoked) box.append(make("p", { class: "gone" }, message.direction === "in" ? "Você apagou esta mensagem" : "Mensagem apagada"));
  else box.append(...contentOf(message, quoted));
  box.append(stampOf(message, at));
  const reactions = Object.values(message.reactions || {}).filter(Boolean);
  if (reactions.length) { box.append(make("div", { class: "reactions" }, reactions.join(" "))); box.classList.add("reacted"); }
  const choices = message.revoked ? [] : choicesOf(message);
  if (choices.length) {
    box.classList.add("wide");
    box.append(make("div", { class: "choices" }, ...choices));
  }
  if (!message.revoked && message.type !== "call") box.append(make("button", { type: "button", class: "more", "aria-label": "Opções da mensagem", onclick: () => messageMenu(message) }, "⌄"));
  return box;
}

function stampOf(message, at) {
  const stamp = make("div", { class: "stamp" }, message.edited && !message.revoked ? "editada " : "", clock(at));
  if (message.direction === "in") stamp.append(make("span", { class: `ticks ${message.state}`, title: STATES[message.state], "aria-label": STATES[message.state] }, TICKS[message.state] || ""));
  return stamp;
}

// Everything of a message but its buttons: quote, header, file or place, words, footer.
function contentOf(message, quoted) {
  const parts = [];
  if (message.forwarded) parts.push(make("small", { class: "origin" }, "↪ Encaminhada"));
  if (message.group) parts.push(make("small", { class: "origin" }, "Num grupo com a clínica"));
  if (message.referral) parts.push(adOf(message.referral));
  if (message.reply_to) parts.push(quoteOf(quoted));
  if (message.header_file) parts.push(fileOf(message.header_file.type, message.header_file));
  if (message.header_place) parts.push(placeOf(message.header_place));
  if (message.header) parts.push(make("header", {}, message.header));
  if (FILES.includes(message.type)) parts.push(fileOf(message.type, message[message.type] || {}, message));
  else if (message.type === "location") parts.push(placeOf(message.location));
  else if (message.type === "contacts") parts.push(...(message.contacts || []).map(cardOf));
  else if (message.type === "order") parts.push(orderOf(message.order || {}));
  else if (message.type === "call") parts.push(make("div", { class: "doc" }, make("span", {}, icon("call", 26)), make("div", {}, make("strong", {}, "Ligação de voz"), make("small", {}, callWords(message.call)))));
  else if (message.type === "unsupported") parts.push(make("p", { class: "gone" }, "Mensagem de um tipo que a clínica não recebe"));
  const words = wordsOf(message);
  if (words) { const line = make("p"); line.innerHTML = formatted(words); parts.push(line); }
  if (message.form) parts.push(make("pre", { class: "answers" }, prettyJson(message.form)));
  if (message.footer) parts.push(make("footer", {}, message.footer));
  return parts;
}

function callWords(call) {
  const seconds = call?.seconds;
  return seconds ? `Durou ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}` : "Não atendida";
}

function wordsOf(message) {
  if (["location", "contacts", "call", "unsupported", "sticker", "audio"].includes(message.type)) return "";
  if (FILES.includes(message.type)) return message[message.type]?.caption || (message.edited ? message.body : "");
  return message.body || (message.header_file || message.type === "order" ? "" : KINDS[message.type] || "Mensagem");
}

// The advertisement or post through which somebody came.
function adOf(referral) {
  return make("div", { class: "quote" }, make("b", {}, referral.source_type === "post" ? "Veio de uma publicação" : "Veio de um anúncio"), make("span", {}, referral.headline || referral.body || referral.source_url || ""));
}

function quoteOf(quoted) {
  if (!quoted) return make("div", { class: "quote" }, make("span", {}, "Mensagem original"));
  const who = quoted.direction === "in" ? "Você" : clinicNow().name;
  return make("div", { class: "quote" }, make("b", {}, who), make("span", {}, quoted.revoked ? "Mensagem apagada" : plain(quoted.body) || KINDS[quoted.type] || "Mensagem"));
}

// A file by our own id or by the address that the clinic gave.
function fileOf(kind, node, message = {}) {
  const name = node.filename || node.name || node.caption || "arquivo";
  const source = node.id ? `/phone/media/${encodeURIComponent(node.id)}?name=${encodeURIComponent(name)}` : webAddress(node.link);
  const gone = (event) => event.target.replaceWith(make("div", { class: "doc" }, make("span", {}, icon("unknown", 26)), make("div", {}, "O arquivo não está mais disponível.")));
  if (kind === "image") return make("a", { class: "picture", href: source, target: "_blank", rel: "noopener" }, make("img", { src: source, alt: node.caption || "Imagem", onload: stayDown, onerror: gone }));
  if (kind === "sticker") return make("img", { class: "cutout", src: source, alt: "Figurinha", onload: stayDown, onerror: gone });
  if (kind === "video") return make("video", { src: source, controls: true, preload: "metadata", onloadedmetadata: stayDown });
  if (kind === "audio") return make("div", { class: "sound" }, icon(node.voice === false ? "sound" : "mic"), make("audio", { src: source, controls: true, preload: "metadata", onended: () => heard(message) }));
  const type = (node.mime_type || "").split("/").pop() || name.split(".").pop();
  return make("a", { class: "doc", href: source, target: "_blank", rel: "noopener" }, make("span", {}, icon("document", 28)), make("div", {}, make("strong", {}, name), make("small", {}, type.slice(0, 12).toUpperCase())));
}

// Whoever listened to the clinic's voice note to its end has played it.
function heard(message) {
  if (message.direction === "out") post(patientUrl("plays"), { to: chosen.slug, message: message.id });
}

// What the clinic gives as an address is followed only when it leads to the web, and runs nothing here.
function webAddress(text) { return /^https?:\/\//i.test(text || "") ? text : ""; }

// A picture that arrives late makes its bubble higher: whoever was at the end stays there.
function stayDown(event) {
  const box = $("chat");
  if (box.scrollHeight - box.scrollTop - box.clientHeight < event.target.clientHeight + 120) scrollDown(true);
}

function placeOf(place) {
  const at = `${Number(place.latitude).toFixed(5)}, ${Number(place.longitude).toFixed(5)}`;
  return make("div", { class: "place" }, make("div", { class: "map" }, icon("place", 34)), make("strong", {}, place.name || "Localização"), make("small", {}, place.address || at));
}

function cardOf(contact) {
  const phones = (contact.phones || []).map((one) => one.phone || one.wa_id).filter(Boolean).join(" · ");
  return make("div", { class: "card" }, make("span", { class: "avatar", "aria-hidden": "true" }, initials(contact.name?.formatted_name || "?")), make("div", {}, make("strong", {}, contact.name?.formatted_name || "Contato"), make("small", {}, phones || contact.org?.company || "")));
}

function orderOf(order) {
  const items = order.product_items || [];
  const total = items.reduce((sum, item) => sum + item.item_price * item.quantity, 0);
  return make("div", { class: "doc" }, make("span", {}, icon("cart", 28)), make("div", {}, make("strong", {}, `${items.length} ${items.length === 1 ? "item" : "itens"}`), make("small", {}, total.toLocaleString("pt-BR", { style: "currency", currency: items[0]?.currency || "BRL" }))));
}

function prettyJson(text) {
  try { return JSON.stringify(JSON.parse(text), null, 1).replace(/^[{[]\n|\n[}\]]$/g, "").replace(/^ /gm, ""); } catch { return text; }
}

function choicesOf(message) {
  if (message.direction === "in") return [];
  const button = (text, act) => make("button", { type: "button", onclick: act }, text);
  const choices = message.buttons.map((one) => one.url
    ? make("a", { href: webAddress(one.url) || null, target: "_blank", rel: "noopener" }, `↗  ${one.title}`)
    : button(one.title, () => write({ button: one.id })));
  if (message.sections) choices.push(button(`☰  ${message.list_button}`, () => openSheet(message)));
  if (message.link) choices.push(make("a", { href: webAddress(message.link.url) || null, target: "_blank", rel: "noopener" }, `↗  ${message.link.display_text}`));
  if (message.flow) choices.push(button(`☰  ${message.flow.flow_cta}`, () => answerFlow(message)));
  if (message.interactive === "request_contact_info") choices.push(button("Compartilhar meu número", () => write({ raw: ownCard() })));
  if (message.interactive === "location_request_message") choices.push(button("Enviar localização", sendPlace));
  return choices;
}

// The list that rises from below --------------------------------------------------------------------
function openSheet(message) {
  $("sheet-title").textContent = message.list_button;
  $("sheet-rows").replaceChildren(...message.sections.flatMap((section) => [
    ...(section.title ? [make("h4", {}, section.title)] : []),
    ...section.rows.map((row) => make("button", { type: "button", onclick: () => { closeSheet(); write({ list: row.id }); } },
      make("span", {}, row.title, ...(row.description ? [make("small", {}, row.description)] : [])))),
  ]));
  $("sheet").hidden = $("sheet-back").hidden = false;
  $("sheet-rows").querySelector("button")?.focus({ preventScroll: true, focusVisible: false });
}

function closeSheet() { $("sheet").hidden = $("sheet-back").hidden = true; }
