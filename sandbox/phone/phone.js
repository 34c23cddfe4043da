"use strict";
// The patients, the phone and the polling. The page holds no state of its own but who is chosen and what was seen.

const $ = (id) => document.getElementById(id);
const TICKS = { sent: "✓", delivered: "✓✓", read: "✓✓" };
const MEDIA = { image: "📷 Imagem", audio: "🎤 Áudio", video: "🎬 Vídeo", document: "📄 Documento", sticker: "Figurinha", location: "📍 Localização", contacts: "👤 Contato" };
const COLORS = ["#b5651d", "#2e7d6b", "#7a4fa3", "#c2185b", "#1565c0", "#558b2f", "#ad5389", "#00838f", "#8d6e63", "#5c6bc0"];
const chosen = { patient: location.hash.slice(1).split("/")[0] || "5511987650001", slug: location.hash.split("/")[1] || "aurora" };
const seen = JSON.parse(localStorage.getItem("seen") || "{}");
let state = null;
let version = "";
let typingTimer = 0;

async function post(url, body, method = "POST") {
  const answer = await fetch(url, { method, body: body === undefined ? undefined : JSON.stringify(body) });
  const found = await answer.json().catch(() => ({}));
  if (!answer.ok) toast(found.error || "Não deu certo.");
  await refresh();
  return found;
}

async function refresh() {
  const asked = `${chosen.patient}/${chosen.slug}`;
  const query = new URLSearchParams({ patient: chosen.patient, with: chosen.slug, version });
  const answer = await fetch(`/phone/state?${query}`);
  if (answer.status === 204) return;
  const fresh = await answer.json();
  if (asked !== `${chosen.patient}/${chosen.slug}` || fresh.version < Number(version)) return; // overtaken on the way
  state = fresh;
  version = String(fresh.version);
  show();
}

async function poll() {
  try { await refresh(); } catch { $("clinic-state").textContent = "simulador parado"; version = ""; }
  setTimeout(poll, document.hidden ? 3000 : 700);
}

function toast(text) {
  $("toast").textContent = text;
  $("toast").hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { $("toast").hidden = true; }, 4500);
}

function choose(change) {
  Object.assign(chosen, change);
  history.replaceState(null, "", `#${chosen.patient}/${chosen.slug}`);
  version = "";
  closeSheet();
  refresh();
}

function show() {
  const sentCount = (state.patients.find((one) => one.key === chosen.patient)?.chats[chosen.slug] || {}).sent || 0;
  seen[`${chosen.patient}/${chosen.slug}`] = sentCount;
  localStorage.setItem("seen", JSON.stringify(seen));
  $("portal").href = state.portal;
  showClock();
  showPatients();
  showNumbers();
  showChat();
  showAgendas(state, chosen.slug);
  showFaults(state);
}

function showClock() {
  const now = new Date(Date.now() + state.offset_seconds * 1000);
  $("clock").textContent = now.toLocaleString("pt-BR", { weekday: "short", day: "2-digit", month: "2-digit", hour: "2-digit", minute: "2-digit", timeZone: ZONE });
  $("clock").parentElement.classList.toggle("moved", state.offset_seconds !== 0);
}

// Patients ---------------------------------------------------------------------------------------
const initials = (name) => name.replace(/^(Dra?\.|Clínica) /, "").split(" ").filter((word) => /^\p{Lu}/u.test(word)).map((word) => word[0]).filter((_, at, all) => at === 0 || at === all.length - 1).join("") || name[0];
const phoneText = (patient) => patient.username ? `@${patient.username} · sem número` : patient.wa_id ? patient.wa_id.replace(/^55(\d\d)(\d{4,5})(\d{4})$/, "+55 $1 $2-$3") : patient.key;

function showPatients() {
  $("patients").replaceChildren(...state.patients.map((patient, at) => {
    const last = patient.chats[chosen.slug];
    const unread = last ? Math.max(0, last.sent - (seen[`${patient.key}/${chosen.slug}`] || 0)) : 0;
    const words = last ? `${last.direction === "in" ? "Você: " : ""}${plain(last.body) || MEDIA[last.type] || "Mensagem"}` : phoneText(patient);
    return make("li", {}, make("button", { type: "button", class: "patient", "aria-current": String(patient.key === chosen.patient), onclick: () => { choose({ patient: patient.key }); view("phone"); } },
      make("span", { class: "avatar", style: `background:${COLORS[at % COLORS.length]}`, "aria-hidden": "true" }, initials(patient.name)),
      make("div", {}, make("strong", {}, patient.name), make("small", {}, words)),
      make("div", { class: "meta" }, last ? clock(new Date(last.at * 1000)) : "", make("br"), unread ? make("span", { class: "badge" }, String(unread)) : "")));
  }));
}

function showNumbers() {
  $("numbers").replaceChildren(...state.numbers.map((number) =>
    make("button", { type: "button", role: "tab", "aria-selected": String(number.slug === chosen.slug), onclick: () => choose({ slug: number.slug }) }, number.name.replace("Clínica ", ""))));
  const number = state.numbers.find((one) => one.slug === chosen.slug) || state.numbers[0];
  $("clinic-name").textContent = number.name;
  $("clinic-avatar").textContent = initials(number.name);
  $("clinic-state").textContent = state.chat.typing_seconds > 0 ? "digitando…" : "conta comercial";
}

// The chat ---------------------------------------------------------------------------------------
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
  const isOther = box.dataset.of !== `${chosen.patient}/${chosen.slug}`;
  const isAtEnd = isOther || box.scrollHeight - box.scrollTop - box.clientHeight < 90;
  const bodies = Object.fromEntries(state.chat.messages.map((message) => [message.id, message.body]));
  const items = [];
  let day = "";
  for (const message of state.chat.messages) {
    const at = new Date(message.at);
    if (dayName(at) !== day) items.push(make("div", { class: "day" }, day = dayName(at)));
    if (message.type !== "reaction") items.push(bubble(message, at, bodies));
  }
  if (!items.length) items.push(emptyChat());
  clearTimeout(typingTimer);
  if (state.chat.typing_seconds > 0) {
    items.push(make("div", { class: "typing", "aria-label": "digitando" }, make("i"), make("i"), make("i")));
    typingTimer = setTimeout(() => { version = ""; }, state.chat.typing_seconds * 1000);
  }
  box.replaceChildren(...items);
  box.dataset.of = `${chosen.patient}/${chosen.slug}`;
  if (isAtEnd) box.scrollTo({ top: box.scrollHeight, behavior: isOther ? "instant" : "smooth" });
}

function emptyChat() {
  return make("div", { class: "empty" }, "Nenhuma mensagem ainda. Diga um oi e a clínica responde.", make("br"),
    make("button", { type: "button", onclick: () => write({ text: "Oi, quero marcar uma consulta" }) }, "Oi, quero marcar uma consulta"));
}

function bubble(message, at, bodies) {
  const box = make("article", { class: `bubble ${message.direction}` });
  if (message.reply_to && bodies[message.reply_to]) box.append(make("div", { class: "quote" }, plain(bodies[message.reply_to])));
  if (message.header_file) box.append(make("header", {}, MEDIA[message.header_file.type]));
  if (message.header) box.append(make("header", {}, message.header));
  const words = make("p");
  words.innerHTML = formatted(message.body || MEDIA[message.type] || "Mensagem");
  box.append(words);
  if (message.footer) box.append(make("footer", {}, message.footer));
  const stamp = make("div", { class: "stamp" }, clock(at));
  if (message.direction === "in") stamp.append(make("span", { class: `ticks ${message.state}`, title: { sent: "enviada", delivered: "entregue", read: "lida" }[message.state] }, TICKS[message.state] || ""));
  box.append(stamp);
  const reactions = Object.values(message.reactions || {}).filter(Boolean);
  if (reactions.length) box.append(make("div", { class: "reactions" }, reactions.join(" ")));
  const choices = choicesOf(message);
  if (choices.length) {
    box.classList.add("wide");
    box.append(make("div", { class: "choices" }, ...choices));
  }
  return box;
}

function choicesOf(message) {
  const button = (text, act) => make("button", { type: "button", onclick: act }, text);
  const choices = message.buttons.map((one) => button(one.title, () => write({ button: one.id })));
  if (message.sections) choices.push(button(`☰  ${message.list_button}`, () => openSheet(message)));
  if (message.link) choices.push(make("a", { href: message.link.url, target: "_blank", rel: "noopener" }, `↗  ${message.link.display_text}`));
  if (message.flow) choices.push(button(`▤  ${message.flow.flow_cta}`, () => toast("O simulador não abre formulários.")));
  if (message.interactive === "request_contact_info") choices.push(button("👤  Compartilhar meu número", () => write({ raw: ownCard() })));
  if (message.interactive === "location_request_message") choices.push(button("📍  Enviar localização", () => write({ raw: { type: "location", location: { latitude: -23.5614, longitude: -46.6559, name: "Avenida Paulista" } } })));
  return choices;
}

function ownCard() {
  const patient = state.patients.find((one) => one.key === chosen.patient);
  const phone = patient.wa_id || "5511955550199"; // a hidden number is the patient's own to give
  return { type: "contacts", contacts: [{ name: { formatted_name: patient.name, first_name: patient.name }, phones: [{ phone: `+${phone}`, wa_id: phone, type: "CELL" }], origin: "contact_request" }] };
}

async function write(message) {
  const answer = await post(`/control/patients/${encodeURIComponent(chosen.patient)}/messages`, { to: chosen.slug, ...message });
  if (answer.webhook_status === 0) toast("A clínica não atendeu: o sistema está fora do ar. A mensagem será entregue quando ele voltar.");
  else if (answer.webhook_status && answer.webhook_status !== 200) toast(`O sistema respondeu ${answer.webhook_status}. A entrega será repetida.`);
  $("chat").scrollTop = $("chat").scrollHeight;
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
function view(name) { document.body.dataset.view = name; }

$("sheet-close").onclick = $("sheet-back").onclick = closeSheet;
addEventListener("keydown", (press) => { if (press.key === "Escape") closeSheet(); });
$("composer").onsubmit = (submit) => {
  submit.preventDefault();
  const input = submit.target.elements.text;
  const text = input.value.trim();
  input.value = "";
  if (text) write({ text });
};
$("newcomer").onsubmit = (submit) => {
  submit.preventDefault();
  const digits = submit.target.elements.phone.value.replace(/\D/g, "");
  if (digits.length < 10) return toast("Escreva o número com DDD.");
  submit.target.reset();
  chosen.patient = digits.length <= 11 ? `55${digits}` : digits;
  return write({ text: "Oi" }).then(() => choose({}));
};
$("reset").onclick = () => { if (confirm("Apagar todas as conversas e todos os eventos do simulador?")) post("/control/reset"); };
for (const button of document.querySelectorAll("[data-advance]")) button.onclick = () => post("/control/clock", { advance_seconds: Number(button.dataset.advance) });
for (const button of document.querySelectorAll(".bottom button")) button.onclick = () => view(button.dataset.view);
for (const tab of document.querySelectorAll("[data-panel]")) tab.onclick = () => {
  for (const other of document.querySelectorAll("[data-panel]")) {
    other.setAttribute("aria-selected", String(other === tab));
    $(other.dataset.panel).hidden = other !== tab;
  }
};
setInterval(() => { if (state) showClock(); }, 20000);
poll();
