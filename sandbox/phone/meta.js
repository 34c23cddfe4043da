"use strict";
// Meta's side: the number with its health and what befalls it, templates and their reviews.

const QUALITY = { GREEN: "alta", YELLOW: "média", RED: "baixa", UNKNOWN: "sem nota", NA: "sem nota" };
const TIERS = [["TIER_250", "250 por dia"], ["TIER_2K", "2 mil por dia"], ["TIER_10K", "10 mil por dia"], ["TIER_100K", "100 mil por dia"], ["TIER_UNLIMITED", "sem limite"]];
const WORDS_OF = { CONNECTED: "conectado", DISCONNECTED: "desligado", BANNED: "banido", APPROVED: "aprovado", DECLINED: "recusado", PENDING_REVIEW: "em análise" };
const STATUS = { APPROVED: "aprovado", PENDING: "em análise", REJECTED: "rejeitado", PAUSED: "pausado", DISABLED: "desativado", PENDING_DELETION: "vai ser apagado" };
const CATEGORY = { UTILITY: "utilidade", MARKETING: "marketing", AUTHENTICATION: "autenticação" };
const NOTICES = {
  FLAGGED: "Qualidade caiu", UNFLAGGED: "Qualidade voltou", THROUGHPUT_UPGRADE: "Mais envios por segundo", CAPABILITY: "Novo limite diário", ONBOARDING: "Número conectado",
  NAME_APPROVED: "Nome aprovado", NAME_REJECTED: "Nome recusado", BAN_SCHEDULED: "Banimento marcado", BANNED: "Conta banida", REINSTATED: "Conta reabilitada", RESTRICTION: "Conta restrita",
  VIOLATION: "Violação apontada", DELETED: "Conta apagada", OFFBOARDED: "Desligado da nuvem", RECONNECTED: "Ligado de novo", PARTNER_ADDED: "Parceiro entrou", PARTNER_REMOVED: "Parceiro saiu",
  PARTNER_APP_INSTALLED: "Aplicativo instalado", PARTNER_APP_UNINSTALLED: "Aplicativo removido", REVIEW: "Revisão da conta", ALERT: "Alerta da conta", PIN_CHANGED: "PIN trocado",
  PIN_RESET_REQUEST: "Pedido de novo PIN", PIN_REQUEST_SUCCESS: "PIN redefinido", USERNAME: "Nome de usuário da conta", PHONE_USERNAME: "Nome de usuário do número",
};

function showMeta() {
  const { templates, reviews, events, ...number } = state.meta;
  redraw($("number"), [chosen.slug, number, events], () => numberParts(number, events));
  redraw($("templates"), templates, () => templates.length
    ? templates.map(templateRow)
    : [make("p", { class: "help" }, "Nenhum modelo nesta conta. Crie um no portal.")]);
  redraw($("reviews"), reviews, () => reviewParts(reviews));
}

// The number ------------------------------------------------------------------------------------------
function numberParts(number, events) {
  const set = (change) => post(numberUrl(), change);
  const select = (label, value, options, change) => make("label", {}, make("span", {}, label), make("select", { onchange: (event) => set(change(event.target.value)) }, ...options.map(([key, words]) => make("option", { value: key, selected: key === value }, words))));
  const copied = (label, text) => make("button", { type: "button", class: "copy", title: "Copiar", onclick: () => navigator.clipboard?.writeText(text).then(() => toast("Copiado.")) }, make("small", {}, label), text);
  return [
    make("div", { class: "facts" }, ...[["Situação", WORDS_OF[number.status] || number.status], ["Limite", TIERS.find(([key]) => key === number.messaging_limit)?.[1] || number.messaging_limit], ["Qualidade", QUALITY[number.quality_rating]], ["Nome", WORDS_OF[number.name_status] || number.name_status], number.ban_state && ["Conta", number.ban_state]].filter(Boolean).map(([label, text]) => make("div", {}, make("small", {}, label), make("strong", {}, text)))),
    make("form", { class: "fields two", onsubmit: (event) => event.preventDefault() },
      select("Qualidade (sem aviso)", number.quality_rating, Object.entries(QUALITY).slice(0, 4), (quality_rating) => ({ quality_rating })),
      select("Limite (sem aviso)", number.messaging_limit, TIERS, (messaging_limit) => ({ messaging_limit }))),
    make("form", { class: "fields row", onsubmit: (event) => { event.preventDefault(); post(numberUrl("notices"), { event: event.target.elements.event.value }); } },
      field({ name: "event", label: "Acontece na Meta, com aviso", options: events.map((event) => [event, NOTICES[event] || event]), value: "FLAGGED" }), make("button", { class: "main" }, "Avisar")),
    make("button", { type: "button", class: "wide-button", "aria-pressed": String(Boolean(number.payment_problem)), onclick: () => set({ account: { payment_problem: !number.payment_problem } }) }, "Problema de pagamento na conta"),
    make("details", {}, make("summary", {}, "Identificadores para ligar o número no portal"), copied("Número", number.phone_number_id), copied("Conta", number.waba_id), copied("Token", number.access_token)),
    make("button", { type: "button", class: "wide-button", onclick: newNumber }, "Criar outro número"),
  ];
}

async function newNumber() {
  const given = await ask("Novo número", [
    { name: "slug", label: "Nome curto (endereço da clínica)", required: true, help: "Letras, números e hífen." },
    { name: "sister", label: "Na conta de", options: [["", "uma conta nova"], ...state.numbers.map((one) => [one.slug, one.name])] },
  ], "Criar");
  if (!given) return;
  const made = await post("/control/numbers", { slug: given.slug.trim(), ...(given.sister && { account_of: given.sister }) });
  if (made) choose({ slug: given.slug.trim() });
}

// Templates -------------------------------------------------------------------------------------------
function templateRow(template) {
  return make("button", { type: "button", class: "template", onclick: () => templateMenu(template) },
    make("span", {}, make("strong", {}, template.name), make("small", {}, `${CATEGORY[template.category] || template.category} · ${template.language} · qualidade ${QUALITY[template.quality]}`)),
    make("em", { class: `pill ${template.status.toLowerCase()}` }, STATUS[template.status] || template.status));
}

function templateMenu(template) {
  const decide = (action, more = {}) => () => post(`/control/templates/${template.id}`, { action, ...more });
  const other = template.category === "MARKETING" ? "UTILITY" : "MARKETING";
  menu(template.name, [
    template.status !== "APPROVED" && ["Aprovar", decide("approve")],
    template.status !== "REJECTED" && ["Rejeitar", decide("reject", { reason: "INVALID_FORMAT" }), "formato"],
    template.status !== "REJECTED" && ["Rejeitar", decide("reject", { reason: "PROMOTIONAL" }), "conteúdo promocional"],
    template.status === "PAUSED" ? ["Retomar", decide("unpause")] : ["Pausar", decide("pause"), "3 h, depois 6 h, depois desativa"],
    ["Desativar", decide("disable")],
    ...["GREEN", "YELLOW", "RED"].filter((score) => score !== template.quality).map((score) => [`Qualidade ${QUALITY[score]}`, decide("quality", { score })]),
    [`Anunciar a categoria ${CATEGORY[other]}`, decide("announce_category", { category: other }), "em 24 h"],
    [`Mudar para a categoria ${CATEGORY[other]}`, decide("recategorise", { category: other })],
    ["Marcar para apagar", decide("flag_deletion")],
    ["Apagar", decide("delete")],
  ]);
}

function reviewParts(reviews) {
  const set = (change) => post("/control/templates/reviews", { ...reviews, ...change });
  const outcome = make("select", { "aria-label": "Resultado das análises", onchange: (event) => set({ outcome: event.target.value }) },
    ...[["approve", "Aprovar sozinho"], ["reject", "Rejeitar sozinho"], ["hold", "Deixar em análise"]].map(([key, words]) => make("option", { value: key, selected: key === reviews.outcome }, words)));
  const seconds = make("select", { "aria-label": "Quando", onchange: (event) => set({ seconds: Number(event.target.value) }) },
    ...[0, 2, 30, 300].map((one) => make("option", { value: one, selected: one === reviews.seconds }, one < 60 ? `depois de ${one} s` : "depois de 5 min")));
  return [outcome, seconds];
}
