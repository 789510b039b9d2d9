// Two pictures, one over the other, and a slider that moves the line between them.
import { h } from "/static/dom.js";
import { t } from "/static/texts.js";

export function compare(before, after) {
  const over = h("img.before", { src: before, alt: t("avatar.before") });
  const line = h("span.line", { "aria-hidden": "true" });
  const slider = h("input", { type: "range", min: 0, max: 100, value: 50, "aria-label": t("avatar.slide") });
  const frame = h(
    "div.compare",
    {},
    h("img", { src: after, alt: t("avatar.after") }),
    over,
    line,
    h("span.tag.left", { "aria-hidden": "true" }, t("avatar.before")),
    h("span.tag.right", { "aria-hidden": "true" }, t("avatar.after")),
    slider,
  );
  slider.oninput = () => frame.style.setProperty("--share", `${slider.value}%`);
  slider.oninput();
  return h("div", {}, frame, h("p.quiet", {}, t("avatar.slide.hint")));
}
