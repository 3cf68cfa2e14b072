'use strict';
// scan: the manual's state machine, record by record, steps tried from the last to the first.
// In: the operator's node, the serialized plan on its left, the scope. Out: a plan.
// Source: scan-operator (Scan logic, its walkthrough); the published answers settle that a repeated match of the
// first step keeps its match id. `output=last` has no published behaviour and is refused.
const V = require('./values');
const S = require('./syntax');
const E = require('./expr');
const O = require('./ops');
const { operators, cell, typeName } = require('./query');
const { parameters } = require('./combine');

const { refuse } = V;

function declarations(clause, sc) {
  return S.list(clause ? clause.Declarations : null).map((d) => {
    const type = typeName(d.NameAndType.Type);
    const e = d.DefaultValue ? cell(E.compile(d.DefaultValue.Value, sc.over([])), type) : { ev: () => (type === 'string' ? '' : null) };
    return { name: S.nameOf(d.NameAndType.Name), type, ev: e.ev };
  });
}

operators.set('ScanOperator', (node, left, sc) => {
  if (!left.serialized) refuse('scan of rows that are not serialized (sort by or serialize first)');
  const given = parameters(node, ['with_match_id']);
  if (node.PartitionByClause || node.OrderByClause) refuse('scan partition by');
  const declared = declarations(node.DeclareClause, sc);
  if (declared.some((d) => left.cols.some((x) => x.name === d.name))) refuse('a declared column that the input already has');
  const cols = [...left.cols, ...declared.map(({ name, type }) => ({ name, type }))];
  const width = left.cols.length, names = S.list(node.Steps).map((s) => S.nameOf(s.Name));
  if (new Set(names).size < names.length) refuse('two steps of one name');
  const defaults = cols.map((x) => (x.type === 'string' ? '' : null));

  const steps = S.list(node.Steps).map((s, k) => {
    const inner = sc.over(left.cols);
    inner.scan = { steps: names, cols, defaults, at: { step: k }, declared: new Set(declared.map((d) => d.name)) };
    const output = s.ScanStepOutput ? S.text(s.ScanStepOutput).split('=')[1].trim() : 'all';
    if (output !== 'all' && output !== 'none') refuse(`output=${output} in scan`);
    const condition = E.compile(s.Condition, inner);
    if (condition.type !== 'bool') refuse('a scan condition that is no bool');
    const assigned = S.list(s.ComputationClause ? s.ComputationClause.Assignments : null).map((a) => {
      const i = declared.findIndex((d) => d.name === S.nameOf(a.Name));
      if (i < 0) refuse(`the assignment to \`${S.nameOf(a.Name)}\`, which is not declared`);
      const e = E.compile(a.Expression, inner);
      return { at: width + i, e: cell(e, declared[i].type) };
    });
    return { shown: output === 'all', condition, assigned };
  });

  const matchId = given.with_match_id ? [{ name: given.with_match_id, type: 'long' }] : [];
  // the manual does not list scan among the operators that keep the order
  return { cols: [...cols, ...matchId], serialized: false, run: (c) => {
    const rows = left.run(c), saved = c.scan, out = [];
    declared.forEach((d, i) => { defaults[width + i] = d.ev(null, c); });
    const state = steps.map(() => null); // per step: { records: of steps 0..k, id }
    let ids = 0n;
    const meets = (step, records, r) => { c.scan = records; return O.met(step.condition.ev(r, c)); };
    const extended = (step, records, r) => {
      c.scan = records; // assignments read the state as it was: none sees another of the same step
      const row = [...r, ...defaults.slice(width)];
      for (const a of step.assigned) row[a.at] = a.e.ev(r, c);
      return row;
    };
    const emit = (step, row, id) => { if (step.shown) out.push(given.with_match_id ? [...row, id] : row); };
    for (const r of rows) {
      for (let k = steps.length - 1; k >= 0; k -= 1) {
        const step = steps[k], before = k > 0 ? state[k - 1] : null;
        if (before && meets(step, before.records, r)) {
          const records = [...before.records], row = extended(step, records, r);
          records[k] = row;
          state[k] = { records, id: before.id };
          state[k - 1] = null;
          emit(step, row, before.id);
          continue;
        }
        const own = state[k];
        if ((own || k === 0) && meets(step, own ? own.records : [], r)) {
          const records = own ? [...own.records] : [], row = extended(step, records, r);
          const id = own ? own.id : ids;
          if (!own) ids += 1n;
          records[k] = row;
          state[k] = { records, id };
          emit(step, row, id);
        }
      }
    }
    c.scan = saved;
    return out;
  } };
});
