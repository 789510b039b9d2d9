// A key in, the text in the reader's language out.
import english from "/static/texts.en.js";

const LANGUAGES = { en: english };
const wanted = navigator.languages.map((tag) => tag.split("-")[0]).find((tag) => tag in LANGUAGES) || "en";
const texts = { ...english, ...LANGUAGES[wanted] };

export function t(key, values = {}) {
  const text = texts[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

export function has(key) {
  return key in texts;
}

// Fills what stands in the page: data-text with words, data-label with a name for those who do not see it.
export function fill(root) {
  document.documentElement.lang = wanted;
  for (const element of root.querySelectorAll("[data-text]")) element.textContent = t(element.dataset.text);
  for (const element of root.querySelectorAll("[data-label]")) element.setAttribute("aria-label", t(element.dataset.label));
}

export function duration(seconds) {
  return seconds < 90 ? t("seconds", { count: Math.max(1, Math.round(seconds)) }) : t("minutes", { count: Math.round(seconds / 60) });
}
