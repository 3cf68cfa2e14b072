'use strict';
// Tables: statements, sources, functions of the query, and the pipe.
// In: Microsoft's tree of a query and the job's schemas. Out: a plan {cols, serialized, name?, run(ctx) -> rows}.
// Rows are arrays in the order of cols. Operators register themselves in `operators`.
const V = require('./values');
const S = require('./syntax');
const E = require('./expr');
const O = require('./ops');
const { Scope, once } = require('./scope');

const { refuse } = V;
const operators = new Map();
/** What watches the stages of a pipe, where somebody does: `stage(node, left, sc, make)` gives the plan of `make(node, left, sc)`. */
const watcher = { stage: (node, left, sc, make) => make(node, left, sc) };

const TABULAR = new Set(['PipeExpression', 'DataTableExpression', 'PrintOperator', 'RangeOperator', 'UnionOperator', 'MaterializeExpression',
  'ContextualDataTableExpression', 'FilterOperator', 'SummarizeOperator', 'TopOperator', 'ExtendOperator', 'ProjectOperator', 'SortOperator', 'TakeOperator']);
/** Whether a node is a table here. */
function isTable(node, sc) {
  const kind = S.kindOf(node);
  if (TABULAR.has(kind)) return true;
  if (kind === 'ParenthesizedExpression') return isTable(node.Expression, sc);
  if (kind === 'NameReference') {
    const name = S.nameOf(node);
    if (sc.column(name) >= 0) return false;
    const bound = sc.find(name);
    return bound ? bound.kind === 'table' || isView(bound) : Object.hasOwn(sc.tables.tables, name);
  }
  if (kind === 'FunctionCallExpression') {
    const fn = S.nameOf(node.Name), bound = sc.find(fn);
    if (fn === '_GetWatchlist' || fn === 'materialize') return true;
    return Boolean(bound && bound.kind === 'function' && bound.tabular);
  }
  return false;
}

/** A function without parameters that is a table: its name alone calls it. */
const isView = (bound) => bound.kind === 'function' && bound.tabular && !bound.params.length;

const stored = (name, table, rowsOf) => ({
  name, serialized: false, cols: Object.entries(table.columns).map(([n, type]) => ({ name: n, type })), run: rowsOf,
});
/** A plan whose rows are computed once per run. */
function shared(plan) {
  const key = {};
  return { ...plan, run: (c) => { if (!c.memo.has(key)) c.memo.set(key, plan.run(c)); return c.memo.get(key); } };
}

function table(node, sc) {
  const name = S.nameOf(node), bound = sc.find(name);
  if (bound && bound.kind === 'table') return bound.plan;
  if (bound && isView(bound)) return { ...callFunction(bound, [], sc, 'table'), name };
  if (!bound && Object.hasOwn(sc.tables.tables, name)) return stored(name, sc.tables.tables[name], (c) => c.tables[name]);
  throw new V.NoTable(`not implemented: the table \`${name}\`, which the job does not have`);
}

function datatable(node, sc) {
  const cols = S.list(node.Schema.Columns).map((d) => ({ name: S.nameOf(d.Name), type: typeName(d.Type) }));
  const none = new Scope(sc, { cols: null });
  const cells = S.list(node.Values).map((v, i) => cell(E.compile(v, none), cols[i % cols.length].type));
  if (!cols.length || cells.length % cols.length) refuse('a datatable with a ragged row');
  return { cols, serialized: false, run: (c) => {
    const rows = [];
    for (let i = 0; i < cells.length; i += cols.length) rows.push(cells.slice(i, i + cols.length).map((e) => e.ev(null, c)));
    return rows;
  } };
}
/** A datatable's value in its column's type. */
function cell(e, type) {
  if (e.type === type) return e;
  if (O.isNum(e.type) && O.isNum(type) && type !== 'int') return O.widen(e, type);
  if (O.INTS.has(e.type) && type === 'int') {
    return { type, ev: (r, c) => { const v = e.ev(r, c); return v === null || BigInt.asIntN(32, v) === v ? v : refuse(`${v} as an int`); } };
  }
  if (type === 'dynamic') return { type, ev: (r, c) => V.toDynamic(e.type, e.ev(r, c)) };
  return refuse(`a ${e.type} in a column of type ${type}`);
}
const ALIASES = { double: 'real', time: 'timespan', date: 'datetime', boolean: 'bool', int32: 'int', int64: 'long' };
function typeName(node) {
  const t = S.text(node);
  const type = ALIASES[t] || t;
  return ['string', 'long', 'int', 'real', 'datetime', 'timespan', 'bool', 'dynamic'].includes(type) ? type : refuse(`the type \`${t}\``);
}

function range(node, sc) {
  const [from, to, step] = [node.From, node.To, node.Step].map((n) => E.compile(n, new Scope(sc, { cols: null })));
  const ok = (O.INTS.has(from.type) && O.INTS.has(to.type) && O.INTS.has(step.type)) || (['datetime', 'timespan'].includes(from.type) && to.type === from.type && step.type === 'timespan');
  if (!ok) refuse(`a range of ${from.type} by ${step.type}`);
  return { cols: [{ name: S.nameOf(node.Name), type: from.type === 'int' ? 'long' : from.type }], serialized: true, run: (c) => {
    const rows = [], by = step.ev(null, c), end = to.ev(null, c);
    if (typeof by !== 'bigint' || by === 0n) refuse('a range by this step');
    for (let v = from.ev(null, c); by > 0n ? v <= end : v >= end; v += by) { rows.push([v]); if (rows.length > 1e6) refuse('a range this long'); }
    return rows;
  } };
}

function print(node, sc) {
  const none = new Scope(sc, { cols: null }), cols = [], exprs = [];
  S.list(node.Expressions).forEach((n, i) => {
    if (S.kindOf(n) === 'CompoundNamedExpression') refuse('a list of names');
    const e = E.compile(n, none);
    const named = S.kindOf(n) === 'SimpleNamedExpression' ? S.nameOf(n.Name) : `print_${i}`;
    cols.push({ name: named, type: e.type }); exprs.push(e);
  });
  return { cols, serialized: true, run: (c) => [exprs.map((e) => e.ev(null, c))] };
}

/** Binds a let (of the query or of a function's body). */
function bindLet(statement, sc, atTop) {
  const name = S.nameOf(statement.Name), node = statement.Expression;
  if (S.kindOf(node) === 'FunctionDeclaration') { sc.vars.set(name, declare(node, sc)); return; }
  if (isTable(node, sc)) {
    const plan = plan_(node, new Scope(sc, { cols: null }));
    sc.vars.set(name, { kind: 'table', plan: { ...shared(plan), serialized: plan.serialized, name } });
    return;
  }
  const { value: e, row } = sc.watching(() => E.compile(node, sc));
  if (!row && atTop) sc.vars.set(name, { kind: 'scalar', expr: once(e), row: false });
  else sc.vars.set(name, { kind: 'scalar', expr: e, row, level: sc.level });
}

function declare(node, sc) {
  const params = S.list(node.Parameters.Parameters).map((p) => {
    const type = p.NameAndType.Type, schema = S.kindOf(type) === 'SchemaTypeExpression';
    const columns = schema ? S.list(type.Columns) : null;
    const open = schema && columns.some((x) => S.kindOf(x) === 'StarExpression');
    return { name: S.nameOf(p.NameAndType.Name), type: schema ? null : typeName(type),
      columns: schema && !open ? columns.map((d) => ({ name: S.nameOf(d.Name), type: typeName(d.Type) })) : null,
      fallback: p.DefaultValue ? p.DefaultValue.Value : null };
  });
  const bound = { kind: 'function', params, body: node.Body, scope: sc, tabular: false };
  bound.tabular = bodyIsTable(bound);
  return bound;
}
/** Whether the body is a table, parameters assumed as declared. */
function bodyIsTable(fn) {
  const probe = new Scope(fn.scope, { cols: null });
  for (const p of fn.params) probe.vars.set(p.name, p.type ? { kind: 'scalar' } : { kind: 'table' });
  for (const st of S.list(fn.body.Statements)) {
    const let_ = st.Name ? st : refuse('this statement in a function');
    if (S.kindOf(let_.Expression) === 'FunctionDeclaration') probe.vars.set(S.nameOf(let_.Name), declare(let_.Expression, probe));
    else probe.vars.set(S.nameOf(let_.Name), isTable(let_.Expression, probe) ? { kind: 'table' } : { kind: 'scalar' });
  }
  return isTable(fn.body.Expression, probe);
}

/** A call of the query's own function: the body compiled with its parameters bound. */
function callFunction(fn, given, sc, want, first) {
  const inner = new Scope(fn.scope, { cols: null, level: {} });
  const nodes = first ? [null, ...given] : given;
  if (nodes.length > fn.params.length) refuse('a call with too many arguments');
  fn.params.forEach((p, i) => {
    let node = nodes[i] === undefined ? p.fallback : nodes[i];
    if (first && i === 0) { inner.vars.set(p.name, { kind: 'table', plan: narrow(first, p.columns) }); return; }
    if (!node) refuse(`a call without the argument \`${p.name}\``);
    if (S.kindOf(node) === 'SimpleNamedExpression') refuse('a named argument');
    if (!p.type) { inner.vars.set(p.name, { kind: 'table', plan: narrow(plan_(node, sc), p.columns) }); return; }
    const { value, row } = sc.watching(() => E.compile(node, sc));
    const expr = value.type === p.type ? value : cell(value, p.type);
    if (want === 'table' && row) refuse('a table function called with a value of the row');
    inner.vars.set(p.name, { kind: 'scalar', expr, row, level: inner.level });
  });
  for (const st of S.list(fn.body.Statements)) bindLet(st, inner, false);
  if (want === 'table') return plan_(fn.body.Expression, inner);
  const { value, row } = inner.watching(() => E.compile(fn.body.Expression, inner));
  if (row) sc.uses.row = true;
  return value;
}
function narrow(plan, columns) {
  if (!columns) return plan;
  const at = columns.map((p) => plan.cols.findIndex((x) => x.name === p.name && x.type === p.type));
  if (at.includes(-1)) refuse('a table argument without the declared columns');
  return { ...plan, cols: columns, run: (c) => plan.run(c).map((r) => at.map((i) => r[i])) };
}

function callTable(node, sc) {
  const fn = S.nameOf(node.Name), given = S.args(node), bound = sc.find(fn);
  if (bound && bound.kind === 'function') return callFunction(bound, given, sc, 'table');
  if (fn === 'materialize') return { ...shared(plan_(given[0], sc)), serialized: false };
  if (fn === '_GetWatchlist') {
    const e = E.compile(given[0], new Scope(sc, { cols: null }));
    if (typeof e.constant !== 'string' || given.length !== 1) refuse('_GetWatchlist of other than a name');
    const list = sc.tables.watchlists[e.constant] || refuse(`the watchlist \`${e.constant}\``);
    return stored(undefined, list, (c) => c.watchlists[e.constant]);
  }
  return refuse(`the table function \`${fn}\``);
}

/** The plan of a tabular expression; `source` feeds an operator that starts a subquery. */
function plan_(node, sc, source) {
  const kind = S.kindOf(node);
  switch (kind) {
    case 'PipeExpression': {
      const left = plan_(node.Expression, sc, source);
      return operate(node.Operator, left, sc);
    }
    case 'ParenthesizedExpression': return plan_(node.Expression, sc, source);
    case 'NameReference': return table(node, sc);
    case 'DataTableExpression': return datatable(node, sc);
    case 'RangeOperator': return range(node, sc);
    case 'PrintOperator': return print(node, sc);
    case 'MaterializeExpression': return { ...shared(plan_(node.Expression, sc)), serialized: false };
    case 'FunctionCallExpression': return callTable(node, sc);
    case 'UnionOperator': return watcher.stage(node, source || null, sc, operators.get(kind));
    default:
      if (source && operators.has(kind)) return operate(node, source, sc);
      return refuse(`the source \`${S.text(node).slice(0, 60)}\` (${kind})`);
  }
}
function operate(node, left, sc) {
  const make = operators.get(S.kindOf(node)) || refuse(`the operator \`${S.text(node).split(/\s/)[0]}\``);
  return watcher.stage(node, left, sc, make);
}

/** Runs `f(row)` over rows with the window state that prev, row_number and the like read. */
function walk(rows, c, f) {
  const saved = c.win, win = { rows, i: 0, state: new Map() }, out = [];
  for (let i = 0; i < rows.length; i += 1) { win.i = i; c.win = win; out.push(f(rows[i], i)); }
  c.win = saved;
  return out;
}

/** The plan of a whole query over these schemas. */
function build(tree, tables) {
  const top = new Scope(null, { tables });
  let result = null;
  for (const st of S.list(tree.Statements)) {
    const kind = S.kindOf(st);
    if (result) refuse('more than one query');
    if (kind === 'LetStatement') bindLet(st, top, true);
    else if (kind === 'ExpressionStatement') {
      if (!isTable(st.Expression, top)) refuse(`the statement \`${S.text(st).slice(0, 40)}\``);
      result = plan_(st.Expression, top);
    } else refuse(`the statement \`${S.text(st).slice(0, 40)}\``);
  }
  return result || refuse('a query without a result');
}

E.tables.plan = plan_;
E.tables.isTable = isTable;
E.tables.call = callFunction;

module.exports = { operators, watcher, plan: plan_, isTable, build, walk, cell, typeName, shared, callFunction };
