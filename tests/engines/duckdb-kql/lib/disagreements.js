'use strict';
// The disagreements that are known: one file each in ../disagreements, with who is right and by which source.
// In: a stage and the engine's answer that differs. Out: the name of the disagreement that explains the whole difference, or null.
const fs = require('fs');
const path = require('path');
const { difference } = require('./compare');

const folder = path.join(__dirname, '..', 'disagreements');
const files = fs.readdirSync(folder).filter((f) => f.endsWith('.json')).sort()
  .map((f) => ({ name: f.replace('.json', ''), ...JSON.parse(fs.readFileSync(path.join(folder, f), 'utf8')) }));
const all = () => files;

const without = (answer, gone) => ({ columns: answer.columns.filter((x) => !gone.has(x.name)),
  rows: answer.rows.map((r) => Object.fromEntries(Object.entries(r).filter(([n]) => !gone.has(n)))) });

const filled = (answer) => ({ columns: answer.columns, rows: answer.rows.map((r) => Object.fromEntries(answer.columns.map((x) =>
  [x.name, x.type === 'string' && r[x.name] === null ? '' : r[x.name]]))) });

/**
 * `stage.text` says that a whole stage may differ, `stage.null_strings` in which stages the engine's null strings are empty ones, `stage.columns`
 * names the columns that may differ, all others must agree. A difference may have several of these causes.
 */
function known(stage, answer) {
  let [mine, other] = [stage.answer, answer];
  const causes = [];
  for (const { name, stage: shape = {} } of all()) {
    if (shape.text && new RegExp(shape.text).test(stage.query)) return name;
    if (shape.null_strings && new RegExp(shape.null_strings).test(stage.query)) other = filled(other);
    else if (shape.columns) {
      const gone = new Set([...stage.query.matchAll(new RegExp(shape.columns, 'g'))].map((m) => m[1]));
      if (!gone.size) continue;
      [mine, other] = [without(mine, gone), without(other, gone)];
    } else continue;
    causes.push(name);
  }
  return causes.length && difference(mine, other, false) === null ? causes.join(', ') : null;
}

module.exports = { all, known };
