// Two pictures, one over the other, and a slider that moves the line between them.
import { h } from "/static/dom.js";
import { t } from "/static/texts.js";

// `face` has the pictures' size and the square around the head, which is shown.
export function compare(before, after, face) {
  const [left, top, side] = face.box;
  const [width] = face.size;
  const picture = (src, alt) => {
    const image = h("img", { src, alt });
    image.style.width = `${(100 * width) / side}%`;
    image.style.left = `${(-100 * left) / side}%`;
    image.style.top = `${(-100 * top) / side}%`;
    return image;
  };
  const slider = h("input", { type: "range", min: 0, max: 100, value: 50, "aria-label": t("avatar.slide") });
  const frame = h(
    "div.compare",
    {},
    picture(after, t("avatar.after")),
    h("div.before", {}, picture(before, t("avatar.before"))),
    h("span.line", { "aria-hidden": "true" }),
    h("span.tag.left", { "aria-hidden": "true" }, t("avatar.before")),
    h("span.tag.right", { "aria-hidden": "true" }, t("avatar.after")),
    slider,
  );
  slider.oninput = () => frame.style.setProperty("--share", `${slider.value}%`);
  slider.oninput();
  return h("div", {}, frame, h("p.quiet", {}, t("avatar.slide.hint")));
}
