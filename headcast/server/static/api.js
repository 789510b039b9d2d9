// Requests to our own server. A refusal is an Error with the server's one line; a server that is gone is a Gone.
import { notice } from "/static/dom.js";
import { t } from "/static/texts.js";

export class Gone extends Error {}

let isGone = false;

async function ask(method, path, body) {
  const options = { method, headers: {} };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    gone();
    throw new Gone(t("trouble.gone"));
  }
  if (isGone) {
    isGone = false;
    notice("");
    dispatchEvent(new Event("server-back"));
  }
  if (!response.ok) throw new Error(await reasonOf(response));
  return response;
}

export function gone() {
  if (!isGone) notice(t("trouble.gone"));
  isGone = true;
}

async function reasonOf(response) {
  try {
    return (await response.json()).error;
  } catch {
    return response.statusText;
  }
}

export const get = async (path) => (await ask("GET", path)).json();
export const post = async (path, body) => (await ask("POST", path, body)).json();
export const postForBlob = async (path, body) => (await ask("POST", path, body)).blob();
export const remove = (path) => ask("DELETE", path);

// Sends one file; `tell` is called with the share that is sent, 0 to 1. fetch cannot tell that yet.
export function send(blob, name, tell = () => {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `/api/files?name=${encodeURIComponent(name)}`);
    request.setRequestHeader("Content-Type", blob.type || "application/octet-stream");
    request.responseType = "json";
    request.upload.onprogress = (event) => tell(event.loaded / event.total);
    request.onerror = () => {
      gone();
      reject(new Gone(t("trouble.gone")));
    };
    request.onload = () =>
      request.status === 201 ? resolve(request.response) : reject(new Error(request.response?.error ?? request.statusText));
    request.send(blob);
  });
}

export const socketUrl = (path) => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`;
