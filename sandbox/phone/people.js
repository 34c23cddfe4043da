"use strict";
// The patients: the list, and what one of them may become in the eyes of clinics.

const COLORS = ["#b5651d", "#2e7d6b", "#7a4fa3", "#c2185b", "#1565c0", "#558b2f", "#ad5389", "#00838f", "#8d6e63", "#5c6bc0"];
const initials = (name) => name.replace(/^(Dra?\.|Clínica) /, "").split(" ").filter((word) => /^\p{Lu}/u.test(word)).map((word) => word[0]).filter((_, at, all) => at === 0 || at === all.length - 1).join("") || name[0];
const patientNow = () => state.patients.find((one) => one.key === chosen.patient);
const patientUrl = (what) => `/control/patients/${encodeURIComponent(chosen.patient)}/${what}`;

function phoneText(patient) {
  const phone = patient.wa_id ? patient.wa_id.replace(/^55(\d\d)(\d{4,5})(\d{4})$/, "+55 $1 $2-$3") : "";
  if (patient.is_hidden) return `@${patient.username} · número oculto`;
  return phone || (patient.username ? `@${patient.username} · sem número` : patient.key);
}

function showPatients() {
  const at = Object.fromEntries(state.patients.map((patient, index) => [patient.key, index]));
  const found = $("search").value.trim().toLowerCase();
  const shown = state.patients.filter((one) => !found || `${one.name} ${one.wa_id || ""} ${one.username || ""}`.toLowerCase().includes(found));
  redraw($("patients"), [shown, chosen, seen], () => shown.length
    ? shown.map((patient) => patientRow(patient, at[patient.key]))
    : [make("li", { class: "nobody" }, "Ninguém com esse nome ou número.")]);
}

function patientRow(patient, at) {
  const last = patient.chats[chosen.slug];
  const unread = last ? Math.max(0, last.sent - (seen[`${patient.key}/${chosen.slug}`] || 0)) : 0;
  const words = last ? `${last.direction === "in" ? "Você: " : ""}${plain(last.body) || KINDS[last.type] || "Mensagem"}` : phoneText(patient);
  return make("li", {}, make("button", { type: "button", class: "patient", "aria-current": String(patient.key === chosen.patient), onclick: () => { choose({ patient: patient.key }); view("phone"); } },
    make("span", { class: "avatar", style: `background:${COLORS[at % COLORS.length]}`, "aria-hidden": "true" }, initials(patient.name)),
    make("div", {}, make("strong", {}, patient.name), make("small", {}, words)),
    make("div", { class: "meta" }, last ? clock(new Date(last.at * 1000)) : "", make("br"), unread ? make("span", { class: "badge" }, String(unread)) : "")));
}

function showOwner() {
  const patient = patientNow();
  $("owner").textContent = patient ? patient.name : chosen.patient;
  $("owner-phone").textContent = patient ? phoneText(patient) : "";
}

// The patient's own menu -----------------------------------------------------------------------------
function patientMenu() {
  const patient = patientNow();
  if (!patient) return;
  const become = (change) => post(patientUrl("identity"), change);
  const noMarketing = state.chat.no_marketing;
  menu(patient.name, [
    patient.wa_id && !patient.is_hidden && ["Esconder o número", () => takeUsername(become), "adota um nome de usuário"],
    patient.is_hidden && ["Mostrar o número de novo", () => become({ shows_phone: true })],
    patient.wa_id && ["Trocar de número", () => changeNumber(become), "avisa as clínicas"],
    ["Ganhar um novo identificador", () => become({ new_user_id: true }), "avisa as clínicas"],
    ["Instalar o WhatsApp em outro celular", () => become({ new_device: true }), "avisa as clínicas"],
    patient.wa_id && ["Existir só com esta forma do número", () => become({ one_form: true }), "com ou sem o nono dígito"],
    ["Mudar o nome do perfil", rename, "vale na próxima mensagem"],
    noMarketing
      ? ["Voltar a receber promoções", () => post(patientUrl("preferences"), { to: chosen.slug, value: "resume" })]
      : ["Parar de receber promoções", () => post(patientUrl("preferences"), { to: chosen.slug, value: "stop" })],
    ["Aceitar ligações da clínica", () => permitCalls("accept"), "call_permission_reply"],
    ["Recusar ligações da clínica", () => permitCalls("reject")],
    ["Ligar e ser atendido", takenCall, "no celular da clínica"],
    ["Escrever num grupo com a clínica", writeInGroup, "a clínica não responde a grupos"],
    ["Chegar por um anúncio", comeFromAd, "referral"],
    ["Abrir a conversa sem escrever", () => write({ raw: { type: "request_welcome" } }), "request_welcome"],
  ]);
}

function permitCalls(response) {
  const until = response === "accept" ? { expiration_timestamp: Math.round(Date.parse(state.now) / 1000) + 7 * 86400 } : {};
  write({ raw: { type: "interactive", interactive: { type: "call_permission_reply", call_permission_reply: { response, response_source: "user_action", ...until } } } });
}

async function comeFromAd() {
  const given = await ask("Chegar por um anúncio", [
    { name: "headline", label: "Título do anúncio", value: "Primeira consulta com avaliação", required: true },
    { name: "text", label: "Mensagem", value: "Oi, vi o anúncio e quero marcar", required: true },
  ]);
  if (!given) return;
  const referral = { source_url: "https://fb.me/anuncio", source_id: "120210000000001", source_type: "ad", headline: given.headline, body: "Agende pelo WhatsApp", media_type: "image", image_url: "https://scontent.example/anuncio.jpg", ctwa_clid: `clid-${Date.now()}` };
  write({ raw: { type: "text", text: { body: given.text }, referral } });
}

async function callClinic() {
  const answer = await post(patientUrl("calls"), { to: chosen.slug });
  if (answer) toast(answer.webhook_status === 200 ? "Chamando… ninguém atende. A clínica vê que você ligou." : "A clínica não ficou sabendo da ligação agora. A entrega será repetida.");
}

async function takenCall() {
  const given = await ask("Ligar e ser atendido", [{ name: "seconds", label: "Segundos de conversa", type: "number", min: 1, max: 3600, value: "95", required: true }], "Ligar");
  if (given) post(patientUrl("calls"), { to: chosen.slug, answered_seconds: Number(given.seconds) });
}

async function writeInGroup() {
  const given = await ask("Escrever num grupo com a clínica", [{ name: "text", label: "Mensagem", value: "Alguém sabe se hoje tem vaga?", required: true }]);
  if (given) write({ text: given.text, group: "Y2FwaV9ncm91cDoxMjAzNjM" });
}

async function takeUsername(become) {
  const given = await ask("Esconder o número", [{ name: "username", label: "Nome de usuário", value: patientNow().username || "", required: true, help: "As clínicas deixam de ver o telefone e veem só este nome." }], "Esconder");
  if (given) become({ username: given.username.replace(/^@/, "") });
}

async function changeNumber(become) {
  const given = await ask("Trocar de número", [{ name: "number", label: "Novo número com DDD", type: "tel", required: true }], "Trocar");
  if (!given) return;
  const number = fullNumber(given.number);
  if (!number) return toast("Escreva o número com DDD.");
  if (await become({ number })) choose({ patient: /^55\d\d[6-9]\d{7}$/.test(number) ? `${number.slice(0, 4)}9${number.slice(4)}` : number });
}

async function rename() {
  const given = await ask("Nome do perfil", [{ name: "name", label: "Nome", value: patientNow().name, required: true }, { name: "text", label: "Mensagem", value: "Oi", required: true }]);
  if (given) write(given);
}

function fullNumber(text) {
  const digits = text.replace(/\D/g, "");
  if (digits.length < 10 || digits.length > 15) return "";
  return digits.length <= 11 ? `55${digits}` : digits;
}

async function newPerson() {
  const given = await ask("Nova pessoa", [
    { name: "name", label: "Nome", required: true },
    { name: "phone", label: "Número com DDD", type: "tel", help: "Vazio: alguém que usa só um nome de usuário." },
    { name: "text", label: "Primeira mensagem", value: "Oi", required: true },
  ], "Escrever");
  if (!given) return;
  const phone = given.phone ? fullNumber(given.phone) : `BR.${Date.now()}${Math.floor(Math.random() * 900 + 100)}`;
  if (!phone) return toast("Escreva o número com DDD.");
  chosen.patient = /^55\d\d[6-9]\d{7}$/.test(phone) ? `${phone.slice(0, 4)}9${phone.slice(4)}` : phone;
  await write({ text: given.text, name: given.name });
  choose({});
  view("phone");
}
