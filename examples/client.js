// Move a photo from JavaScript, in a browser or in Node (20 with --experimental-websocket, 22 without): what a game does with the API.
const [HEAD_BYTES, MOST_TRIES, NO_SESSION] = [16, 20, 4404];

// Opens a session; `show` gets each frame: {number, width, height, picture: Blob}. Returns the function that asks for one.
// A line that is lost is made anew, and what was asked last is asked again; so is a session that a restart ended.
export async function openSession(url, asked, show, said = console.log) {
  const open = async () => {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(`${url}/api/sessions`, { method: "POST", headers, body: JSON.stringify(asked) });
    const session = await answer.json();
    if (!answer.ok) throw new Error(session.error);
    return session.path;
  };
  let [path, socket, last, number, tries, over] = [await open(), null, null, 0, 0, false];
  const connect = () =>
    new Promise((resolve, reject) => {
      socket = new WebSocket(url.replace("http", "ws") + path);
      socket.binaryType = "arraybuffer";
      socket.onerror = reject;
      socket.onopen = () => {
        socket.onclose = ({ code }) => over || again(code);
        resolve();
      };
      socket.onmessage = ({ data }) => {
        if (typeof data === "string") return said(JSON.parse(data)); // what the session is, or an error
        [last, tries] = [null, 0];
        const head = new DataView(data, 0, HEAD_BYTES);
        const [seq, width, height] = [head.getUint32(4, true), head.getUint16(8, true), head.getUint16(10, true)];
        show({ number: seq, width, height, picture: new Blob([data.slice(HEAD_BYTES)]) });
      };
    });
  const again = (code) => {
    if ((tries += 1) > MOST_TRIES) return said({ error: "the server is gone" });
    setTimeout(async () => {
      const isOpen = code !== NO_SESSION || (await open().then((anew) => (path = anew), () => false));
      if (!isOpen) return again(code);
      await connect().then(() => last && socket.send(last), () => again(code));
    }, 250 * tries);
  };
  await connect();
  const ask = (motion) => {
    last = JSON.stringify({ seq: number++, ...motion });
    if (socket.readyState === WebSocket.OPEN) socket.send(last);
  };
  ask.close = () => {
    over = true;
    socket.close();
  };
  return ask;
}

// In the page: the person looks at the pointer, blinks now and then, and opens the mouth while a button is held.
async function play(canvas, line) {
  const context = canvas.getContext("2d");
  const pointer = { x: 0, y: 0, isDown: false };
  addEventListener("pointermove", (event) => {
    pointer.x = (2 * event.clientX) / innerWidth - 1;
    pointer.y = (2 * event.clientY) / innerHeight - 1;
  });
  addEventListener("pointerdown", () => (pointer.isDown = true));
  addEventListener("pointerup", () => (pointer.isDown = false));
  const motion = () => {
    const lids = performance.now() % 3500 < 150 ? -1 : 0;
    const { x, y, isDown } = pointer;
    return { controls: { turn: 22 * x, nod: 14 * y, gaze_x: x, gaze_y: y, mouth: isDown ? 0.7 : 0, left_lid: lids, right_lid: lids } };
  };
  const url = new URLSearchParams(location.search).get("server") ?? "http://localhost:8350";
  let ask = null;
  const show = async ({ number, picture }) => {
    ask(motion()); // the next one, while this one is drawn
    const bitmap = await createImageBitmap(picture);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    line.textContent = `Synthetic: made with Headcast. Frame ${number}`;
  };
  ask = await openSession(url, { avatar: "astronaut", format: "webp" }, show, ({ error }) => error && (line.textContent = error));
  ask(motion());
}

if (globalThis.document?.getElementById("view")) {
  const line = document.getElementById("line");
  play(document.getElementById("view"), line).catch((error) => (line.textContent = String(error.message ?? error)));
}
