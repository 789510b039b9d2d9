// A button that records the webcam, with sound where it may, as a driver.
import { h, notice, say } from "/static/dom.js";
import { t } from "/static/texts.js";

const MOST_SECONDS = 60;
const KINDS = ["video/mp4;codecs=avc1", "video/webm;codecs=vp9,opus", "video/webm"];

export function recordButton(take) {
  const view = h("video.camera", { muted: true, autoplay: true, playsInline: true, hidden: true, "aria-label": t("record.name") });
  const button = h("button.add", { type: "button", onclick: () => (recorder ? recorder.stop() : start()) }, t("record"));
  const hint = h("p.quiet", { hidden: true });
  let recorder = null;

  async function start() {
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { width: 1280, height: 720 }, audio: true });
    } catch (error) {
      notice(t("record.none", { reason: error.message }));
      return;
    }
    const parts = [];
    const type = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind));
    recorder = new MediaRecorder(stream, { mimeType: type });
    recorder.ondataavailable = (event) => parts.push(event.data);
    const began = performance.now();
    const clock = setInterval(() => {
      const seconds = Math.floor((performance.now() - began) / 1000);
      hint.textContent = t("record.hint", { seconds });
      if (seconds >= MOST_SECONDS) recorder.stop();
    }, 250);
    recorder.onstop = () => {
      clearInterval(clock);
      for (const track of stream.getTracks()) track.stop();
      recorder = null;
      view.srcObject = null;
      view.hidden = hint.hidden = true;
      button.textContent = t("record");
      take(new Blob(parts, { type }));
    };
    view.srcObject = stream;
    view.hidden = hint.hidden = false;
    button.textContent = t("record.stop");
    say(t("record.hint", { seconds: 0 }));
    recorder.start(500);
  }
  return [button, hint, view];
}
