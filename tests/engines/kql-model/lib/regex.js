'use strict';
// Kusto's regular expressions as JavaScript ones. In: the pattern's text. Out: a RegExp that matches the same.
// Source: the manual's page on regex syntax: \d, \w, \s and \b are Unicode ones, [[:alpha:]] and the like ASCII,
// `.` stops at \n only. Whatever the two languages read differently, or the table lacks, is refused.
const { refuse } = require('./values');

const cache = new Map();
const PERL = { d: '\\p{Nd}', s: '\\p{White_Space}', w: '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}' };
const NAMED = { alnum: '0-9A-Za-z', alpha: 'A-Za-z', ascii: '\\x00-\\x7f', blank: '\\t ', digit: '0-9', lower: 'a-z', space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z', word: '0-9A-Za-z_', xdigit: '0-9A-Fa-f' };
const EDGE = `(?:(?<=[${PERL.w}])(?![${PERL.w}])|(?<![${PERL.w}])(?=[${PERL.w}]))`;

/** [JavaScript text, characters read] of the escape at the start of `rest`. */
function escape(rest, inClass, pattern) {
  const no = () => refuse(`\`${rest.slice(0, 4)}\` in the regex \`${pattern}\``);
  const ch = rest[1];
  if (ch === undefined) return no();
  const low = ch.toLowerCase();
  if (PERL[low]) {
    if (ch === low) return [inClass ? PERL[low] : `[${PERL[low]}]`, 2];
    return inClass ? no() : [`[^${PERL[low]}]`, 2];
  }
  if (ch === 'b' && !inClass && rest[2] !== '{') return [EDGE, 2];
  if (ch === 'z' && !inClass) return ['$', 2];
  if (ch === 'A' && !inClass) return ['^', 2];
  if ('tnrfv'.includes(ch)) return ['\\' + ch, 2];
  const hex = /^\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4}))/.exec(rest);
  if (hex) return [hex[0], hex[0].length];
  if (/[A-Za-z0-9<>]/.test(ch) || ch > '\x7f') return no();
  return [/[.*+?()[\]{}|^$\\/-]/.test(ch) && (inClass || ch !== '-') ? '\\' + ch : ch, 2];
}

/** [JavaScript text, characters read] of the class at the start of `rest`. */
function charClass(rest, pattern) {
  const no = () => refuse(`the class at \`${rest.slice(0, 12)}\` in the regex \`${pattern}\``);
  let i = 1, out = '[';
  if (rest[i] === '^') { out += '^'; i += 1; }
  const start = i;
  while (i < rest.length) {
    const ch = rest[i];
    if (ch === ']') return i > start ? [out + ']', i + 1] : no();
    if (ch === '\\') { const [t, n] = escape(rest.slice(i), true, pattern); out += t; i += n; continue; }
    if (ch === '[') {
      const named = /^\[:([a-z]+):\]/.exec(rest.slice(i));
      if (!named || !NAMED[named[1]]) return no();
      out += NAMED[named[1]]; i += named[0].length; continue;
    }
    if ('&~-'.includes(ch) && rest[i + 1] === ch) return no();
    const edge = ch === '-' && (i === start || rest[i + 1] === ']');
    out += edge || '/|(){}$^'.includes(ch) ? '\\' + ch : ch;
    i += 1;
  }
  return no();
}

function translate(pattern) {
  const lead = /^\(\?([is]+)\)/.exec(pattern);
  let i = lead ? lead[0].length : 0, out = '', repeated = false;
  const dot = lead && lead[1].includes('s') ? '[^]' : '[^\\n]', flags = lead && lead[1].includes('i') ? 'iu' : 'u';
  const no = () => refuse(`\`${pattern.slice(i, i + 4)}\` in the regex \`${pattern}\``);
  while (i < pattern.length) {
    const rest = pattern.slice(i), ch = rest[0];
    const count = /^(?:[*+?]|\{\d+(?:,\d*)?\})\??/.exec(rest);
    if (count) {
      if (repeated) no();
      out += count[0]; i += count[0].length; repeated = true; continue;
    }
    repeated = false;
    if (ch === '\\') { const [t, n] = escape(rest, false, pattern); out += t; i += n; continue; }
    if (ch === '[') { const [t, n] = charClass(rest, pattern); out += t; i += n; continue; }
    if (ch === '{' || ch === '}' || ch === ']') no();
    if (rest.startsWith('(?') && !rest.startsWith('(?:')) {
      const name = /^\(\?P?<[A-Za-z_]\w*>/.exec(rest) || no();
      out += '('; i += name[0].length; continue;
    }
    if (rest.startsWith('(?:')) { out += '(?:'; i += 3; continue; }
    out += ch === '.' ? dot : ch === '/' ? '\\/' : ch;
    i += 1;
  }
  return { source: out, flags };
}

/** The RegExp for a pattern; with `extra` flags (`g`) a fresh one. */
function regex(pattern, extra = '') {
  let t = cache.get(pattern);
  if (!t) { t = translate(pattern); cache.set(pattern, t); }
  try { return new RegExp(t.source, t.flags + extra); } catch (e) { return refuse(`the regex \`${pattern}\``); }
}

module.exports = { regex };
