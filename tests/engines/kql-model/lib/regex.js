'use strict';
// RE2 patterns as JavaScript ones. In: the pattern's text. Out: a RegExp that matches the same.
// Whatever the two engines read differently, or the table below lacks, is refused.
const { refuse } = require('./values');

const cache = new Map();
const CLASS = { d: '0-9', w: '0-9A-Za-z_', s: '\\t\\n\\f\\r ' };

function escape(ch, inClass, pattern) {
  const low = ch.toLowerCase();
  if (CLASS[low]) {
    if (ch === low) return inClass ? CLASS[low] : `[${CLASS[low]}]`;
    return inClass ? refuse(`\\${ch} inside a class in the regex \`${pattern}\``) : `[^${CLASS[low]}]`;
  }
  if (ch === 'b' && !inClass) return '\\b';
  if (ch === 'z' && !inClass) return '$';
  if (ch === 'A' && !inClass) return '^';
  if ('tnrf'.includes(ch)) return '\\' + ch;
  if (/[A-Za-z0-9]/.test(ch)) return refuse(`\\${ch} in the regex \`${pattern}\``);
  return '.*+?()[]{}|^$\\/-'.includes(ch) ? '\\' + ch : ch;
}

function translate(pattern) {
  let out = '', i = 0, flags = 'u', dotAll = false, insensitive = false;
  const lead = /^\(\?([is]+)\)/.exec(pattern);
  if (lead) { i = lead[0].length; dotAll = lead[1].includes('s'); insensitive = lead[1].includes('i'); }
  if (insensitive) {
    if (!/^[\x00-\x7f]*$/.test(pattern)) refuse('(?i) with letters beyond ASCII');
    flags = 'iu';
  }
  let inClass = false, classStart = 0;
  while (i < pattern.length) {
    const ch = pattern[i];
    if (ch === '\\') {
      if (i + 1 >= pattern.length) refuse(`the regex \`${pattern}\``);
      out += escape(pattern[i + 1], inClass, pattern); i += 2; continue;
    }
    if (inClass) {
      if (ch === '[') { if (pattern[i + 1] === ':') refuse(`[[:...:]] in the regex \`${pattern}\``); out += '\\['; i += 1; continue; }
      if (ch === ']' && i > classStart) inClass = false;
      else if (ch === ']') refuse(`a leading ] in the regex \`${pattern}\``);
      else if (ch === '-' && !/^-[^\]]/.test(pattern.slice(i))) { out += '\\-'; i += 1; continue; }
      else if ('&~'.includes(ch) && pattern[i + 1] === ch) refuse(`the regex \`${pattern}\``);
      out += ch; i += 1; continue;
    }
    if (ch === '[') {
      inClass = true; out += '['; i += 1;
      if (pattern[i] === '^') { out += '^'; i += 1; }
      classStart = i; continue;
    }
    if (ch === '(' && pattern[i + 1] === '?' && pattern[i + 2] !== ':') {
      const name = /^\(\?P?<([A-Za-z]\w*)>/.exec(pattern.slice(i));
      if (!name) refuse(`the group \`${pattern.slice(i, i + 4)}\` in a regex`);
      out += '('; i += name[0].length; continue;
    }
    if (ch === '.') { out += dotAll ? '[^]' : '[^\\n]'; i += 1; continue; }
    if (ch === '+' && /[*+?}]$/.test(out) && /[*+?}]/.test(pattern[i - 1]) && pattern[i - 2] !== '\\') refuse(`the regex \`${pattern}\``);
    if (ch === '{' && !/^\{\d+(,\d*)?\}/.test(pattern.slice(i))) refuse(`a bare { in the regex \`${pattern}\``);
    if (ch === '}' && !/\{\d+(,\d*)?$/.test(pattern.slice(0, i))) refuse(`a bare } in the regex \`${pattern}\``);
    out += ch; i += 1;
  }
  return { source: out, flags };
}

/** The RegExp for an RE2 pattern; with `extra` flags (`g`) a fresh one. */
function regex(pattern, extra = '') {
  let t = cache.get(pattern);
  if (!t) { t = translate(pattern); cache.set(pattern, t); }
  try { return new RegExp(t.source, t.flags + extra); } catch (e) { return refuse(`the regex \`${pattern}\``); }
}

module.exports = { regex };
