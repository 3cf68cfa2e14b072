'use strict';
// Scalar functions: conditions, conversions, text, numbers. Each is written from its page of the manual.
// In: compiled arguments. Out: a compiled expression. Null in, null out, except where the page says otherwise.
const V = require('./values');
const O = require('./ops');
const { regex } = require('./regex');
const { functions } = require('./registry');

const { refuse } = V;
const same = (kinds) => kinds.reduce((a, b) => (a === b ? a : O.isNum(a) && O.isNum(b) ? (a === 'real' || b === 'real' ? 'real' : 'long') : refuse(`one type for ${a} and ${b}`)));

function accept(fn, kind, e) {
  switch (kind) {
    case 'any': return e.ev;
    case 'string':
      if (e.type === 'string') return e.ev;
      if (e.type === 'dynamic') return (r, c) => { const v = e.ev(r, c); return v === null ? '' : typeof v === 'string' ? v : refuse(`${fn} of a dynamic that holds no string`); };
      break;
    case 'long': if (O.INTS.has(e.type)) return e.ev; break;
    case 'real': if (O.isNum(e.type)) return O.widen(e, 'real').ev; break;
    case 'num': if (O.isNum(e.type)) return e.ev; break;
    default: if (e.type === kind) return e.ev;
  }
  return refuse(`${fn} of a ${e.type}`);
}

/** Defines `name(kinds...)`; `kind?` is optional; `ret` a type or a function of the arguments' types. */
function define(name, kinds, ret, f, { nulls = false } = {}) {
  functions.set(name, (given, fn) => {
    const rest = kinds[kinds.length - 1] === '...';
    const wanted = rest ? given.map((_, i) => kinds[Math.min(i, kinds.length - 2)]) : kinds;
    const needed = rest ? kinds.length - 1 : kinds.filter((k) => !k.endsWith('?')).length;
    if (given.length < needed || given.length > wanted.length) refuse(`${fn} with ${given.length} arguments`);
    const evs = given.map((e, i) => accept(fn, wanted[i].replace('?', ''), e));
    const types = given.map((e) => e.type);
    const type = typeof ret === 'function' ? ret(types, given) : ret;
    return { type, ev: (r, c) => {
      const vs = [];
      for (const ev of evs) {
        const v = ev(r, c);
        if (v === null && !nulls) return type === 'string' ? '' : null;
        vs.push(O.live(v));
      }
      return f(vs, types, c);
    } };
  });
}
const alias = (to, from) => functions.set(to, functions.get(from));

// conditions
const choose = (pairs, last) => {
  const branches = [...pairs.map((p) => p[1]), last], type = same(branches.map((e) => e.type));
  const wide = branches.map((e) => (e.type === type ? e : O.widen(e, type)));
  for (const [cond] of pairs) if (cond.type !== 'bool') refuse(`a condition of type ${cond.type}`);
  return { type, ev: (r, c) => {
    for (let i = 0; i < pairs.length; i += 1) if (O.met(pairs[i][0].ev(r, c))) return wide[i].ev(r, c);
    return wide[wide.length - 1].ev(r, c);
  } };
};
functions.set('iff', ([a, b, d]) => choose([[a, b]], d));
alias('iif', 'iff');
functions.set('case', (given) => {
  if (given.length % 2 === 0) refuse('case without its last value');
  const pairs = [];
  for (let i = 0; i + 1 < given.length; i += 2) pairs.push([given[i], given[i + 1]]);
  return choose(pairs, given[given.length - 1]);
});
functions.set('not', ([e]) => {
  if (e.type !== 'bool') refuse(`not of a ${e.type}`);
  return { type: 'bool', ev: (r, c) => { const v = O.live(e.ev(r, c)); return v === null ? null : !v; } };
});
functions.set('coalesce', (given) => {
  const type = same(given.map((e) => e.type)), wide = given.map((e) => (e.type === type ? e : O.widen(e, type)));
  const missing = type === 'string' ? '' : null;
  const from = (i, r, c) => {
    for (let k = i; k < wide.length; k += 1) {
      const v = wide[k].ev(r, c);
      if (v === V.UNSURE) return from(k + 1, r, c) === false ? false : v; // false or null: coalesce(.., false) is false
      if (v !== missing) return v;
    }
    return missing;
  };
  return { type, ev: (r, c) => from(0, r, c) };
});
const test = (name, f) => functions.set(name, ([e]) => ({ type: 'bool', ev: (r, c) => f(O.live(e.ev(r, c)), e.type) }));
const isNull = (v, type) => (type === 'string' ? false : v === null);
test('isnull', isNull);
test('isnotnull', (v, t) => !isNull(v, t));
const isEmpty = (v) => v === null || v === '';
test('isempty', isEmpty);
test('isnotempty', (v) => !isEmpty(v));
alias('notempty', 'isnotempty'); alias('notnull', 'isnotnull');
define('isnan', ['real'], 'bool', ([x]) => Number.isNaN(x));
define('isfinite', ['real'], 'bool', ([x]) => Number.isFinite(x));
define('isinf', ['real'], 'bool', ([x]) => Math.abs(x) === Infinity);

// conversions
functions.set('tostring', ([e]) => ({ type: 'string', ev: (r, c) => V.show(e.type, e.ev(r, c)) }));
function toInteger(bits) {
  const fit = (n) => (BigInt.asIntN(bits, n) === n ? n : refuse(`a number that does not fit ${bits} bits`));
  const convert = (v, type) => {
    switch (type) {
      case 'int': case 'long': return fit(v);
      case 'real': return Number.isFinite(v) ? fit(BigInt(Math.trunc(v))) : refuse('an integer of NaN or infinity');
      case 'bool': return v ? 1n : 0n;
      case 'string':
        if (/^\s*[+-]?\d+\s*$/.test(v)) return fit(BigInt(v.trim().replace('+', '')));
        if (/^0x[0-9a-f]+$/i.test(v)) return fit(BigInt(v));
        return /\d/.test(v) ? refuse(`the integer of the text \`${v}\``) : null;
      case 'dynamic':
        if (typeof v === 'bigint') return fit(v);
        if (typeof v === 'number') return convert(v, 'real');
        if (typeof v === 'boolean') return convert(v, 'bool');
        return typeof v === 'string' ? convert(v, 'string') : refuse('the integer of a bag, an array or a time');
      default: return refuse(`the integer of a ${type}`);
    }
  };
  return convert;
}
const long = toInteger(64), int = toInteger(32);
define('tolong', ['any'], 'long', ([v], [t]) => long(v, t));
define('toint', ['any'], 'int', ([v], [t]) => int(v, t));
const real = (v, type) => {
  switch (type) {
    case 'int': case 'long': return Number(v);
    case 'real': return v;
    case 'bool': return v ? 1 : 0;
    case 'string': if (/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(v)) return Number(v);
      return /\d|nan|inf/i.test(v) ? refuse(`the real of the text \`${v}\``) : null;
    case 'dynamic': if (typeof v === 'bigint' || typeof v === 'number') return Number(v);
      if (typeof v === 'boolean') return v ? 1 : 0;
      return typeof v === 'string' ? real(v, 'string') : refuse('the real of a bag, an array or a time');
    default: return refuse(`the real of a ${type}`);
  }
};
define('todouble', ['any'], 'real', ([v], [t]) => real(v, t));
alias('toreal', 'todouble');
const bool = (v, type) => {
  switch (type) {
    case 'bool': return v;
    case 'int': case 'long': return v !== 0n;
    case 'string': if (/^(true|false)$/i.test(v)) return v.toLowerCase() === 'true';
      return /\d/.test(v) ? refuse(`the bool of the text \`${v}\``) : null;
    case 'dynamic': return typeof v === 'boolean' ? v : typeof v === 'string' ? bool(v, 'string') : typeof v === 'bigint' ? v !== 0n : refuse('the bool of this dynamic');
    default: return refuse(`the bool of a ${type}`);
  }
};
define('tobool', ['any'], 'bool', ([v], [t]) => bool(v, t));
alias('toboolean', 'tobool');
define('todatetime', ['any'], 'datetime', ([v], [t]) => {
  if (t === 'datetime') return v;
  if (v instanceof V.DynTime) return v.ticks;
  return typeof v === 'string' ? V.parseTime(v) : refuse(`the datetime of a ${t}`);
});
define('totimespan', ['any'], 'timespan', ([v], [t]) => {
  if (t === 'timespan') return v;
  if (v instanceof V.DynSpan) return v.ticks;
  return typeof v === 'string' ? V.parseSpan(v) : refuse(`the timespan of a ${t}`);
});
define('parse_json', ['any'], 'dynamic', ([v], [t]) => {
  if (t !== 'string') return V.toDynamic(t, v);
  try { return V.parseJson(v); } catch (e) { if (e instanceof SyntaxError) return v; throw e; }
});
alias('todynamic', 'parse_json'); alias('toobject', 'parse_json'); alias('parsejson', 'parse_json');

// text
const plain = (s) => (/[\ud800-\udfff]/.test(s) ? refuse('the length or place in a text beyond the basic plane') : s);
functions.set('strcat', (given) => ({ type: 'string', ev: (r, c) => given.map((e) => V.show(e.type, e.ev(r, c))).join('') }));
define('strcat_delim', ['any', '...'], 'string', (vs, ts) => vs.slice(1).map((v, i) => V.show(ts[i + 1], v)).join(vs[0]), { nulls: true });
define('strlen', ['string'], 'long', ([s]) => BigInt(plain(s).length));
define('string_size', ['string'], 'long', ([s]) => BigInt(Buffer.byteLength(s)));
define('tolower', ['string'], 'string', ([s]) => (/[\u0130\u03a3]/.test(s) ? refuse('tolower of this letter') : s.toLowerCase()));
define('toupper', ['string'], 'string', ([s]) => { const u = s.toUpperCase(); return u.length === s.length ? u : refuse('toupper of this letter'); });
define('reverse', ['string'], 'string', ([s]) => [...plain(s)].reverse().join(''));
define('substring', ['string', 'long', 'long?'], 'string', ([s, at, n]) => {
  const text = plain(s);
  if (n !== undefined && n < 0n) refuse('substring of a negative length');
  const start = at < 0n ? (-at > BigInt(text.length) ? refuse('substring before the text') : text.length + Number(at)) : Number(at);
  return n === undefined ? text.slice(start) : text.slice(start, start + Number(n));
});
define('indexof', ['string', 'string', 'long?', 'long?', 'long?'], 'long', ([s, what, start = 0n, length = -1n, nth = 1n]) => {
  if (start < 0n || length !== -1n || nth < 1n || what === '') refuse('indexof with these arguments');
  let at = plain(s).indexOf(plain(what), Number(start));
  for (let k = 1n; k < nth && at >= 0; k += 1n) at = s.indexOf(what, at + 1);
  return BigInt(at);
});
define('replace_string', ['string', 'string', 'string'], 'string', ([s, a, b]) => (a === '' ? refuse('replace_string of the empty text') : s.split(a).join(b)));
const rewrite = (with_) => (...m) => with_.replace(/\\(\d)|\\(.)/g, (_, d, ch) => (d !== undefined ? m[Number(d)] ?? '' : refuse(`\\${ch} in a rewrite`)));
define('replace_regex', ['string', 'string', 'string'], 'string', ([s, re, w]) => s.replace(regex(re, 'g'), rewrite(w)));
alias('replace', 'replace_regex');
define('split', ['string', 'string', 'long?'], 'dynamic', ([s, by, at]) => {
  if (by === '') refuse('split by the empty text');
  const parts = s.split(by);
  if (at === undefined) return parts;
  return at >= 0n && at < BigInt(parts.length) ? [parts[Number(at)]] : refuse('split at an index outside the parts');
});
/** `trim` removes all matches at both ends; the one-sided forms one match, a second one there is refused. */
const trimmer = (name, head, tail, all) => define(name, ['string', 'string'], 'string', ([re, s]) => {
  const many = all ? '+' : '', again = (t, p) => { const m = regex(p).exec(t); if (!all && m && m[0] !== '') refuse(`${name} where the regex matches again`); return t; };
  let out = s;
  if (head) out = again(out.replace(regex(`^(?:${re})${many}`), ''), `^(?:${re})`);
  if (tail) {
    const m = regex(`(?:${re})${many}$`).exec(out);
    if (m) out = again(out.slice(0, m.index), `(?:${re})$`);
  }
  return out;
});
trimmer('trim', true, true, true); trimmer('trim_start', true, false, false); trimmer('trim_end', false, true, false);
functions.set('extract', (given) => {
  const [re, group, text, to] = given;
  if (to && to.type !== 'type') refuse('extract with this type');
  const evs = [accept('extract', 'string', re), accept('extract', 'long', group), accept('extract', 'string', text)];
  const cast = { int: [int, 'int'], long: [long, 'long'], real: [real, 'real'], double: [real, 'real'], bool: [bool, 'bool'] }[to ? to.named : ''];
  if (to && !cast && to.named !== 'string') refuse(`extract to ${to.named}`);
  return { type: cast ? cast[1] : 'string', ev: (r, c) => {
    const m = regex(evs[0](r, c)).exec(evs[2](r, c)), hit = m ? m[Number(evs[1](r, c))] ?? '' : '';
    if (!cast) return hit;
    return hit === '' ? null : cast[0](hit, 'string');
  } };
});
define('countof', ['string', 'string'], 'long', ([s, what]) => { let n = 0n; if (what === '') refuse('countof the empty text'); for (let i = s.indexOf(what); i >= 0; i = s.indexOf(what, i + 1)) n += 1n; return n; });
define('strrep', ['string', 'long'], 'string', ([s, n]) => (n < 0n || n > 1024n ? refuse('strrep this often') : s.repeat(Number(n))));
define('translate', ['string', 'string', 'string'], 'string', () => refuse('translate'));

// numbers
const keep = ([t]) => t;
const keepLong = ([t]) => (t === 'int' ? 'long' : t);
define('abs', ['any'], keepLong, ([v], [t]) => (t === 'real' ? Math.abs(v) : O.isNum(t) || t === 'timespan' ? V.wrap64(v < 0n ? -v : v) : refuse(`abs of a ${t}`)));
define('sign', ['real'], 'real', ([v]) => Math.sign(v) + 0);
define('round', ['num', 'long?'], 'real', ([v, n = 0n]) => {
  const x = Number(v), p = 10 ** Number(n < 0n ? -n : n);
  const scaled = n < 0n ? x / p : x * p, down = Math.floor(scaled);
  const gap = scaled - down;
  if (Math.abs(gap - 0.5) < 1e-9 * Math.max(1, Math.abs(scaled)) && gap !== 0.5) return refuse('round so near to a half');
  const whole = gap === 0.5 ? (scaled < 0 ? down : down + 1) : Math.round(scaled);
  return n < 0n ? whole * p : whole / p;
});
define('ceiling', ['real'], 'real', ([v]) => Math.ceil(v));
for (const f of ['sqrt', 'exp', 'sin', 'cos', 'tan', 'log10', 'log2']) define(f, ['real'], 'real', ([x]) => (x < 0 && /sqrt|log/.test(f) ? refuse(`${f} of a negative number`) : Math[f](x)));
define('log', ['real'], 'real', ([x]) => (x <= 0 ? refuse('log of no positive number') : Math.log(x)));
define('pow', ['real', 'real'], 'real', ([x, y]) => x ** y);
for (const [f, op] of [['and', (a, b) => a & b], ['or', (a, b) => a | b], ['xor', (a, b) => a ^ b]]) define(`binary_${f}`, ['long', 'long'], 'long', ([a, b]) => op(a, b));
define('pi', [], 'real', () => Math.PI);
function bin(v, type, size, sizeType) {
  if (type === 'real' || sizeType === 'real') {
    const x = Number(v), n = Number(size);
    if (n === 0) refuse('bin by zero');
    return n < 0 ? null : Math.floor(x / n) * n;
  }
  if (size === 0n) refuse('bin by zero');
  return size < 0n ? null : V.floorDiv(v, size) * size;
}
const binType = ([a, b = 'long']) => {
  if (O.isNum(a) && O.isNum(b)) return a === 'real' || b === 'real' ? 'real' : 'long';
  return (a === 'datetime' || a === 'timespan') && b === 'timespan' ? a : refuse(`bin of ${a} by ${b}`);
};
define('bin', ['any', 'any'], binType, ([v, n], [a, b]) => bin(v, a, n, b));
define('floor', ['any', 'any?'], binType, ([v, n = 1n], [a, b = 'long']) => bin(v, a, n, b));
define('bin_at', ['any', 'any', 'any'], (ts) => { if (ts[2] !== ts[0] && !(O.isNum(ts[0]) && O.isNum(ts[2]))) refuse('bin_at of two types'); const t = binType(ts); return ts[2] === 'real' ? 'real' : t; }, ([v, n, at], [a, b, d]) => {
  if (a === 'real' || b === 'real' || d === 'real') { const x = Number(v) - Number(at); return bin(x, 'real', Number(n), 'real') + Number(at); }
  const k = bin(v - at, a, n, b);
  return k === null ? null : k + at;
});
const extreme = (name, better) => functions.set(name, (given) => {
  const type = same(given.map((e) => e.type)), wide = given.map((e) => (e.type === type ? e : O.widen(e, type)));
  if (!O.isNum(type) && type !== 'datetime' && type !== 'timespan') refuse(`${name} of ${type}`);
  return { type, ev: (r, c) => {
    let best = null;
    for (const e of wide) { const v = O.live(e.ev(r, c)); if (v !== null && (best === null || better(v, best))) best = v; if (Number.isNaN(v)) refuse(`${name} of NaN`); }
    return best;
  } };
});
extreme('min_of', (v, b) => v < b);
extreme('max_of', (v, b) => v > b);

module.exports = { define, alias, accept, same };
