// Draws a process map as one SVG: steps left to right, arrows as wide as they are frequent and as
// dark as they are slow, every number printed. Steps and arrows are links where a page stands behind.
import dagre from "@dagrejs/dagre";

const SVG = "http://www.w3.org/2000/svg";
const NODE = { height: 52, padding: 18, least: 108 };

function element(name, attributes = {}, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text) made.textContent = text;
  return made;
}

// Chinese characters are about one em wide, others a little over half.
function textWidth(text, size) {
  return [...text].reduce((sum, sign) => sum + (sign.codePointAt(0) > 0x2e7f ? size : size * 0.58), 0);
}

function layout({ nodes, edges }) {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: 34, ranksep: 64, edgesep: 22, marginx: 14, marginy: 14 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of nodes) {
    const widest = Math.max(textWidth(node.name, 14), textWidth(String(node.value ?? ""), 12));
    graph.setNode(String(node.id), {
      ...node, width: Math.max(NODE.least, widest + 2 * NODE.padding), height: NODE.height,
    });
  }
  edges.forEach((edge, place) => {
    const width = textWidth(String(edge.text ?? ""), 12) + 10;
    graph.setEdge(String(edge.from), String(edge.to), { ...edge, width, height: 20, labelpos: "c" }, String(place));
  });
  dagre.layout(graph);
  return graph;
}

// A smooth line through the points the layout gives.
function path(points) {
  const [first, ...rest] = points;
  let d = `M${first.x},${first.y}`;
  for (let place = 0; place < rest.length - 1; place += 1) {
    const here = rest[place];
    const next = rest[place + 1];
    d += ` Q${here.x},${here.y} ${(here.x + next.x) / 2},${(here.y + next.y) / 2}`;
  }
  const last = rest.at(-1);
  return `${d} L${last.x},${last.y}`;
}

function linked(url, label, className) {
  const made = element(url ? "a" : "g", { class: className });
  // A link is named by its title; a label beside it would say the same text twice.
  if (url) made.setAttribute("href", url);
  else {
    made.setAttribute("aria-label", label);
    made.setAttribute("tabindex", "0");
    made.setAttribute("role", "img");
  }
  made.append(element("title", {}, label));
  return made;
}

function drawNode(node) {
  const value = String(node.value ?? "");
  const box = linked(node.url, `${node.name} ${value}`, `ol-map-node ol-map-${node.tone ?? "plain"}`);
  const left = node.x - node.width / 2;
  const top = node.y - node.height / 2;
  box.append(
    element("rect", { x: left, y: top, width: node.width, height: node.height, rx: 6 }),
    element("text", { x: node.x, y: node.y - (value ? 5 : -5), class: "ol-map-name" }, node.name),
  );
  if (value) box.append(element("text", { x: node.x, y: node.y + 15, class: "ol-map-value" }, value));
  return box;
}

function drawEdge(edge, most, names) {
  const text = String(edge.text ?? "");
  const label = `${names.get(String(edge.from))} → ${names.get(String(edge.to))}: ${text}`;
  const arrow = linked(edge.url, label, `ol-map-edge${edge.hidden ? " ol-map-hidden" : ""}`);
  const width = 1.2 + 6 * Math.sqrt((edge.count ?? 0) / most);
  const slowness = Math.round((edge.slowness ?? 0) * 4);
  const line = path(edge.points);
  arrow.append(
    element("path", { d: line, class: "ol-map-reach" }),
    element("path", {
      d: line, class: `ol-map-line ol-map-slow-${slowness}`, "stroke-width": width.toFixed(2),
      "marker-end": `url(#arrow-${slowness})`,
    }),
  );
  if (text) {
    arrow.append(
      element("rect", {
        x: edge.x - edge.width / 2, y: edge.y - 10, width: edge.width, height: 20, rx: 4, class: "ol-map-plate",
      }),
      element("text", { x: edge.x, y: edge.y + 4, class: "ol-map-text" }, text),
    );
  }
  return arrow;
}

function markers() {
  const held = element("defs");
  for (let slowness = 0; slowness <= 4; slowness += 1) {
    const marker = element("marker", {
      id: `arrow-${slowness}`, viewBox: "0 0 10 10", refX: 9, refY: 5, orient: "auto",
      markerWidth: 9, markerHeight: 9, markerUnits: "userSpaceOnUse",
    });
    marker.append(element("path", { d: "M0,0 L10,5 L0,10 z", class: `ol-map-head ol-map-fill-${slowness}` }));
    held.append(marker);
  }
  return held;
}

function legend(words) {
  const made = document.createElement("div");
  made.className = "ol-map-legend";
  for (const text of [words.width, `${words.darkness} (${words.unit})`, words.hidden].filter(Boolean)) {
    const line = document.createElement("span");
    line.textContent = text;
    made.append(line);
  }
  return made;
}

function zoomButtons(words, frame, drawing, size) {
  const bar = document.createElement("div");
  bar.className = "ol-map-zoom";
  let scale = 1;
  // Below this the numbers cannot be read: then one scrolls.
  const fit = () => Math.max(0.55, Math.min(1.2, (frame.clientWidth - 4) / size.width));
  const show = (wished) => {
    scale = Math.min(2, Math.max(0.3, wished));
    drawing.setAttribute("width", size.width * scale);
    drawing.setAttribute("height", size.height * scale);
  };
  for (const [sign, label, wished] of [
    ["−", words.zoom_out, () => scale / 1.25], ["+", words.zoom_in, () => scale * 1.25], ["⤢", words.fit, fit],
  ]) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-icon btn-sm";
    button.textContent = sign;
    button.setAttribute("aria-label", label);
    button.addEventListener("click", () => show(wished()));
    bar.append(button);
  }
  show(fit());
  return bar;
}

function draw(place) {
  const held = document.getElementById(place.dataset.processMap);
  if (!held || place.childElementCount) return;
  const data = JSON.parse(held.textContent);
  const graph = layout(data);
  const size = graph.graph();
  const most = Math.max(1, ...data.edges.map((edge) => edge.count ?? 0));
  const names = new Map(data.nodes.map((node) => [String(node.id), node.name]));
  const drawing = element("svg", {
    viewBox: `0 0 ${size.width} ${size.height}`, role: "group", "aria-label": data.words.map,
  });
  drawing.append(markers());
  for (const id of graph.edges()) drawing.append(drawEdge(graph.edge(id), most, names));
  for (const id of graph.nodes()) drawing.append(drawNode(graph.node(id)));
  const frame = document.createElement("div");
  frame.className = "ol-map-frame";
  frame.tabIndex = 0;
  frame.setAttribute("role", "region");
  frame.setAttribute("aria-label", data.words.map);
  frame.append(drawing);
  const foot = legend(data.words);
  place.append(frame, foot);
  foot.append(zoomButtons(data.words, frame, drawing, size));
}

function drawAll() {
  for (const place of document.querySelectorAll("[data-process-map]")) draw(place);
}

drawAll();
document.addEventListener("htmx:after:swap", drawAll);
