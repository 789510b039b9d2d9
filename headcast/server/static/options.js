// How to animate: presets, and fine settings with one line each. They are remembered.
import { h, uniqueId } from "/static/dom.js";
import { t } from "/static/texts.js";

const USUAL = { strength: 1, region: "all", relative: true, smooth: true, paste_back: true, audio: "driving", compare: false };
const PRESETS = {
  portrait: {},
  painting: { strength: 0.7 },
  call: { paste_back: false },
};
const REGIONS = ["all", "expression", "pose", "lips", "eyes"];

let values = { ...USUAL };
export const chosenOptions = () => ({ ...values });

export function mountOptions(root) {
  values = { ...USUAL, ...JSON.parse(localStorage.getItem("headcast-options") || "{}") };
  const group = uniqueId("presets");
  const presets = h("div.presets", { role: "radiogroup", "aria-label": t("presets") });
  for (const name of Object.keys(PRESETS)) {
    const input = h("input.unseen", { type: "radio", name: group, value: name, onchange: () => set({ ...USUAL, ...PRESETS[name] }) });
    presets.append(h("label.preset", {}, input, h("b", {}, t(`preset.${name}`)), h("small.quiet", {}, t(`preset.${name}.hint`))));
  }
  const strength = h("input", { type: "range", min: 0, max: 2, step: 0.05, oninput: () => set({ strength: Number(strength.value) }) });
  const strengthOut = h("output");
  const region = h("select", { onchange: () => set({ region: region.value }) }, ...REGIONS.map((name) => h("option", { value: name }, t(`region.${name}`))));
  const checks = {};
  const check = (key, option, on = true, off = false) => {
    const box = h("input", { type: "checkbox", onchange: () => set({ [option]: box.checked ? on : off }) });
    checks[option] = [box, on];
    return h("label.field.check-field", {}, h("span.check", {}, box, t(key)), h("small.quiet", {}, t(`${key}.hint`)));
  };
  const fine = h(
    "details",
    {},
    h("summary", {}, t("options.more")),
    h(
      "div.fields",
      {},
      h("label.field", {}, h("span", {}, t("strength"), strengthOut), strength, h("small.quiet", {}, t("strength.hint"))),
      h("label.field", {}, h("span", {}, t("region")), region, h("small.quiet", {}, t("region.hint"))),
      check("relative", "relative"),
      check("smooth", "smooth"),
      check("paste_back", "paste_back"),
      check("sound", "audio", "driving", "none"),
      check("compare", "compare"),
    ),
  );
  root.append(presets, fine);
  set({});

  function set(some) {
    values = { ...values, ...some };
    localStorage.setItem("headcast-options", JSON.stringify(values));
    strength.value = values.strength;
    strengthOut.textContent = values.strength.toFixed(2);
    region.value = values.region;
    for (const [option, [box, on]] of Object.entries(checks)) box.checked = values[option] === on;
    const same = Object.keys(PRESETS).find((name) => JSON.stringify({ ...USUAL, ...PRESETS[name] }) === JSON.stringify(sorted(values)));
    for (const input of presets.querySelectorAll("input")) input.checked = input.value === same;
  }
}

const sorted = (some) => Object.fromEntries(Object.keys(USUAL).map((key) => [key, some[key]]));
