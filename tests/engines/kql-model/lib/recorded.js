'use strict';
// The recorded answers of the real engine, which stay out of the tree, as jobs with what was answered.
// In: the folder (KUSTO_RECORDED, or beside the project). Out: the queries that answer the same at every run.
const fs = require('fs');
const path = require('path');

const home = process.env.KUSTO_RECORDED || path.join(__dirname, '..', '..', '..', '..', '..', 'shared', 'engines', 'kusto-recorded');
const TYPES = { Int64: 'long', Int32: 'int', String: 'string', Double: 'real', SByte: 'bool', DateTime: 'datetime', TimeSpan: 'timespan', Object: 'dynamic' };

function csv(text) {
  const rows = [[]];
  let cell = '', quoted = false;
  const put = () => { rows[rows.length - 1].push(cell); cell = ''; };
  for (let i = 0; i < text.length; i += 1) {
    const ch = text[i];
    if (quoted) { if (ch === '"' && text[i + 1] === '"') { cell += '"'; i += 1; } else if (ch === '"') quoted = false; else cell += ch; }
    else if (ch === '"') quoted = true;
    else if (ch === ',') put();
    else if (ch === '\n') { put(); rows.push([]); }
    else if (ch !== '\r') cell += ch;
  }
  if (cell || rows[rows.length - 1].length) put(); else rows.pop();
  return rows;
}
function sample(file, types) {
  const [head, ...rows] = csv(fs.readFileSync(path.join(home, file), 'utf8'));
  const columns = Object.fromEntries(head.map((h) => [h, types[h] || 'string']));
  const read = (v, type) => (type === 'string' ? v : v === '' ? null : type === 'datetime' ? v : type === 'dynamic' ? JSON.parse(v) : Number(v));
  return { columns, rows: rows.map((r) => Object.fromEntries(head.map((h, i) => [h, read(r[i], columns[h])]))) };
}
const INTS = ['EpisodeId', 'EventId', 'InjuriesDirect', 'InjuriesIndirect', 'DeathsDirect', 'DeathsIndirect', 'DamageProperty', 'DamageCrops'];
const REALS = ['BeginLat', 'BeginLon', 'EndLat', 'EndLon'];
const typed = (names, type) => Object.fromEntries(names.map((n) => [n, type]));

/** {total, skipped, jobs: [{id, query, tables, expected: {columns, types, rows}}]}, or null where there are none. */
function recorded() {
  if (!fs.existsSync(path.join(home, 'docs-corpus.json'))) return null;
  const cases = JSON.parse(fs.readFileSync(path.join(home, 'docs-corpus.json'), 'utf8')).cases.filter((c) => c.oracle === 'kusto-emulator');
  const samples = {
    StormEvents: sample('StormEvents.csv', { StartTime: 'datetime', EndTime: 'datetime', ...typed(INTS, 'int'), ...typed(REALS, 'real'), StormSummary: 'dynamic' }),
    PopulationData: sample('PopulationData.csv', { Population: 'long' }),
  };
  const steady = cases.filter((t) => !/\b(now|ago|rand)\s*\(/.test(t.kql)); // another answer at every run
  const jobs = steady.map((t) => ({
    id: t.id, query: t.kql, tables: Object.fromEntries(Object.entries(samples).filter(([name]) => t.kql.includes(name))),
    expected: { columns: t.expected.columns, types: t.expected.column_types.map((x) => TYPES[x] || x), rows: t.expected.rows },
  }));
  return { total: cases.length, skipped: cases.length - steady.length, jobs };
}

module.exports = { recorded, home };
