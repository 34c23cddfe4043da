"use strict";
// Problems on demand: ready ones, any code of Meta's table, and how webhooks are delivered.

const PRESETS = [
  ["WhatsApp fora do ar", "5 envios", { target: "graph", operation: "messages", kind: "status", status: 503, code: 131016, count: 5 }],
  ["Envio feito, resposta perdida", "1 envio", { target: "graph", operation: "messages", kind: "lost_response" }],
  ["Envio lento", "5 s, 3 envios", { target: "graph", operation: "messages", kind: "slow", seconds: 5, count: 3 }],
  ["Limite de mensagens ao paciente", "2 envios", { target: "graph", operation: "messages", kind: "status", status: 400, code: 131056, count: 2 }],
  ["Arquivo chega cortado", "1 arquivo", { target: "graph", operation: "media.download", kind: "truncated" }],
  ["Google fora do ar", "5 chamadas", { target: "google", operation: "events", kind: "status", status: 503, count: 5 }],
  ["Evento criado, resposta perdida", "1 evento", { target: "google", operation: "events.insert", kind: "lost_response" }],
  ["Google pede calma", "3 chamadas", { target: "google", operation: "events", kind: "status", status: 403, reason: "rateLimitExceeded", count: 3 }],
  ["Acesso à agenda revogado", "1 renovação", { target: "google", operation: "token", kind: "status", status: 400, reason: "invalid_grant" }],
  ["Avisos de mudança se perdem", "5 avisos", { target: "google", operation: "push", kind: "reset", count: 5 }],
];
const OPERATIONS = [["messages", "Enviar mensagem"], ["mark_read", "Marcar como lida"], ["typing", "Digitando"], ["media.upload", "Enviar arquivo"], ["media.get", "Consultar arquivo"], ["media.download", "Baixar arquivo"], ["message_templates", "Modelos"], ["phone_number", "Consultar número"], ["subscribed_apps", "Assinatura"], ["*", "Tudo"]];
const WAYS = [["status", "Recusa na hora"], ["fails_later", "Aceita e falha depois"], ["timeout", "Não responde"], ["reset", "Conexão cai"], ["lost_response", "Faz, mas a resposta se perde"], ["slow", "Responde devagar"]];
const WORDS = { status: "recusa", timeout: "silêncio", reset: "conexão cai", lost_response: "resposta perdida", slow: "lento", fails_later: "falha depois", truncated: "arquivo cortado", wrong_hash: "hash errado", wrong_size: "tamanho errado" };
const DROPS = [["messages", "mensagens do paciente"], ["sent", "aviso de enviada"], ["delivered", "aviso de entregue"], ["read", "aviso de lida"], ["failed", "aviso de falha"]];

async function startFaults() {
  $("presets").replaceChildren(...PRESETS.map(([name, note, rule]) =>
    make("button", { type: "button", onclick: () => post("/control/faults", rule) }, name, make("small", {}, note))));
  const { codes } = await (await fetch("/phone/codes")).json();
  const options = codes.map((one) => [one.code, `${one.code} · ${one.title}`]);
  const form = make("form", { class: "fields", onsubmit: addFault },
    field({ name: "operation", label: "Chamada à Meta", options: OPERATIONS }),
    field({ name: "kind", label: "O que acontece", options: WAYS }),
    field({ name: "code", label: "Código da Meta", options, value: 131000 }),
    field({ name: "count", label: "Quantas vezes", type: "number", min: 1, max: 1000, value: 1, required: true }),
    field({ name: "only", label: "Só esta clínica", type: "checkbox", value: "1" }),
    make("div", { class: "actions" }, make("button", { class: "main" }, "Provocar")));
  const needsCode = () => { form.elements.code.parentElement.hidden = !["status", "fails_later"].includes(form.elements.kind.value); };
  form.elements.kind.onchange = needsCode;
  $("fault-form").replaceChildren(form);
}

function addFault(event) {
  event.preventDefault();
  const given = Object.fromEntries(new FormData(event.target));
  const rule = { target: "graph", operation: given.operation, kind: given.kind, count: Number(given.count) };
  if (["status", "fails_later"].includes(given.kind)) rule.code = Number(given.code);
  if (given.only) rule.slug = chosen.slug;
  post("/control/faults", rule);
}

function showFaults() {
  const waiting = state.faults.reduce((sum, rule) => sum + rule.count, 0);
  $("fault-count").textContent = waiting || "";
  redraw($("rules"), state.faults, () => {
    const rules = state.faults.map((rule) => make("li", {}, `${rule.operation || "tudo"}: ${WORDS[rule.kind]}${rule.code ? ` ${rule.code}` : ""}`, make("span", {}, `mais ${rule.count}×`)));
    if (!rules.length) return [make("li", { class: "none" }, "Nenhuma: tudo funciona.")];
    return [...rules, make("li", { class: "none" }, make("button", { type: "button", onclick: () => post("/control/faults", undefined, "DELETE") }, "Retirar todas"))];
  });
  redraw($("habits"), state.habits, habits);
}

function habits() {
  const now = state.habits;
  const set = (change) => post("/control/webhooks", { ...now, ...change });
  const toggle = (words, isOn, change) => make("button", { type: "button", "aria-pressed": String(isOn), onclick: () => set(change) }, words);
  return [
    toggle("Entregas repetidas (3 vezes)", now.duplicates > 1, { duplicates: now.duplicates > 1 ? 1 : 3 }),
    toggle("Fora de ordem", now.shuffle, { shuffle: !now.shuffle }),
    toggle("Atraso de 3 s", now.delay_seconds > 0, { delay_seconds: now.delay_seconds > 0 ? 0 : 3 }),
    ...DROPS.map(([name, words]) => toggle(`Perder: ${words}`, now.drop.includes(name), { drop: now.drop.includes(name) ? now.drop.filter((one) => one !== name) : [...now.drop, name] })),
  ];
}
