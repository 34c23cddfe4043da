"use strict";
// State, polling and what belongs to the whole page. It remembers who is chosen and what was seen, nothing else.

const [hashPatient, hashSlug] = location.hash.slice(1).split("/");
const chosen = { patient: hashPatient || "5511987650001", slug: hashSlug || "aurora" };
const seen = JSON.parse(localStorage.getItem("seen") || "{}");
let state = null;
let version = "";

async function refresh() {
  const asked = `${chosen.patient}/${chosen.slug}`;
  const query = new URLSearchParams({ patient: chosen.patient, with: chosen.slug, version });
  const answer = await fetch(`/phone/state?${query}`);
  if (answer.status === 204) return;
  const fresh = await answer.json();
  if (asked !== `${chosen.patient}/${chosen.slug}` || fresh.version < Number(version)) return; // overtaken on the way
  state = fresh;
  version = String(fresh.version);
  if (!state.numbers.some((number) => number.slug === chosen.slug)) return choose({ slug: state.numbers[0].slug });
  show();
}

async function poll() {
  try { await refresh(); } catch (error) {
    if (!(error instanceof TypeError)) console.error(error); // a TypeError is a simulator that stands still
    $("clinic-state").textContent = "simulador parado";
    version = "";
  }
  setTimeout(poll, document.hidden ? 3000 : 700);
}

function choose(change) {
  Object.assign(chosen, change);
  history.replaceState(null, "", `#${chosen.patient}/${chosen.slug}`);
  version = "";
  closeSheet();
  cancelReply();
  toggleClip(false);
  return refresh();
}

const clinicNow = () => state.numbers.find((one) => one.slug === chosen.slug);

function show() {
  seen[`${chosen.patient}/${chosen.slug}`] = patientNow()?.chats[chosen.slug]?.sent || 0;
  localStorage.setItem("seen", JSON.stringify(seen));
  $("portal").href = state.portal;
  for (const link of document.querySelectorAll("[data-calendar]")) link.href = `/calendar#${chosen.slug}`;
  for (const part of [showClock, showPatients, showOwner, showNumbers, showChat, showClinicPhone, showAgendas, showMeta, showFaults]) part();
}

function showClock() {
  const now = new Date(Date.now() + state.offset_seconds * 1000);
  $("clock").textContent = now.toLocaleString("pt-BR", { weekday: "short", day: "2-digit", month: "2-digit", hour: "2-digit", minute: "2-digit", timeZone: ZONE });
  $("clock").parentElement.classList.toggle("moved", state.offset_seconds !== 0);
}

function showNumbers() {
  redraw($("numbers"), [state.numbers, chosen.slug], () => state.numbers.map((number) =>
    make("button", { type: "button", role: "tab", "aria-selected": String(number.slug === chosen.slug), onclick: () => choose({ slug: number.slug }) }, number.name.replace("Clínica ", ""))));
  $("clinic-name").textContent = clinicNow().name;
  $("clinic-avatar").textContent = initials(clinicNow().name);
  const calm = state.chat.is_standby ? "assistente da Meta" : state.chat.no_marketing ? "conta comercial · sem promoções" : "conta comercial";
  $("clinic-state").textContent = state.chat.typing_seconds > 0 ? "digitando…" : calm;
}

function view(name) { document.body.dataset.view = name; }

function showPanel(name) {
  for (const tab of document.querySelectorAll("[data-panel]")) {
    tab.setAttribute("aria-selected", String(tab.dataset.panel === name));
    $(tab.dataset.panel).hidden = tab.dataset.panel !== name;
  }
}

afterChange = refresh;
startSending();
startClinicPhone();
startFaults();
$("mic").onclick = toggleVoice;
$("recording-cancel").onclick = () => stopVoice(false);
$("owner-menu").onclick = patientMenu;
$("call").append(icon("call", 21));
$("call").onclick = callClinic;
$("new-person").onclick = newPerson;
$("search").oninput = showPatients;
$("sheet-close").onclick = $("sheet-back").onclick = closeSheet;
addEventListener("keydown", (press) => { if (press.key === "Escape") { closeSheet(); toggleClip(false); cancelReply(); } });
addEventListener("click", (click) => { if (!$("clip").hidden && !click.target.closest("#clip, #clip-button")) toggleClip(false); });
$("reset").onclick = () => { if (confirm("Apagar todas as conversas e todos os eventos do simulador?")) post("/control/reset"); };
for (const button of document.querySelectorAll("[data-advance]")) button.onclick = () => post("/control/clock", { advance_seconds: Number(button.dataset.advance) });
for (const button of document.querySelectorAll(".bottom button")) button.onclick = () => view(button.dataset.view);
for (const tab of document.querySelectorAll("[data-panel]")) tab.onclick = () => showPanel(tab.dataset.panel);
setInterval(() => { if (state) showClock(); }, 20000);
showSendOrMic();
poll();
