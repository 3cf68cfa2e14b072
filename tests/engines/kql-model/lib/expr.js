'use strict';
// Scalar expressions: from Microsoft's tree to {type, ev(row, ctx)}.
// In: a syntax node and the scope. Out: the compiled expression. Tables inside expressions (toscalar, in) go
// through `tables`, which lib/query.js sets. Must never know operators of the pipe.
const V = require('./values');
const O = require('./ops');
const S = require('./syntax');
const { functions, aggregates, windows } = require('./registry');

const { refuse } = V;
const tables = { plan: null, isTable: null, call: null };

const constant = (type, v) => ({ type, ev: () => v, constant: v });

function literal(node) {
  const text = S.text(node);
  const inner = (t) => t.slice(t.indexOf('(') + 1, -1).trim();
  const body = /^[a-z]+\s*\(/i.test(text) && text.endsWith(')') ? inner(text).replace(/^(["'])(.*)\1$/, '$2') : text;
  const nil = body === 'null';
  const kind = S.kindOf(node) === 'LiteralExpression' ? S.literalType(node) : '';
  switch (kind) {
    case 'string': return constant('string', node.LiteralValue);
    case 'bool': return constant('bool', nil ? null : /^true$/i.test(body) ? true : /^false$/i.test(body) ? false : refuse(`the literal \`${text}\``));
    case 'long': case 'int': {
      if (nil) return constant(kind, null);
      if (!/^-?(\d+|0x[0-9a-f]+)$/i.test(body)) return refuse(`the literal \`${text}\``);
      const n = body[0] === '-' ? -BigInt(body.slice(1)) : BigInt(body);
      const bits = kind === 'int' ? 32 : 64;
      return constant(kind, BigInt.asIntN(bits, n) === n ? n : refuse(`the literal \`${text}\`, which does not fit`));
    }
    case 'real': {
      if (nil) return constant('real', null);
      const special = { nan: NaN, '+inf': Infinity, '-inf': -Infinity }[body];
      const x = special !== undefined ? special : /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(body) ? Number(body) : NaN;
      return special === undefined && Number.isNaN(x) ? refuse(`the literal \`${text}\``) : constant('real', x);
    }
    case 'datetime': return constant('datetime', nil ? null : V.parseTime(body) ?? refuse(`the literal \`${text}\``));
    case 'timespan': {
      if (nil) return constant('timespan', null);
      if (/^\d+$/.test(body)) return refuse(`the timespan \`${text}\` without a unit`);
      return constant('timespan', V.parseSpan(body) ?? refuse(`the literal \`${text}\``));
    }
    default: return refuse(`the literal \`${text}\``);
  }
}

/** The value of a dynamic literal. */
function json(node) {
  switch (S.kindOf(node)) {
    case 'JsonArrayExpression': return S.list(node.Values).map(json);
    case 'JsonObjectExpression': return new Map(S.list(node.Pairs).map((p) => [p.Name.LiteralValue ?? JSON.parse(S.text(p.Name).replace(/^'(.*)'$/, '"$1"')), json(p.Value)]));
    case 'PrefixUnaryExpression': { const v = json(node.Expression); return node.Operator.Text === '-' ? -v : v; }
    case 'LiteralExpression': {
      if (S.text(node) === 'null') return null;
      const e = literal(node);
      return V.toDynamic(e.type, e.constant);
    }
    default: return refuse(`\`${S.text(node)}\` in a dynamic literal`);
  }
}

/** A property or element of a dynamic: null where there is none. */
function member(e, key) {
  if (e.type !== 'dynamic') return refuse(`a member of a ${e.type}`);
  return { type: 'dynamic', ev: (r, c) => {
    const d = e.ev(r, c), k = key.ev(r, c);
    if (d instanceof Map) return typeof k === 'string' && d.has(k) ? d.get(k) : null;
    if (Array.isArray(d) && typeof k === 'bigint') { const v = d[Number(k < 0n ? BigInt(d.length) + k : k)]; return v === undefined ? null : v; }
    return null;
  } };
}

function path(node, sc) {
  const left = node.Expression, selector = node.Selector;
  if (S.kindOf(left) === 'NameReference') {
    const name = S.nameOf(left);
    if (sc.scan && sc.scan.steps.includes(name) && sc.column(name) < 0) return scanState(name, S.nameOf(selector), sc);
    if (name.startsWith('$')) return refuse(`\`${name}\` outside the conditions of a join`);
  }
  const e = compile(left, sc);
  if (S.kindOf(selector) !== 'NameReference' && S.kindOf(selector) !== 'BracketedExpression') return refuse(`the path \`${S.text(node)}\``);
  const key = S.kindOf(selector) === 'NameReference' ? constant('string', S.nameOf(selector)) : compile(selector.Expression, sc);
  return member(e, key);
}

/** `step.column`: the step's newest record in the state at hand, or the column's default where it has none. */
function scanState(step, name, sc) {
  const { steps, cols, defaults, at } = sc.scan;
  const k = steps.indexOf(step), i = cols.findIndex((col) => col.name === name);
  if (k > at.step) return refuse(`the state of the later step \`${step}\``);
  if (i < 0) return refuse(`the column \`${name}\` of step \`${step}\``);
  sc.uses.row = true;
  return { type: cols[i].type, ev: (r, c) => { const rec = c.scan[k]; return rec ? rec[i] : defaults[i]; } };
}

function name(node, sc) {
  const text = S.nameOf(node);
  if (sc.scan && sc.column(text) < 0 && sc.scan.declared.has(text)) return refuse(`the declared column \`${text}\` without its step's name`);
  return sc.scalar(text) || refuse(`the name \`${text}\` here`);
}

function call(node, sc) {
  const fn = S.nameOf(node.Name), given = S.args(node);
  const bound = sc.find(fn);
  if (bound && bound.kind === 'function') return tables.call(bound, given, sc, 'scalar');
  if (aggregates.has(fn) && sc.aggregates) return sc.aggregates.add(fn, given, node);
  if (windows.has(fn)) {
    if (!sc.windows) return refuse(`\`${fn}\` here: its input must be serialized (sort by or serialize), in extend, project, where or serialize`);
    sc.uses.row = true;
    return windows.get(fn)(given, (n) => compile(n, sc), (n) => compile(n, Object.assign(Object.create(sc), { windows: false })));
  }
  const make = functions.get(fn) || refuse(`the function \`${fn}\``);
  return make(given.map((n) => (S.kindOf(n) === 'TypeOfLiteralExpression' ? { type: 'type', named: S.text(S.list(n.Types)[0]) } : compile(n, sc))), fn);
}

/** The values of the list of `in`: scalars, dynamic arrays, or the first column of a table. */
function inList(node, sc) {
  return S.list(node.Expressions).map((item) => {
    if (tables.isTable(item, sc)) {
      const plan = tables.plan(item, sc), type = plan.cols[0].type;
      const key = {};
      return (r, c) => {
        if (!c.memo.has(key)) c.memo.set(key, plan.run(c).map((row) => [type, row[0]]));
        return c.memo.get(key);
      };
    }
    const e = compile(item, sc);
    if (e.type === 'dynamic') {
      return (r, c) => { const d = e.ev(r, c); return Array.isArray(d) ? d.map((v) => ['dynamic', v]) : refuse('`in` with a dynamic that is no array'); };
    }
    return (r, c) => [[e.type, e.ev(r, c)]];
  });
}

function hasAny(node, sc) {
  const e = compile(node.Left, sc), lists = inList(node.Right, sc), all = node.Operator.Text === 'has_all';
  return { type: 'bool', ev: (r, c) => {
    const words = lists.flatMap((l) => l(r, c)).map(([, w]) => (typeof w === 'string' ? w : refuse('has_any of other than strings')));
    const test = (w) => O.has(...O.foldPair(O.live(e.ev(r, c)), w));
    return all ? words.every(test) : words.some(test);
  } };
}

function toscalar(node, sc) {
  if (!tables.isTable(node.Expression, sc)) return compile(node.Expression, sc);
  const plan = tables.plan(node.Expression, sc), key = {};
  const empty = plan.cols[0].type === 'string' ? '' : null;
  return { type: plan.cols[0].type, ev: (r, c) => {
    if (!c.memo.has(key)) {
      const rows = plan.run(c);
      if (rows.length > 1 && !plan.serialized) c.memo.set(key, refuse('toscalar of several rows without an order'));
      c.memo.set(key, rows.length ? rows[0][0] : empty);
    }
    return c.memo.get(key);
  } };
}

/** Compiles a scalar expression. */
function compile(node, sc) {
  switch (S.kindOf(node)) {
    case 'LiteralExpression': return literal(node);
    case 'CompoundStringLiteralExpression': return constant('string', node.LiteralValue);
    case 'DynamicExpression': {
      const v = json(node.Expression);
      return constant('dynamic', v);
    }
    case 'ParenthesizedExpression': return compile(node.Expression, sc);
    case 'NameReference': return name(node, sc);
    case 'PathExpression': return path(node, sc);
    case 'ElementExpression': return member(compile(node.Expression, sc), compile(node.Selector.Expression, sc));
    case 'PrefixUnaryExpression': return node.Operator.Text === '-' ? O.negate(compile(node.Expression, sc)) : compile(node.Expression, sc);
    case 'BinaryExpression': {
      if (S.kindOf(node.Left) === 'StarExpression') return refuse('a search over every column');
      return O.binary(node.Operator.Text, compile(node.Left, sc), compile(node.Right, sc));
    }
    case 'BetweenExpression': return O.between(node.Operator.Text, compile(node.Left, sc), compile(node.Right.First, sc), compile(node.Right.Second, sc));
    case 'InExpression': return O.membership(node.Operator.Text, compile(node.Left, sc), inList(node.Right, sc));
    case 'HasAnyExpression': case 'HasAllExpression': return hasAny(node, sc);
    case 'FunctionCallExpression': return call(node, sc);
    case 'ToScalarExpression': return toscalar(node, sc);
    case 'SimpleNamedExpression': return compile(node.Expression, sc);
    default: return refuse(`the expression \`${S.text(node).slice(0, 60)}\` (${S.kindOf(node)})`);
  }
}

/** The name that an unnamed expression gives its column, or null. */
function columnName(node) {
  switch (S.kindOf(node)) {
    case 'SimpleNamedExpression': return S.nameOf(node.Name);
    case 'NameReference': return S.nameOf(node);
    case 'ParenthesizedExpression': return columnName(node.Expression);
    case 'PathExpression': {
      const left = columnName(node.Expression);
      return left === null || S.kindOf(node.Selector) !== 'NameReference' ? null : left + '_' + S.nameOf(node.Selector);
    }
    case 'ElementExpression': {
      const left = columnName(node.Expression), sel = node.Selector.Expression;
      if (left === null || S.kindOf(sel) !== 'LiteralExpression') return null;
      return left + '_' + sel.LiteralValue;
    }
    case 'FunctionCallExpression': return S.callName(node, columnName);
    default: return null;
  }
}

module.exports = { compile, constant, columnName, tables };
