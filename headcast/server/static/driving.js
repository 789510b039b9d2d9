// The right column: who gives the movement.
import { remove, send } from "/static/api.js";
import { calm, dropZone, fileButton, h, notice } from "/static/dom.js";
import { recordButton } from "/static/record.js";
import { addDriver, change, store, watch } from "/static/store.js";
import { has, t } from "/static/texts.js";
import { tiles } from "/static/tiles.js";

const ACCEPTED = "video/*,image/*,.motion,.mkv";

export const motionName = (name) => (has(`motion.${name}`) ? t(`motion.${name}`) : name);
export const motionPicture = (name) => `/api/motions/${name}/preview${calm.matches ? "?still=true" : ""}`;
const idOf = (driver) => (driver?.file ? `file:${driver.file}` : `motion:${driver?.motion}`);

export function driverName(driver) {
  if (!driver) return "";
  return driver.motion ? motionName(driver.motion) : (store.files.find((file) => file.id === driver.file)?.name ?? "");
}

export function mountDriving(root) {
  const choose = (id) => change({ driver: id.startsWith("file:") ? { file: id.slice(5) } : { motion: id.slice(7) } });
  const row = tiles(t("motions"), choose, (id) => forget(id.slice(5)));
  const progress = h("p.quiet", { hidden: true });
  const [add, input] = fileButton(t("add.driving"), ACCEPTED, false, (files) => take(files[0], files[0].name));
  add.append(h("small", {}, t("add.source.hint")));
  const preview = h("div.stage.driver");
  root.append(row.element, h("div.adding", {}, add, input, ...recordButton((blob) => take(blob, t("record.name")))), progress, preview);
  dropZone(root.closest(".card"), (files) => take(files[0], files[0].name));

  async function take(blob, name) {
    progress.hidden = false;
    try {
      const file = await send(blob, name, (share) => {
        progress.textContent = t("adding", { name, percent: Math.round(100 * share) });
      });
      if (file.kind === "avatar") throw new Error(t("driving.hint"));
      addDriver(file);
    } catch (error) {
      notice(error.message);
    }
    progress.hidden = true;
  }

  async function forget(id) {
    await remove(`/api/files/${id}`).catch((error) => notice(error.message));
    const files = store.files.filter((file) => file.id !== id);
    change({ files, driver: store.driver?.file === id ? { motion: "talk" } : store.driver });
  }

  let before = "";
  watch(() => {
    if (!store.status) return;
    const motions = store.status.motions.map((name) => ({ id: `motion:${name}`, name: motionName(name) }));
    const files = store.files.map((file) => ({ id: `file:${file.id}`, name: file.name, removable: true }));
    row.show([...files, ...motions], idOf(store.driver));
    for (const label of row.element.querySelectorAll(".tile")) fillTile(label);
    if (before !== idOf(store.driver)) {
      before = idOf(store.driver);
      preview.replaceChildren(driverView(store.driver, t("preview.of", { name: driverName(store.driver) })));
    }
  });
}

function fillTile(label) {
  const place = label.querySelector(".picture");
  if (place.firstChild) return;
  const [kind, name] = label.querySelector("input").value.split(":");
  if (kind === "motion") place.append(h("img", { src: `/api/motions/${name}/preview?still=true`, alt: "", loading: "lazy" }));
  else place.append(driverView({ file: name }, "", true));
}

// What shows a driver: a video, a photo or a moving drawing.
export function driverView(driver, label, small = false) {
  if (driver.motion) return h("img", { src: motionPicture(driver.motion), alt: label, width: 160, height: 160 });
  const file = store.files.find((one) => one.id === driver.file);
  const source = `/api/files/${driver.file}`;
  if (file?.kind === "motion") return h("img", { src: `${source}/preview`, alt: label });
  if (file?.kind === "photo") return h("img", { src: source, alt: label });
  const video = h("video", { src: source, muted: true, playsInline: true, preload: "metadata", controls: !small });
  if (!small) video.setAttribute("aria-label", label);
  else video.tabIndex = -1;
  return video;
}
