// The row of people: who can be animated, and a place to add photos or an avatar file.
import { post, send } from "/static/api.js";
import { dropZone, fileButton, h, notice, say } from "/static/dom.js";
import { change, personOf, refreshPeople, removePerson, store, watch } from "/static/store.js";
import { t } from "/static/texts.js";
import { tiles } from "/static/tiles.js";

const ACCEPTED = "image/*,.avatar";

// Mounts a row; `onFaceless` is told of a photo, sent, in which no face was found.
export function mountPeople(root, onFaceless) {
  const row = tiles(t("people"), (id) => change({ person: id }), (id) => removePerson(id).catch((error) => notice(error.message)));
  const progress = h("p.quiet", { hidden: true });
  const add = (files) => addPeople(files, progress, onFaceless);
  const [button, input] = fileButton(t("add.source"), ACCEPTED, true, add);
  button.append(h("small", {}, t("add.source.hint")));
  root.append(row.element, h("div.adding", {}, button, input), progress);
  dropZone(root.closest(".card") ?? root, add);
  const show = () =>
    row.show(
      store.people.map((person) => ({
        id: person.id,
        name: person.name,
        removable: person.kind !== "example",
      })),
      store.person,
    );
  watch(() => {
    show();
    for (const label of row.element.querySelectorAll(".tile")) {
      const id = label.querySelector("input").value;
      const place = label.querySelector(".picture");
      if (!place.firstChild) place.append(h("img", { src: `/api/avatars/${id}/picture?head=true&side=160`, alt: "", loading: "lazy" }));
    }
  });
}

async function addPeople(files, progress, onFaceless) {
  progress.hidden = false;
  try {
    const sent = [];
    for (const file of files) {
      sent.push(await send(file, file.name, (share) => {
        progress.textContent = t("adding", { name: file.name, percent: Math.round(100 * share) });
      }));
    }
    progress.textContent = t("preparing");
    await makePerson({ files: sent.map((file) => file.id) }, () => onFaceless?.(sent[0]));
  } catch (error) {
    notice(error.message);
  }
  progress.hidden = true;
}

// Makes somebody ready and chooses them; `faceless` is told where the first photo shows no face by itself.
export async function makePerson(asked, faceless = null) {
  try {
    const person = await post("/api/avatars", asked);
    await refreshPeople(person.id);
    say(t("ready", { name: person.name }));
    return person;
  } catch (error) {
    if (!faceless || !/no face/.test(error.message)) throw error;
    faceless();
    return null;
  }
}

export const chosenPerson = () => personOf(store.person);
