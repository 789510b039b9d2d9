// The page of `headcast live`: shows the stream and sends what the buttons change.

import { fill, t } from "/static/texts.js";

const element = (id) => document.getElementById(id);

async function send(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body ?? {}),
  }).catch(() => null);
  if (!answer?.ok) element("status").textContent = t("live.ended");
  return answer?.ok;
}

for (const name of ["mirror", "freeze", "hud"]) {
  element(name).addEventListener("click", async () => {
    const wanted = element(name).getAttribute("aria-pressed") !== "true";
    if (await send("/controls", { [name]: wanted })) element(name).setAttribute("aria-pressed", wanted);
  });
}
element("calibrate").addEventListener("click", () => send("/controls", { calibrate: true }));
element("end").addEventListener("click", async () => {
  if (await send("/end")) element("status").textContent = t("live.ended");
});
document.addEventListener("keydown", (event) => {
  const name = { m: "mirror", f: "freeze", c: "calibrate", h: "hud" }[event.key];
  if (name && !event.ctrlKey && !event.metaKey && !event.altKey) element(name).click();
});
document.documentElement.dataset.theme = localStorage.getItem("headcast-theme") || "auto";
fill(document);
element("picture").alt = t("live.synthetic");
element("status").textContent = t("live.look");
