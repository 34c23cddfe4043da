"use strict";
// Voice notes: recorded where the browser records a type that WhatsApp knows, else chosen as a file. Nothing is converted.

const VOICE_TYPES = ["audio/ogg;codecs=opus", "audio/mp4"];
const recording = { recorder: null, chunks: [], isKept: false, timer: 0 };

async function toggleVoice() {
  if (recording.recorder) return stopVoice(true);
  const type = window.MediaRecorder && VOICE_TYPES.find((one) => MediaRecorder.isTypeSupported(one));
  if (!type || !navigator.mediaDevices) return pick("audio/ogg,.ogg,.opus", { kind: "audio", voice: true });
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    startVoice(stream, type);
  } catch {
    toast("Sem microfone: escolha um áudio .ogg.");
    pick("audio/ogg,.ogg,.opus", { kind: "audio", voice: true });
  }
}

function startVoice(stream, type) {
  const recorder = new MediaRecorder(stream, { mimeType: type });
  Object.assign(recording, { recorder, chunks: [], isKept: false });
  const began = Date.now();
  recorder.ondataavailable = (event) => recording.chunks.push(event.data);
  recorder.onstop = () => {
    for (const track of stream.getTracks()) track.stop();
    clearInterval(recording.timer);
    $("recording").hidden = true;
    $("mic").classList.remove("on");
    recording.recorder = null;
    const plainType = type.startsWith("audio/ogg") ? "audio/ogg; codecs=opus" : "audio/mp4";
    if (recording.isKept) sendFile(new File(recording.chunks, "voz", { type: plainType }), { kind: "audio", voice: true });
  };
  recorder.start();
  $("recording").hidden = false;
  $("mic").classList.add("on");
  const show = () => { const seconds = Math.floor((Date.now() - began) / 1000); $("recording-time").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`; };
  show();
  recording.timer = setInterval(show, 500);
}

function stopVoice(isKept) {
  recording.isKept = isKept;
  recording.recorder?.stop();
}
