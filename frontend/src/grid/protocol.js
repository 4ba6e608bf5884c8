// The conversation with the server: one JSON request, one answer or one named failure.

export class Offline extends Error {}

export class Refused extends Error {
  constructor(status, body) {
    super(body.detail || body.title || String(status));
    this.status = status;
    this.body = body;
  }
}

function token() {
  return JSON.parse(document.body.getAttribute("hx-headers:inherited") ?? "{}")["X-CSRFToken"] ?? "";
}

export class Protocol {
  constructor(base) {
    this.base = base;
  }

  get(path, query = {}) {
    const search = new URLSearchParams(query).toString();
    return this.#send(path + (search && `?${search}`), { method: "GET" });
  }

  post(path, body) {
    return this.#send(path, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
    });
  }

  async #send(path, options) {
    let answer;
    try {
      answer = await fetch(this.base + path, {
        ...options,
        credentials: "same-origin",
        headers: { Accept: "application/json", ...options.headers },
      });
    } catch {
      throw new Offline();
    }
    // A gateway without its server is the same as no network: the edit waits.
    if ([502, 503, 504].includes(answer.status)) throw new Offline();
    const body = await answer.json().catch(() => ({}));
    if (!answer.ok || answer.redirected) throw new Refused(answer.redirected ? 401 : answer.status, body);
    return body;
  }
}
