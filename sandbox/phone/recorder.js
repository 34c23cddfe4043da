"use strict";
// Voice notes: recorded where the browser records Opus, which is what WhatsApp's phones send, else chosen as a file.

const VOICE_TYPES = ["audio/ogg;codecs=opus", "audio/webm;codecs=opus"];
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
    if (recording.isKept) sendVoice(recording.chunks, type);
  };
  recorder.start();
  $("recording").hidden = false;
  $("mic").classList.add("on");
  const show = () => { const seconds = Math.floor((Date.now() - began) / 1000); $("recording-time").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`; };
  show();
  recording.timer = setInterval(show, 500);
}

async function sendVoice(chunks, type) {
  try {
    const sound = type.startsWith("audio/ogg") ? chunks : [opusInOgg(new Uint8Array(await new Blob(chunks).arrayBuffer()))];
    sendFile(new File(sound, "voz.ogg", { type: "audio/ogg; codecs=opus" }), { kind: "audio", voice: true });
  } catch (error) {
    toast(`A gravação não pôde ser lida: ${error.message}.`);
  }
}

function stopVoice(isKept) {
  recording.isKept = isKept;
  recording.recorder?.stop();
}
