// A row of pictures of which one is chosen: radio buttons, so arrow keys and screen readers know them.
import { h, uniqueId } from "/static/dom.js";
import { t } from "/static/texts.js";

// items: [{id, name, removable}]; returns a fieldset that `show` fills anew where something changed.
export function tiles(label, choose, removeItem = null) {
  const group = uniqueId("tiles");
  const row = h("div.tiles", { role: "radiogroup", "aria-label": label });
  let before = "";
  const show = (items, chosen, ...last) => {
    const now = JSON.stringify(items);
    if (now !== before) {
      const focused = document.activeElement?.closest?.(".tiles") === row ? document.activeElement.value : null;
      row.replaceChildren(...items.map((item) => tile(item, group, choose, removeItem)), ...last);
      if (focused) row.querySelector(`input[value="${CSS.escape(focused)}"]`)?.focus();
      before = now;
    }
    for (const input of row.querySelectorAll("input[type=radio]")) input.checked = input.value === chosen;
  };
  return { element: row, show };
}

function tile(item, group, choose, removeItem) {
  const input = h("input.unseen", { type: "radio", name: group, value: item.id, onchange: () => choose(item.id) });
  const label = h("label.tile", {}, input, h("span.picture"), h("span.name", {}, item.name));
  if (!item.removable || !removeItem) return label;
  const button = h("button.corner", { type: "button", "aria-label": t("remove", { name: item.name }), onclick: () => removeItem(item.id) }, "×");
  return h("div.tile-with-button", {}, label, button);
}
