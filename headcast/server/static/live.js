// Camera to avatar: over WebRTC, or over a WebSocket where no WebRTC connection comes about.
// ?transport=websocket takes the WebSocket at once.

import { fill, t } from "/static/texts.js";

const element = (id) => document.getElementById(id);
const SECONDS_TO_CONNECT = 8;
const say = (text) => (element("status").textContent = text);
let run = null;

async function ask(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: body ? { "Content-Type": "application/json" } : {},
    body: body && JSON.stringify(body),
  });
  const content = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw new Error(content?.error ?? t("live.unreachable"));
  return content;
}

async function fillAvatars() {
  const wanted = new URLSearchParams(location.search).get("avatar");
  for (const person of await ask("GET", "/api/avatars")) {
    const option = new Option(person.name, person.id);
    option.selected = person.id === wanted;
    element("avatar").append(option);
  }
  showStill();
}

function showStill() {
  const chosen = element("avatar").selectedOptions[0];
  if (!chosen) return;
  element("still").src = `/api/avatars/${encodeURIComponent(chosen.value)}/picture`;
  element("still").alt = chosen.text;
  element("video").setAttribute("aria-label", t("live.moving", { name: chosen.text }));
  element("canvas").setAttribute("aria-label", t("live.moving", { name: chosen.text }));
}

async function start() {
  element("start").disabled = true;
  try {
    say(t("live.waiting"));
    const camera = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 25 } },
    });
    element("camera").srcObject = camera;
    const mirror = element("mirror").getAttribute("aria-pressed") === "true";
    const session = await ask("POST", "/api/live", { avatar: element("avatar").value, mirror });
    run = { session, camera, frames: 0, isOver: false };
    element("stop").disabled = false;
    element("avatar").disabled = true;
    say(t("live.connecting"));
    const transport = new URLSearchParams(location.search).get("transport");
    if (transport === "websocket" || !(await overWebRtc(run))) await overWebSocket(run);
    if (!run.isOver) say(t("live.look"));
  } catch (error) {
    stop();
    say(error.name === "NotAllowedError" ? t("live.refused") : error.message);
  }
}

function stop(text = t("live.off")) {
  const ended = run;
  run = null;
  if (ended) {
    ended.isOver = true;
    ended.connection?.close();
    ended.socket?.close();
    for (const track of ended.camera.getTracks()) track.stop();
    ask("DELETE", `/api/live/${ended.session.id}`).catch(() => {});
  }
  element("camera").srcObject = null;
  for (const id of ["video", "canvas"]) element(id).hidden = true;
  element("still").hidden = false;
  element("start").disabled = false;
  element("stop").disabled = true;
  element("avatar").disabled = false;
  say(text);
}

function count(own) {
  own.frames += 1;
  element("frames").textContent = own.frames;
}

function tell(status) {
  element("delay").textContent = `${status.delay_ms} ms`;
  element("fps").textContent = status.fps.toFixed(0);
  if (status.calibrated) say(t("live.running"));
}

// Returns whether it came about.
async function overWebRtc(own) {
  if (!window.RTCPeerConnection) return false;
  const connection = new RTCPeerConnection({ iceServers: [] });
  own.connection = connection;
  const channel = connection.createDataChannel("status", { ordered: true });
  channel.onmessage = (event) => tell(JSON.parse(event.data));
  const video = element("video");
  connection.addTransceiver(own.camera.getVideoTracks()[0], { direction: "sendrecv" });
  connection.ontrack = (event) => (video.srcObject = new MediaStream([event.track]));
  const connected = new Promise((resolve) => {
    setTimeout(() => resolve(false), 1000 * SECONDS_TO_CONNECT);
    connection.onconnectionstatechange = () => {
      if (connection.connectionState === "connected") resolve(true);
      if (["failed", "closed"].includes(connection.connectionState)) {
        resolve(false);
        if (own === run && own.frames) stop(t("live.broke"));
      }
    };
  });
  try {
    await connection.setLocalDescription(await connection.createOffer());
    await gathered(connection);
    const answer = await ask("POST", own.session.offer, { sdp: connection.localDescription.sdp });
    if (!answer.synthetic || !answer.sdp.includes("x-synthetic")) throw new Error(t("live.unmarked"));
    await connection.setRemoteDescription({ type: "answer", sdp: answer.sdp });
  } catch (error) {
    console.warn(error);
    connection.close();
    return false;
  }
  if (!(await connected)) {
    connection.close();
    return false;
  }
  video.hidden = false;
  element("still").hidden = true;
  element("way").textContent = "WebRTC";
  const next = () => {
    if (own !== run) return;
    count(own);
    video.requestVideoFrameCallback?.(next);
  };
  video.requestVideoFrameCallback?.(next);
  return true;
}

function gathered(connection) {
  if (connection.iceGatheringState === "complete") return null;
  return new Promise((resolve) => {
    setTimeout(resolve, 1500);
    connection.onicegatheringstatechange = () => connection.iceGatheringState === "complete" && resolve();
  });
}

async function overWebSocket(own) {
  if (own.connection) own.session = await ask("POST", "/api/live", { avatar: element("avatar").value });
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${own.session.path}`);
  socket.binaryType = "arraybuffer";
  own.socket = socket;
  own.connection = null;
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error(t("live.unreachable")));
  });
  element("way").textContent = "WebSocket";
  const camera = element("camera");
  const source = document.createElement("canvas");
  const sentAt = new Map();
  let number = 0;
  const send = async () => {
    if (own !== run || socket.readyState !== WebSocket.OPEN) return;
    if (!camera.videoWidth) return void setTimeout(send, 50);
    source.width = camera.videoWidth;
    source.height = camera.videoHeight;
    source.getContext("2d").drawImage(camera, 0, 0);
    const blob = await new Promise((resolve) => source.toBlob(resolve, "image/jpeg", 0.85));
    number += 1;
    sentAt.set(number, performance.now());
    const head = new DataView(new ArrayBuffer(4));
    head.setUint32(0, number, true);
    if (socket.readyState === WebSocket.OPEN) socket.send(new Blob([head, blob]));
  };
  const canvas = element("canvas");
  const arrivals = [];
  socket.onmessage = async (event) => {
    if (typeof event.data === "string") return void send();
    const answered = new DataView(event.data).getUint32(4, true);
    send(); // the next picture is on its way while this one is drawn
    const picture = await createImageBitmap(new Blob([event.data.slice(16)], { type: "image/jpeg" }));
    if (own !== run) return; // stopped in the meantime
    canvas.width = picture.width;
    canvas.height = picture.height;
    canvas.getContext("2d").drawImage(picture, 0, 0);
    canvas.hidden = false;
    element("still").hidden = true;
    count(own);
    arrivals.push(performance.now());
    if (arrivals.length > 30) arrivals.shift();
    element("delay").textContent = `${Math.round(performance.now() - (sentAt.get(answered) ?? performance.now()))} ms`;
    sentAt.delete(answered);
    const passed = arrivals.at(-1) - arrivals[0];
    if (passed) element("fps").textContent = Math.round((1000 * (arrivals.length - 1)) / passed);
  };
  socket.onclose = () => own === run && stop(t("live.broke"));
  send();
}

for (const name of ["mirror", "freeze", "hud"]) {
  element(name).addEventListener("click", async () => {
    const wanted = element(name).getAttribute("aria-pressed") !== "true";
    element(name).setAttribute("aria-pressed", wanted);
    if (run) await ask("POST", `/api/live/${run.session.id}/controls`, { [name]: wanted }).catch(() => {});
  });
}
element("calibrate").addEventListener("click", () => {
  if (!run) return;
  say(t("live.look"));
  ask("POST", `/api/live/${run.session.id}/controls`, { calibrate: true }).catch(() => {});
});
element("start").addEventListener("click", start);
element("stop").addEventListener("click", () => stop());
element("avatar").addEventListener("change", showStill);
document.addEventListener("keydown", (event) => {
  const name = { m: "mirror", f: "freeze", c: "calibrate", h: "hud" }[event.key];
  const isTyping = ["SELECT", "INPUT", "TEXTAREA"].includes(event.target.tagName);
  if (name && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) element(name).click();
});
addEventListener("pagehide", () => run && stop());
document.documentElement.dataset.theme = localStorage.getItem("headcast-theme") || "auto";
fill(document);
say(t("live.ready"));
fillAvatars().catch((error) => say(error.message));
