// The server's own OpenAPI description, as a page; nothing is loaded from elsewhere.
import { get } from "/static/api.js";
import { $, h } from "/static/dom.js";
import { fill, t } from "/static/texts.js";

const kindOf = (schema = {}) => {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return schema.anyOf.map(kindOf).join(" or ");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(", ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.type === "array") return `list of ${kindOf(schema.items ?? {})}`;
  return schema.type ?? "anything";
};

const limitsOf = (schema) => {
  const one = schema.anyOf?.find((each) => each.type !== "null") ?? schema;
  const from = one.minimum ?? one.minLength ?? one.minItems;
  const to = one.maximum ?? one.maxLength ?? one.maxItems;
  const both = from !== undefined && to !== undefined;
  const range = both ? ` (${from} to ${to})` : to !== undefined ? ` (at most ${to})` : from !== undefined ? ` (at least ${from})` : "";
  return schema.default === undefined || schema.default === null ? range : `${range}, default ${JSON.stringify(schema.default)}`;
};

function table(rows) {
  const head = h("tr", {}, ...["api.name", "api.kind", "api.meaning"].map((key) => h("th", { scope: "col" }, t(key))));
  return h("table", { tabIndex: 0 }, h("thead", {}, head), h("tbody", {}, ...rows.map((row) => h("tr", {}, ...row.map((cell, place) => h("td", {}, place ? cell : h("code", {}, cell)))))));
}

function fieldsOf(schema, schemas, isAsked) {
  const name = schema?.$ref?.split("/").pop();
  const known = schemas[name];
  if (!known?.properties) return null;
  const needed = new Set(known.required ?? []);
  return table(
    Object.entries(known.properties).map(([key, one]) => [key, kindOf(one) + limitsOf(one), [one.description ?? "", isAsked && needed.has(key) ? t("api.needed") : ""].filter(Boolean).join("; ")]),
  );
}

function route(path, method, what, schemas) {
  const [said, rest] = (what.description || what.summary).split(/\n\n([^]*)/);
  const summary = h("summary", {}, h(`span.method.${method}`, {}, method.toUpperCase()), h("code", {}, path), h("span.said", {}, said));
  const parts = rest ? [h("p", {}, rest)] : [];
  if (what.parameters?.length) {
    const rows = what.parameters.map((one) => [one.name, kindOf(one.schema) + limitsOf(one.schema), one.required ? t("api.needed") : ""]);
    parts.push(h("h4", {}, t("api.parameters")), table(rows));
  }
  const body = what.requestBody?.content?.["application/json"]?.schema;
  if (body) parts.push(h("h4", {}, t("api.body")), fieldsOf(body, schemas, true) ?? h("p", {}, kindOf(body)));
  const answer = Object.entries(what.responses).find(([status]) => status.startsWith("2"));
  const answered = answer?.[1].content?.["application/json"]?.schema;
  if (answered) parts.push(h("h4", {}, `${t("api.answers")}: ${answer[0]}, ${kindOf(answered)}`), fieldsOf(answered.items ?? answered, schemas, false) ?? "");
  return h("details", {}, summary, ...parts);
}

async function start() {
  document.documentElement.dataset.theme = localStorage.getItem("headcast-theme") || "auto";
  fill(document);
  const { paths, components } = await get("/api/openapi.json");
  const groups = {};
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, what] of Object.entries(methods)) (groups[what.tags?.[0] ?? "server"] ??= []).push(route(path, method, what, components.schemas));
  }
  $("#routes").replaceChildren(...Object.entries(groups).map(([name, routes]) => h("section", {}, h("h2", {}, name), ...routes)));
  document.documentElement.dataset.ready = "true";
}

start();
