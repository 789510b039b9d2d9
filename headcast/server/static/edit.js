// Sliders and a picture that follows them: the newest values go to the server as soon as it has answered the last ones.
import { post, postForBlob, remove, socketUrl } from "/static/api.js";
import { h, notice } from "/static/dom.js";
import { chosenPerson, mountPeople } from "/static/people.js";
import { store, watch } from "/static/store.js";
import { t } from "/static/texts.js";

const HEAD_BYTES = 16;
const GROUPS = {
  head: { turn: 30, nod: 25, tilt: 25 },
  mouth: { mouth: 1, width: 1, smile: 1 },
  eyes: { lids: 1, right_lid: 1, left_lid: 1, brows: 1, gaze_x: 1, gaze_y: 1 },
};

export function mountEdit(root) {
  const sliders = {};
  const picture = h("img", { alt: "", width: 512, height: 512 });
  const speed = h("output.badge", { "aria-label": "" });
  const save = h("select", { "aria-label": t("save.format") }, ...["png", "jpg", "webp"].map((kind) => h("option", { value: kind }, kind.toUpperCase())));
  const people = h("div.stack");
  const groups = Object.entries(GROUPS).map(([name, controls]) =>
    h("fieldset", {}, h("legend", {}, t(`edit.${name}`)), ...Object.entries(controls).map(([control, most]) => slider(control, most))),
  );
  root.append(
    h("div.intro", {}, h("h2", {}, t("edit.title")), h("p.quiet", {}, t("edit.intro"))),
    h(
      "div.columns.edit",
      {},
      h("section.card", {}, h("div.stage.edited", {}, picture, speed), people),
      h(
        "section.card.sliders",
        {},
        ...groups,
        h(
          "div.tools",
          {},
          h("button.main.small", { type: "button", onclick: () => keep() }, t("save")),
          save,
          h("button.quiet-button", { type: "button", onclick: () => reset() }, t("reset")),
          h("button.quiet-button", { type: "button", onclick: () => surprise() }, t("surprise.me")),
        ),
      ),
    ),
  );
  mountPeople(people);

  function slider(control, most) {
    const [low, high] = t(`ends.${control}`).split("|");
    const out = h("output");
    const input = h("input", { type: "range", min: -most, max: most, step: most / 50, value: 0, name: control });
    input.oninput = () => {
      if (control === "lids") for (const side of ["right_lid", "left_lid"]) put(side, input.value);
      put(control, input.value);
      send();
    };
    sliders[control] = [input, out, most];
    return h("label.slider", {}, h("span", {}, t(control), out), input, h("small.quiet.ends", { "aria-hidden": "true" }, h("span", {}, low), h("span", {}, high)));
  }

  function put(control, value) {
    const [input, out, most] = sliders[control];
    input.value = value;
    out.textContent = most > 1 ? `${Math.round(value)}°` : Number(value).toFixed(2);
    input.setAttribute("aria-valuetext", out.textContent);
  }

  function controls() {
    const values = Object.entries(sliders).map(([name, [input]]) => [name, Number(input.value)]);
    return Object.fromEntries(values.filter(([name, value]) => name !== "lids" && value !== 0));
  }

  function reset() {
    for (const control of Object.keys(sliders)) put(control, 0);
    send();
  }

  function surprise() {
    const random = (share) => (2 * Math.random() - 1) * share;
    for (const [control, [, , most]] of Object.entries(sliders)) put(control, random(0.6 * most));
    const lids = random(0.35);
    for (const control of ["lids", "right_lid", "left_lid"]) put(control, lids);
    send();
  }

  async function keep() {
    const asked = { avatar: store.person, controls: controls(), format: save.value };
    try {
      const link = h("a", { href: URL.createObjectURL(await postForBlob("/api/stills", asked)), download: `headcast.${save.value}` });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    } catch (error) {
      notice(error.message);
    }
  }

  // One request is under way at a time; the newest values wait for its answer.
  let socket = null;
  let person = null;
  let isBusy = false;
  let isFirst = true;
  let isChanged = false;
  let began = 0;
  let isOpen = false;

  function send() {
    if (!socket || socket.readyState !== WebSocket.OPEN) return;
    if (isBusy) {
      isChanged = true;
      return;
    }
    isBusy = true;
    isChanged = false;
    began = performance.now();
    socket.send(JSON.stringify({ controls: controls() }));
  }

  async function connect() {
    person = store.person;
    socket?.close();
    isBusy = false;
    isFirst = true;
    picture.alt = t("edit.picture", { name: chosenPerson()?.name ?? "" });
    speed.textContent = t("connecting");
    try {
      const session = await post("/api/sessions", { avatar: person, max_side: 1024 });
      if (person !== session.avatar) return;
      const opened = new WebSocket(socketUrl(session.path));
      opened.binaryType = "arraybuffer";
      opened.onmessage = (event) => receive(event.data);
      opened.onclose = () => {
        remove(session.path).catch(() => {}); // it may be gone with the server
        if (socket !== opened) return;
        socket = null;
        if (isOpen) setTimeout(() => isOpen && !socket && connect(), 3000);
      };
      socket = opened;
    } catch (error) {
      notice(error.message);
    }
  }

  function receive(data) {
    if (typeof data === "string") {
      const said = JSON.parse(data);
      if (said.error) {
        notice(said.error);
        isBusy = false;
      } else send();
      return;
    }
    const before = picture.src;
    picture.src = URL.createObjectURL(new Blob([data.slice(HEAD_BYTES)], { type: "image/jpeg" }));
    if (before) URL.revokeObjectURL(before);
    if (isFirst) speed.textContent = ""; // it has the opening of the session in it
    else speed.textContent = t("latency", { count: Math.round(performance.now() - began) });
    isFirst = false;
    picture.dataset.frames = Number(picture.dataset.frames ?? 0) + 1;
    isBusy = false;
    if (isChanged) send();
  }

  addEventListener("tab", (event) => {
    isOpen = event.detail === "edit";
    if (isOpen && (!socket || person !== store.person)) connect();
    if (!isOpen && socket) {
      const closing = socket;
      socket = null;
      closing.close();
    }
  });
  addEventListener("restarted", () => isOpen && connect());
  watch(() => isOpen && person !== store.person && connect());
  for (const control of Object.keys(sliders)) put(control, 0);
}
