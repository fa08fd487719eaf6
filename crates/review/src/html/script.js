"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);
  const GRAVE = ["refused", "data-loss", "recreate", "endpoints", "exposure", "rbac", "pod-security", "admission"];
  const ORDER = [...GRAVE, "promotion", "argo-cd", "restart", "image", "stays", "no-change"];
  const PAGE = 200;

  // All text comes into the page as text, never as HTML.
  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const name = ({ object }) => `${object.kind} ${object.namespace ? object.namespace + "/" : ""}${object.name}`;
  const tenant = (change) => change.tenant || change.object.namespace || "";
  const title = (change) => name(change) + (change.environment ? ` in ${change.environment}` : "");
  const shown = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));
  const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

  document.querySelector("h1").textContent = document.title;
  const count = (fate) => data.changes.filter((change) => change.change === fate).length;
  $("sums").textContent = `${count("added")} added, ${count("removed")} removed, ${count("changed")} changed`;

  for (const claim of data.claims) {
    const item = make("li", { className: claim.holds ? "" : "broken" });
    item.append(make("b", { textContent: claim.holds ? "holds: " : "broken: " }), claim.claim);
    if (!claim.holds) item.append(make("ul", {}, ...claim.broken_by.map((line) => make("li", { textContent: line }))));
    const list = $("claims").querySelector("ul");
    claim.holds ? list.append(item) : list.prepend(item);
    $("claims").hidden = false;
  }

  const causes = new Map();
  for (const change of data.changes) {
    for (const one of change.consequences) {
      const key = JSON.stringify([one.name, one.field, one.message]);
      if (!causes.has(key)) causes.set(key, { ...one, places: [] });
      causes.get(key).places.push(title(change));
    }
  }
  const byGravity = (left, right) => ORDER.indexOf(left.name) - ORDER.indexOf(right.name);
  const causesShown = (shown) => $("consequences").querySelector("ul").replaceChildren(...shown.map((one) => {
    const few = one.places.slice(0, 3).join(", ");
    const more = one.places.length > 3 ? ` and ${one.places.length - 3} more` : "";
    const field = one.field ? `${one.field}: ` : "";
    return make("li", { className: GRAVE.includes(one.name) ? "grave" : "" },
      make("b", { className: "name", textContent: one.name }), field + one.message,
      make("div", { className: "where", textContent: few + more }));
  }));

  const NS = "http://www.w3.org/2000/svg";
  const draw = (tag, attributes, text) => {
    const element = document.createElementNS(NS, tag);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    if (text !== undefined) element.textContent = text;
    return element;
  };
  // A list of many: the first of them, and a button for more.
  const paged = (parent, items, page, show) => {
    let room = page;
    const button = make("button", { type: "button" });
    const fill = () => {
      show(items.slice(0, room));
      button.hidden = items.length <= room;
      button.textContent = `show more (${items.length - room})`;
    };
    button.addEventListener("click", () => { room += page; fill(); });
    fill();
    parent.append(button);
    parent.hidden = !items.length;
  };

  paged($("consequences"), [...causes.values()].sort(byGravity), 100, causesShown);

  // Workloads whose pods are made anew in the same steps are one entry.
  const rollouts = new Map();
  for (const change of data.changes) {
    const how = change.consequences.filter((one) => one.name === "restart").map((one) => one.message);
    if (!how.length) continue;
    const key = JSON.stringify([how, change.rollout]);
    if (!rollouts.has(key)) rollouts.set(key, { how, steps: change.rollout, places: [] });
    rollouts.get(key).places.push(title(change));
  }
  // How many old, starting and new pods there are after each step.
  const steps = ({ pods, surge, unavailable }) => {
    let [old, fresh] = [pods, 0];
    const seen = [[old, 0, 0]];
    while (fresh < pods && seen.length < 200) {
      old -= Math.min(old, Math.max(0, old + fresh - (pods - unavailable)));
      const starting = Math.min(pods - fresh, pods + surge - old - fresh);
      seen.push([old, starting, fresh]);
      fresh += starting;
      seen.push([old, 0, fresh]);
    }
    return [...seen, [0, 0, pods]].filter(([old, , fresh], index, all) => index < all.length - 1 || old + fresh !== pods || all[index - 1][0] > 0);
  };
  const picture = (rollout) => {
    const all = steps(rollout);
    const most = rollout.pods + rollout.surge;
    const [wide, high] = [Math.min(24, 640 / all.length), Math.min(14, 70 / most)];
    const svg = draw("svg", { class: "steps", viewBox: `0 0 ${all.length * wide} ${most * high}`, width: all.length * wide, height: most * high, role: "img" });
    svg.append(draw("title", {}, all.map(([old, starting, fresh]) => `${old} old, ${starting} starting, ${fresh} new`).join("; ")));
    all.forEach((counts, column) => {
      let level = 0;
      ["new", "starting", "old"].forEach((kind, index) => {
        const count = counts[2 - index];
        const [width, height] = [Math.max(wide - 2, 1), count * high];
        if (count) svg.append(draw("rect", { class: `pods ${kind}`, x: column * wide, y: (most - level - count) * high, width, height: Math.max(height - 1, 0.5) }));
        level += count;
      });
    });
    return svg;
  };
  paged($("rollouts"), [...rollouts.values()].sort((left, right) => right.places.length - left.places.length), 20, (shown) => {
    $("rollouts").querySelector("ul").replaceChildren(...shown.map(({ how, steps, places }) => {
      const more = places.length > 3 ? ` and ${places.length - 3} more` : "";
      const pods = steps ? `${plural(steps.pods, "pod")} each: ` : "";
      return make("li", {}, ...(steps ? [picture(steps)] : []), make("div", {}, pods + how.join("; "),
        make("div", { className: "where", textContent: `${plural(places.length, "workload")}: ${places.slice(0, 3).join(", ")}${more}` })));
    }));
  });

  const gibibytes = (bytes) => `${(bytes / 2 ** 30).toFixed(2)}Gi`;
  const amounts = [["pods", String], ["cpu_millis", (millis) => (millis / 1000).toFixed(2)], ["memory_bytes", gibibytes],
    ["storage_bytes", gibibytes], ["monthly_cost", (cost) => cost.toFixed(2)]];
  for (const { environment, old, new: now } of data.capacity) {
    const steps = amounts.map(([name, write]) => old[name] === now[name] ? write(now[name]) : `${write(old[name])} → ${write(now[name])}`);
    $("capacity").querySelector("tbody").append(make("tr", {}, ...[environment, ...steps].map((text) => make("td", { textContent: text }))));
    $("capacity").hidden = false;
  }

  // `dev: + a => b : TCP 80`: who reaches whom, from the left to the right.
  const edges = data.reachability.map((line) => line.match(/^(?:([^:]+): )?([+~-]) (.+) => (.+?) : (.*)$/)).filter(Boolean);
  const byText = (left, right) => (left.from < right.from ? -1 : left.from > right.from ? 1 : 0);
  const labelled = edges.map(([, environment, sign, from, to, ports]) => {
    const prefix = environment ? `${environment}: ` : "";
    return { from: prefix + from, to: prefix + to, ports, kind: { "+": "opened", "-": "closed", "~": "changed" }[sign] };
  }).sort(byText);
  paged($("reachability"), labelled, 30, (shown) => {
    // Each connection has a row of its own at its right end, so that no two labels meet; a source stands once.
    const row = 48, width = 1000, box = 330;
    const svg = draw("svg", { viewBox: `0 0 ${width} ${shown.length * row + 10}`, role: "img" });
    svg.append(draw("title", {}, "Connections that are opened, closed or changed"));
    const node = (x, y, end) => {
      svg.append(draw("rect", { class: "box", x: x + 1, y: y - 18, width: box - 2, height: 36, rx: 6 }));
      const text = draw("text", { x: x + 12, y: y + 5 }, end.length > 46 ? end.slice(0, 45) + "…" : end);
      text.append(draw("title", {}, end));
      svg.append(text);
    };
    const sources = new Map();
    shown.forEach(({ from, to, ports, kind }, index) => {
      const bottom = index * row + 24;
      if (!sources.has(from)) {
        sources.set(from, bottom);
        node(0, bottom, from);
      }
      const top = sources.get(from);
      const [start, end] = [box + 40, width - box - 160];
      svg.append(draw("path", { class: `edge ${kind}`, d: `M${box} ${top} C${start + 40} ${top} ${start} ${bottom} ${end} ${bottom} H${width - box}` }));
      svg.append(draw("text", { x: width - box - 8, y: bottom - 6, "text-anchor": "end" }, `${kind}: ${ports}`));
      node(width - box, bottom, to);
    });
    $("reachability").querySelector("div").replaceChildren(svg);
  });

  const options = (id, values) => values.forEach((value) => $(id).append(make("option", { value, textContent: value })));
  const distinct = (of) => [...new Set(data.changes.map(of))].filter(Boolean).sort();
  const isPlatform = data.changes.some((change) => change.tenant);
  $("tenant").parentElement.firstChild.textContent = isPlatform ? "Tenant " : "Namespace ";
  options("environment", distinct((change) => change.environment));
  options("tenant", distinct(tenant));
  options("gravity", ORDER.filter((known) => data.changes.some((change) => change.consequences.some((one) => one.name === known))));

  const side = (kind, value) => value === undefined
    ? make("pre", { className: "none", textContent: kind === "old" ? "(not set before)" : "(no longer set)" })
    : make("pre", { className: kind, textContent: shown(value) });
  const field = (one) => {
    const inside = one.inside || [one];
    return inside.flatMap((part) => [
      make("div", { className: "path", textContent: part === one ? one.path : `${one.path} » ${part.path}` }),
      part.order ? make("pre", { className: "none", textContent: `new order: ${part.new.join(", ")}` })
        : make("div", { className: "sides" }, side("old", part.old), side("new", part.new)),
    ]);
  };
  const entry = (change) => {
    const tags = [...new Set(change.consequences.map((one) => one.name))].join(", ");
    const summary = make("summary", {}, make("span", { className: "fate", textContent: change.change }), " ", title(change),
      make("span", { className: "tags", textContent: tags }));
    const details = make("details", { className: change.change }, summary);
    // What nobody opens is never made.
    details.addEventListener("toggle", () => {
      if (!details.open || details.children.length > 1) return;
      const body = make("div", { className: "body" });
      if (change.old_name) body.append(make("div", { className: "path", textContent: `formerly ${change.old_name}` }));
      if (change.old_namespace) body.append(make("div", { className: "path", textContent: `formerly in ${change.old_namespace}` }));
      for (const one of change.consequences) {
        body.append(make("div", {}, make("b", { className: "name", textContent: one.name }), (one.field ? `${one.field}: ` : "") + one.message));
      }
      change.fields.forEach((one) => body.append(...field(one)));
      if (!body.hasChildNodes()) body.append(change.change === "changed" ? "" : `the whole object is ${change.change}`);
      details.append(body);
    });
    return details;
  };

  const haystacks = data.changes.map((change) => JSON.stringify(change).toLowerCase());
  let room = PAGE;
  const update = () => {
    const needle = $("search").value.trim().toLowerCase();
    const [environment, owner, gravity] = ["environment", "tenant", "gravity"].map((id) => $(id).value);
    const found = data.changes.filter((change, index) => (!needle || haystacks[index].includes(needle))
      && (!environment || change.environment === environment)
      && (!owner || tenant(change) === owner)
      && (!gravity || change.consequences.some((one) => one.name === gravity)));
    $("list").replaceChildren(...found.slice(0, room).map(entry));
    $("shown").textContent = `${plural(found.length, "object")} of ${data.changes.length}`;
    $("more").hidden = found.length <= room;
  };
  const restart = () => { room = PAGE; update(); };
  $("search").addEventListener("input", restart);
  ["environment", "tenant", "gravity"].forEach((id) => $(id).addEventListener("change", restart));
  $("more").addEventListener("click", () => { room += PAGE; update(); });
  $("unified").addEventListener("change", () => document.body.classList.toggle("unified", $("unified").checked));
  $("expand").addEventListener("click", () => document.querySelectorAll("#list details").forEach((one) => { one.open = true; }));
  document.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.matches?.("input[type=search], select");
    if (event.key === "Escape") { event.target.blur?.(); return; }
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    const all = [...document.querySelectorAll("#list summary")];
    const at = all.indexOf(document.activeElement);
    const moves = { j: Math.min(at + 1, all.length - 1), k: Math.max(at - 1, 0) };
    if (event.key === "/") $("search").focus();
    else if (event.key === "u") $("unified").click();
    else if (event.key in moves) all[moves[event.key]]?.focus();
    else return;
    event.preventDefault();
  });
  update();
})();
