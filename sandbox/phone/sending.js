"use strict";
// What the patient sends: text, files, places, cards, answers to forms, and what they do to messages that are there.

const FACES = ["👍", "❤️", "😂", "😮", "😢", "🙏"];
const EDIT_SECONDS = 15 * 60;
let replying = null; // the message that the next one answers

async function write(message) {
  const isAnswer = message.text || message.file || ["location", "contacts"].includes(message.raw?.type);
  const reply = replying && isAnswer ? { reply_to: replying.id } : {};
  if (isAnswer) cancelReply();
  const answer = await post(patientUrl("messages"), { to: chosen.slug, ...reply, ...message });
  if (answer?.webhook_status === 0) toast("A clínica não atendeu: o sistema está fora do ar, ou a entrega está desligada. O que falta chega quando ele voltar.");
  else if (answer && answer.webhook_status !== 200) toast(`O sistema respondeu ${answer.webhook_status}. A entrega será repetida.`);
  scrollDown();
  return answer;
}

// Replies, reactions, edits ---------------------------------------------------------------------------
function messageMenu(message) {
  const isMine = message.direction === "in";
  const react = (emoji) => { $("dialog").close(); write({ raw: { type: "reaction", reaction: { message_id: message.id, emoji } } }); };
  const mine = message.reactions?.in;
  const isYoung = Date.parse(state.now) - Date.parse(message.at) < EDIT_SECONDS * 1000;
  const entry = (words, act) => make("button", { type: "button", onclick: () => { $("dialog").close(); act(); } }, words);
  openDialog("Mensagem",
    make("div", { class: "faces" }, ...FACES.map((face) => make("button", { type: "button", "aria-label": `Reagir com ${face}`, "aria-pressed": String(mine === face), onclick: () => react(mine === face ? "" : face) }, face))),
    make("div", { class: "menu" },
      mine && entry("Tirar a reação", () => write({ raw: { type: "reaction", reaction: { message_id: message.id, emoji: "" } } })),
      entry("Responder", () => reply(message)),
      ["text", "location", ...FILES].includes(message.type) && entry("Encaminhar à clínica", () => forward(message)),
      isMine && isYoung && ["text", ...FILES].includes(message.type) && !["audio", "sticker"].includes(message.type) && entry("Editar", () => edit(message)),
      isMine && entry("Apagar para todos", () => write({ raw: { type: "revoke", revoke: { original_message_id: message.id } } }))));
}

function reply(message) {
  replying = message;
  $("replying").hidden = false;
  $("replying-text").textContent = plain(message.body) || KINDS[message.type] || "Mensagem";
  $("composer").elements.text.focus();
}

function forward(message) {
  const node = message.type === "text" ? { body: message.body } : message[message.type];
  write({ raw: { type: message.type, [message.type]: node, context: { forwarded: true } } });
}

function cancelReply() { replying = null; $("replying").hidden = true; }

async function edit(message) {
  const given = await ask("Editar a mensagem", [{ name: "text", label: message.type === "text" ? "Texto" : "Legenda", value: message.body, rows: 3, required: true }], "Salvar");
  if (!given) return;
  const { id, mime_type } = message[message.type] || {};
  const inner = message.type === "text"
    ? { type: "text", text: { body: given.text } }
    : { type: message.type, [message.type]: { id, mime_type, caption: given.text } };
  write({ raw: { type: "edit", edit: { original_message_id: message.id, message: inner } } });
}

// Files ----------------------------------------------------------------------------------------------
function pick(accept, options = {}) {
  const input = make("input", { type: "file", accept });
  input.onchange = () => { if (input.files[0]) sendFile(input.files[0], options); };
  input.click();
}

async function sendFile(file, { kind, voice, asks = true } = {}) {
  const type = file.type || "application/octet-stream";
  let caption = "";
  if (asks && !voice && kind !== "sticker" && !type.startsWith("audio/")) {
    const size = file.size > 1e6 ? `${(file.size / 1e6).toFixed(1)} MB` : `${Math.max(1, Math.round(file.size / 1e3))} kB`;
    const given = await ask(file.name || "Arquivo", [{ name: "caption", label: "Legenda (opcional)", help: `${type} · ${size}` }]);
    if (!given) return;
    caption = given.caption;
  }
  const base64 = await toBase64(file);
  write({ file: { name: file.name || "arquivo", mime_type: type, base64, ...(caption && { caption }), ...(kind && { kind }), ...(voice !== undefined && { voice }) } });
}

function toBase64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.split(",")[1] || "");
    reader.onerror = reject;
    reader.readAsDataURL(file);
  });
}

// The clip menu --------------------------------------------------------------------------------------
const ATTACHMENTS = [
  ["photo", "Foto", () => pick("image/jpeg,image/png", { kind: "image" })],
  ["video", "Vídeo", () => pick("video/mp4,video/3gpp", { kind: "video" })],
  ["document", "Documento", () => pick("", { kind: "document" })],
  ["sound", "Áudio", () => pick("audio/*", { kind: "audio", voice: false })],
  ["mic", "Voz (.ogg)", () => pick("audio/ogg,.ogg,.opus", { kind: "audio", voice: true })],
  ["sticker", "Figurinha", () => pick("image/webp", { kind: "sticker" })],
  ["place", "Localização", sendPlace],
  ["person", "Contato", sendCard],
  ["form", "Formulário", () => answerFlow(null)],
  ["cart", "Pedido", sendOrder],
  ["poll", "Enquete", () => write({ raw: unsupported("poll") })],
  ["unknown", "Sem suporte", () => write({ raw: unsupported("unknown") })],
];

function toggleClip(isOpen = $("clip").hidden) {
  $("clip").hidden = !isOpen;
  $("clip-button").setAttribute("aria-expanded", String(isOpen));
}

async function sendPlace() {
  const given = await ask("Enviar localização", [
    { name: "name", label: "Nome (opcional)", value: "Avenida Paulista" },
    { name: "address", label: "Endereço (opcional)", value: "Av. Paulista, 1578 - São Paulo" },
    { name: "latitude", label: "Latitude", type: "number", step: "any", min: -90, max: 90, value: "-23.5614", required: true },
    { name: "longitude", label: "Longitude", type: "number", step: "any", min: -180, max: 180, value: "-46.6559", required: true },
  ]);
  if (!given) return;
  const location = { latitude: Number(given.latitude), longitude: Number(given.longitude) };
  for (const key of ["name", "address"]) if (given[key]) location[key] = given[key];
  write({ raw: { type: "location", location } });
}

async function sendCard() {
  const given = await ask("Enviar um contato", [
    { name: "name", label: "Nome", value: "Sérgio Nogueira", required: true },
    { name: "phone", label: "Número com DDD", type: "tel", value: "(11) 98765-0300", required: true },
  ]);
  const phone = given && fullNumber(given.phone);
  if (phone) write({ raw: { type: "contacts", contacts: [{ name: { formatted_name: given.name, first_name: given.name.split(" ")[0] }, phones: [{ phone: `+${phone}`, wa_id: phone, type: "CELL" }], origin: "other" }] } });
  else if (given) toast("Escreva o número com DDD.");
}

function ownCard() {
  const patient = patientNow();
  const phone = patient.wa_id || "5511955550199"; // a hidden number is the patient's own to give
  return { type: "contacts", contacts: [{ name: { formatted_name: patient.name, first_name: patient.name }, phones: [{ phone: `+${phone}`, wa_id: phone, type: "CELL" }], origin: "contact_request" }] };
}

// A form's answer: Meta passes on whatever JSON the form gives, as a text.
async function answerFlow(message) {
  const example = { flow_token: message?.flow?.flow_token || "unused", convenio: "Particular", primeira_vez: true };
  const given = await ask(message ? message.flow.flow_cta : "Resposta de um formulário", [{ name: "json", label: "Respostas (JSON)", rows: 7, value: JSON.stringify(example, null, 2), required: true }]);
  if (!given) return;
  try { JSON.parse(given.json); } catch (error) { return toast(`Isto não é JSON: ${error.message}`); }
  const context = message ? { reply_to: message.id } : {};
  return write({ ...context, raw: { type: "interactive", interactive: { type: "nfm_reply", nfm_reply: { name: "flow", body: "Sent", response_json: given.json } } } });
}

function sendOrder() {
  const product_items = [{ product_retailer_id: "limpeza", quantity: 1, item_price: 180, currency: "BRL" }];
  write({ raw: { type: "order", order: { catalog_id: "1", text: "", product_items } } });
}

function unsupported(type) {
  const error = { code: 131051, title: "Message type unknown", message: "Message type unknown", error_data: { details: "Message type is currently not supported." } };
  return { type: "unsupported", unsupported: { type }, errors: [error] };
}

function startSending() {
  const form = $("composer");
  form.onsubmit = (submit) => {
    submit.preventDefault();
    const text = form.elements.text.value.trim();
    form.elements.text.value = "";
    showSendOrMic();
    if (text) write({ text });
  };
  form.elements.text.oninput = showSendOrMic;
  $("clip").replaceChildren(...ATTACHMENTS.map(([drawing, words, act]) => make("button", { type: "button", onclick: () => { toggleClip(false); act(); } }, make("span", {}, icon(drawing, 24)), words)));
  $("clip-button").onclick = () => toggleClip();
  $("replying-close").onclick = cancelReply;
  const chat = $("chat");
  chat.ondragover = (drag) => drag.preventDefault();
  chat.ondrop = (drop) => { drop.preventDefault(); if (drop.dataTransfer.files[0]) sendFile(drop.dataTransfer.files[0]); };
  form.elements.text.onpaste = (paste) => { if (paste.clipboardData.files[0]) { paste.preventDefault(); sendFile(paste.clipboardData.files[0]); } };
}

function showSendOrMic() {
  const isEmpty = !$("composer").elements.text.value.trim();
  $("mic").hidden = !isEmpty;
  $("send").hidden = isEmpty;
}
