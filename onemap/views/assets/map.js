/* The map page of onemap: switches, filter, legend, search, popups. Text goes into the page as text only. */
"use strict";
const onemap = {};
onemap.start = function (map, data) {
  map.setMinZoom(5);
  map.setMaxZoom(18);
  onemap.narrow = map.getSize().x < 1100;
  const home = L.latLngBounds(data.bounds);
  const canvas = L.canvas({ tolerance: 5, padding: 0.3 });
  let lang = data.lang === "en" ? 1 : 0;
  const filter = { t: data.technologies[0], o: data.operators[0], p: false }; /* p: with the plan */
  const clusters = new Map();
  let opened = null;
  onemap.most = 50; /* rows whose mark carries a number */

  const say = (id) => data.texts[id][lang];
  const word = (value) => (Object.hasOwn(data.words, value) ? data.words[value][lang] : value);
  const element = (tag, options = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [key, value] of Object.entries(options)) {
      if (key === "text") made.textContent = value;
      else if (key === "on") for (const [name, act] of Object.entries(value)) made.addEventListener(name, act);
      else made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  };
  const shownRow = (spec, row) => (!spec.byOperator || row.o === filter.o) && (!spec.filtered || !filter.t || row.t === filter.t);
  const byPlan = (row) => filter.p && row.pz !== undefined;
  const colorOf = (spec, row) => (spec.gap && byPlan(row) ? data.colors.served : spec.classes ? spec.classes[row.k][2] : !spec.gap ? spec.color : row.c === "depends" ? data.colors.depends : data.colors.gap);
  const number = (value) => {
    const digits = Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 1 ? 1 : 2;
    return value.toLocaleString("en-US", { maximumFractionDigits: digits });
  };
  const shown = (value, unit) => {
    if (Array.isArray(value)) return value[lang];
    if (typeof value === "number" && unit === "%") return `${(100 * value).toLocaleString("en-US", { maximumFractionDigits: 1 })} %`;
    if (typeof value === "number") return unit ? `${number(value)} ${unit}` : String(value);
    return value.split(";").map(word).join(lang ? ", " : "、");
  };

  /* ---- popups: reason first, source last ---- */
  function popup(spec, row) {
    const box = element("div");
    box.append(element("h3", { text: row.n || spec.family[lang] }, element("small", { text: row.n ? (spec.gap ? spec.label : spec.family)[lang] : "" })));
    const reason = lang ? row.re : row.rz;
    if (reason) box.append(element("p", { text: reason, class: spec.gap ? "" : spec.group === "plan" ? "plan" : "calm" }));
    if (row.pz) box.append(element("p", { text: say("by_plan") + (lang ? row.pe : row.pz), class: "plan" }));
    if (row.pg) box.append(element("p", { text: say("by_plan") + say("plan_road").replace("{km}", number(row.pm / 1000)), class: "plan" }));
    const body = element("tbody");
    spec.fields.forEach((field, place) => {
      const value = row.v[place];
      if (value === null || value === undefined) return;
      body.append(element("tr", {}, element("th", { text: field[lang] }), element("td", { text: shown(value, field[2]) })));
    });
    if (row.s) body.append(element("tr", { class: "source" }, element("th", { text: say("source") }), element("td", { text: row.s })));
    box.append(element("table", {}, body));
    return box;
  }

  /* ---- rows as things on the map ---- */
  function markHtml(mark, size, color, gap, digits, group) {
    const box = element("span", { class: `mark ${mark}${gap ? " gap" : ""}${group === "plan" && digits ? " plan" : ""}` });
    box.style.width = box.style.height = `${size}px`;
    if (mark === "ring" || mark === "triangle") {
      const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      svg.setAttribute("viewBox", "0 0 20 20");
      const shape = document.createElementNS("http://www.w3.org/2000/svg", mark === "ring" ? "circle" : "path");
      if (mark === "ring") { shape.setAttribute("cx", 10); shape.setAttribute("cy", 10); shape.setAttribute("r", 7.5); }
      else shape.setAttribute("d", "M10 2 L18 17 L2 17 Z");
      shape.setAttribute("fill", mark === "ring" ? "rgba(255,255,255,.35)" : color);
      shape.setAttribute("stroke", mark === "ring" ? color : "#fff");
      if (group === "plan" && digits) { shape.setAttribute("fill", color); shape.setAttribute("stroke", "#22272d"); }
      shape.setAttribute("stroke-width", mark === "ring" ? 4 : 1.6);
      svg.append(shape);
      box.append(svg);
    } else {
      const inner = element("i", digits && mark === "number" ? { text: String(digits) } : {});
      inner.style.background = color;
      box.append(inner);
    }
    if (digits && mark !== "number") box.append(element("b", { text: String(digits) }));
    return box;
  }
  function pointLayer(spec, row) {
    const digits = spec.number === null ? null : row.v[spec.number];
    const few = digits !== null && (digits <= onemap.most || spec.group === "plan");
    const served = spec.gap && byPlan(row);
    const size = digits !== null && !few ? 6 : spec.gap && (served || row.c === "depends") ? spec.size * 0.85 : spec.size;
    const icon = L.divIcon({ className: "", html: markHtml(spec.mark, size, colorOf(spec, row), spec.gap && !served, few ? digits : null, spec.group), iconSize: [size, size] });
    return L.marker([row.g[1], row.g[0]], { icon, keyboard: spec.gap, title: row.n || "", pane: served ? "served" : spec.group === "plan" && few ? "plan" : spec.gap || few ? "gaps" : "markerPane", zIndexOffset: few ? 2000 - digits : 0, riseOnHover: true });
  }
  const flip = (pair) => [pair[1], pair[0]];
  function lineLayer(spec, row) {
    const places = row.g.map((part) => part.map(flip));
    if (spec.group === "plan") { /* bright on a dark rim, dashed where it goes through the air */
      const rim = L.polyline(places, { color: "#22272d", weight: spec.size + 2.4, opacity: 0.9, dashArray: spec.dash, interactive: false, pane: "lines" });
      return L.featureGroup([rim, L.polyline(places, { color: spec.color, weight: spec.size, opacity: 1, dashArray: spec.dash, pane: "lines" })]);
    }
    if (!spec.gap) {
      const line = L.polyline(places, { color: colorOf(spec, row), weight: Math.min(spec.size, 4), dashArray: spec.dash, opacity: 0.9, renderer: canvas });
      if (!spec.ended) return line;
      const end = places.at(-1).at(-1);
      return L.featureGroup([line, L.circleMarker(end, { radius: 4, color: "#fff", weight: 1.2, fillColor: spec.color, fillOpacity: 1, renderer: canvas })]);
    }
    const halo = L.polyline(places, { color: "#fff", weight: spec.size + 3, opacity: 0.85, interactive: false, pane: "stretches" });
    const parts = [halo, L.polyline(places, { color: colorOf(spec, row), weight: spec.size, opacity: 1, pane: "stretches" })];
    if (filter.p && row.pg) parts.push(L.polyline(row.pg.map((part) => part.map(flip)), { color: data.colors.served, weight: spec.size, opacity: 1, pane: "stretches" }));
    return L.featureGroup(parts);
  }
  function areaLayer(spec, row) {
    const places = row.g.map((polygon) => polygon.map((ring) => ring.map(flip)));
    if (spec.classes) return L.polygon(places, { color: "#fff", weight: 1.2, fillColor: colorOf(spec, row), fillOpacity: spec.fill, renderer: canvas });
    return L.polygon(places, { color: spec.color, weight: spec.dash ? spec.size : 1, dashArray: spec.dash, fillOpacity: spec.fill, fill: spec.fill > 0, renderer: canvas });
  }
  function thing(spec, row) {
    const kind = typeof row.g[0] === "number" ? pointLayer : typeof row.g[0][0][0] === "number" ? lineLayer : areaLayer;
    const made = kind(spec, row);
    made.bindPopup(() => popup(spec, row), { maxWidth: 380, maxHeight: Math.max(240, Math.round(map.getSize().y * 0.55)) });
    made.on("popupopen", () => { opened = { spec, row, made }; });
    made.on("popupclose", () => { opened = null; });
    return made;
  }

  /* ---- switches ---- */
  function clusterOf(spec) {
    if (!clusters.has(spec.group)) {
      const group = L.markerClusterGroup({
        maxClusterRadius: 22, disableClusteringAtZoom: 12, showCoverageOnHover: false, animate: false, spiderfyOnMaxZoom: false,
        iconCreateFunction: (cluster) => {
          const count = cluster.getChildCount();
          const size = count < 10 ? 17 : count < 100 ? 22 : 28;
          return L.divIcon({ className: "", html: clusterHtml(count, size), iconSize: [size, size] });
        },
      });
      clusters.set(spec.group, group);
      map.addLayer(group);
    }
    return clusters.get(spec.group);
  }
  function clusterHtml(count, size) {
    const box = element("div", { class: "cluster", text: String(count) });
    box.style.width = box.style.height = `${size}px`;
    return box;
  }
  function things(spec) {
    spec.things ??= new Map();
    const rows = spec.rows.filter((row) => shownRow(spec, row));
    return rows.map((row) => {
      if (!spec.things.has(row)) spec.things.set(row, thing(spec, row));
      return spec.things.get(row);
    });
  }
  function draw(spec) {
    if (spec.drawn) {
      if (spec.cluster) clusterOf(spec).removeLayers(spec.drawn);
      else spec.drawn.forEach((one) => map.removeLayer(one));
    }
    spec.drawn = spec.on ? things(spec) : null;
    if (!spec.drawn) return;
    if (spec.cluster) clusterOf(spec).addLayers(spec.drawn);
    else spec.drawn.forEach((one) => one.addTo(map));
  }
  function order() {
    for (const spec of data.layers) {
      if (spec.drawn && !spec.cluster && !spec.gap) spec.drawn.forEach((one) => one.bringToFront && one.bringToFront());
    }
  }
  function turn(spec, on) {
    if (on && spec.alone) for (const other of data.layers) if (other !== spec && other.alone && other.on) { other.on = false; draw(other); }
    spec.on = on;
    draw(spec);
    order();
    write();
  }
  onemap.turn = (id, on) => turn(data.layers.find((spec) => spec.id === id), on);

  /* ---- what stands around the map ---- */
  function swatch(spec, verdict, paint) {
    const row = spec.rows[0];
    const color = paint ?? (verdict ? data.colors[verdict] : spec.color);
    const box = element("span", { class: "swatch" });
    if (typeof row.g[0] === "number") {
      const mark = markHtml(spec.mark, Math.min(spec.size + 2, 14), color, spec.gap, spec.number === null ? null : spec.group === "plan" ? " " : 1, spec.group);
      mark.style.margin = "1px auto";
      box.append(mark);
      return box;
    }
    const line = element("span");
    const area = typeof row.g[0][0][0] !== "number";
    if (spec.classes && !verdict) {
      const stops = spec.classes.map((one, place) => `${one[2]} ${(100 * place) / spec.classes.length}% ${(100 * (place + 1)) / spec.classes.length}%`);
      line.style.cssText = `display:block;height:12px;margin-top:2px;background:linear-gradient(90deg, ${stops.join(", ")})`;
      box.append(line);
      return box;
    }
    line.style.display = "block";
    if (area && spec.fill) {
      line.style.cssText = "display:block;height:12px;margin-top:2px;box-sizing:border-box";
      line.style.border = `1px solid ${color}`;
      line.style.background = `color-mix(in srgb, ${color} 28%, white)`;
    } else {
      line.style.borderTop = `${Math.max(2, Math.min(spec.size, 5))}px ${spec.dash ? "dashed" : "solid"} ${color}`;
      line.style.marginTop = "7px";
    }
    box.append(line);
    return box;
  }
  const count = (spec, verdict, kind) => spec.rows.reduce((sum, row) => sum + (shownRow(spec, row) && (!verdict || (row.c === verdict && !byPlan(row))) && (kind === undefined || row.k === kind) ? 1 : 0), 0);
  function chip(spec, color) {
    if (typeof spec.rows[0].g[0] === "number") return swatch(spec, "", color);
    const box = element("span", { class: "swatch" });
    box.style.cssText = `background:${color};height:12px`;
    return box;
  }
  function counts(spec) {
    if (!spec.gap) return [element("small", { text: String(count(spec)) })];
    const numbers = ["uncovered", "depends"].map((verdict) => [verdict, count(spec, verdict)]).filter((pair) => pair[1]);
    return numbers.map(([verdict, value]) => element("small", { text: String(value), class: verdict, title: say(verdict) }));
  }

  function writeHead() {
    const head = document.getElementById("head");
    const facts = element("div", { class: "facts" }, `${say("data_date")} `, element("b", { text: data.date }), ` · ${say("data_class")} `, element("b", { text: word(data.class) }));
    if (data.report) facts.append(" · ", element("a", { text: say("report"), href: data.report }));
    const swap = element("button", { text: say("other_language"), class: "language", id: "language", on: { click: () => speak(1 - lang) } });
    head.querySelector(".top").replaceChildren(element("h1", { text: data.title[lang] }), swap, facts, numbers());
    document.title = data.title[lang];
    document.documentElement.lang = lang ? "en" : "zh-CN";
    const field = document.getElementById("search");
    field.placeholder = say("search");
    field.setAttribute("aria-label", say("search"));
    document.getElementById("mock").textContent = data.simulated ? say("simulated") : "";
    const review = document.getElementById("review");
    if (review) review.textContent = data.review ? say("review") + data.review : say("review_missing");
  }
  function numbers() {
    const box = element("div", { class: "numbers" });
    const gaps = data.layers.filter((spec) => spec.gap);
    if (!gaps.length) { box.hidden = true; return box; }
    box.append(element("span", { text: `${filter.t} · ${word(filter.o)} · ${say("of_uncovered")}${filter.p ? ` · ${say("after")}` : ""}` }), element("br"));
    for (const spec of [...gaps].reverse()) {
      const rows = spec.rows.filter((row) => shownRow(spec, row) && row.c === "uncovered" && !byPlan(row));
      if (!rows.length) continue;
      const road = typeof rows[0].g[0] !== "number";
      const value = road ? number(rows.reduce((sum, row) => sum + (row.l || 0) - (filter.p ? row.pm || 0 : 0), 0) / 1000) : String(rows.length);
      const label = road ? say("roads") : spec.label[lang];
      box.append(element("span", {}, label, element("b", { text: value }), road ? "km" : ""));
    }
    return box;
  }
  function writePanel() {
    const panel = document.getElementById("panel");
    const top = panel.scrollTop;
    const parts = [element("button", { text: say("layers"), class: "fold", "aria-expanded": String(!onemap.narrow), on: { click: () => { onemap.narrow = !onemap.narrow; writePanel(); } } })];
    panel.classList.toggle("folded", onemap.narrow);
    if (data.technologies.length) {
      parts.push(element("h2", { text: say("gaps_of") }), choice("t", data.technologies), choice("o", data.operators));
      if (onemap.planned) parts.push(element("h2", { text: say("plan_of") }), beforeAfter());
    }
    for (const [group, ...label] of data.groups) {
      const specs = data.layers.filter((spec) => spec.group === group).reverse();
      if (!specs.length) continue;
      const box = element("details", {}, element("summary", { text: label[lang] }));
      box.open = onemap.folded?.[group] === undefined ? specs.some((spec) => spec.on) && group !== "ground" && group !== "people" : !onemap.folded[group];
      box.addEventListener("toggle", () => { (onemap.folded ??= {})[group] = !box.open; });
      for (const spec of specs) {
        const tick = element("input", { type: "checkbox", "data-layer": spec.id, on: { change: (event) => turn(spec, event.target.checked) } });
        tick.checked = spec.on;
        box.append(element("label", {}, tick, swatch(spec, spec.gap ? "gap" : ""), element("span", { class: "name", text: spec.label[lang] }), ...counts(spec)));
      }
      parts.push(box);
    }
    panel.replaceChildren(...parts);
    panel.scrollTop = top;
  }
  function beforeAfter() {
    const box = element("div", { class: "choice" });
    for (const after of [false, true]) {
      box.append(element("button", { text: say(after ? "after" : "before"), "aria-pressed": String(filter.p === after), "data-plan": after ? "after" : "before", on: { click: () => onemap.plan(after) } }));
    }
    return box;
  }
  onemap.plan = (after) => {
    filter.p = after;
    map.closePopup();
    for (const spec of data.layers.filter((one) => one.gap)) { spec.things = new Map(); draw(spec); }
    order();
    write();
  };
  function choice(key, values) {
    const box = element("div", { class: "choice" });
    for (const value of values) {
      const act = () => { filter[key] = value; map.closePopup(); data.layers.filter((spec) => spec.filtered).forEach(draw); order(); write(); };
      box.append(element("button", { text: word(value), "aria-pressed": String(filter[key] === value), "data-filter": value, on: { click: act } }));
    }
    return box;
  }
  function writeLegend() {
    const lines = [];
    for (const spec of [...data.layers].reverse()) {
      if (!spec.on) continue;
      const met = ["uncovered", "depends"].filter((verdict) => spec.gap && spec.rows.some((row) => shownRow(spec, row) && row.c === verdict));
      if (spec.gap && !met.length) continue;
      if (spec.classes) {
        lines.push(element("div", { class: "family" }, element("span", { text: spec.label[lang] })));
        spec.classes.forEach((one, place) => {
          const shown = count(spec, "", place);
          if (shown) lines.push(element("div", {}, chip(spec, one[2]), element("span", { text: one[lang] }), element("small", { text: String(shown) })));
        });
        continue;
      }
      const swatches = (spec.gap ? met : [""]).map((verdict) => swatch(spec, verdict));
      lines.push(element("div", {}, ...swatches, element("span", { text: spec.label[lang] })));
    }
    const verdicts = ["uncovered", "depends"].map((verdict) => {
      const patch = element("i");
      patch.style.background = data.colors[verdict];
      return element("span", { class: "verdict" }, patch, say(verdict));
    });
    if (filter.p) {
      const patch = element("i");
      patch.style.background = data.colors.served;
      verdicts.push(element("span", { class: "verdict" }, patch, say("served")));
    }
    const head = data.layers.some((spec) => spec.gap && spec.on) ? [element("p", {}, ...verdicts)] : [];
    document.getElementById("legend").replaceChildren(element("h2", { text: say("legend") }), ...head, ...lines);
  }
  function write() { writeHead(); writePanel(); writeLegend(); }
  function speak(to) {
    lang = to;
    write();
    map.attributionControl.setPrefix("");
    tools.speak();
    if (opened) { const { made } = opened; const at = made.getPopup().getLatLng(); made.closePopup(); made.openPopup(at); }
    search();
  }
  onemap.speak = (code) => speak(code === "en" ? 1 : 0);

  /* ---- search ---- */
  const field = document.getElementById("search");
  const list = document.getElementById("found");
  function search() {
    const wanted = field.value.trim().toLowerCase();
    list.replaceChildren();
    if (!wanted) return;
    const hits = [];
    for (const spec of [...data.layers].reverse()) {
      for (const row of spec.rows) {
        if (hits.length >= 12) break;
        if (row.n && row.n.toLowerCase().includes(wanted) && shownRow(spec, row)) hits.push([spec, row]);
      }
    }
    for (const [spec, row] of hits) {
      list.append(element("li", { role: "option", tabindex: "0", on: { click: () => go(spec, row), keydown: (event) => { if (event.key === "Enter") go(spec, row); } } },
        element("span", { text: row.n }), element("small", { text: `${spec.label[lang]}` })));
    }
    if (!hits.length) list.append(element("li", { text: say("nothing_found") }));
  }
  function go(spec, row) {
    if (!spec.on) turn(spec, true);
    const made = spec.things.get(row);
    const place = made.getBounds ? made.getBounds() : L.latLngBounds([made.getLatLng()]);
    map.fitBounds(place, { maxZoom: Math.max(map.getZoom(), 13), animate: false, padding: [60, 60] });
    made.openPopup(made.getLatLng ? undefined : place.getCenter());
    field.value = "";
    search();
  }
  field.addEventListener("input", search);
  field.addEventListener("keydown", (event) => { if (event.key === "Enter") list.querySelector("li[role]")?.click(); });

  /* ---- ground, tools, first drawing ---- */
  map.createPane("stretches").style.zIndex = 450;
  map.createPane("lines").style.zIndex = 460;
  map.createPane("served").style.zIndex = 610;
  map.createPane("plan").style.zIndex = 630;
  onemap.planned = data.layers.some((spec) => spec.gap && spec.rows.some((row) => row.pz || row.pg));
  map.createPane("gaps").style.zIndex = 620;
  if (data.relief) L.imageOverlay(data.relief.picture, data.relief.bounds, { opacity: 1, pane: "tilePane" }).addTo(map);
  if (data.outside.length) {
    L.polygon(data.outside.map((ring) => ring.map(flip)), { stroke: false, fillColor: "#f4f4f2", fillOpacity: 0.62, interactive: false, renderer: canvas }).addTo(map);
  }
  for (const spec of data.layers) if (["6 4", "2 4", "5 4"].includes(spec.mark)) spec.dash = spec.mark;
  const tools = toolbox(map, () => map.fitBounds(home, fit), say);
  L.control.scale({ imperial: false, maxWidth: 140, position: "bottomleft" }).addTo(map);
  map.attributionControl.setPrefix("");
  writeHead();
  const wide = map.getSize().x >= 1100;
  const fit = { paddingTopLeft: [wide ? 375 : 20, wide ? 20 : 24 + document.getElementById("head").offsetHeight], paddingBottomRight: [wide ? 285 : 20, wide ? 20 : 48], animate: false };
  map.fitBounds(home, fit);
  for (const spec of data.layers) draw(spec);
  order();
  write();
  tools.speak();
  onemap.data = data;
  onemap.map = map;
  document.body.dataset.ready = "yes";
};
function toolbox(map, goHome, say) {
  const zoom = L.control.zoom({ position: "bottomright", zoomInText: "+", zoomOutText: "\u2212" }).addTo(map);
  const back = L.control({ position: "bottomright" });
  back.onAdd = () => {
    const bar = L.DomUtil.create("div", "leaflet-bar leaflet-control-home");
    const link = L.DomUtil.create("a", "", bar);
    link.href = "#";
    link.textContent = "\u2302";
    link.setAttribute("role", "button");
    L.DomEvent.on(link, "click", (event) => { L.DomEvent.stop(event); goHome(); });
    return bar;
  };
  back.addTo(map);
  return {
    speak() {
      const [plus, minus] = zoom.getContainer().querySelectorAll("a");
      for (const [link, id] of [[plus, "zoom_in"], [minus, "zoom_out"], [back.getContainer().querySelector("a"), "home"]]) {
        link.title = say(id);
        link.setAttribute("aria-label", say(id));
      }
    },
  };
}
