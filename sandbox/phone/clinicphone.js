"use strict";
// «Celular da clínica»: a person answers from the clinic's own phone, or Meta's agent does, and the app only hears of it.

const numberUrl = (what = "") => `/control/numbers/${encodeURIComponent(chosen.slug)}${what && `/${what}`}`;

async function answerFromPhone(message) {
  const answer = await post(numberUrl("echoes"), { to: chosen.patient, ...message });
  if (answer && answer.webhook_status !== 200) toast(`O sistema não recebeu o eco (${answer.webhook_status}). A entrega será repetida.`);
}

function startClinicPhone() {
  const words = make("textarea", { rows: 2, placeholder: "Responder como a clínica, pelo celular", "aria-label": "Resposta pelo celular da clínica" });
  const send = (event) => {
    event.preventDefault();
    const text = words.value.trim();
    words.value = "";
    if (text) answerFromPhone({ text });
  };
  words.onkeydown = (press) => { if (press.key === "Enter" && !press.shiftKey) send(press); };
  $("clinic-composer").replaceChildren(make("form", { onsubmit: send }, words,
    make("button", { type: "button", title: "Enviar um arquivo", "aria-label": "Enviar um arquivo pelo celular da clínica", onclick: pickForClinic }, icon("clip", 18)),
    make("button", { class: "main", "aria-label": "Enviar pelo celular da clínica" }, "Enviar")));
}

function pickForClinic() {
  const input = make("input", { type: "file" });
  input.onchange = async () => {
    const file = input.files[0];
    if (file) answerFromPhone({ file: { name: file.name, mime_type: file.type || "application/octet-stream", base64: await toBase64(file) } });
  };
  input.click();
}

function showClinicPhone() {
  const lines = state.chat.messages.filter((message) => !HIDDEN.includes(message.type)).slice(-12);
  const box = $("clinic-chat");
  const told = [lines, chosen];
  const isNew = box.dataset.print !== JSON.stringify(told);
  redraw(box, told, () => lines.length ? lines.map(clinicLine) : [make("p", { class: "help" }, "Nenhuma conversa ainda.")]);
  if (isNew) box.scrollTop = box.scrollHeight;
  redraw($("clinic-switches"), [state.chat.is_standby, chosen], clinicSwitches);
}

function clinicLine(message) {
  const isMine = message.direction === "out";
  const words = message.revoked ? "Mensagem apagada" : plain(message.body) || KINDS[message.type] || "Mensagem";
  const who = { phone: "celular", agent: "assistente da Meta" }[message.by] || "sistema";
  return make("button", { type: "button", class: `line ${isMine ? "mine" : ""}`, title: "Opções", onclick: () => clinicMenu(message) },
    words, make("small", {}, `${isMine ? `${who} · ` : ""}${clock(new Date(message.at))}`, ...Object.values(message.reactions || {}).filter(Boolean).map((face) => ` ${face}`)));
}

function clinicMenu(message) {
  const isOwn = message.by === "phone" && !message.revoked;
  menu("Pelo celular da clínica", [
    ["Responder a esta mensagem", async () => {
      const given = await ask("Responder pelo celular", [{ name: "text", label: "Texto", rows: 3, required: true }]);
      if (given) answerFromPhone({ text: given.text, reply_to: message.id });
    }],
    ["Reagir com 👍", () => answerFromPhone({ raw: { type: "reaction", reaction: { message_id: message.id, emoji: "👍" } } })],
    message.reactions?.out && ["Tirar a reação", () => answerFromPhone({ raw: { type: "reaction", reaction: { message_id: message.id } } })],
    isOwn && ["Editar", async () => {
      const given = await ask("Editar", [{ name: "text", label: "Texto", value: message.body, rows: 3, required: true }], "Salvar");
      if (given) answerFromPhone({ raw: { type: "edit", edit: { original_message_id: message.id, message: { type: "text", text: { body: given.text } } } } });
    }],
    isOwn && ["Apagar para todos", () => answerFromPhone({ raw: { type: "revoke", revoke: { original_message_id: message.id } } })],
  ]);
}

function clinicSwitches() {
  const on = state.chat.is_standby;
  return [
    make("button", { type: "button", "aria-pressed": String(on), onclick: () => post(patientUrl("standby"), { to: chosen.slug, is_on: !on }) }, "Assistente da Meta atende esta conversa"),
    make("button", { type: "button", onclick: saveInPhoneBook }, "Salvar a pessoa nos contatos", make("small", {}, "smb_app_state_sync")),
    make("button", { type: "button", onclick: () => post(numberUrl("phone-book"), { patient: chosen.patient, is_removed: true }) }, "Tirar dos contatos"),
    make("button", { type: "button", onclick: tellHistory }, "Sincronizar conversas antigas", make("small", {}, "history")),
    make("button", { type: "button", onclick: () => post(numberUrl("history"), { is_refused: true }) }, "Recusar o histórico"),
  ];
}

async function saveInPhoneBook() {
  const given = await ask("Salvar nos contatos", [{ name: "name", label: "Nome", value: `${patientNow().name} (paciente)`, required: true }], "Salvar");
  if (given) post(numberUrl("phone-book"), { patient: chosen.patient, name: given.name });
}

async function tellHistory() {
  const given = await ask("Conversas antigas", [
    { name: "theirs", label: "A pessoa escreveu", value: "Bom dia, vocês atendem sábado?", required: true },
    { name: "ours", label: "A clínica respondeu", value: "Bom dia! Atendemos, sim, até o meio-dia.", required: true },
    { name: "days", label: "Há quantos dias", type: "number", min: 1, max: 180, value: 30, required: true },
  ], "Sincronizar");
  const hours = given && Number(given.days) * 24;
  if (given) post(numberUrl("history"), { patient: chosen.patient, messages: [{ text: given.theirs, hours_ago: hours }, { text: given.ours, is_ours: true, hours_ago: hours - 1 }] });
}
