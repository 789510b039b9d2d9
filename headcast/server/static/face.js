// The chosen photo with its crop and landmarks, shown before anything runs; points that can be dragged.
import { get } from "/static/api.js";
import { h, notice, svg } from "/static/dom.js";
import { chosenPerson, makePerson } from "/static/people.js";
import { removePerson, store, watch } from "/static/store.js";
import { t } from "/static/texts.js";

export function mountFace(root) {
  const stage = h("div.stage");
  const shown = h("input", { type: "checkbox", checked: true, onchange: () => stage.classList.toggle("plain", !shown.checked) });
  const adjust = h("button.quiet-button", { type: "button", onclick: () => startAdjusting() }, t("adjust"));
  const scale = h("input", { type: "range", min: 0.7, max: 1.6, step: 0.1, value: 1, onchange: () => rescale() });
  const advice = h("ul.advice", { "aria-label": t("coach") });
  const tools = h("div.tools", {}, h("label.check", {}, shown, t("show.points")), adjust);
  const crop = h("label.field", { title: t("crop.hint") }, h("span", {}, t("crop")), scale, h("small.quiet", {}, t("crop.hint")));
  const asking = h("div.asking", { hidden: true });
  root.append(stage, asking, tools, advice, crop);
  let person = null;
  let face = null;
  let picture = "";
  let faceless = null; // a photo that was sent, in which no face was found

  watch(async () => {
    if (faceless || store.person === person) return;
    await load(store.person);
  });

  async function load(id) {
    person = id;
    try {
      const answer = await get(`/api/avatars/${id}/face`);
      if (store.person !== id) return;
      face = answer;
    } catch (error) {
      notice(error.message);
      return;
    }
    const photos = chosenPerson()?.photos ?? [];
    crop.hidden = photos.length === 0;
    adjust.hidden = photos.length === 0;
    scale.value = chosenPerson()?.scale ?? 1;
    draw(`/api/avatars/${id}/picture?side=1280`, chosenPerson()?.name ?? "");
    const said = [...face.advice];
    if (photos.length > 1) said.push(t("photos.more", { count: photos.length }));
    advice.replaceChildren(...(said.length ? said : [t("coach.fine")]).map((line) => h("li", {}, line)));
    advice.classList.toggle("fine", said.length === 0);
  }

  function draw(shownPicture, name) {
    picture = shownPicture;
    const [width, height] = face.size;
    const lines = face.lines.map((line) => svg("polyline", { points: line.map((point) => point.join()).join(" ") }));
    const [left, top, side] = face.box;
    const box = svg("rect", { x: left, y: top, width: side, height: side, rx: side / 60, class: "crop" });
    const overlay = svg("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" }, box, ...lines);
    stage.replaceChildren(h("img", { src: picture, alt: t("face.of", { name }), width, height }), overlay);
    stage.classList.toggle("plain", !shown.checked);
    asking.hidden = true;
    tools.hidden = false;
  }

  function startAdjusting() {
    shown.checked = true;
    stage.classList.remove("plain");
    const handles = { ...face.handles };
    const overlay = enlarged();
    stage.replaceChildren(overlay);
    for (const [name, place] of Object.entries(handles)) overlay.append(handle(overlay, name, place, (moved) => (handles[name] = moved)));
    const apply = h("button.main.small", { type: "button", onclick: () => useHandles(handles) }, t("adjust.apply"));
    const cancel = h("button.quiet-button", { type: "button", onclick: () => stop() }, t("adjust.cancel"));
    asking.replaceChildren(h("p", {}, faceless ? t("no.face") : t("adjust.hint")), apply, cancel);
    asking.hidden = false;
    tools.hidden = true;
  }

  // The photo around the head, large, to put points on; the whole photo where no face was found.
  function enlarged() {
    const [width, height] = face.size;
    const [left, top, side] = face.box;
    const part = face.found ? [left, top, side, side] : [0, 0, width, height];
    const image = svg("image", { href: picture, x: 0, y: 0, width, height });
    const lines = face.lines.map((line) => svg("polyline", { class: "faint", points: line.map((point) => point.join()).join(" ") }));
    return svg("svg", { viewBox: part.join(" "), class: "enlarged", role: "group", "aria-label": t("adjust") }, image, ...lines);
  }

  function stop() {
    faceless = null;
    load(store.person);
  }

  async function useHandles(handles) {
    const photos = faceless ? [faceless.id] : chosenPerson().photos;
    await remake({ files: photos, handles, scale: Number(scale.value) });
  }

  async function rescale() {
    await remake({ files: chosenPerson().photos, scale: Number(scale.value) });
  }

  // Makes the person anew and lets go of the one before.
  async function remake(asked) {
    const before = faceless ? null : chosenPerson();
    try {
      faceless = null;
      await makePerson({ ...asked, name: before?.name ?? "" });
      if (before) await removePerson(before.id);
      person = null;
      await load(store.person);
    } catch (error) {
      notice(error.message);
    }
  }

  // Starts where no face was found: the average face, to be dragged into place.
  return async function placeByHand(file) {
    faceless = file;
    face = await get(`/api/files/${file.id}/face`);
    advice.replaceChildren();
    crop.hidden = true;
    draw(`/api/files/${file.id}`, file.name);
    startAdjusting();
    root.scrollIntoView({ block: "nearest" });
  };
}

// A point that is dragged, or moved with the arrow keys.
function handle(overlay, name, place, moved) {
  const width = overlay.viewBox.baseVal.width;
  const size = width / 75;
  const dot = svg("circle", { class: "handle", r: size, tabindex: 0, role: "button", "aria-label": name.replaceAll("_", " ") });
  let [x, y] = place;
  const put = () => {
    dot.setAttribute("cx", x);
    dot.setAttribute("cy", y);
    moved([x, y]);
  };
  dot.addEventListener("pointerdown", (event) => {
    dot.setPointerCapture(event.pointerId);
    event.preventDefault();
    dot.focus();
  });
  dot.addEventListener("pointermove", (event) => {
    if (!dot.hasPointerCapture(event.pointerId)) return;
    const to = overlay.getScreenCTM().inverse();
    ({ x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(to));
    put();
  });
  dot.addEventListener("keydown", (event) => {
    const step = (event.shiftKey ? 10 : 1) * width / 250;
    const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
    if (!by) return;
    event.preventDefault();
    [x, y] = [x + by[0], y + by[1]];
    put();
  });
  put();
  return dot;
}
