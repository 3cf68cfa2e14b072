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

/** `stage.null_strings` says in which stages the engine's null strings are empty ones; `stage.columns` names the columns that may differ, the others must agree; `stage.text` says that a whole stage may. */
function known(stage, answer) {
  for (const { name, stage: shape } of all()) {
    if (!shape) continue;
    if (shape.text && new RegExp(shape.text).test(stage.query)) return name;
    if (shape.null_strings && new RegExp(shape.null_strings).test(stage.query) && difference(stage.answer, filled(answer), false) === null) return name;
    if (!shape.columns) continue;
    const gone = new Set([...stage.query.matchAll(new RegExp(shape.columns, 'g'))].map((m) => m[1]));
    if (gone.size && difference(without(stage.answer, gone), without(answer, gone), false) === null) return name;
  }
  return null;
}

module.exports = { all, known };
